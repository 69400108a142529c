"""Many runs side by side, against each of them by itself."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from helpers import assert_close

from curvkit.tuners._rivals import constant
from curvkit.tuners._sweeps import READINGS, late_losses, summed

ROWS = jnp.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [3.0, 1.0]])


def loss(w, rows=None):
    return 0.5 * jnp.mean(((ROWS if rows is None else ROWS[rows]) @ w) ** 2)


def alone(rate, start, key, steps, batch):
    """The losses on all rows after each step of plain gradient descent."""
    w, found = start, []
    for number in range(steps):
        rows = None
        if batch:
            drawn = jax.random.fold_in(key, number)
            rows = jax.random.choice(drawn, len(ROWS), (batch,), replace=False)
        w = w - rate * jax.grad(loss)(w, rows)
        found.append(float(loss(w)))
    return np.array(found)


def test_the_late_losses_are_those_of_each_run_by_itself():
    rates, starts = jnp.array([0.05, 0.2]), jnp.array([[1.0, -1.0], [0.5, 2.0]])
    keys = jax.random.split(jax.random.key(0), 2)
    make = functools.partial(constant, optax.identity())
    for batch in (0, 2):
        found = late_losses(loss, 4, make, rates, starts, keys, steps=40, batch=batch)
        assert found.shape == (2, 2, READINGS)
        for at, rate in enumerate(rates):
            for seed in range(2):
                expected = alone(rate, starts[seed], keys[seed], 40, batch)
                # A tenth is four steps, so each of the last 20 is looked at.
                assert_close(found[at, seed], expected[-READINGS:], rtol=1e-4)


def test_a_run_that_diverged_has_no_number_and_batches_have_a_mean():
    losses = jnp.array([[[3.0, 1.0, 2.0]], [[1.0, jnp.inf, 1.0]]])
    np.testing.assert_array_equal(summed(losses, 0), [[1.0], [np.nan]])
    np.testing.assert_array_equal(summed(losses, 8), [[2.0], [np.nan]])

"""The chain rule of scaled targets, and that a weight then means the same in every unit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64

from curvkit import sobolev
from curvkit.sobolev import Scaling

FUNCTION = lambda x: jnp.stack([jnp.sin(x[0]) * x[1], x[1] ** 2 * 1e3])
X = np.random.default_rng(0).uniform([-3, 100], [5, 300], (6, 2))


@pytest.mark.slow
def test_scaled_derivatives_are_those_of_the_scaled_function():
    with float64():
        x = jnp.asarray(X)
        y, first, second = jax.jit(lambda x: sobolev.taught(FUNCTION, x, 2))(x)
        scaling = Scaling.of(x, y, ((-3, 100), (5, 300)))
        got = scaling.targets(y, first, second)
        inside = jax.jit(lambda inputs: sobolev.taught(scaling.inside(FUNCTION), inputs, 2))
        expected = inside(scaling.inputs(x))
        for each, other in zip(got, expected, strict=True):
            assert_close(each, other, rtol=1e-9, atol=1e-12)
        assert_close(jnp.std(got[0], 0), np.ones(2), rtol=1e-12)
        assert float(jnp.max(jnp.abs(scaling.inputs(x)))) <= 1


def test_a_model_taken_outside_is_the_inverse_of_a_function_taken_inside():
    with float64():
        scaling = Scaling.of(X, jax.vmap(FUNCTION)(jnp.asarray(X)))
        again = scaling.outside(scaling.inside(FUNCTION))
        assert_close(again(jnp.asarray(X[0])), FUNCTION(jnp.asarray(X[0])), rtol=1e-9)


@pytest.mark.slow
def test_the_scaled_loss_is_the_same_whatever_the_units():
    with float64():
        losses = []
        for unit, money in ((1.0, 1.0), (1e-3, 40.0)):
            function = lambda x, unit=unit, money=money: money * FUNCTION(x / unit)
            x = jnp.asarray(X) * unit
            scaling = Scaling.of(x, jax.vmap(function)(x))
            scaled = scaling.targets(*sobolev.taught(function, x))
            model = lambda u: jnp.stack([u[0], u[0] * u[1]])
            losses.append(sobolev.loss(model, scaling.inputs(x), *scaled))
        assert_close(losses[1], losses[0], rtol=1e-9)


@pytest.mark.parametrize(
    "x, y, said",
    [
        (np.ones((3, 1)), np.arange(3.0), "x must be finite and not the same at every point"),
        (np.arange(3.0), np.ones(3), "y must be finite and not the same at every point"),
        (np.arange(3.0), np.array([1.0, np.inf, 2.0]), "y must be"),
    ],
)
def test_what_has_no_spread_is_refused(x, y, said):
    with pytest.raises(ValueError, match=said):
        Scaling.of(x, y)

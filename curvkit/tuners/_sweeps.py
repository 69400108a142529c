"""Many runs of one network side by side, of which only the losses near the end are kept.

| symbol | name | shape |
| --- | --- | --- |
| L | `loss(params, rows)` | scalar |
| η, σ | `values`, what the runs of one method differ in | (values,) |
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.tuners._cdat import cdat
from curvkit.tuners._rivals import constant
from curvkit.tuners._searches import armijo

# The constant rates that are tried, by base, and what of CDAT is tried beside them.
RATES = {
    "gd": (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1.0),
    "heavy_ball": (0.02, 0.05, 0.1, 0.2, 0.3, 0.4),
    "rmsprop": (5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2),
    "adam": (5e-4, 1e-3, 3e-3, 1e-2, 2e-2, 4e-2),
}
SIGMAS = (1.0, 1.5, 1.9, 2.0)
# Of a run the last tenth is looked at, so many times.
READINGS, SHARE = 20, 0.1


def late_losses(
    loss: Callable[..., jax.Array],
    count: int,
    make: Callable[[jax.Array], Any],
    values: jax.Array,
    starts: jax.Array,
    keys: jax.Array,
    *,
    steps: int,
    batch: int = 0,
) -> jax.Array:
    """The losses on all examples over the last tenth of each run, shape (values, seeds, 20).

    Args:
        loss: `loss(params, rows)` of flat parameters, on all examples where `rows` is None.
        count: how many examples there are.
        make: `make(value)`, a tuner.
        values: what is given to `make`, (values,).
        starts: the parameters to begin with, (seeds, parameters).
        keys: a random key for each seed, of its batches.
        steps: how many training steps each run takes, at least 20.
        batch: how many examples a step sees, drawn anew each time; 0 is all of them.
    """
    seen = min(batch, count) if batch else 0
    between = max(int(SHARE * steps) // READINGS, 1)
    ends = steps - between * jnp.arange(READINGS - 1, -1, -1)
    begins = jnp.concatenate([jnp.zeros(1, ends.dtype), ends[:-1]])

    def one(value, start, key):
        method = make(value)

        def take(number, carry):
            params, state = carry
            drawn = jax.random.fold_in(key, number)
            rows = jax.random.choice(drawn, count, (seen,), replace=False) if seen else None
            of = lambda w: loss(w, rows)
            now, grads = jax.value_and_grad(of)(params)
            updates, state = method.update(grads, state, params, value_fn=of, value=now)
            return params + updates, state

        def read(carry, ends):
            carry = jax.lax.fori_loop(ends[0], ends[1], take, carry)
            return carry, loss(carry[0], None)

        return jax.lax.scan(read, (start, method.init(start)), (begins, ends))[1]

    many = jax.vmap(jax.vmap(one, (None, 0, 0)), (0, None, None))
    return jax.jit(many)(values, starts, keys)


def summed(losses: jax.Array, batch: int) -> jax.Array:
    """One number a run, (values, seeds): the least late loss, or on batches the mean.

    A run on all examples jumps at the edge of stability, and its least loss is what the jumps
    leave; with batches that would be luck. Not a number where a run has diverged.
    """
    known = jnp.isfinite(losses).all(-1)
    told = losses.mean(-1) if batch else losses.min(-1)
    return jnp.where(known, told, jnp.nan)


def beside(
    loss: Callable[..., jax.Array],
    count: int,
    base: optax.GradientTransformation,
    rates: Sequence[float],
    sigmas: Sequence[float],
    limits: tuple[Any, ...],
    starts: jax.Array,
    keys: jax.Array,
    *,
    batches: Sequence[int],
    steps: int,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The late losses of constant rates, and of CDAT and Armijo's search, from the same starts.

    Args:
        loss, count, starts, keys, steps: as for `late_losses`.
        base: any optax direction.
        rates, sigmas: of the constant rates and of CDAT.
        limits: how much of CDAT's averages is kept, the largest rate, Armijo's share of the slope.
        batches: how many examples a step sees, for one table after another.

    Returns:
        Of the constant rates (batches, rates, seeds); of each method by name (batches, seeds).
    """
    ema, most, slope = limits
    groups = (
        (lambda rate: constant(base, rate), rates),
        # The paper's rule as it stands.
        (lambda sigma: cdat(base, sigma, ema=ema, max_learning_rate=most, guard=False), sigmas),
        (lambda slope: armijo(base, slope_rtol=slope, max_learning_rate=most), (slope,)),
    )
    run = functools.partial(late_losses, loss, count, starts=starts, keys=keys, steps=steps)
    found = [
        [np.asarray(summed(run(make, jnp.asarray(values), batch=size), size))
         for make, values in groups]
        for size in batches
    ]  # fmt: skip
    constants, tuned, searched = (np.stack(each) for each in zip(*found, strict=True))
    levels = {f"CDAT σ = {sigma:g}": tuned[:, at] for at, sigma in enumerate(sigmas)}
    return constants, levels | {"Armijo": searched[:, 0]}

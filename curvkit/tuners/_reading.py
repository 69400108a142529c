"""What is measured at a reading: the top eigenpair, and the loss across and along the valley.

| symbol | name | shape |
| --- | --- | --- |
| λ, v | `pairs`, the top eigenpair of P^(-1/2) H P^(-1/2) | (1,), (1, P) |
| x | `offset`, the distance from the bottom of the valley along v | scalar |
| u, η | `direction`, `rate` of the step that follows | (P,), scalar |
| P | `weights`, the diagonal of the preconditioner | (P,) |
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.curvature._eigenpairs import EigenPairs, same_side, top_eigenpairs

MOST_PRODUCTS, TOLERANCE = 20, (1e-3,)
# Places along each of the two valleys of the first seed.
PLACES = 25
# How much of the reach is left after a reading, so that the valley is drawn as wide as the jumps.
FORGET = 0.9
Loss = Callable[[jax.Array], jax.Array]


class CurvatureState(NamedTuple):
    """What is kept from reading to reading, with leading axes of contenders and seeds."""

    pairs: EigenPairs
    raw_pairs: EigenPairs
    reach: jax.Array


class First(NamedTuple):
    """Of the step after a reading: its rate, its direction, and the diagonal of P."""

    rate: jax.Array
    direction: jax.Array
    weights: jax.Array


def blank(params: jax.Array) -> CurvatureState:
    """What is kept before the first reading of parameters like these, (P,)."""
    pairs = EigenPairs.blank(params)
    return CurvatureState(pairs, pairs, jnp.zeros(()))


def measure(
    loss: Loss,
    seen: Loss,
    params: jax.Array,
    key: jax.Array,
    watch: CurvatureState,
    first: First,
    weighed: bool,
) -> tuple[CurvatureState, dict[str, jax.Array]]:
    """The curvature at `params`, where the step `first` begins: what is kept, and a row.

    Args:
        loss: on all examples.
        seen: on what the step sees.
        params: shape (P,).
        key: of this reading.
        watch: what the reading before has left.
        first: of the step.
        weighed: whether P is another than the identity.
    """
    rate, direction, weights = first
    followed = functools.partial(
        top_eigenpairs, loss, params, key=key, num_hvps=MOST_PRODUCTS, tolerance=TOLERANCE
    )
    pairs = followed(start=watch.pairs, preconditioner=weights if weighed else None)
    raw = followed(start=watch.raw_pairs) if weighed else pairs
    pairs = same_side(pairs, watch.pairs)
    value, gradient = jax.value_and_grad(loss)(params)
    scaled = gradient / jnp.sqrt(weights)
    top = pairs.vectors[0] @ scaled
    offset = top / pairs.values[0]
    reach = jnp.maximum(jnp.abs(offset), FORGET * watch.reach)
    # From preconditioned coordinates to parameters: the eigenvector is P^(-1/2) v.
    eigenvector = pairs.vectors[0] / jnp.sqrt(weights)
    slope = lambda w: jax.jvp(seen, (w,), (direction,))[1]
    slope, bend = jax.jvp(slope, (params,), (direction,))
    row = {
        "loss": value,
        "learning_rate": rate,
        "sharpness": raw.values[0],
        "preconditioned_sharpness": pairs.values[0],
        "scaled_sharpness": rate * pairs.values[0],
        "alignment": top**2 / (scaled @ scaled),
        "numerator": -slope,
        "denominator": bend,
        "offset": offset,
        "reach": reach,
    }
    row |= _valleys(loss, params, eigenvector, first, offset, reach)
    return CurvatureState(pairs, raw, reach), row


def _valleys(loss, params, eigenvector, first, offset, reach):
    """The loss across the valley, as wide as it is jumped in, and along three times the step."""
    across = jnp.linspace(-2, 2, PLACES) * reach - offset
    along = jnp.linspace(0, 3, PLACES) * first.rate
    steps = jnp.concatenate([jnp.outer(across, eigenvector), jnp.outer(along, first.direction)])
    valleys = jax.vmap(lambda step: loss(params + step))(steps)
    return {"across": valleys[:PLACES], "along": valleys[PLACES:]}

"""One reading of curvature as a pure function, from the vectors of the one before."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from curvkit.curvature.blocks import block_sharpness
from curvkit.curvature.lanczos import CARRIED, EigenPairs, top_eigenpairs

# Relative, of each eigenvalue that is wanted.
TOLERANCE = 1e-3
# Above so many parameters only the last vectors are kept, and not those of four readings: a
# reading then takes a product or two more, and a third of the memory.
MANY = 1_000_000


class Seen(NamedTuple):
    """What one reading hands on to the next."""

    pairs: EigenPairs
    layers: jax.Array


def begin(numbers: list[jax.Array], k: int, per_layer: bool) -> Seen:
    """What there is before the first reading: nothing, in the shape of something."""
    size = sum(each.size for each in numbers)
    pairs = EigenPairs.blank(numbers, max(k, CARRIED) if size > MANY else k)
    if size > MANY:
        pairs = pairs._replace(recent=None)
    return Seen(pairs, jnp.zeros(size if per_layer else 0))


def reading(
    loss: Callable[[list[jax.Array]], jax.Array],
    numbers: list[jax.Array],
    weights: list[jax.Array] | None,
    key: jax.Array,
    seen: Seen,
    *,
    k: int,
    blocks: dict[str, list[int]],
    num_hvps: int,
) -> tuple[Seen, dict[str, jax.Array]]:
    """Loss, gradient and curvature at `numbers`; what is handed on, and the row of a trace.

    Args:
        loss: a scalar function of `numbers`.
        numbers: the trained arrays.
        weights: the diagonal of the preconditioner, like `numbers`, or None.
        key: a JAX random key.
        seen: what the reading before handed on, or `begin`.
        k: how many eigenvalues.
        blocks: the layers, as places in `numbers`; none where they are not asked for.
        num_hvps: the most Hessian-vector products for the eigenvalues, and for each layer.
    """
    value, gradient = jax.value_and_grad(loss)(numbers)
    lean = seen.pairs.recent is None
    carried = max(k, CARRIED) if lean else k
    # Of what is only carried along nothing is asked.
    asked = (TOLERANCE,) * k + (float("inf"),) * (carried - k)
    size = sum(each.size for each in numbers)
    pairs = top_eigenpairs(
        loss, numbers, min(carried, size), key=key, start=seen.pairs, tolerance=asked[:size],
        num_hvps=max(num_hvps, carried), preconditioner=weights,
    )  # fmt: skip
    pairs = pairs._replace(recent=None) if lean else pairs
    flat = ravel_pytree(gradient)[0]
    scaled = flat if weights is None else flat / jnp.sqrt(ravel_pytree(weights)[0])
    top = ravel_pytree([each[0] for each in pairs.vectors])[0]
    row = {
        "loss": value,
        "gradient_norm": jnp.linalg.norm(flat),
        "eigenvalues": pairs.values[:k],
        "alignment": (top @ scaled) ** 2 / jnp.maximum(scaled @ scaled, 1e-30),
        "products": pairs.num_hvps,
        "layers": jnp.zeros(0),
    }
    if not blocks:
        return Seen(pairs, seen.layers), row
    found, vectors = block_sharpness(
        loss, numbers, key=key, blocks=blocks, start=seen.layers, num_hvps=num_hvps
    )
    return Seen(pairs, vectors), {**row, "layers": jnp.stack(list(found.values()))}


def blank(k: int, layers: int) -> dict[str, Any]:
    """The row of a step at which nothing was read, all of it nan or 0."""
    gone = jnp.full((), jnp.nan)
    row = dict.fromkeys(("loss", "gradient_norm", "alignment"), gone)
    many = dict(eigenvalues=jnp.full(k, jnp.nan), layers=jnp.full(layers, jnp.nan))
    return {**row, **many, "products": jnp.zeros((), int)}

"""One reading of curvature as a pure function, from the vectors of the one before."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from curvkit.core import problem, tree
from curvkit.curvature import _batches as batching
from curvkit.curvature import _davidson as davidson
from curvkit.curvature import _lanczos as krylov
from curvkit.curvature import _norms as norms
from curvkit.curvature._blocks import block_sharpness
from curvkit.curvature._edges import Steepest
from curvkit.curvature._eigenpairs import CARRIED, EigenPairs, top_eigenpairs

# Relative, of each eigenvalue that is wanted.
TOLERANCE = 1e-3
Weights = Callable[[list[jax.Array]], list[jax.Array]] | None


class Carried(NamedTuple):
    """What one reading hands on to the next."""

    pairs: EigenPairs
    layers: jax.Array


def begin(numbers: list[jax.Array], k: int, per_layer: bool) -> Carried:
    """What there is before the first reading: nothing, in the shape of something."""
    size = sum(each.size for each in numbers)
    # The vectors of a large model are kept as they are searched for, flat: else they are copied.
    if size > davidson.LARGE:
        carried, dtype = max(k, CARRIED), jnp.result_type(*numbers)
        zeros = lambda *shape: jnp.zeros(shape, dtype)
        pairs = EigenPairs(zeros(carried), zeros(carried, size), zeros(carried), jnp.zeros((), int))
    else:
        pairs = EigenPairs.blank(numbers, k)
    return Carried(pairs, jnp.zeros(size if per_layer else 0))


@tree.exactly
def reading(
    loss: Callable[[list[jax.Array]], jax.Array],
    numbers: list[jax.Array],
    weights: Weights,
    key: jax.Array,
    seen: Carried,
    *,
    k: int,
    blocks: dict[str, list[int]],
    num_hvps: int,
    norm: str | None = None,
    steepest: Callable[[list[jax.Array]], Steepest] | None = None,
) -> tuple[Carried, dict[str, jax.Array]]:
    """Loss, gradient and curvature at `numbers`; what is handed on, and the row of a trace.

    Args:
        loss: a scalar function of `numbers`.
        numbers: the trained arrays.
        weights: the diagonal of the preconditioner, like `numbers`, as a function of the gradient;
            or None.
        key: a JAX random key.
        seen: what the reading before handed on, or `begin`.
        k: how many eigenvalues.
        blocks: the layers, as places in `numbers`; none where they are not asked for.
        num_hvps: the most Hessian-vector products for the eigenvalues, and for each layer.
        norm: sign or spectral for the generalised sharpness in that norm, else None.
        steepest: for it, the rule's signal and radii as a function of the gradient.
    """
    if norm is not None:
        value, gradient = jax.value_and_grad(loss)(numbers)
        pairs, aligned = _normed(loss, numbers, gradient, norm, steepest, key, seen.pairs, num_hvps)
    else:
        look = _lean if seen.pairs.recent is None else _whole
        diagonal = None if weights is None else weights(jax.grad(loss)(numbers))
        pairs = look(loss, numbers, diagonal, key, seen.pairs, k, num_hvps)
        value, gradient = jax.value_and_grad(loss)(numbers)
        aligned = _aligned(gradient, diagonal, pairs)
    row = {
        "loss": value,
        "gradient_norm": jnp.linalg.norm(ravel_pytree(gradient)[0]),
        "eigenvalues": pairs.values[:k],
        "alignment": aligned,
        "products": pairs.num_hvps,
        "layers": jnp.zeros(0),
    }
    if not blocks:
        return Carried(pairs, seen.layers), row
    sharpness, vectors = block_sharpness(
        loss, numbers, key=key, blocks=blocks, start=seen.layers, num_hvps=num_hvps
    )  # fmt: skip
    return Carried(pairs, vectors), {**row, "layers": jnp.stack(list(sharpness.values()))}


def judged_reading(*given: Any, **statics: Any):
    """What is compiled: one reading, with the edge in its row."""
    seen, row = judged(*given, **statics)
    facts = given[-3]
    return tree.strong(
        (seen, row | {"learning_rate": facts.learning_rate, "critical": facts.critical})
    )


def judged(*given: Any, k, blocks, num_hvps, batches=None):
    """A reading of the curvature that decides for a rule, as `edges` told of it.

    `given` are the loss; one of numbers and rows where `batches`, their size and the number of
    examples, are asked for; the numbers; what is told; what was seen; and a key.
    """
    loss, *of_rows, numbers, facts, seen, key = given
    by: dict[str, Any] = {"weights": None}
    if facts.norm is not None:
        by["steepest"] = lambda gradients: facts.steepest(numbers, gradients)
    elif facts.shaped:
        by["weights"] = lambda gradients: facts.weights(numbers, gradients)
    key = jax.random.fold_in(key, facts.step)
    seen, row = reading(
        loss, numbers, key=key, seen=seen, k=k, num_hvps=num_hvps, norm=facts.norm,
        blocks={name: list(at) for name, at in blocks}, **by,
    )  # fmt: skip
    row["batch_sharpness"] = jnp.full((), jnp.nan)
    if batches is not None:
        row["batch_sharpness"] = _of_batches(of_rows[0], numbers, by["weights"], key, batches)
    return seen, row


def _of_batches(of_rows, numbers, weights, key, batches):
    """The mean curvature of some batches along their own gradients, over P where there is one."""
    size, count = batches
    drawn = batching.drawn(jax.random.fold_in(key, 1), count, size)

    def steepest(gradients):
        if weights is None:
            return gradients
        pairs = zip(gradients, weights(gradients), strict=True)
        return [gradient / weight for gradient, weight in pairs]

    return batching.sharpness(of_rows, numbers, drawn, steepest)


def _aligned(gradient, weights, pairs):
    """The squared cosine between the (preconditioned) gradient and the top vector."""
    flat = ravel_pytree(gradient)[0]
    scaled = flat if weights is None else flat / jnp.sqrt(ravel_pytree(weights)[0])
    top = ravel_pytree(jax.tree.map(lambda each: each[0], pairs.vectors))[0]
    # In units of its largest entry: the square of a small gradient is 0.
    scaled = scaled / jnp.maximum(jnp.max(jnp.abs(scaled)), 1e-37)
    return (top @ scaled) ** 2 / jnp.maximum(scaled @ scaled, 1e-30)


def _normed(loss, numbers, gradient, norm, steepest, key, start, num_hvps):
    """The generalised sharpness over the dual norm as a pair, and how far its vector goes along the
    gradient, squared, as a share of the furthest.
    """
    signal, radii = steepest(gradient)
    last, unravel = start.vectors, ravel_pytree(numbers)[1]
    last = unravel(last[0]) if start.recent is None else [each[0] for each in last]
    noise = unravel(krylov.noise(key, 0, ravel_pytree(numbers)[0]))
    # Of the reading before, along the gradient, and anew: what was found once is not lost again.
    starts = [last, signal, noise]
    product = lambda step: problem.product(loss, numbers, step)
    value, vector, products = norms.sharpest(product, norm, radii, starts, num_hvps)
    sharpness = value / jnp.maximum(norms.dual(norm, signal, radii), 1e-37)
    along = tree.inner_product(gradient, vector)
    aligned = (along / jnp.maximum(norms.dual(norm, gradient, radii), 1e-37)) ** 2
    new = ravel_pytree(vector)[0] if start.recent is None else vector
    vectors = jax.tree.map(lambda old, each: old.at[0].set(each), start.vectors, new)
    values = start.values.at[0].set(sharpness)
    return start._replace(values=values, vectors=vectors, num_hvps=products), aligned


def _whole(loss, numbers, weights, key, start, k, num_hvps) -> EigenPairs:
    """The pairs from those of the last four readings."""
    return top_eigenpairs(
        loss, numbers, k=k, key=key, start=start, tolerance=TOLERANCE, num_hvps=max(num_hvps, k),
        preconditioner=weights,
    )  # fmt: skip


def _lean(loss, numbers, weights, key, start, k, num_hvps) -> EigenPairs:
    """The pairs from those of the last reading; their vectors flat."""
    carried = max(k, CARRIED)
    # Of what is only carried along nothing is asked.
    bounds = (TOLERANCE,) * k + (float("inf"),) * (carried - k)
    flat, unravel = ravel_pytree(numbers)
    weights = None if weights is None else ravel_pytree(weights)[0]

    def once(pairs):
        pairs = top_eigenpairs(
            lambda flat: loss(unravel(flat)), flat, k=carried, key=key, start=pairs,
            tolerance=bounds, num_hvps=max(num_hvps, carried), preconditioner=weights,
        )  # fmt: skip
        return tree.strong(pairs._replace(recent=None))

    # A loop that is gone through once, so that the space is given back where it ends: after it
    # come the layers, which need one of their own.
    start = tree.strong(start._replace(num_hvps=start.num_hvps * 0))
    return jax.lax.while_loop(lambda pairs: pairs.num_hvps == 0, once, start)


def blank(k: int, layers: int) -> dict[str, Any]:
    """The row of a step at which nothing was read, all of it nan or 0."""
    gone = jnp.full((), jnp.nan)
    row = dict.fromkeys(("loss", "gradient_norm", "alignment", "batch_sharpness"), gone)
    many = dict(eigenvalues=jnp.full(k, jnp.nan), layers=jnp.full(layers, jnp.nan))
    return {**row, **many, "products": jnp.zeros((), int)}

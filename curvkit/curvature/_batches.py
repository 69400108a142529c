"""Batch sharpness: the curvature that a step on a batch meets, on average over batches.

Where steps see batches, the sharpness of all data stays below 2/η, and this is what settles there.

| symbol | name | source |
| --- | --- | --- |
| B | a batch, as the numbers of its examples | |
| g | gradient on B, u the steepest step along it: g, or P⁻¹ g, or in a norm ‖g‖* times its step | |
| H | Hessian on B | |
| E uᵀHu / gᵀu | `sharpness`; E gᵀHg/‖g‖² for gradient descent | arXiv 2412.20553 |
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import problem, tree

# Batches that a reading looks at.
DRAWS = 16


def rows(key: jax.Array, step: Any, count: int, size: int) -> jax.Array:
    """The examples of the batch of a step, without repetition, shape (min(size, count),)."""
    drawn = jax.random.fold_in(key, step)
    return jax.random.choice(drawn, count, (min(size, count),), replace=False)


def drawn(key: jax.Array, count: int, size: int, draws: int = DRAWS) -> jax.Array:
    """So many batches, shape (draws, min(size, count)); one where a batch is all there is."""
    draws = 1 if size >= count else draws
    return jnp.stack([rows(key, number, count, size) for number in range(draws)])


def sharpness(
    loss: Callable[[Any, jax.Array], jax.Array],
    params: Any,
    batches: jax.Array,
    steepest: Callable[[Any], Any] = lambda gradient: gradient,
) -> jax.Array:
    """The mean over batches of the curvature along the step that each of them asks for.

    Args:
        loss: `loss(params, rows)`, the mean over the examples of these numbers.
        params: any pytree of arrays.
        batches: numbers of examples, (batches, size).
        steepest: from a gradient, like `params`, to the step that a rule takes along it.

    >>> bends = jnp.array([1.0, 3.0])
    >>> loss = lambda w, rows: 0.5 * jnp.mean(bends[rows]) * w @ w
    >>> float(sharpness(loss, jnp.ones(2), jnp.array([[0], [1]])))
    2.0
    """

    def one(rows):
        of = _On(loss, rows)
        gradient = jax.grad(of)(params)
        step = steepest(gradient)
        bent = problem.product(of, params, step)
        return tree.inner_product(step, bent) / tree.inner_product(gradient, step)

    return jnp.mean(jax.lax.map(one, batches))


class _On:
    """A loss on some examples, which says whether it can be differentiated forward."""

    def __init__(self, loss: Any, rows: jax.Array):
        self._loss, self._rows = loss, rows
        self.reverse_only = getattr(loss, "reverse_only", False)

    def __call__(self, params: Any) -> jax.Array:
        return self._loss(params, self._rows)

"""Lanczos' method on any symmetric product, to live inside a compiled training run.

It starts from one vector and needs no images of the basis. What Davidson's method needs, too, is
here as well: fresh directions, orthogonal ones, Ritz pairs and their errors.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| A | `product`, a symmetric matrix as a function | (P,) to (P,) | |
| q₁ | `first` | (P,) | Lanczos 1950 |
| Q | `basis`, orthonormal rows | (m, P) | |
| T | `small`, A within the basis | (m, m), one row more for the last coupling | |
| θ | Ritz values, the eigenvalues of T | (k,) | |
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

# An eigenvalue this close below another may not have shown yet, as a share of the larger.
CLOSE = 0.02
# A residual so many times an eigenvalue tells no more than that nothing is known yet.
FAR = 1e6


def lanczos(
    product: Callable[[jax.Array], jax.Array],
    first: jax.Array,
    steps: int,
    k: int,
    *,
    key: jax.Array,
    tolerance: tuple[float, ...] | None = None,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """The k largest Ritz pairs of a symmetric `product` in the Krylov space of `first`.

    Args:
        product: the matrix, as a function of a vector of shape (P,).
        first: shape (P,), the first direction; its length does not matter.
        steps: the most products, at most P.
        k: how many pairs, at most `steps`.
        key: for a fresh direction where the Krylov space is exhausted.
        tolerance: stop once every estimated relative error is below its own of these k numbers.

    Returns:
        `(values (k,), vectors (k, P), residuals (k,), products made)`.

    >>> matrix, first = jnp.diag(jnp.array([-9.0, 1.0, 3.0])), jnp.ones(3)
    >>> lanczos(lambda v: matrix @ v, first, 3, 1, key=jax.random.key(0))[0].round(4)
    Array([3.], dtype=float32)
    """

    def unfinished(carry):
        step, *_, (*_, error) = carry
        # With no Ritz value beyond the first k the gap below them is unknown, and so is the error.
        return (step < steps) & ((step <= k) | (error > 1))

    def one(carry):
        step, basis, small, following, pairs = carry
        basis, small, following = _grow(product, key, step, basis, small, following)
        if tolerance is not None:
            pairs = _ritz(small, step + 1)
            error = errors(pairs[0], pairs[2], step + 1, tolerance)
            pairs = (*pairs, jnp.max(error).astype(jnp.zeros(()).dtype))
        return step + 1, basis, small, following, pairs

    empty = jnp.zeros((steps, first.size), first.dtype)
    # One row and column more than steps: the last coupling tells the residual for free.
    small = jnp.zeros((steps + 1, steps + 1), first.dtype)
    pairs = jax.tree.map(
        lambda each: jnp.zeros(each.shape, each.dtype), jax.eval_shape(_ritz, small, steps)
    )
    start: Any = (0, empty, small, unit(first), (*pairs, jnp.full((), jnp.inf)))
    products, basis, small, _, (*pairs, _) = jax.lax.while_loop(unfinished, one, start)
    values, within, residuals = _ritz(small, products) if tolerance is None else pairs
    # `within` is zero outside the part of the basis that was built.
    return values[:k], within[:, :k].T @ basis, residuals[:k], products


def _grow(product, key, step, basis, small, following):
    """One product more: the basis with `following` in it, T with its row, and what follows."""
    basis = basis.at[step].set(following)
    image = product(following)
    small = small.at[step, step].set(following @ image)
    # The recurrence takes out nearly all, one pass over the basis the rest of it.
    residual = image - small[step, step] * following - small[step - 1, step] * basis[step - 1]
    residual, coupling = orthogonal(residual, basis, passes=1)
    # An invariant subspace ends the recurrence; a fresh direction finds what lies outside it.
    exhausted = coupling <= 10 * jnp.finfo(image.dtype).eps * jnp.max(jnp.abs(small))
    following = jax.lax.cond(
        exhausted, lambda: orthogonal(noise(key, step + 1, image), basis)[0], lambda: residual
    )
    coupling = jnp.where(exhausted, 0, coupling)
    return basis, small.at[step, step + 1].set(coupling).at[step + 1, step].set(coupling), following


def unit(vector: jax.Array) -> jax.Array:
    """`vector` at length one; a zero vector stays zero.

    >>> unit(jnp.array([3.0, 4.0]))
    Array([0.6, 0.8], dtype=float32)
    """
    return vector / jnp.maximum(length(vector), jnp.finfo(vector.dtype).tiny)


def length(vector: jax.Array) -> jax.Array:
    """The norm of `vector`, also where the squares of its numbers are out of range.

    >>> length(jnp.array([3e-30, 4e-30]))
    Array(5.e-30, dtype=float32)
    """
    most = jnp.max(jnp.abs(vector))
    return most * jnp.linalg.norm(vector / jnp.where(most > 0, most, 1))


def noise(key: jax.Array, salt: int | jax.Array, like: jax.Array) -> jax.Array:
    """Numbers from −1 to 1 of the shape and dtype of `like`, by hashing the place (murmur3).

    What is asked of a start is only that it is orthogonal to nothing; random bits of full quality
    would cost as much as a gradient.
    """
    seed = jax.random.key_data(key).ravel()[-2:]
    # Mix in the salt first: XLA would hoist a hash that is constant in a loop, and keep all of it.
    salted = seed[0] + jnp.uint32(salt) * jnp.uint32(0x85EBCA6B)
    bits = (jnp.arange(like.size, dtype=jnp.uint32) ^ salted) * jnp.uint32(0x9E3779B9)
    bits = bits ^ seed[-1]
    for factor in (0x85EBCA6B, 0xC2B2AE35):
        bits = (bits ^ (bits >> 16)) * jnp.uint32(factor)
    bits = bits ^ (bits >> 15)
    return (bits.astype(like.dtype) / 2.0**31 - 1).reshape(like.shape)


def orthogonal(vector: jax.Array, basis: jax.Array, passes: int = 2) -> tuple[jax.Array, jax.Array]:
    """A vector (P,) without its part in the rows of `basis` (m, P), as a unit vector, and what its
    length was.
    """
    for _ in range(passes):  # twice is enough (Parlett, Kahan)
        vector = vector - (basis @ vector) @ basis
    return unit(vector), length(vector)


def _ritz(small, steps):
    """Ritz values (descending), vectors within the basis, and residuals after `steps` steps."""
    values, within = ritz_pairs(small[:-1, :-1], steps)
    return values, within, jnp.abs(small[steps - 1, steps] * within[steps - 1])


def ritz_pairs(small: jax.Array, steps: int | jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues (m,), descending, and eigenvectors (m, m), as columns, of the part of T that is
    built: its first `steps` rows and columns.
    """
    built = jnp.arange(len(small)) < steps
    inner = jnp.where(built[:, None] & built[None, :], small, 0)
    # What is not built yet is moved below everything else, so that it never counts as largest.
    most = jnp.max(jnp.sum(jnp.abs(inner), axis=1))
    below = jnp.where(most > 0, -2 * most, -1)
    inner = inner + jnp.diag(jnp.where(built, 0, below))
    values, within = jnp.linalg.eigh(inner)
    # Of a T that is not finite LAPACK still returns what lies apart from that: of no built part.
    values = jnp.where(jnp.isfinite(most), values, jnp.nan)
    return values[::-1], jnp.where(built[:, None], within[:, ::-1], 0)


def errors(
    values: jax.Array, residuals: jax.Array, steps: int | jax.Array, tolerance: tuple[float, ...]
) -> jax.Array:
    """The estimated relative errors (k,), residual² over the gap to the next of the `steps` Ritz
    values, in units of their k tolerances.
    """
    k = len(tolerance)
    apart = jnp.abs(values[:k, None] - values) + jnp.where(jnp.eye(k, len(values)), jnp.inf, 0)
    gap = jnp.min(jnp.where(jnp.arange(len(values)) < steps, apart, jnp.inf), axis=1)
    size = jnp.maximum(jnp.abs(values[:k]), jnp.finfo(values.dtype).tiny)
    # All of it relative, so that the unit of the loss does not matter.
    gap, apart = jnp.minimum(gap / size, CLOSE), jnp.minimum(residuals[:k] / size, FAR)
    tiny = jnp.finfo(values.dtype).tiny
    error = jnp.minimum(apart, apart**2 / jnp.maximum(jnp.maximum(gap, apart / 2), tiny))
    return error / jnp.asarray(tolerance, values.dtype)

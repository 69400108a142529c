"""Davidson's method on any symmetric product, from vectors such as those of the step before.

Each product is for the residual of the pair that needs it most. Where the space is full, it shrinks
to its Ritz vectors and goes on (a thick restart), so that a large model takes few vectors.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| A | `product`, a symmetric matrix as a function | (P,) to (P,) | |
| Q | `basis`, orthonormal rows | (m, P) | |
| A Q | `images`, rows | (m, P) | Davidson 1975, doi 10.1016/0021-9991(75)90065-0 |
| T | `small`, A within the basis | (m, m) | |
| θ | Ritz values, the eigenvalues of T | (k,) | |
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.curvature._lanczos import errors, length, noise, orthogonal, ritz_pairs, unit

# How much noise a residual gets: without it a direction whose eigenvalue only now rises above the
# others is never seen; at 2 % it costs no accuracy.
NOISE = 0.02
# Above so many parameters memory counts: a space keeps so many vectors beyond the wanted ones.
LARGE, SPARE = 1_000_000, 2
# So many parameters at a time are combined where they lie.
BLOCK = 65_536


def davidson(
    product: Callable[[jax.Array], jax.Array],
    first: jax.Array,
    steps: int,
    tolerance: tuple[float, ...],
    *,
    key: jax.Array,
    stop: bool = True,
    capacity: int | None = None,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """The largest Ritz pairs of a symmetric `product` in a space begun by several vectors.

    Args:
        product: the matrix, as a function of a vector of shape (P,).
        first: shape (s, P), the vectors to begin with, in any lengths and at any angles.
        steps: the most products, at most P; one is made for each of `first`, as far as they go.
        tolerance: k numbers, one for each pair wanted; `inf` asks nothing of a pair.
        key: for the noise.
        stop: whether to stop once every estimated relative error is below its tolerance; else all
            `steps` are made, each for the pair furthest from it.
        capacity: the most vectors, and images, that are kept at a time, more than k and than s;
            `steps` by default. A full space shrinks to its k Ritz vectors (a thick restart).

    Returns:
        `(values (k,), vectors (k, P), residuals (k,), products made)`.

    >>> matrix, first = jnp.diag(jnp.array([-9.0, 1.0, 3.0])), jnp.ones((1, 3))
    >>> davidson(lambda v: matrix @ v, first, 3, (1e-6,), key=jax.random.key(0))[0].round(4)
    Array([3.], dtype=float32)
    """
    k, begun = len(tolerance), min(len(first), steps)
    room = min(capacity or steps, steps)

    def unfinished(carry):
        products, *_, (*_, error) = carry
        # As in `lanczos`: with no Ritz value beyond the first k their gap is unknown.
        early = products < max(begun, k)
        return (products < steps) & (early | (jnp.max(error) > 1) | (not stop))

    def one(carry):
        products, held, space, (values, within, _, error) = carry
        # Made anew from the small matrix: to carry it along would take k vectors more of memory.
        residual = _roughened(space.rest(values, within, jnp.argmax(error)), key, steps + products)
        # One loop for the vectors to begin with and for the rest: the product is compiled once.
        new = jnp.where(products < begun, first[jnp.minimum(products, begun - 1)], residual)
        space = space.with_new(product, key, products, held, new)
        return products + 1, held + 1, space, space.ritz(held + 1, tolerance)

    def until_full(carry):
        more = lambda carry: (carry[1] < room) & unfinished(carry)
        products, _, space, (values, within, *accuracy) = jax.lax.while_loop(more, one, carry)
        return products, k, space.shrunk(values, within), (values, jnp.eye(k, room), *accuracy)

    space = Space.empty(room, first)
    start: Any = (0, 0, space, space.nothing_found(tolerance))
    body = one if room == steps else until_full
    products, _, space, (values, within, residuals, _) = jax.lax.while_loop(unfinished, body, start)
    # A product would copy the basis, in which a space that shrinks has them already.
    vectors = within @ space.basis if room == steps else space.basis[:k]
    return values, vectors, residuals, products


class Space(NamedTuple):
    """A basis as rows, their images, and T = basis · imagesᵀ; zeros where nothing is held yet."""

    basis: jax.Array
    images: jax.Array
    small: jax.Array

    @classmethod
    def empty(cls, room: int, like: jax.Array) -> "Space":
        """Room for so many vectors like the rows of `like`."""
        rows = jnp.zeros((room, like.shape[1]), like.dtype)
        return cls(rows, rows, jnp.zeros((room, room), like.dtype))

    def ritz(self, held, tolerance):
        """Ritz values, vectors within the basis (rows), residuals, errors in their tolerances."""
        k = len(tolerance)
        values, within = ritz_pairs(self.small, held)
        residual = lambda at: self.rest(values, within.T, at)
        # One after the other: each takes the memory of some vectors.
        residuals = jax.lax.map(lambda at: length(residual(at)), jnp.arange(k))
        return values[:k], within.T[:k], residuals, errors(values, residuals, held, tolerance)

    def nothing_found(self, tolerance):
        """Zeros in the shape of what `ritz` returns."""
        shapes = jax.eval_shape(lambda: self.ritz(0, tolerance))
        return jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), shapes)

    def rest(self, values, within, at):
        """H x − θ x of the Ritz pair `at`."""
        return within[at] @ self.images - values[at] * (within[at] @ self.basis)

    def with_new(self, product, key, salt, at, vector) -> "Space":
        """The space with what is new in `vector`, and its image, in the place `at`."""
        new, left = orthogonal(unit(vector), self.basis)
        # A vector that the basis holds already, or a zero one, is replaced by a fresh direction.
        known = left <= 10 * jnp.finfo(vector.dtype).eps
        fresh = lambda: orthogonal(noise(key, salt + 1, vector), self.basis)[0]
        new = jax.lax.cond(known, fresh, lambda: new)
        image = product(new)
        basis = self.basis.at[at].set(new)
        row = basis @ image
        small = self.small.at[at].set(row).at[:, at].set(row)
        return Space(basis, self.images.at[at].set(image), small)

    def shrunk(self, values, within) -> "Space":
        """The space of the Ritz vectors alone, in the first places."""
        places = jnp.arange(len(within))
        small = jnp.zeros_like(self.small).at[places, places].set(values)
        return Space(_turned(self.basis, within), _turned(self.images, within), small)


def capacity(size: int, k: int) -> int | None:
    """How many vectors of so many numbers Davidson's method keeps for k pairs; None for all.

    >>> capacity(9_000_000, 2), capacity(1000, 2)
    (4, None)
    """
    return max(k, 2) + SPARE if size > LARGE else None


def _roughened(rest, key, salt):
    """Adds a little noise to a residual, so that directions it lacks can enter the space."""
    return rest + NOISE * length(rest) * unit(noise(key, salt, rest))


def _turned(rows, within):
    """Combinations of rows in the first places and zeros after them, without a copy of rows."""
    m, size = rows.shape
    block = min(BLOCK, size)
    whole = size - size % block
    turn = jnp.zeros((m, m), rows.dtype).at[: len(within)].set(within)

    def one(number, rows):
        at = (0, number * block)
        columns = jax.lax.dynamic_slice(rows, at, (m, block))
        return jax.lax.dynamic_update_slice(rows, turn @ columns, at)

    rows = jax.lax.fori_loop(0, whole // block, one, rows)
    return rows.at[:, whole:].set(turn @ rows[:, whole:])

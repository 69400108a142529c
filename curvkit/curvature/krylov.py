"""Lanczos' and Davidson's methods on any symmetric product, to live inside a compiled training run.

Lanczos starts from one vector and needs no images of the basis; Davidson starts from several, such
as the vectors of the step before, and takes in the residual of the pair that needs it most.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| A | `product`, a symmetric matrix as a function | (P,) to (P,) | |
| q₁ | `first` | (P,) | Lanczos 1950 |
| Q | `basis`, orthonormal rows | (m, P) | |
| A Q | `images`, rows | (m, P) | Davidson 1975, doi 10.1016/0021-9991(75)90065-0 |
| T | `small`, A within the basis | (m, m), one row more for the last coupling | |
| θ | Ritz values, the eigenvalues of T | (k,) | |
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

# An eigenvalue this close below another may not have shown yet, as a share of the larger.
CLOSE = 0.02
# How much noise a residual gets: without it a direction whose eigenvalue only now rises above the
# others is never seen; at 2 % it costs no accuracy.
NOISE = 0.02


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
        step, basis, small, following, found = carry
        basis, small, following = _grow(product, key, step, basis, small, following)
        if tolerance is not None:
            found = _ritz(small, step + 1)
            error = _errors(found[0], found[2], step + 1, tolerance)
            found = (*found, jnp.max(error).astype(jnp.zeros(()).dtype))
        return step + 1, basis, small, following, found

    empty = jnp.zeros((steps, first.size), first.dtype)
    # One row and column more than steps: the last coupling tells the residual for free.
    small = jnp.zeros((steps + 1, steps + 1), first.dtype)
    found = jax.tree.map(
        lambda each: jnp.zeros(each.shape, each.dtype), jax.eval_shape(_ritz, small, steps)
    )
    made, basis, small, _, (*found, _) = jax.lax.while_loop(
        unfinished, one, (0, empty, small, unit(first), (*found, jnp.full((), jnp.inf)))
    )
    values, within, residuals = _ritz(small, made) if tolerance is None else found
    # `within` is zero outside the part of the basis that was built.
    return values[:k], within[:, :k].T @ basis, residuals[:k], made


def _grow(product, key, step, basis, small, following):
    """One product more: the basis with `following` in it, T with its row, and what follows."""
    basis = basis.at[step].set(following)
    image = product(following)
    small = small.at[step, step].set(following @ image)
    # The recurrence takes out nearly all, one pass over the basis the rest of it.
    rest = image - small[step, step] * following - small[step - 1, step] * basis[step - 1]
    rest, length = _orthogonal(rest, basis, passes=1)
    # An invariant subspace ends the recurrence; a fresh direction finds what lies outside it.
    exhausted = length <= 10 * jnp.finfo(image.dtype).eps * jnp.max(jnp.abs(small))
    following = jax.lax.cond(
        exhausted, lambda: _orthogonal(noise(key, step + 1, image), basis)[0], lambda: rest
    )
    length = jnp.where(exhausted, 0, length)
    return basis, small.at[step, step + 1].set(length).at[step + 1, step].set(length), following


def davidson(
    product: Callable[[jax.Array], jax.Array],
    first: jax.Array,
    steps: int,
    tolerance: tuple[float, ...],
    *,
    key: jax.Array,
    stop: bool = True,
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

    Returns:
        `(values (k,), vectors (k, P), residuals (k,), products made)`.

    >>> matrix, first = jnp.diag(jnp.array([-9.0, 1.0, 3.0])), jnp.ones((1, 3))
    >>> davidson(lambda v: matrix @ v, first, 3, (1e-6,), key=jax.random.key(0))[0].round(4)
    Array([3.], dtype=float32)
    """
    basis = images = jnp.zeros((steps, first.shape[1]), first.dtype)
    small = jnp.zeros((steps, steps), first.dtype)
    begun = min(len(first), steps)

    def unfinished(carry):
        made, *_, (*_, error) = carry
        # As in `lanczos`: with no Ritz value beyond the first k their gap is unknown.
        early = made < max(begun, len(tolerance))
        return (made < steps) & (early | (jnp.max(error) > 1) | (not stop))

    def one(carry):
        made, basis, images, small, (values, within, _, error) = carry
        # Made anew from the small matrix: to carry it along would take k vectors more of memory.
        rest = _rest(basis, images, values, within, jnp.argmax(error))
        rough = unit(noise(key, steps + made, rest))
        rest = rest + NOISE * jnp.linalg.norm(rest) * rough
        # One loop for the vectors to begin with and for the rest: the product is compiled once.
        new = jnp.where(made < begun, first[jnp.minimum(made, begun - 1)], rest)
        basis, images, small = _take_in(product, key, made, basis, images, small, new)
        found = _looked_at(basis, images, small, made + 1, tolerance)
        return made + 1, basis, images, small, found

    found = jax.eval_shape(_looked_at, basis, images, small, 0, tolerance)
    found = jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), found)
    made, basis, _, _, (values, within, residuals, _) = jax.lax.while_loop(
        unfinished, one, (0, basis, images, small, found)
    )
    # One by one: a product of two matrices would copy the basis.
    vectors = jnp.stack([within[at] @ basis for at in range(len(tolerance))])
    return values, vectors, residuals, made


def _looked_at(basis, images, small, made, tolerance):
    """Ritz values, vectors within the basis (rows), residuals, and errors in their tolerances."""
    k = len(tolerance)
    values, within = _pairs(small, made)
    rest = lambda at: _rest(basis, images, values, within.T, at)
    residuals = jax.lax.map(lambda at: jnp.linalg.norm(rest(at)), jnp.arange(k))
    error = _errors(values, residuals, made, tolerance)
    return values[:k], within.T[:k], residuals, error


def _rest(basis, images, values, within, at):
    """H x − θ x of the Ritz pair `at`."""
    return within[at] @ images - values[at] * (within[at] @ basis)


def _take_in(product, key, at, basis, images, small, vector):
    """The basis with what is new in `vector`, the images with its image, and T with its row."""
    new, length = _orthogonal(unit(vector), basis)
    # A vector that the basis holds already, or a zero one, is replaced by a fresh direction.
    held = length <= 10 * jnp.finfo(vector.dtype).eps
    new = jax.lax.cond(held, lambda: _orthogonal(noise(key, at + 1, vector), basis)[0], lambda: new)
    image = product(new)
    basis = basis.at[at].set(new)
    row = basis @ image
    small = small.at[at].set(row).at[:, at].set(row)
    return basis, images.at[at].set(image), small


def unit(vector: jax.Array) -> jax.Array:
    """`vector` at length one; a zero vector stays zero.

    >>> unit(jnp.array([3.0, 4.0]))
    Array([0.6, 0.8], dtype=float32)
    """
    return vector / jnp.maximum(jnp.linalg.norm(vector), jnp.finfo(vector.dtype).tiny)


def noise(key: jax.Array, salt: int | jax.Array, like: jax.Array) -> jax.Array:
    """Numbers from −1 to 1 of the shape and dtype of `like`, by hashing the place (murmur3).

    What is asked of a start is only that it is orthogonal to nothing; random bits of full quality
    would cost as much as a gradient.
    """
    seed = jax.random.key_data(key).ravel()[-2:]
    # Salted first: of what does not change in a loop XLA would keep a copy of this size.
    salted = seed[0] + jnp.uint32(salt) * jnp.uint32(0x85EBCA6B)
    bits = (jnp.arange(like.size, dtype=jnp.uint32) ^ salted) * jnp.uint32(0x9E3779B9)
    bits = bits ^ seed[-1]
    for factor in (0x85EBCA6B, 0xC2B2AE35):
        bits = (bits ^ (bits >> 16)) * jnp.uint32(factor)
    bits = bits ^ (bits >> 15)
    return (bits.astype(like.dtype) / 2.0**31 - 1).reshape(like.shape)


def _orthogonal(vector, basis, passes=2):
    """`vector` without its part in the rows of `basis`, as a unit vector, and its length."""
    for _ in range(passes):  # twice is enough (Parlett, Kahan)
        vector = vector - (basis @ vector) @ basis
    return unit(vector), jnp.linalg.norm(vector)


def _ritz(small, made):
    """Ritz values (descending), vectors within the basis, and residuals after `made` steps."""
    values, within = _pairs(small[:-1, :-1], made)
    return values, within, jnp.abs(small[made - 1, made] * within[made - 1])


def _pairs(small, made):
    """Eigenvalues (descending) and eigenvectors of the part of `small` that is built."""
    built = jnp.arange(len(small)) < made
    inner = jnp.where(built[:, None] & built[None, :], small, 0)
    # What is not built yet is moved below everything else, so that it never counts as largest.
    below = -2 * jnp.max(jnp.sum(jnp.abs(inner), axis=1)) - 1
    inner = inner + jnp.diag(jnp.where(built, 0, below))
    values, within = jnp.linalg.eigh(inner)
    return values[::-1], jnp.where(built[:, None], within[:, ::-1], 0)


def _errors(values, residuals, made, tolerance):
    """The estimated relative errors, residual² over the gap, in units of their tolerances."""
    k = len(tolerance)
    apart = jnp.abs(values[:k, None] - values) + jnp.where(jnp.eye(k, len(values)), jnp.inf, 0)
    gap = jnp.min(jnp.where(jnp.arange(len(values)) < made, apart, jnp.inf), axis=1)
    values, residuals = values[:k], residuals[:k]
    gap = jnp.minimum(gap, CLOSE * jnp.abs(values))
    error = jnp.minimum(residuals, residuals**2 / jnp.maximum(gap, residuals / 2 + 1e-30))
    return error / jnp.maximum(jnp.abs(values), 1e-30) / jnp.asarray(tolerance, values.dtype)

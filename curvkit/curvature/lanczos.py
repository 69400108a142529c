"""The largest eigenvalues of a Hessian, from Hessian-vector products alone.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w | `params` | pytree, P numbers in all | |
| H | Hessian of `loss` at `params` | (P, P), never formed | |
| P | `preconditioner`, its diagonal | like `params` | arXiv 2207.14484, section 2 |
| λ, u | `values`, `vectors` of P^(-1/2) H P^(-1/2) | (k,), k × `params` | |
| Q, T | Krylov basis, and H within it | (m, P), (m, m) | Lanczos 1950 |
| m | `num_hvps` | | |

Why Lanczos and not the power iteration: it finds the largest eigenvalue, not the largest in
size, and near the edge of stability, where the two largest eigenvalues come together, a power
iteration stops early and low. Along a training run the vectors of the last reading are a start so
good that about three products suffice.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from curvkit.core import say, tree

# How much of a warm start is noise: without it a direction whose eigenvalue only now rises above
# the others is never seen; at 2 % it costs no accuracy that three products do not win back.
NOISE = 0.02
# What weight each further vector has in a start for k > 1: equal ones need the fewest products.
FURTHER = 1.0
# An eigenvalue this close below another may not have shown yet, as a share of the larger.
CLOSE = 0.02


class EigenPairs(NamedTuple):
    """Eigenvalues and eigenvectors, the largest first.

    Attributes:
        values: shape (k,), descending.
        vectors: like `params` with a leading axis of length k, orthonormal.
        residuals: shape (k,), the norm of H u − λ u; at most this far lies a true eigenvalue.
        num_hvps: how many Hessian-vector products were made.
    """

    values: jax.Array
    vectors: Any
    residuals: jax.Array
    num_hvps: jax.Array


def hvp(loss: Callable[[Any], jax.Array], params: Any, vector: Any) -> Any:
    """The Hessian of `loss` at `params` times `vector`, forward over reverse (Pearlmutter 1994).

    Args:
        loss: a scalar function of `params`.
        params: any pytree of floating-point arrays.
        vector: a pytree like `params`.

    Returns:
        A pytree like `params`.

    Raises:
        ValueError: if `vector` is not shaped like `params`, or `loss` is not a real scalar.

    >>> import jax.numpy as jnp
    >>> hvp(lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2), jnp.ones(2), jnp.ones(2))
    Array([1., 3.], dtype=float32)
    """
    tree.require_floats("params", params)
    tree.require_like("vector", vector, params)
    tree.require_scalar(loss, params)
    return jax.jvp(jax.grad(loss), (params,), (vector,))[1]


def top_eigenpairs(
    loss: Callable[[Any], jax.Array],
    params: Any,
    k: int = 1,
    *,
    key: jax.Array,
    start: EigenPairs | Any | None = None,
    num_hvps: int = 20,
    tolerance: float | Sequence[float] | None = None,
    preconditioner: Any | None = None,
) -> EigenPairs:
    """The k largest eigenvalues (not the largest in size) of the Hessian, with their vectors.

    Args:
        loss: a scalar function of `params`.
        params: any pytree of floating-point arrays, P numbers in all.
        k: how many pairs, from 1 to min(`num_hvps`, P).
        key: a JAX random key, for the start and the noise in it.
        start: the pairs of the step before, or a pytree like `params` to start from.
        num_hvps: Hessian-vector products, at most P; 20 do from cold, 3 to 8 with a start.
        tolerance: stop sooner, once the estimated relative errors are below this: one number for
            all k values, or one for each, of which `inf` asks nothing.
        preconditioner: the diagonal of P, a positive pytree like `params`; the pairs are then of
            P^(-1/2) H P^(-1/2) (arXiv 2207.14484, section 2).

    Returns:
        `EigenPairs`, in the precision of `params`.

    Raises:
        ValueError: with one sentence, if an argument does not fit; outside of `jax.jit` also if
            the loss is not finite, or depends on no parameter.

    >>> import jax, jax.numpy as jnp
    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([-9.0, 1.0, 3.0]) * w**2)
    >>> top_eigenpairs(loss, jnp.ones(3), 2, key=jax.random.key(0)).values.round(4)
    Array([3., 1.], dtype=float32)
    """
    if not isinstance(k, int) or k < 1:
        raise ValueError(say.refusal("k", "a whole number of at least 1", k))
    if not isinstance(num_hvps, int) or num_hvps < k:
        raise ValueError(say.refusal("num_hvps", f"a whole number of at least k={k}", num_hvps))
    tree.flat(loss, params)
    if preconditioner is not None:
        tree.require_like("preconditioner", preconditioner, params)
    start = _first_vector(start, params)
    statics = dict(k=k, num_hvps=num_hvps, tolerance=_tolerances(tolerance, k))
    arguments = (params, key, start, preconditioner)
    if tree.traced(arguments):
        return _top_eigenpairs(loss, *arguments, **statics)[0]
    pairs, value, flat = _jitted(loss)(*arguments, **statics)
    if tree.traced(value):  # the loss closes over what is being traced, such as a batch
        return pairs
    if not (jnp.isfinite(value) and jnp.all(jnp.isfinite(pairs.values))):
        got = f"loss {float(value):g} and eigenvalues {pairs.values.tolist()}"
        raise ValueError(say.refusal("loss", "finite near params", got))
    if flat:
        raise ValueError(
            "loss has an exactly zero gradient and Hessian at params, so there is no sharpness to "
            "measure; check that it depends on params."
        )
    return pairs


def sharpness(loss: Callable[[Any], jax.Array], params: Any, **options: Any) -> jax.Array:
    """The sharpness: the largest eigenvalue of the Hessian of `loss` at `params`, a scalar.

    Takes the options of `top_eigenpairs` but `k`; `key` is required.

    >>> import jax, jax.numpy as jnp
    >>> float(sharpness(lambda w: 2.5 * jnp.sum(w**2), jnp.ones(3), key=jax.random.key(0)))
    5.0
    """
    return top_eigenpairs(loss, params, 1, **options).values[0]


@functools.lru_cache(maxsize=64)
def _compiled(loss):
    # Compiled once per loss: an eager loop would be compiled anew at each call.
    return jax.jit(
        functools.partial(_top_eigenpairs, loss), static_argnames=("k", "num_hvps", "tolerance")
    )


def _jitted(loss):
    try:
        return _compiled(loss)
    except TypeError:  # a callable that cannot be hashed, such as a module holding arrays
        return functools.partial(_top_eigenpairs, loss)


def _tolerances(tolerance, k):
    """One tolerance for each of k values, or None."""
    if tolerance is None:
        return None
    each = tuple(tolerance) if isinstance(tolerance, Sequence) else (tolerance,) * k
    if len(each) != k or not all(value > 0 for value in each):
        expected = f"a number above 0, or {k} of them"
        raise ValueError(say.refusal("tolerance", expected, tolerance))
    return tuple(float(value) for value in each)


def _first_vector(start, params):
    """The vectors to start from as a pytree with a leading axis, or None."""
    if start is None:
        return None
    if isinstance(start, EigenPairs):
        one = jax.tree.map(
            lambda each: jax.ShapeDtypeStruct(each.shape[1:], each.dtype), start.vectors
        )
        tree.require_like("start", one, params)
        return start.vectors
    tree.require_like("start", start, params)
    return jax.tree.map(lambda each: each[None], start)


def _top_eigenpairs(loss, params, key, start, preconditioner, *, k, num_hvps, tolerance):
    vector, unravel = ravel_pytree(params)
    value, gradient = jax.value_and_grad(lambda flat: loss(unravel(flat)))(vector)

    scale = jnp.ones_like(vector)
    if preconditioner is not None:
        scale = jax.lax.rsqrt(ravel_pytree(preconditioner)[0].astype(vector.dtype))

    def product(direction):
        gradient_of = jax.grad(lambda flat: loss(unravel(flat)))
        return scale * jax.jvp(gradient_of, (vector,), (scale * direction,))[1]

    first = _noise(key, 0, vector)
    if start is not None:
        start = jax.vmap(lambda each: ravel_pytree(each)[0])(start).astype(vector.dtype)
        weights = jnp.full(len(start), FURTHER, vector.dtype).at[0].set(1)
        first = _unit(weights @ start) + NOISE * _unit(first)
    steps = min(num_hvps, vector.size)
    values, vectors, residuals, made = lanczos(
        product, first, steps, min(k, steps), key=key, tolerance=tolerance and tolerance[:steps]
    )
    pairs = EigenPairs(values, jax.vmap(unravel)(vectors), residuals, made)
    return pairs, value, jnp.all(gradient == 0) & jnp.all(values == 0) & jnp.all(residuals == 0)


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
    """

    def unfinished(carry):
        step, *_, (*_, error) = carry
        # With no Ritz value beyond the first k the gap below them is unknown, and so is the error.
        return (step < steps) & ((step <= k) | (error > 1))

    def one(carry):
        step, basis, small, following, found = carry
        basis = basis.at[step].set(following)
        image = product(following)
        small = small.at[step, step].set(following @ image)
        # The recurrence takes out nearly all, one pass over the basis the rest of it.
        rest = image - small[step, step] * following - small[step - 1, step] * basis[step - 1]
        rest, length = _orthogonal(rest, basis, passes=1)
        # An invariant subspace ends the recurrence; a fresh direction finds what lies outside it.
        exhausted = length <= 10 * jnp.finfo(first.dtype).eps * jnp.max(jnp.abs(small))
        following = jax.lax.cond(
            exhausted, lambda: _orthogonal(_noise(key, step + 1, first), basis)[0], lambda: rest
        )
        length = jnp.where(exhausted, 0, length)
        small = small.at[step, step + 1].set(length).at[step + 1, step].set(length)
        if tolerance is None:
            return step + 1, basis, small, following, found
        found = _ritz(small, step + 1)
        error = _worst_error(found[0], found[2], step + 1, tolerance)
        return step + 1, basis, small, following, (*found, error)

    empty = jnp.zeros((steps, first.size), first.dtype)
    # One row and column more than steps: the last coupling tells the residual for free.
    small = jnp.zeros((steps + 1, steps + 1), first.dtype)
    found = jax.tree.map(
        lambda each: jnp.zeros(each.shape, each.dtype), jax.eval_shape(_ritz, small, steps)
    )
    made, basis, small, _, (*found, _) = jax.lax.while_loop(
        unfinished, one, (0, empty, small, _unit(first), (*found, jnp.full((), jnp.inf)))
    )
    values, within, residuals = _ritz(small, made) if tolerance is None else found
    # `within` is zero outside the part of the basis that was built.
    return values[:k], within[:, :k].T @ basis, residuals[:k], made


def _unit(vector):
    return vector / jnp.maximum(jnp.linalg.norm(vector), jnp.finfo(vector.dtype).tiny)


def _noise(key, salt, like):
    """Numbers from −1 to 1 of the shape and dtype of `like`, by hashing the place (murmur3).

    What is asked of a start is only that it is orthogonal to nothing; random bits of full quality
    would cost as much as a gradient.
    """
    seed = jax.random.key_data(key).ravel()[-2:]
    bits = jnp.arange(like.size, dtype=jnp.uint32) * jnp.uint32(0x9E3779B9) + seed[0]
    bits = bits ^ (seed[-1] + jnp.uint32(salt) * jnp.uint32(0x85EBCA6B))
    for factor in (0x85EBCA6B, 0xC2B2AE35):
        bits = (bits ^ (bits >> 16)) * jnp.uint32(factor)
    bits = bits ^ (bits >> 15)
    return (bits.astype(like.dtype) / 2.0**31 - 1).reshape(like.shape)


def _orthogonal(vector, basis, passes=2):
    """`vector` without its part in the rows of `basis`, as a unit vector, and its length."""
    for _ in range(passes):  # twice is enough (Parlett, Kahan)
        vector = vector - (basis @ vector) @ basis
    return _unit(vector), jnp.linalg.norm(vector)


def _ritz(small, made):
    """Ritz values (descending), vectors within the basis, and residuals after `made` steps."""
    steps = len(small) - 1
    built = jnp.arange(steps) < made
    inner = jnp.where(built[:, None] & built[None, :], small[:steps, :steps], 0)
    # What is not built yet is moved below everything else, so that it never counts as largest.
    below = -2 * jnp.max(jnp.sum(jnp.abs(inner), axis=1)) - 1
    inner = inner + jnp.diag(jnp.where(built, 0, below))
    values, within = jnp.linalg.eigh(inner)
    values, within = values[::-1], within[:, ::-1]
    residuals = jnp.abs(small[made - 1, made] * within[made - 1])
    return values, jnp.where(built[:, None], within, 0), residuals


def _worst_error(values, residuals, made, tolerance):
    """The largest estimated relative error, residual² over the gap, in units of its tolerance."""
    k = len(tolerance)
    apart = jnp.abs(values[:k, None] - values) + jnp.where(jnp.eye(k, len(values)), jnp.inf, 0)
    gap = jnp.min(jnp.where(jnp.arange(len(values)) < made, apart, jnp.inf), axis=1)
    values, residuals = values[:k], residuals[:k]
    gap = jnp.minimum(gap, CLOSE * jnp.abs(values))
    error = jnp.minimum(residuals, residuals**2 / jnp.maximum(gap, residuals / 2 + 1e-30))
    error = error / jnp.maximum(jnp.abs(values), 1e-30) / jnp.asarray(tolerance, values.dtype)
    return jnp.max(error).astype(jnp.zeros(()).dtype)

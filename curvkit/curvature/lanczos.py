"""The largest eigenvalues of a Hessian, from Hessian-vector products alone.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w | `params` | pytree, P numbers in all | |
| H | Hessian of `loss` at `params` | (P, P), never formed | |
| P | `preconditioner`, its diagonal | like `params` | arXiv 2207.14484, section 2 |
| λ, u | `values`, `vectors` of P^(-1/2) H P^(-1/2) | (k,), k × `params` | |
| m | `num_hvps` | | |

Why Lanczos and not the power iteration: it finds the largest eigenvalue, not the largest in
size, and near the edge of stability, where the two largest eigenvalues come together, a power
iteration stops early and low. Along a training run the vectors of the last reading are a start so
good that a handful of products suffice. Carry two pairs along, also where only the first is wanted:
at the edge the two largest eigenvalues cross, and a start from one vector sees that late.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from curvkit.core import say, tree
from curvkit.curvature import krylov

# How much of a warm start is noise: without it a direction whose eigenvalue only now rises above
# the others is never seen; at 2 % it costs no accuracy that three products do not win back.
NOISE = 0.02
# What weight each further vector has in a start for k > 1: equal ones need the fewest products.
FURTHER = 1.0


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

    first = krylov.noise(key, 0, vector)
    if start is not None:
        start = jax.vmap(lambda each: ravel_pytree(each)[0])(start).astype(vector.dtype)
        weights = jnp.full(len(start), FURTHER, vector.dtype).at[0].set(1)
        first = krylov.unit(weights @ start) + NOISE * krylov.unit(first)
    steps = min(num_hvps, vector.size)
    values, vectors, residuals, made = krylov.lanczos(
        product, first, steps, min(k, steps), key=key, tolerance=tolerance and tolerance[:steps]
    )
    pairs = EigenPairs(values, jax.vmap(unravel)(vectors), residuals, made)
    return pairs, value, jnp.all(gradient == 0) & jnp.all(values == 0) & jnp.all(residuals == 0)

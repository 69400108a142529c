"""The largest eigenvalues of a Hessian, from Hessian-vector products alone.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w | `params` | pytree, P numbers in all | |
| H | Hessian of `loss` at `params` | (P, P), never formed | |
| P | `preconditioner`, its diagonal | like `params` | arXiv 2207.14484 |
| λ, u | `values`, `vectors` of P^(-1/2) H P^(-1/2) | (k,), k × `params` | |
| m | `num_hvps` | | |

Why Lanczos and not the power iteration: it finds the largest eigenvalue, not the largest in
size, and near the edge of stability, where the two largest eigenvalues come together, a power
iteration stops early and low. Along a training run the vectors of earlier readings are a start so
good that three or four products suffice (Davidson's method). Two vectors are carried along, also
where only one pair is wanted: at the edge the two largest eigenvalues cross, and a start from one
vector sees that late.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from curvkit.core import messages, problem, tree
from curvkit.curvature import _davidson as davidson
from curvkit.curvature import _lanczos as krylov

# How many readings are remembered, and how many vectors of each.
READINGS, CARRIED = 4, 2


class EigenPairs(NamedTuple):
    """Eigenvalues and eigenvectors, the largest first.

    Attributes:
        values: shape (k,), descending.
        vectors: like `params` with a leading axis of length k, orthonormal.
        residuals: shape (k,), the norm of H u − λ u; at most this far lies a true eigenvalue.
        num_hvps: how many Hessian-vector products were made.
        recent: like `params` with two leading axes (4, 2): the two top vectors of the last four
            readings, the newest first, from which the next reading starts; of more than a million
            parameters those of one reading, (1, 2). None in pairs made by hand, which start from
            `vectors`.
    """

    values: jax.Array
    vectors: Any
    residuals: jax.Array
    num_hvps: jax.Array
    recent: Any = None

    @classmethod
    def blank(cls, params: Any, k: int = 1) -> "EigenPairs":
        """All-zero pairs, from which the first reading of a run starts, shaped as
        `top_eigenpairs(loss, params, k=k)` would return them. Zero vectors are replaced by noise.
        """
        numbers, held, shape = problem.trainable(params, some=False)
        size = sum(each.size for each in numbers)
        dtype = numbers[0].dtype

        def zeros(*axes):
            each = [jnp.zeros((*axes, *number.shape), dtype) for number in numbers]
            return shape.like(each, held, len(axes))

        # Two arrays, not one twice: who runs a program may give the memory of each away.
        values, residuals = jnp.zeros((2, k), dtype)
        recent = zeros(_readings(size), min(CARRIED, size))
        return cls(values, zeros(k), residuals, jnp.zeros((), int), recent)


def same_side(pairs: EigenPairs, before: EigenPairs) -> EigenPairs:
    """`pairs` with the sign that the top eigenvector had before, so that an oscillation shows.

    An eigenvector has no sign of its own. Those of flat parameters alone, of shape (k, P).
    """
    same = jnp.where(pairs.vectors[0] @ before.vectors[0] < 0, -1.0, 1.0)
    return pairs._replace(vectors=same * pairs.vectors)


@tree.exactly
def hvp(loss: Callable[..., jax.Array], params: Any, vector: Any, *args: Any) -> Any:
    """The Hessian of `loss` at `params` times `vector`, forward over reverse (Pearlmutter 1994).

    Args:
        loss: `loss(params, *args)`, a scalar.
        params: any pytree or model; its floating-point arrays are differentiated.
        vector: a pytree like `params`.
        args: what the loss gets beside `params`, such as a batch.

    Returns:
        A pytree like `params`, in float32 or better; zeros where nothing is trained.

    Raises:
        ValueError: if `vector` is not shaped like `params`, or `loss` is not a real scalar.

    >>> import jax.numpy as jnp
    >>> hvp(lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2), jnp.ones(2), jnp.ones(2))
    Array([1., 3.], dtype=float32)
    """
    posed = problem.posed(loss, params, args)
    along = posed.within("vector", vector)
    return posed.like_params(posed.run(problem.product, along))


@tree.exactly
def top_eigenpairs(
    loss: Callable[..., jax.Array],
    params: Any,
    *args: Any,
    k: int = 1,
    key: jax.Array,
    start: EigenPairs | Any | None = None,
    num_hvps: int = 20,
    tolerance: float | Sequence[float] | None = None,
    preconditioner: Any | None = None,
) -> EigenPairs:
    """The k largest eigenvalues (not the largest in size) of the Hessian, with their vectors.

    The loss is traced at each call, so that what it reads is read as it is now; it is compiled once
    for all losses that do the same.

    Args:
        loss: `loss(params, *args)`, a scalar.
        params: any pytree or model; its floating-point arrays, P numbers in all, are what is
            differentiated. Integers and a model's statistics are held.
        args: what the loss gets beside `params`, such as a batch.
        k: how many pairs, from 1 to min(`num_hvps`, P).
        key: a JAX random key, for the start and the noise in it.
        start: the pairs of the reading before, or a pytree like `params` to start from. What is
            not finite in it is left out.
        num_hvps: Hessian-vector products, at most P; 20 do from cold, 3 or 4 with a start.
        tolerance: stop sooner, once the estimated relative errors are below this: one number for
            all k values, or one for each, of which `inf` asks nothing.
        preconditioner: the diagonal of P, a positive pytree like `params`; the pairs are then of
            P^(-1/2) H P^(-1/2) (arXiv 2207.14484).

    Returns:
        `EigenPairs`, in float32, or in float64 where a parameter is.

    Raises:
        ValueError: with one sentence, if an argument does not fit; outside of `jax.jit` also if
            the loss is not finite, or depends on no parameter.

    >>> import jax, jax.numpy as jnp
    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([-9.0, 1.0, 3.0]) * w**2)
    >>> top_eigenpairs(loss, jnp.ones(3), k=2, key=jax.random.key(0)).values.round(4)
    Array([3., 1.], dtype=float32)
    """
    args, k = problem.by_place(loss, params, args, k)
    k = messages.whole("k", k)
    num_hvps = messages.whole("num_hvps", num_hvps, k, f"a whole number of at least k={k}")
    posed = problem.posed(loss, params, args)
    weights = None
    if preconditioner is not None:
        weights = posed.within("preconditioner", preconditioner)
        require_positive("preconditioner", weights)
    start = _first_vectors(start, posed, looked_at=tolerance is not None or k > CARRIED)
    statics = dict(k=k, num_hvps=num_hvps, tolerance=_tolerances(tolerance, k))
    pairs, value, flat = posed.run(_search, key, start, weights, **statics)
    pairs = pairs._replace(
        vectors=posed.like_params(pairs.vectors, 1), recent=posed.like_params(pairs.recent, 2)
    )
    if tree.traced(value):
        return pairs
    if not (jnp.isfinite(value) and jnp.all(jnp.isfinite(pairs.values))):
        got = f"loss {float(value):g} and eigenvalues {pairs.values.tolist()}"
        raise ValueError(messages.refusal("loss", "finite near params", got))
    if flat:
        raise ValueError(
            "loss has an exactly zero gradient and Hessian at params, so there is no sharpness to "
            "measure; check that it depends on params."
        )
    return pairs


def sharpness(loss: Callable[..., jax.Array], params: Any, *args: Any, **options: Any) -> jax.Array:
    """The sharpness: the largest eigenvalue of the Hessian of `loss` at `params`, a scalar.

    Takes the options of `top_eigenpairs` but `k`; `key` is required.

    >>> import jax, jax.numpy as jnp
    >>> loss = lambda w, scale: scale * jnp.sum(w**2)
    >>> float(sharpness(loss, jnp.ones(3), 2.5, key=jax.random.key(0)))
    5.0
    """
    return top_eigenpairs(loss, params, *args, **options).values[0]


def require_positive(name: str, arrays: Sequence[jax.Array]) -> None:
    """Raises ValueError where a number is not above 0; what is being traced is not looked at."""
    if not tree.traced(arrays) and not all(bool(jnp.all(each > 0)) for each in arrays):
        raise ValueError(messages.refusal(name, "above 0 everywhere", "a number that is not"))


def _tolerances(tolerance, k):
    """One tolerance for each of k values, or None."""
    if tolerance is None:
        return None
    expected = f"a number above 0, or {k} of them"
    messages.reals("tolerance", tolerance, expected, above=0, most=math.inf)
    each = tuple(np.ravel(tolerance)) if np.ndim(tolerance) else (tolerance,) * k
    if len(each) != k:
        raise ValueError(messages.refusal("tolerance", expected, tolerance))
    return tuple(float(value) for value in each)


def _first_vectors(start, posed, looked_at):
    """The vectors to start from, as lists of arrays with a leading axis, and those remembered.

    Where errors are looked at, the vectors of the last reading need the fewest products. A fixed
    few cannot be checked, and at the edge of stability the iterate jumps from side to side: the
    reading before the last was on the side of this one, and two before it tell where it moves.
    """
    if start is None:
        return None
    if not isinstance(start, EigenPairs):
        return [each[None] for each in posed.within("start", start)], None
    vectors = posed.within("start", start.vectors, 1)
    if start.recent is None:
        return vectors, None
    recent = posed.within("start", start.recent, 2)
    if looked_at:
        return (vectors if len(vectors[0]) >= CARRIED else [e[0] for e in recent]), recent
    if len(recent[0]) < READINGS:
        return [each[0] for each in recent], recent
    ahead = lambda each: each[1].at[0].add(each[1, 0] - each[3, 0])
    return [ahead(each) for each in recent], recent


def _search(loss, numbers, key, start, preconditioner, *, k, num_hvps, tolerance):
    flat = problem.flat(loss, numbers)
    vector = flat.vector
    weights = None if preconditioner is None else ravel_pytree(preconditioner)[0]
    scale = jnp.ones_like(vector) if weights is None else jax.lax.rsqrt(weights)
    product = lambda direction: scale * flat.product(scale * direction)

    steps = min(num_hvps, vector.size)
    k = min(k, steps)
    # The second pair is found along with the first, and nothing is asked of it.
    bounds = ((tolerance or (1.0,) * k)[:k] + (jnp.inf,) * CARRIED)[: min(max(k, CARRIED), steps)]
    capacity = davidson.capacity(vector.size, len(bounds))
    if start is None and capacity:
        start = [jnp.zeros((1, *each.shape), each.dtype) for each in numbers], None
    if start is None:
        values, vectors, residuals, products = krylov.lanczos(
            product, krylov.noise(key, 0, vector), steps, len(bounds), key=key,
            tolerance=bounds if tolerance else None,
        )  # fmt: skip
        recent = None
    else:
        start, recent = start
        start, recent = _ravelled(start, 1), None if recent is None else _ravelled(recent, 2)
        values, vectors, residuals, products = davidson.davidson(
            product, start, steps, bounds, key=key, stop=bool(tolerance), capacity=capacity,
        )  # fmt: skip
    recent = jax.vmap(jax.vmap(flat.unravel))(_remembered(vectors, recent))
    scaled = values[:k] * flat.scale, residuals[:k] * flat.scale
    nothing = jnp.all(flat.gradient == 0) & jnp.all(values == 0) & jnp.all(residuals == 0)
    pairs = EigenPairs(scaled[0], jax.vmap(flat.unravel)(vectors[:k]), scaled[1], products, recent)
    return tree.strong(pairs), flat.value, nothing


def _ravelled(arrays, axes):
    """A list with so many leading axes as one array, its last axis the parameters.

    A vector that is not finite, such as one of a step that diverged, is zero instead.
    """
    ravel = lambda each: ravel_pytree(each)[0]
    for _ in range(axes):
        ravel = jax.vmap(ravel)
    rows = ravel(arrays)
    return jnp.where(jnp.all(jnp.isfinite(rows), axis=-1, keepdims=True), rows, 0)


def _readings(size):
    """Of how many readings of so many parameters the vectors are remembered."""
    return READINGS if size <= davidson.LARGE else 1


def _remembered(vectors, recent):
    """What is remembered after a reading that found `vectors`: (4, 2, P), for P = 1 (4, 1, 1)."""
    readings = _readings(vectors.shape[1])
    carried = min(CARRIED, vectors.shape[1])
    newest = vectors[:carried]
    if len(newest) < carried:  # a single product finds a single pair
        before = jnp.zeros_like(newest) if recent is None else recent[0, 1:]
        newest = jnp.concatenate([newest, before])
    if recent is None or readings == 1:
        return jnp.stack([newest] * readings)
    # An eigenvector has no sign of its own: give it that of two readings ago, to tell its motion.
    same = jnp.where(jnp.sum(newest * recent[1], axis=1, keepdims=True) < 0, -1, 1)
    return jnp.concatenate([(same * newest)[None], recent[:-1]]).astype(vectors.dtype)

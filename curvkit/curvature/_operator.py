"""Curvature of any symmetric product of a matrix with a vector, wherever it is computed.

What has a Hessian-vector product and no JAX has all of curvkit's readings of it.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| A | `matvec`, a symmetric matrix as a function | `shape` to `shape`, P numbers | |
| λ, u | `values`, `vectors` of A | (k,), (k, *`shape`) | |
| x, y | two random vectors, of which xᵀAy = yᵀAx | `shape` | |
"""

import itertools
import math
import sys
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, programs, tree
from curvkit.core.messages import refusal
from curvkit.curvature import _davidson as davidson
from curvkit.curvature import _lanczos as krylov
from curvkit.curvature import _spectrum as spectrum
from curvkit.curvature._eigenpairs import CARRIED, EigenPairs, _tolerances

# xᵀAy and yᵀAx are of the size of |Ay|; half precision leaves them apart by less than this share.
ASYMMETRY = 0.02

_numbers = itertools.count()
# By number, which is an argument of the program: one is compiled for all operators of a shape.
_operators: weakref.WeakValueDictionary = weakref.WeakValueDictionary()


def of_operator(
    matvec: Callable[[Any], Any], shape: int | Sequence[int], dtype: Any = jnp.float32
) -> "Operator":
    """The readings of curvature for a symmetric matrix that is given by its products with vectors.

    A function of JAX is traced at each reading, so that what it reads is read as it is now. Any
    other is called as it is: with NumPy arrays, or, where it does not take these and PyTorch is
    loaded, with tensors on the CPU.

    Args:
        matvec: the product: an array of `shape` to an array of `shape`.
        shape: of the vectors; a whole number P for (P,).
        dtype: in which is computed, float32 or, where JAX has it on, float64.

    Returns:
        An `Operator`, with `sharpness`, `top_eigenpairs`, `trace` and `spectral_density`.

    Raises:
        ValueError: with one sentence, if `matvec` raises, returns another shape, numbers that are
            not finite or not real, or is seen not to be symmetric.

    >>> import jax, numpy as np
    >>> operator = of_operator(lambda v: np.arange(1.0, 6.0) * np.asarray(v), 5)
    >>> round(float(operator.sharpness(key=jax.random.key(0))), 4)
    5.0
    """
    if not callable(matvec):
        given = type(matvec).__name__
        raise ValueError(refusal("matvec", "a function", given, "pass lambda v: A @ v"))
    expected = "a whole number above 0, or a tuple of them"
    many = shape if isinstance(shape, Sequence) and not isinstance(shape, str | bytes) else (shape,)
    sides = tuple(messages.whole("shape", each, 1, expected) for each in many)
    if not sides:
        raise ValueError(refusal("shape", expected, shape))
    if dtype not in (jnp.float32, jnp.float64) or jnp.result_type(np.zeros((), dtype)) != dtype:
        expected = "float32, or float64 where jax_enable_x64 is on"
        raise ValueError(refusal("dtype", expected, dtype))
    return Operator(matvec, sides, jnp.dtype(dtype))


class Operator:
    """A symmetric matrix of P rows, known by its products with vectors; made by `of_operator`.

    Attributes:
        shape: of the vectors.
        dtype: of the results.
    """

    def __init__(self, matvec: Callable[..., Any], shape: tuple[int, ...], dtype: Any):
        self.shape, self.dtype = shape, dtype
        self._matvec, self._raised = matvec, None
        self._number = next(_numbers)
        _operators[self._number] = self
        vectors = np.random.default_rng(0).normal(size=(2, *shape)).astype(dtype)
        self._call = self._way(vectors[0])
        self._check(vectors)

    def __repr__(self) -> str:
        return f"Operator(shape={self.shape}, dtype={self.dtype})"

    def __call__(self, vector: Any) -> jax.Array:
        """The product with one vector of `shape`."""
        vector = jnp.asarray(vector, self.dtype)
        if vector.shape != self.shape:
            raise ValueError(refusal("vector", f"of shape {self.shape}", vector.shape))
        if self._call is None:
            return jnp.asarray(self._fitting(self._matvec(vector)))
        return jnp.asarray(self.outside(vector))

    @tree.exactly
    def top_eigenpairs(
        self, k: int = 1, *, key: jax.Array, start: EigenPairs | Any | None = None,
        num_products: int = 20, tolerance: float | Sequence[float] | None = None,
    ) -> EigenPairs:  # fmt: skip
        """The k largest eigenvalues (not the largest in size), with their vectors.

        Args:
            k: how many pairs, from 1 to min(`num_products`, P).
            key: a JAX random key, for the start and the noise in it.
            start: pairs of a matrix nearby, or a vector of `shape`.
            num_products: at most P; 20 do from cold, 3 or 4 with pairs to start from.
            tolerance: stop sooner, once the estimated relative errors are below this: one number,
                or one for each of the k values.

        Returns:
            `EigenPairs`, its vectors of shape (k, *`shape`), its `num_hvps` the products made.

        Raises:
            ValueError: with one sentence, if an argument does not fit, or a product is not finite.
        """
        k = messages.whole("k", k)
        most = messages.whole("num_products", num_products, k, f"a whole number of at least k={k}")
        start = None if start is None else self._first(start)
        statics = dict(k=k, steps=most, tolerance=_tolerances(tolerance, k))
        *ritz, products = self._run(_largest, key, start, **statics)
        self._require_finite(ritz[0])
        vectors = ritz[1].reshape(-1, *self.shape)
        return EigenPairs(ritz[0][:k], vectors[:k], ritz[2][:k], products, vectors[:CARRIED][None])

    def sharpness(self, *, key: jax.Array, **options: Any) -> jax.Array:
        """The largest eigenvalue, a scalar; takes the options of `top_eigenpairs` but `k`."""
        return self.top_eigenpairs(1, key=key, **options).values[0]

    @tree.exactly
    def trace(self, *, key: jax.Array, samples: int = 16) -> tuple[jax.Array, jax.Array]:
        """The trace and its standard error, as `curvkit.curvature.hessian_trace` has them.

        Args:
            key: a JAX random key.
            samples: products, at least 2.
        """
        estimate = self._run(_trace, key, samples=messages.whole("samples", samples, 2))
        self._require_finite(estimate[0])
        return estimate

    @tree.exactly
    def spectral_density(
        self, *, key: jax.Array, samples: int = 4, order: int = 40
    ) -> spectrum.SpectralDensity:
        """The density of the eigenvalues, as `curvkit.curvature.spectral_density` has it.

        Args:
            key: a JAX random key.
            samples: random vectors, at least 1.
            order: products for each, from 1 to P.
        """
        samples = messages.whole("samples", samples)
        order = messages.whole("order", order, most=math.prod(self.shape))
        density = self._run(_density, key, samples=samples, order=order)
        self._require_finite(density.nodes)
        return density

    def outside(self, vector: Any) -> np.ndarray:
        """The product, by a function that is none of JAX's, of a vector of `shape`."""
        try:
            # A copy, which may be written to: PyTorch warns of what may not.
            call = messages.known("a function that is none of JAX's", self._call)
            return np.asarray(self._fitting(call(np.array(vector, self.dtype))))
        except Exception as error:
            self._raised = error
            raise

    def _run(self, body, *arguments, **statics):
        """`body` of the product as a function of vectors (P,), compiled."""
        like = jnp.zeros(math.prod(self.shape), self.dtype)
        if self._call is None:
            flat = lambda vector: self._fitting(self._matvec(vector.reshape(self.shape))).ravel()
            traced = programs.Traced(flat, (like,))
        else:
            flat = lambda vector, number: _called_back(vector.reshape(self.shape), number).ravel()
            traced = programs.Traced(flat, (like, jnp.int32(self._number)), free=1)
        try:
            outputs = programs.run(body, [traced], (like, *arguments), **statics)
            return outputs if tree.traced(outputs) else jax.block_until_ready(outputs)
        except jax.errors.JaxRuntimeError:
            raised, self._raised = self._raised, None
            if raised is None:
                raise
            raise raised from None

    def _first(self, start):
        """Vectors to start from, shape (s, P)."""
        if isinstance(start, EigenPairs):
            start = start.vectors if start.recent is None else start.recent[0]
            wanted = (len(start), *self.shape)
        else:
            start, wanted = jnp.asarray(start)[None], (1, *self.shape)
        if jnp.shape(start) != wanted:
            raise ValueError(refusal("start", f"of shape {self.shape}", jnp.shape(start[0])))
        rows = jnp.asarray(start, self.dtype).reshape(len(start), -1)
        return jnp.where(jnp.all(jnp.isfinite(rows), axis=1, keepdims=True), rows, 0)

    def _way(self, vector) -> Callable[..., Any] | None:
        """How the function is called where it is none of JAX's; else None."""
        like = jax.ShapeDtypeStruct(self.shape, self.dtype)
        try:
            jax.eval_shape(programs.own(self._matvec, "matvec"), like)
            return None
        except Exception as error:
            raised = [error]
        for way in (self._matvec, self._with_tensors)[: 1 + ("torch" in sys.modules)]:
            try:
                way(vector.copy())
                return way
            except Exception as error:
                raised.append(error)
        reason = str(raised[-1]).strip().split("\n")[0]
        raise ValueError(
            f"matvec of a vector of shape {self.shape} raises {type(raised[-1]).__name__} "
            f"({reason[:160]}); it must take a JAX array, a NumPy array or a PyTorch tensor of "
            "that shape."
        ) from raised[0]

    def _with_tensors(self, vector):
        out = self._matvec(sys.modules["torch"].from_numpy(vector))
        return out.detach().cpu().numpy() if hasattr(out, "detach") else out

    def _fitting(self, out):
        """A product as an array of the right dtype, if its shape is right."""
        own = isinstance(out, jax.Array)
        out = out if own else np.asarray(out.detach().cpu() if hasattr(out, "detach") else out)
        if out.shape != self.shape:
            advice = "return an array of the shape that came in"
            raise ValueError(refusal("matvec(v)", f"of shape {self.shape}", out.shape, advice))
        if not (jnp.issubdtype(out.dtype, jnp.floating) or out.dtype.kind in "iub"):
            raise ValueError(refusal("matvec(v)", "of real numbers", str(out.dtype)))
        return out.astype(self.dtype)

    def _check(self, vectors) -> None:
        images = [self(each) for each in vectors]
        if tree.traced(images):
            return
        self._require_finite(images)
        images = np.asarray(images, np.float64)
        apart = abs(np.vdot(vectors[0], images[1]) - np.vdot(vectors[1], images[0]))
        if apart > ASYMMETRY * max(map(np.linalg.norm, images)):
            raise ValueError(
                f"matvec must be of a symmetric matrix, but of two random vectors x and y, xᵀAy "
                f"and yᵀAx are apart by {apart:.3g}; symmetrise it, as (A v + Aᵀ v) / 2, and keep "
                "it free of noise such as dropout."
            )

    def _require_finite(self, values) -> None:
        if not tree.traced(values) and not np.isfinite(np.asarray(values)).all():
            raise ValueError(
                "matvec must return finite numbers, but it returned nan or infinity; look at the "
                "loss, and at where the weights are."
            )


def _called_back(vector, number):
    """The product of a vector by the operator of that number."""
    form = jax.ShapeDtypeStruct(vector.shape, vector.dtype)
    return jax.pure_callback(_outside, form, vector, number, vmap_method="sequential")


def _outside(vector, number):
    return _operators[int(number)].outside(vector)


def _largest(product, like, key, start, *, k, steps, tolerance):
    """Values, vectors (rows) and residuals of k pairs, or of two; and the products made."""
    steps = min(steps, like.size)
    k = min(k, steps)
    # As for a loss: a second pair is found along with the first, and nothing is asked of it.
    bounds = ((tolerance or (1.0,) * k)[:k] + (jnp.inf,) * CARRIED)[: min(max(k, CARRIED), steps)]
    capacity = davidson.capacity(like.size, len(bounds))
    if start is None and not capacity:
        first = krylov.noise(key, 0, like)
        tolerance = bounds if tolerance else None
        return krylov.lanczos(product, first, steps, len(bounds), key=key, tolerance=tolerance)
    start = jnp.zeros((1, like.size), like.dtype) if start is None else start
    return davidson.davidson(
        product, start, steps, bounds, key=key, stop=bool(tolerance), capacity=capacity
    )


def _trace(product, like, key, *, samples):
    return spectrum.trace_of(product, like, key, samples)


def _density(product, like, key, *, samples, order):
    return spectrum.density_of(product, like, key, samples, order)

"""The whole spectrum of a Hessian at a glance: its trace, and the density of its eigenvalues.

Both are averages over random vectors, the trace by matfree's estimator; what is ours is that any
pytree, any loss and any symmetric product goes in, that the error comes with the number, and that
the quadrature goes on where a Krylov space ends early.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| H | Hessian of `loss` at `params`, or `product` | (P, P), never formed | |
| z | random signs | (P,) | Hutchinson 1989, doi 10.1080/03610918908812806 |
| zᵀHz | one sample of `hessian_trace` | scalar | |
| θ, ω | `nodes`, `weights` of the quadrature | (samples, order) | arXiv 1901.10159 |
| φ(t) | `SpectralDensity.at(t)` | (points,) | arXiv 1901.10159 |
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages, problem, tree
from curvkit.curvature import _lanczos as krylov


class SpectralDensity(NamedTuple):
    """Where the P eigenvalues lie, as weighted points whose weights sum to one for each sample.

    Attributes:
        nodes: shape (samples, order), in units of the Hessian.
        weights: shape (samples, order), at least 0; each row sums to 1.
    """

    nodes: jax.Array
    weights: jax.Array

    def at(self, points: jax.Array, width: float) -> jax.Array:
        """The density at `points`, shape (points,), each node blurred by a Gaussian of `width`.

        It integrates to one.
        """
        apart = (points[:, None, None] - self.nodes) / width
        blurred = jnp.exp(-0.5 * apart**2) / (width * jnp.sqrt(2 * jnp.pi))
        return jnp.mean(jnp.sum(self.weights * blurred, axis=-1), axis=-1)

    def moment(self, power: int) -> jax.Array:
        """The mean of the eigenvalues to a `power`, of which 2·order − 1 are exact per sample."""
        return jnp.mean(jnp.sum(self.weights * self.nodes**power, axis=-1))


@tree.exactly
def hessian_trace(
    loss: Callable[..., jax.Array],
    params: Any,
    *args: Any,
    key: jax.Array,
    samples: int = 16,
) -> tuple[jax.Array, jax.Array]:
    """The trace of the Hessian, and its standard error, from `samples` Hessian-vector products.

    Args:
        loss: `loss(params, *args)`, a scalar.
        params: any pytree or model; its floating-point arrays are differentiated.
        args: what the loss gets beside `params`, such as a batch.
        key: a JAX random key.
        samples: at least 2; they are made one after another, so that memory does not grow.

    Returns:
        `(trace, standard error)`, scalars.

    Raises:
        ValueError: if `samples` is below 2, or `params` or `loss` do not fit.

    >>> import jax, jax.numpy as jnp
    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 2.0, 3.0]) * w**2)
    >>> [float(each) for each in hessian_trace(loss, jnp.ones(3), key=jax.random.key(0))]
    [6.0, 0.0]
    """
    samples = messages.whole("samples", samples, 2)
    return problem.posed(loss, params, args).run(_trace, key, samples=samples)


@tree.exactly
def spectral_density(
    loss: Callable[..., jax.Array],
    params: Any,
    *args: Any,
    key: jax.Array,
    samples: int = 4,
    order: int = 40,
) -> SpectralDensity:
    """The density of the Hessian's eigenvalues by stochastic Lanczos quadrature.

    Args:
        loss: `loss(params, *args)`, a scalar.
        params: any pytree or model; its floating-point arrays, P numbers in all, are what is
            differentiated.
        args: what the loss gets beside `params`, such as a batch.
        key: a JAX random key.
        samples: random vectors, at least 1.
        order: Hessian-vector products for each, from 1 to P; more tell finer detail.

    Raises:
        ValueError: if `samples` or `order` is out of range, or `params` or `loss` do not fit.

    >>> import jax, jax.numpy as jnp
    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 2.0, 3.0]) * w**2)
    >>> density = spectral_density(loss, jnp.ones(3), key=jax.random.key(0), order=3)
    >>> round(float(density.moment(1)), 4), round(float(density.moment(2)), 4)
    (2.0, 4.6667)
    """
    posed = problem.posed(loss, params, args)
    samples = messages.whole("samples", samples)
    order = messages.whole("order", order, most=posed.size)
    return posed.run(_density, key, samples=samples, order=order)


def _trace(loss, numbers, key, *, samples):
    flat = problem.flat(loss, numbers)
    mean, error = trace_of(flat.product, flat.vector, key, samples)
    return mean * flat.scale, error * flat.scale


def _density(loss, numbers, key, *, samples, order):
    flat = problem.flat(loss, numbers)
    density = density_of(flat.product, flat.vector, key, samples, order)
    return density._replace(nodes=density.nodes * flat.scale)


def trace_of(product: Callable[..., Any], like: jax.Array, key: jax.Array, samples: int):
    """The trace of a symmetric product on vectors like `like`, and its standard error."""
    # Here and not above: a hosted notebook without matfree has all the rest of the room.
    from matfree import stochtrace

    sampler = stochtrace.sampler_signs(like, num=1)
    estimate = stochtrace.estimator_monte_carlo(stochtrace.monte_carlo_trace(), sampler)
    estimates = jax.lax.map(lambda one: estimate(product, one), jax.random.split(key, samples))
    return jnp.mean(estimates), jnp.std(estimates, ddof=1) / samples**0.5


def density_of(
    product: Callable[..., Any], like: jax.Array, key: jax.Array, samples: int, order: int
):
    """The density of the eigenvalues of a symmetric product on vectors like `like`."""

    def one(key):
        signs = jax.random.rademacher(key, like.shape, like.dtype)
        # Where the Krylov space ends, a fresh direction goes on, in which `signs` has no part.
        nodes, vectors, _, _ = krylov.lanczos(product, signs, order, order, key=key)
        return nodes, (vectors @ krylov.unit(signs)) ** 2

    return SpectralDensity(*jax.lax.map(one, jax.random.split(key, samples)))

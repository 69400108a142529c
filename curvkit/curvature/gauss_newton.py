"""The Gauss-Newton matrix beside the Hessian: the curvature that comes from the loss alone.

The Hessian is Jᵀ L″ J plus what the network's own curvature adds. The first part is never negative
where the loss is convex in the outputs, and near an interpolating minimum it is all there is.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| f | `model(params)`, the outputs | pytree, n numbers in all | |
| L | `criterion(outputs)` | scalar | |
| J | Jacobian of f at `params` | (n, P), never formed | |
| G = Jᵀ L″ J | `gauss_newton_product` applies it | (P, P), never formed | Schraudolph 2002, doi 10.1162/08997660260028683 |
"""  # noqa: E501

from collections.abc import Callable
from typing import Any

import jax
from jax.flatten_util import ravel_pytree

from curvkit.core import say, tree
from curvkit.curvature import krylov


@tree.exactly
def gauss_newton_product(
    model: Callable[[Any], Any],
    criterion: Callable[[Any], jax.Array],
    params: Any,
    vector: Any,
) -> Any:
    """The Gauss-Newton matrix of `criterion(model(params))` times `vector`.

    Args:
        model: from `params` to outputs, any pytree of floating-point arrays.
        criterion: a scalar function of the outputs.
        params: any pytree of floating-point arrays.
        vector: a pytree like `params`.

    Returns:
        A pytree like `params`.

    Raises:
        ValueError: if `vector` is not shaped like `params`, or the criterion is no real scalar.

    >>> import jax.numpy as jnp
    >>> model, criterion = (lambda w: jnp.array([1.0, 2.0]) * w), (lambda y: jnp.sum(y**2))
    >>> gauss_newton_product(model, criterion, jnp.ones(2), jnp.ones(2))
    Array([2., 8.], dtype=float32)
    """
    tree.require_floats("params", params)
    tree.require_like("vector", vector, params)
    tree.require_scalar(lambda params: criterion(model(params)), params)
    outputs, moved = jax.jvp(model, (params,), (vector,))
    bent = jax.jvp(jax.grad(criterion), (outputs,), (moved,))[1]
    return jax.vjp(model, params)[1](bent)[0]


@tree.exactly
def gauss_newton_eigenvalues(
    model: Callable[[Any], Any],
    criterion: Callable[[Any], jax.Array],
    params: Any,
    k: int = 1,
    *,
    key: jax.Array,
    num_products: int = 20,
) -> jax.Array:
    """The k largest eigenvalues of the Gauss-Newton matrix, shape (k,), the largest first.

    Args:
        model: as in `gauss_newton_product`.
        criterion: as there.
        params: as there, P numbers in all.
        k: from 1 to min(`num_products`, P).
        key: a JAX random key, for the start.
        num_products: products with the matrix, from cold.

    Raises:
        ValueError: if k or `num_products` is out of range, or as in `gauss_newton_product`.

    >>> import jax, jax.numpy as jnp
    >>> model, criterion = (lambda w: jnp.array([1.0, 2.0]) * w), (lambda y: jnp.sum(y**2))
    >>> gauss_newton_eigenvalues(model, criterion, jnp.ones(2), key=jax.random.key(0)).round(4)
    Array([8.], dtype=float32)
    """
    tree.require_floats("params", params)
    vector, unravel = ravel_pytree(params)
    steps = min(num_products, vector.size)
    if not isinstance(k, int) or not 1 <= k <= steps:
        raise ValueError(say.refusal("k", f"a whole number from 1 to {steps}", k))

    def product(along):
        bent = gauss_newton_product(model, criterion, params, unravel(along))
        return ravel_pytree(bent)[0]

    return krylov.lanczos(product, krylov.noise(key, 0, vector), steps, k, key=key)[0]

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
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from curvkit.core import messages, parts, problem, tree
from curvkit.curvature import _lanczos as krylov


@tree.exactly
def gauss_newton_product(
    model: Callable[..., Any],
    criterion: Callable[..., jax.Array],
    params: Any,
    vector: Any,
    *args: Any,
) -> Any:
    """The Gauss-Newton matrix of `criterion(model(params))` times `vector`.

    Args:
        model: `model(params, *args)`, the outputs: any pytree of floating-point arrays.
        criterion: `criterion(outputs, *args)`, a scalar.
        params: any pytree or model; its floating-point arrays are differentiated.
        vector: a pytree like `params`.
        args: what both get beside, such as a batch.

    Returns:
        A pytree like `params`.

    Raises:
        ValueError: if `vector` is not shaped like `params`, or the criterion is no real scalar.

    >>> import jax.numpy as jnp
    >>> model, criterion = (lambda w: jnp.array([1.0, 2.0]) * w), (lambda y: jnp.sum(y**2))
    >>> gauss_newton_product(model, criterion, jnp.ones(2), jnp.ones(2))
    Array([2., 8.], dtype=float32)
    """
    posed = _posed(model, criterion, params, args)
    return posed.like_params(posed.run(_product, posed.within("vector", vector)))


@tree.exactly
def gauss_newton_eigenvalues(
    model: Callable[..., Any],
    criterion: Callable[..., jax.Array],
    params: Any,
    *args: Any,
    k: int = 1,
    key: jax.Array,
    num_products: int = 20,
) -> jax.Array:
    """The k largest eigenvalues of the Gauss-Newton matrix, shape (k,), the largest first.

    Args:
        model: as in `gauss_newton_product`.
        criterion: as there.
        params: as there, P numbers in all.
        args: as there.
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
    args, k = problem.by_place(model, params, args, k)
    posed = _posed(model, criterion, params, args)
    steps = min(messages.whole("num_products", num_products), posed.size)
    return posed.run(_search, key, k=messages.whole("k", k, most=steps), steps=steps)


def _posed(model, criterion, params, args):
    """Model and criterion as they are now, the criterion as a function of the outputs, flat."""
    numbers, held, shape = problem.trainable(params)
    traced = problem.read(model, numbers, held, shape, args, "model")
    if not traced.out or not all(jnp.issubdtype(e.dtype, jnp.floating) for e in traced.out):
        got = ", ".join(str(each.dtype) for each in traced.out) or "nothing"
        raise ValueError(messages.refusal("the outputs of model", "floating-point arrays", got))
    outputs = jax.tree.unflatten(traced.structure, traced.out)
    outs, outs_held, outs_shape = parts.split(
        jax.tree.map(lambda e: jnp.zeros(e.shape, e.dtype), outputs)
    )
    judged = problem.read(criterion, outs, outs_held, outs_shape, args, "criterion")
    problem.require_scalar(judged, "criterion", args)
    return problem.Posed(numbers, held, shape, (traced, judged))


def _product(model, criterion, numbers, vector):
    listed = lambda numbers: model.flat(numbers)
    if model.reverse_only:
        outputs, back = jax.vjp(listed, numbers)
        # Forward by two backward passes: what the first one does is linear in the outputs' side.
        zeros = jax.tree.map(jnp.zeros_like, outputs)
        moved = jax.vjp(lambda bent: back(bent)[0], zeros)[1](vector)[0]
    else:
        outputs, moved = jax.jvp(listed, (numbers,), (vector,))
    wide = lambda each: [e.astype(jnp.promote_types(e.dtype, jnp.float32)) for e in each]
    bent = problem.product(criterion, wide(outputs), wide(moved))
    bent = [each.astype(out.dtype) for each, out in zip(bent, outputs, strict=True)]
    return jax.vjp(listed, numbers)[1](bent)[0]


def _search(model, criterion, numbers, key, *, k, steps):
    vector, unravel = ravel_pytree(numbers)
    product = lambda along: ravel_pytree(_product(model, criterion, numbers, unravel(along)))[0]
    return krylov.lanczos(product, krylov.noise(key, 0, vector), steps, k, key=key)[0]

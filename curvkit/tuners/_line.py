"""The loss along a line: its value, slope and second derivative, exactly, for any loss.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| f | `loss` | scalar | |
| u | `direction` | like `params` | arXiv 2407.06183 |
| ∇fᵀu | `slope` | scalar | arXiv 2407.06183 |
| uᵀHu | `bend`, `curvature_along` | scalar | arXiv 2407.06183 |

Two forward passes nested give all three without a backward pass and without the vector H u. A loss
with a rule of its own for the backward pass only (`jax.custom_vjp`) has no forward pass: there it
is reverse over reverse.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import programs, tree
from curvkit.tuners import _leaves as leaves


def looked_at(loss: Callable[[Any], jax.Array], params: Any) -> bool:
    """Whether `loss` has a rule for the backward pass only, found before it is differentiated.

    Raises:
        ValueError: where `loss(params)` is not one real number.
    """
    program, out = jax.make_jaxpr(loss, return_shape=True)(params)
    zeros = lambda _: jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), out)
    tree.require_scalar(zeros, ())
    return programs.has(program.jaxpr, "custom_vjp_call")


def line(
    loss: Callable[[Any], jax.Array], params: Any, direction: Any, backward: bool
) -> tuple[Any, ...]:
    """f, ∇fᵀu and uᵀHu at `params`, in single precision or better.

    Args:
        loss: a scalar function of `params`.
        params: any pytree of floating-point arrays.
        direction: u, like `params`, of the same dtypes.
        backward: what `looked_at` says of the loss.
    """
    if backward:
        value, grads = jax.value_and_grad(loss)(params)
        slope = lambda w: tree.inner_product(jax.grad(loss)(w), direction)
        bend = tree.inner_product(direction, jax.grad(slope)(params))
        return leaves.wide(value), tree.inner_product(grads, direction), bend
    once = lambda w: jax.jvp(loss, (w,), (direction,))
    (value, slope), (_, bend) = jax.jvp(once, (params,), (direction,))
    return leaves.wide(value), leaves.wide(slope), leaves.wide(bend)


def slope_along(
    loss: Callable[..., Any], params: Any, direction: Any, backward: bool
) -> tuple[Any, ...]:
    """F and ∇fᵀu, for less than `line` costs."""
    if backward:
        value, grads = jax.value_and_grad(loss)(params)
        return leaves.wide(value), tree.inner_product(grads, direction)
    value, slope = jax.jvp(loss, (params,), (direction,))
    return leaves.wide(value), leaves.wide(slope)


def curvature_along(loss: Callable[[Any], jax.Array], params: Any, direction: Any) -> jax.Array:
    """uᵀHu, the second derivative of `loss` from `params` along `direction`, exactly.

    Forward over forward; where the loss has a rule of its own for the backward pass only
    (`jax.custom_vjp`), reverse over reverse.

    Args:
        loss: a scalar function of `params`.
        params: any pytree of arrays; along those that are no floating-point numbers it is constant.
        direction: u, like `params`.

    Raises:
        ValueError: where `loss(params)` is not one real number.

    >>> float(curvature_along(lambda w: jnp.sum(w**3), jnp.ones(2), jnp.array([1.0, 2.0])))
    30.0
    """
    which = leaves.moving(params)
    own, along = leaves.part(params, which), leaves.part(direction, which)
    loss = programs.own(loss, "loss")
    of = lambda part: loss(leaves.whole(part, which, params))
    size = leaves.largest(along)
    backward = looked_at(of, own)
    bend = line(of, own, leaves.unit(along, size, own), backward)[2]
    size = size.astype(bend.dtype)
    return size * (size * bend)

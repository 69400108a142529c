"""Points at which a function has no derivative: found, counted and named.

| symbol | name | shape |
| --- | --- | --- |
| f | `function`, of one input | `*in` to `*out` |
| J | `jacobian` | (`*out`, `*in`) |
| H | `hessian` | (`*out`, `*in`, `*in`) |
| ε | `NEAR`, `FAR` units in the last place of x | |

At a kink automatic differentiation returns a number all the same, that of one side or of neither.
So J is taken on both sides of the point, at two distances of a few roundings: where f is smooth
the two sides come together as the distance shrinks, at a kink they do not.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import programs

NEAR, FAR, AROUND = 8, 32, 1e5
# A jump smaller than this share of the slopes round about is one of rounding.
JUMP = 1e-3


def jacobian(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns J at one input, in as few products as there can be."""

    def at(x):
        outputs = jax.eval_shape(function, x).size
        return (jax.jacrev if outputs <= max(x.size, 1) else jax.jacfwd)(function)(x)

    return at


def hessian(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns H at one input, forward over what `jacobian` does."""
    return jax.jacfwd(jacobian(function))


def kinks(function: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """Whether `function` has no derivative at each point, as far as single points can tell.

    Args:
        function: takes one input of shape `*in`.
        x: inputs, (n, `*in`).

    Returns:
        Booleans, (n,): true where the derivative is not finite, or jumps.

    >>> kinks(lambda x: jnp.abs(x) + x**2, jnp.array([-1.0, 0.0, 1.0]))
    Array([False,  True, False], dtype=bool)
    """
    x, function = jnp.asarray(x, float), programs.own(function, "function")
    # Sides are chosen without a key: the answer for a point is always the same.
    direction = np.random.default_rng(0).normal(size=x.shape)
    return jax.jit(lambda *where: _kinks(function, *where))(x, direction.astype(x.dtype))


def _kinks(function, x, direction):
    axes = tuple(range(1, x.ndim))
    direction = jnp.sign(direction) * (0.5 + jnp.abs(direction))
    unit = jnp.finfo(x.dtype).eps * jnp.maximum(1.0, jnp.max(jnp.abs(x), axes, keepdims=True))
    slopes = jax.vmap(jacobian(function))
    flat = lambda array: array.reshape(len(x), -1)

    def sides(distance):
        ahead, behind = (flat(slopes(x + at * distance * unit * direction)) for at in (1, -1))
        size = jnp.maximum(jnp.max(jnp.abs(ahead), 1), jnp.max(jnp.abs(behind), 1))
        return jnp.max(jnp.abs(ahead - behind), 1), size

    (near, _), (far, _), (_, size) = (sides(distance) for distance in (NEAR, FAR, AROUND))
    jumps = (near > 0.5 * far) & (near > JUMP * jnp.where(jnp.isfinite(size), size, 0))
    return ~jnp.all(jnp.isfinite(flat(slopes(x))), 1) | ~jnp.isfinite(near) | jumps


def require_smooth(name: str, function: Callable[..., Any], x: jax.Array) -> None:
    """Raises ValueError where `function` has no derivative at a point of `x`."""
    require_all(name, ~kinks(function, x), "differentiable")


def require_all(name: str, fine: jax.Array, what: str) -> None:
    """Raises ValueError with the number of points at which `fine`, (n,), is false, and the first.

    >>> require_all("teacher", np.array([True, False]), "differentiable")
    Traceback (most recent call last):
    ValueError: teacher must be differentiable at every point, but is not at 1 of 2, ...
    """
    wrong = np.flatnonzero(~np.asarray(fine))
    if wrong.size:
        raise ValueError(
            f"{name} must be {what} at every point, but is not at {wrong.size} of {len(fine)}, "
            f"the first x[{wrong[0]}]; leave such points out, curvkit.sobolev.kinks finds them."
        )

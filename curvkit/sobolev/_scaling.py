"""Inputs and targets on one scale, and what becomes of derivatives: the chain rule.

| symbol | name | shape |
| --- | --- | --- |
| a, s | `input_centre`, `input_scale` | `*in` |
| b, t | `target_centre`, `target_scale` | `*out` |
| u = (x − a) / s | scaled inputs | (n, `*in`) |
| g(u) = (f(a + s u) − b) / t | scaled target | (n, `*out`) |
| D^j g = (s … s / t) D^j f | scaled derivatives, s once for each order | (n, `*out`, `*in` ...) |

A weight on squared slopes has a unit: that of x squared. On [-1, 1] and with targets of variance
one it has none, so the same weight asks for the same on a domain of ten and on one of a
thousandth.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages


class Scaling(NamedTuple):
    """Two affine maps, one of inputs and one of targets.

    >>> scaling = Scaling.of(jnp.array([[0.0], [4.0]]), jnp.array([1.0, 3.0]))
    >>> scaling.targets(jnp.array([3.0]), jnp.array([[0.5]]))
    (Array([1.], dtype=float32), Array([[1.]], dtype=float32))
    """

    input_centre: jax.Array
    input_scale: jax.Array
    target_centre: jax.Array
    target_scale: jax.Array

    @classmethod
    def of(cls, x: jax.Array, y: jax.Array, domain: tuple[Any, ...] | None = None) -> "Scaling":
        """The scaling that takes `x` to [-1, 1] and `y` to mean 0 and variance 1.

        Args:
            x: inputs, (n, `*in`); they say how large the domain is if `domain` is None.
            y: targets, (n, `*out`).
            domain: `(low, high)`, numbers or arrays of shape `*in`.

        Raises:
            ValueError: if an input or a target never varies, or is not finite.
        """
        x, y = jnp.asarray(x, float), jnp.asarray(y, float)
        if domain is None:
            low, high = jnp.min(x, 0), jnp.max(x, 0)
        else:
            low, high = (jnp.broadcast_to(jnp.asarray(each, float), x.shape[1:]) for each in domain)
        scaling = cls((low + high) / 2, (high - low) / 2, jnp.mean(y, 0), jnp.std(y, 0))
        for name, scale in (("x", scaling.input_scale), ("y", scaling.target_scale)):
            if not bool(jnp.all(jnp.isfinite(scale) & (scale > 0))):
                expected = "finite and not the same at every point"
                raise ValueError(messages.refusal(name, expected, f"a spread of {scale.tolist()}"))
        return scaling

    def inputs(self, x: jax.Array) -> jax.Array:
        """Scaled inputs, shaped as `x`."""
        return (x - self.input_centre) / self.input_scale

    def targets(self, y: jax.Array, *derivatives: jax.Array) -> tuple[jax.Array, ...]:
        """Scaled values, and derivatives with respect to scaled inputs, shaped as given."""
        scaled = [(y - self.target_centre) / self.target_scale]
        rank = self.input_scale.ndim
        for order, each in enumerate(derivatives, 1):
            each = each / jnp.expand_dims(self.target_scale, self._inner(order * rank))
            for at in range(order):
                each = each * jnp.expand_dims(self.input_scale, self._inner(at * rank))
            scaled.append(each)
        return tuple(scaled)

    def _inner(self, count):
        """As many axes to be added at the end."""
        return tuple(range(-count, 0))

    def inside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` as it is on scaled inputs, with scaled outputs: g of f."""
        back = lambda u: self.input_centre + self.input_scale * u
        return lambda u: (function(back(u)) - self.target_centre) / self.target_scale

    def outside(self, model: Callable[..., Any]) -> Callable[..., Any]:
        """A model of scaled inputs and targets as one of the original: f of g."""
        return lambda x: self.target_centre + self.target_scale * model(self.inputs(x))

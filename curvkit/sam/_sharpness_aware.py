"""Sharpness-aware minimisation: its step, its edge of stability, and how it bounces at the end.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w, g | `params`, gradient of `loss` there | pytree | |
| ρ | `rho`, how far away the gradient is taken | scalar | arXiv 2010.01412, section 2 |
| ρ g/‖g‖ | `sam_perturbation` | like g | arXiv 2010.01412, equation 2 |
| η | `learning_rate` | scalar | |
| λ | `sharpness`, the largest eigenvalue of the Hessian | scalar | |
| λ* | `sam_edge` | scalar | arXiv 2309.12488 |
| ρηλ/(2 − ηλ) | `sam_bounce` | scalar | arXiv 2210.01513 |

On a quadratic with Hessian H the step of SAM is w − η H (w + ρ g/‖g‖) = w − η (H + ρ H²/‖g‖) w,
since g = H w. So where the gradient keeps its size an eigendirection grows as soon as
ηλ (1 + ρλ/‖g‖) > 2. That is a quadratic equation for λ, and λ* its positive root.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages


def sam_perturbation(gradient: Any, rho: Any) -> Any:
    """The way uphill to the worst point of the linearised loss within ρ: ρ g/‖g‖.

    Args:
        gradient: any pytree of arrays, whose norm is taken over all of them.
        rho: ρ, at least 0, in the unit of the parameters.

    Returns:
        A pytree like `gradient`, of norm ρ; zeros where the gradient is zero.

    Raises:
        ValueError: with one sentence, if ρ is out of range.

    Source: arXiv 2010.01412, equation 2 with p = 2.

    >>> sam_perturbation({"w": jnp.array([3.0, 0.0]), "b": jnp.array(4.0)}, 10.0)
    {'b': Array(8., dtype=float32), 'w': Array([6., 0.], dtype=float32)}
    """
    messages.reals("rho", rho, least=0)
    # The largest entry first: the square of a small gradient would be rounded to zero.
    largest = [jnp.max(jnp.abs(each), initial=0) for each in jax.tree.leaves(gradient)]
    steep = jnp.max(jnp.stack(largest))
    scaled = jax.tree.map(lambda each: each / jnp.where(steep > 0, steep, 1), gradient)
    squares = [jnp.sum(each**2) for each in jax.tree.leaves(scaled)]
    norm = jnp.sqrt(jnp.sum(jnp.stack(squares)))
    return jax.tree.map(lambda each: rho * each / jnp.where(norm > 0, norm, 1), scaled)


def sam_gradient(loss: Callable[..., jax.Array], params: Any, rho: Any, *args: Any) -> Any:
    """The direction that SAM descends: the gradient of `loss` at w + ρ g/‖g‖.

    What the perturbation itself depends on is not differentiated, as in the paper.

    Args:
        loss: `loss(params, *args)`, a scalar.
        params: any pytree of floating-point arrays, where the step starts.
        rho: ρ, at least 0; at 0 it is the gradient itself.
        args: what the loss gets beside `params`, such as a batch.

    Returns:
        A pytree like `params`.

    Raises:
        ValueError: with one sentence, if ρ is out of range.

    Source: arXiv 2010.01412, equation 3 and algorithm 1.

    >>> sam_gradient(lambda w: 0.5 * jnp.sum(w**2), jnp.array([3.0, 4.0]), 5.0).tolist()
    [6.0, 8.0]
    """
    slope = jax.grad(loss)
    uphill = sam_perturbation(slope(params, *args), rho)
    return slope(jax.tree.map(jnp.add, params, uphill), *args)


def sam_edge(gradient_norm: Any, learning_rate: Any, rho: Any) -> jax.Array:
    """The sharpness at which SAM becomes unstable: λ* with ηλ*(1 + ρλ*/‖g‖) = 2.

    It is ‖g‖/2ρ (√(1 + 8ρ/(η‖g‖)) − 1). For small ρ/‖g‖ it is 2/η, that of gradient descent; for
    large ones √(2‖g‖/(ηρ)).

    Args:
        gradient_norm: ‖g‖, at least 0, of any shape.
        learning_rate: η, above 0.
        rho: ρ, at least 0, in the unit of the parameters.

    Returns:
        λ*, from 0 to 2/η, of the shape that the arguments broadcast to.

    Raises:
        ValueError: with one sentence, if an argument is out of range.

    Source: arXiv 2309.12488.

    >>> sam_edge(jnp.array([0.1, 1.0, 1e6]), 0.1, 0.1).round(3).tolist()
    [4.0, 10.0, 20.0]
    >>> float(sam_edge(0.0, 0.1, 0.0))
    20.0
    """
    messages.reals("learning_rate", learning_rate, above=0)
    messages.reals("rho", rho, least=0)
    # With the root below, and not above: so nothing cancels, and ρ = 0 has a value.
    far = jnp.where(jnp.asarray(rho) > 0, rho / jnp.asarray(gradient_norm, float), 0.0)
    return 4 / (learning_rate * (1 + jnp.sqrt(1 + 8 * far / learning_rate)))


def sam_bounce(sharpness: Any, learning_rate: Any, rho: Any) -> jax.Array:
    """How far from the bottom of a parabola SAM jumps from side to side for ever: ρηλ/(2 − ηλ).

    SAM does not converge on a parabola: near the bottom ‖g‖ is so small that λ* lies below λ. It
    settles where ‖g‖ = λx makes λ* equal to λ. Of a quadratic of many dimensions the top
    eigendirection does so, and all others come to rest.

    Args:
        sharpness: λ, above 0, of any shape.
        learning_rate: η, above 0.
        rho: ρ, at least 0, in the unit of the parameters.

    Returns:
        The distance, in the unit of the parameters; infinite from ηλ = 2 on, where it diverges.

    Raises:
        ValueError: with one sentence, if an argument is out of range.

    Source: arXiv 2210.01513.

    >>> sam_bounce(jnp.array([10.0, 15.0, 20.0]), 0.1, 0.1).round(3).tolist()
    [0.1, 0.3, inf]
    """
    messages.reals("learning_rate", learning_rate, above=0)
    messages.reals("rho", rho, least=0)
    scaled = learning_rate * jnp.asarray(sharpness, float)
    return jnp.where(scaled < 2, rho * scaled / jnp.where(scaled < 2, 2 - scaled, 1.0), jnp.inf)

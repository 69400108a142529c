"""Expectations of φ at two normal variables, by a rule in polar coordinates.

| symbol | name | source |
| --- | --- | --- |
| u, v = √q r cos θ, √q r cos(θ − α) | with cosine c = cos α of the two | arXiv 2110.01765 |
| E[φ(u) φ(v)], E[φ′(u) φ′(v)] | `correlated`, shape of c | arXiv 2110.01765 |
| E[φ(u)²], E[φ(u) φ(−u)], E[φ(u)], E[φ′(u)²] | `alone` | arXiv 2110.01765 |

With φ cut at zero, as ReLU, SELU and ELU are, u and v change their signs at four angles alone.
Between them the integrand is smooth, so that a Gauss rule of each sector does for kinked and smooth
activations alike, at any cosine, where a power series in c converges slowly.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels._gauss import legendre, panel_rule

# φ and φ′ of an array.
Jet = Callable[[Any], tuple[Any, Any]]
ANGLES, RADII, REACH = 24, 40, 9.0


def of_jax(function: Callable[[jax.Array], jax.Array]) -> Jet:
    """φ and φ′ of a JAX function.

    >>> value, slope = of_jax(jnp.square)(jnp.array(3.0))
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    return lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))


def alone(jet: Jet, q: Any) -> tuple[Any, Any, Any, Any]:
    """E[φ(u)²], E[φ(u) φ(−u)], E[φ] and E[φ′²] at the mean square `q`, a number.

    >>> [round(float(each), 9) for each in alone(lambda x: (np.maximum(x, 0), x > 0), 2.0)]
    [1.0, 0.0, 0.564189584, 0.5]
    """
    z, w = panel_rule((0.0,), 24, 12)
    value, slope = jet(q**0.5 * z)
    # The nodes lie symmetrically.
    return value**2 @ w, (value * value[::-1]) @ w, value @ w, slope**2 @ w


def correlated(
    jet: Jet, q: Any, c: Any, angles: int = ANGLES, radii: int = RADII
) -> tuple[Any, Any]:
    """E[φ(u) φ(v)] and E[φ′(u) φ′(v)] for u and v of mean square `q` and cosine `c`.

    Args:
        jet: φ and φ′, elementwise.
        q: a number above 0.
        c: an array of cosines in [−1, 1].
        angles, radii: nodes of each sector, and along each ray.

    >>> bent = lambda x: (np.maximum(x, 0.0), np.where(x > 0, 1.0, 0.0))
    >>> product, slopes = correlated(bent, 1.0, np.array([0.0, 1.0]))
    >>> np.round(2 * np.pi * product, 9), np.round(slopes, 9)  # 1 and π; 1/4 and 1/2
    (array([1. , 3.14159265]), array([0.25, 0.5 ]))
    """
    xp: Any = jnp if isinstance(c, jax.Array) or isinstance(q, jax.Array) else np
    u, v, weight, along = nodes(q, c, angles, radii)
    first, second = (jet(each) for each in (u, v))
    both = (one * other @ along for one, other in zip(first, second, strict=True))
    value, slope = (xp.sum(each * weight, 1) for each in both)
    return value, slope


def nodes(q: Any, c: Any, angles: int = ANGLES, radii: int = RADII) -> tuple[Any, Any, Any, Any]:
    """Where u and v lie, (cosine, angle, radius), and the weights of angles and radii.

    >>> u, v, weight, along = nodes(1.0, np.array([0.5]))
    >>> round(float(((u * v) @ along * weight).sum()), 9)
    0.5
    """
    xp: Any = jnp if isinstance(c, jax.Array) or isinstance(q, jax.Array) else np
    alpha = xp.arccos(xp.clip(c, -1, 1))[:, None]
    x, w = legendre(angles)
    x, w, quarter = (x + 1) / 2, w / 2, np.pi / 2
    # Both positive; one of each sign, twice; both negative.
    apart = np.pi - alpha
    theta = xp.concatenate([alpha - quarter + apart * x, quarter + alpha * x,
                            alpha + quarter + apart * x], 1)  # fmt: skip
    weight = xp.concatenate([apart * w, 2 * alpha * w, apart * w], 1) / (2 * np.pi)
    r, along = _radii(radii)
    root = q**0.5
    u, v = (root * xp.cos(each)[..., None] * r for each in (theta, theta - alpha))
    return u, v, weight, along


def _radii(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for the density r exp(−r²/2) of the length of two normal variables."""
    x, w = legendre(count // 2)
    ends = ((0.0, 3.0), (3.0, REACH))
    r = np.concatenate([low + (high - low) * (x + 1) / 2 for low, high in ends])
    along = np.concatenate([(high - low) / 2 * w for low, high in ends]) * r * np.exp(-(r**2) / 2)
    return r, along / along.sum()

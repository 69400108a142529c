"""What is left of the conditions at (log α, β), and its derivative, from moments of φ alone.

| symbol | name | source |
| --- | --- | --- |
| He_k | probabilists' Hermite polynomials, k = 0 … 4 | |
| E[φ], E[φ He_2] | `mean`, `bend` | |
| E[φ²], E[φ² He_2] | `square`, `half` twice over | |
| Var φ(αz + β), α² E[φ′²] | `variance`, `energy` | arXiv 2110.01765, section 4 |
| A = α E[(φ − E φ) φ′ z] | `along`, which is Q′(1) before scaling | arXiv 2110.01765, section 4 |
| α⁴ E[φ″²] | `bent` | Zhang, Botev, Martens 2022 |

With y = αz + β, Stein's identity moves every derivative onto the normal density: α ∂E[f(y) He_k]/∂β
is E[f(y) He_(k+1)], and ∂/∂log α is E[f(y) (He_(k+2) + k He_k)]. So φ, φ′ and φ″ are enough for
the exact Jacobian, though the residual holds φ″ itself; and as f need not be smooth, it holds where
φ′ jumps, too. Likewise A = E[φ² He_2] / 2 − E[φ] E[φ He_2].

All of it is for NumPy's arrays and for JAX's, traced or not.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels._activations import Activation

# What of a quantity is its value, and what its derivatives in log α and in β / α.
VALUE, ALONG, SLOPES = np.array([1.0, 0, 0]), np.array([0.0, 1, 0]), np.array([0.0, 1, 1])


class Moments(NamedTuple):
    """Each quantity as an array (starts, 3): its value, and its derivatives in log α and β / α.

    `taken`, of the shape (starts,), was taken off φ; `bent` is None where nobody asked for it.
    """

    taken: Any
    mean: Any
    bend: Any
    variance: Any
    along: Any
    energy: Any
    bent: Any


def residuals(
    base: Activation, u: np.ndarray, target: float, branch: np.ndarray | None, z, w
) -> tuple[np.ndarray, np.ndarray]:
    """What is left of two conditions at u = (log α, β), over the target, and its Jacobian.

    Args:
        base: the activation φ.
        u: shape (starts, 2).
        target: ψ − 1 if `branch` is None, the curvature x if it is the sign of δ's root.
        branch: None (DKS) or an array of ±1 of shape (starts,) (TAT).
        z, w: a quadrature rule, of shape (nodes,) or one per start, (starts, nodes).

    Returns:
        Residuals of shape (starts, 2), and Jacobians of shape (starts, 2, 2) in (log α, β / α).
    """
    return left(moments(base.jet, u, z, w, branch is not None), target, branch)


def moments(jet: Callable[..., Any], u: Any, z: Any, w: Any, tat: bool) -> Moments:
    """The moments of φ(αz + β) at u = (log α, β), those of φ″ only for TAT.

    Args:
        jet: φ, φ′ and φ″ of an array.
        u, z, w: as in `residuals`.
        tat: whether the conditions are those of TAT.
    """
    xp = _of(u)
    alpha = xp.exp(u[:, :1])
    weights = _weighted(z, w)
    value, first, second = jet(alpha * z + u[:, 1:])
    # A constant is taken off, or the square would hold little but the mean.
    taken = _against(value[:, None], weights[..., :1])[:, 0, 0]
    value = value - taken[:, None]
    squares = [value, value**2, first**2, *([second**2] if tat else [])]
    both, of_square, steep, *bent = xp.moveaxis(_against(xp.stack(squares, 1), weights), 1, 0)
    mean, bend, square, half = both[:, :3], both[:, 3:], of_square[:, :3], of_square[:, 3:]
    return Moments(
        taken, mean, bend, square - _times(mean, mean), half / 2 - _times(mean, bend),
        _scaled(steep[:, :3], alpha, 2), _scaled(bent[0][:, :3], alpha, 4) if tat else None,
    )  # fmt: skip


def left(found: Moments, target: Any, branch: Any) -> tuple[Any, Any]:
    """What is left of the conditions, as `residuals` returns it, where the moments are known."""
    xp = _of(found.mean)
    if branch is None:
        first = _ratio(found.along, found.variance), 1.0
        second = _ratio(found.energy, found.variance), 1.0 + target
    else:
        along = found.along + _times(offset(found, branch), found.bend)
        first = _ratio(along, found.energy), 1.0
        second = _ratio(found.bent, found.energy), target
    both = xp.stack([value - goal * VALUE for value, goal in (first, second)], 1) / target
    return both[:, :, 0], both[:, :, 1:]


def offset(found: Moments, branch: Any) -> Any:
    """How far TAT shifts φ from its mean, so that Q(1) = 1 where C′(1) = 1."""
    gap, xp = found.energy - found.variance, _of(found.mean)
    root = xp.sqrt(xp.maximum(gap[:, :1], 1e-300))
    return branch[:, None] * xp.where(VALUE > 0, root, gap / (2 * root))


def _of(array):
    return np if isinstance(array, np.ndarray) else jnp


def branch(signs: np.ndarray) -> np.ndarray | None:
    """The branch as `residuals` takes it, of signs that are all 0 under DKS.

    >>> branch(np.zeros(2)), branch(np.array([1.0, -1.0]))
    (None, array([ 1., -1.]))
    """
    return signs if len(signs) and signs[0] else None


def solved(jacobian: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The Newton step of each start, by Cramer's rule.

    >>> solved(np.array([[[2.0, 0.0], [0.0, 4.0]]]), np.array([[2.0, 2.0]]))
    array([[1. , 0.5]])
    """
    a, b, c, d = jacobian.reshape(-1, 4).T
    determinant, xp = a * d - b * c, _of(at)
    determinant = xp.where(abs(determinant) < 1e-12, 1e-12, determinant)
    upper, lower = at.T
    return xp.stack([d * upper - b * lower, a * lower - c * upper], 1) / determinant[:, None]


def _weighted(z, w):
    """Weights of E[f He_0] and E[f He_2], each followed by those of its two derivatives."""
    if z.ndim == 1:
        return _kept(z.tobytes(), w.tobytes())
    square = z * z
    two, three, four = square - 1, z * (square - 3), square * (square - 6) + 3
    return w[..., None] * _of(z).stack([1 + 0 * z, two, z, two, four + 2 * two, three], -1)


@functools.lru_cache(maxsize=8)
def _kept(z, w):
    return _weighted(np.frombuffer(z)[None], np.frombuffer(w)[None])[0]


def _against(values, weights):
    if isinstance(values, np.ndarray):
        return np.matmul(values, weights)
    return jnp.matmul(values, weights, precision=jax.lax.Precision.HIGHEST)


def _times(one, other):
    return (1 - VALUE / 2) * (one[:, :1] * other + one * other[:, :1])


def _scaled(one, alpha, power):
    """α^power times a quantity, whose derivative in log α grows by `power` times it."""
    return alpha**power * (one + power * one[:, :1] * ALONG)


def _ratio(above, below):
    under = _of(above).maximum(below[:, :1], 1e-300)
    return (above - above[:, :1] / under * below * SLOPES) / under

"""What is left of the conditions at (log α, β), and its derivative, from moments of φ alone.

| symbol | name | source |
| --- | --- | --- |
| He_k | probabilists' Hermite polynomials, k = 0 … 4 | |
| E[φ], E[φ He_2] | `mean`, `bend` | |
| E[φ²], E[φ² He_2] | `square`, `half` twice over | |
| Var φ(αz + β), α² E[φ′²] | `variance`, `energy` | arXiv 2110.01765 |
| A = α E[(φ − E φ) φ′ z] | `along`, which is Q′(1) before scaling | arXiv 2110.01765 |

With y = αz + β, Stein's identity moves every derivative onto the normal density: α ∂E[f(y) He_k]/∂β
is E[f(y) He_(k+1)], and ∂/∂log α is E[f(y) (He_(k+2) + k He_k)]. So φ, φ′ and φ″ are enough for
the exact Jacobian, though the residual holds φ″ itself; and as f need not be smooth, it holds where
φ′ jumps, too. Likewise A = E[φ² He_2] / 2 − E[φ] E[φ He_2].
"""

import functools

import numpy as np

from curvkit.kernels._activations import Activation


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
    alpha = np.exp(u[:, :1])
    weights = _weighted(z, w)
    value, first, second = base.jet(alpha * z + u[:, 1:])
    # A constant is taken off, or the square would hold little but the mean.
    value = value - _against(value, weights[..., :1])
    # Each quantity is an array (starts, 3): its value, and its derivatives in log α and β / α.
    both, squares = _against(value, weights), _against(value**2, weights)
    mean, bend, square, half = both[:, :3], both[:, 3:], squares[:, :3], squares[:, 3:]
    energy = _scaled(_against(first**2, weights[..., :3]), alpha, 2)
    variance = square - _times(mean, mean)
    along = half / 2 - _times(mean, bend)
    if branch is None:
        rows = _ratio(along, variance, 1.0), _ratio(energy, variance, 1.0 + target)
    else:
        offset = energy - variance
        offset[:, 0] = branch * np.sqrt(np.maximum(offset[:, 0], 1e-300))
        offset[:, 1:] /= 2 * offset[:, :1]
        bent = _scaled(_against(second**2, weights[..., :3]), alpha, 4)
        along = along + _times(offset, bend)
        rows = _ratio(along, energy, 1.0), _ratio(bent, energy, target)
    both = np.stack(rows, 1) / target
    return both[:, :, 0], both[:, :, 1:]


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
    determinant = a * d - b * c
    determinant = np.where(np.abs(determinant) < 1e-12, 1e-12, determinant)
    upper, lower = at.T
    return np.stack([d * upper - b * lower, a * lower - c * upper], 1) / determinant[:, None]


def _weighted(z, w):
    """Weights of E[f He_0] and E[f He_2], each followed by those of its two derivatives."""
    if z.ndim == 1:
        return _kept(z.tobytes(), w.tobytes())
    square = z * z
    two, three, four = square - 1, z * (square - 3), square * (square - 6) + 3
    return np.stack([w, w * two, w * z, w * two, w * (four + 2 * two), w * three], -1)


@functools.lru_cache(maxsize=8)
def _kept(z, w):
    return _weighted(np.frombuffer(z)[None], np.frombuffer(w)[None])[0]


def _against(values, weights):
    if weights.ndim == 2:
        return values @ weights
    return np.matmul(values[:, None], weights)[:, 0]


def _times(one, other):
    product = one[:, :1] * other + one * other[:, :1]
    product[:, 0] /= 2
    return product


def _scaled(one, alpha, power):
    """α^power times a quantity, whose derivative in log α grows by `power` times it."""
    scaled = alpha**power * one
    scaled[:, 1] += power * scaled[:, 0]
    return scaled


def _ratio(above, below, target):
    """Above / below − target."""
    under = np.maximum(below[:, :1], 1e-300)
    ratio = above / under
    ratio[:, 1:] -= ratio[:, :1] * (below[:, 1:] / under)
    ratio[:, 0] -= target
    return ratio

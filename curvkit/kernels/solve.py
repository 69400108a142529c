"""The shift and scale that meet the local conditions: all roots, from many starts at once.

| symbol | name | source |
| --- | --- | --- |
| α, β | `alpha`, `beta`, inside φ | arXiv 2110.01765, section 4 |
| γ, δ | `gamma`, `delta`, outside: φ̂(x) = γ (φ(αx + β) + δ) | arXiv 2110.01765, section 4 |
| ψ | `slope`: the target of C′(1) under DKS | arXiv 2110.01765, section 4 |
| x | `curvature`: the target of C″(1) under TAT | Zhang, Botev, Martens 2022 |
| Q(1), Q′(1), C(0), C′(1), C″(1) | `Local` | arXiv 2110.01765, section 3 |

Two unknowns remain. Under DKS, C(0) = 0 gives δ and Q(1) = 1 gives γ. Under TAT, C′(1) = 1 gives
γ, and Q(1) = 1 is then a quadratic in δ, whose roots are real by Poincaré's inequality; `branch`
is the sign of its root. What is left is solved for (log α, β) by Newton's method from a grid of
starts at once, on a coarse rule; each root found is then polished by SciPy on a fine one.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import root

from curvkit.kernels.activations import Activation
from curvkit.kernels.gauss import cut_rule, hermite_rule, panel_rule

# Newton steps on the coarse rule, how near two starts count as one, and a finite difference.
STEPS, NEAR, STRIDE = 14, 1e-2, 1e-6


class Local(NamedTuple):
    """What a shaped activation does at q = 1, as numbers: the maps' values and derivatives."""

    q: float
    q_slope: float
    c_zero: float
    slope: float
    curvature: float
    kurtosis: float


class Root(NamedTuple):
    """Four numbers that shape an activation, and the fourth moment of what comes out."""

    alpha: float
    beta: float
    gamma: float
    delta: float
    kurtosis: float


def local(base: Activation, root: Root, panels: int = 60, nodes: int = 20) -> Local:
    """The conditions that φ̂ attains, on a rule of its own."""
    z, w = _fine(base, root.alpha, root.beta, panels, nodes)
    value, first, second = base.jet(root.alpha * z + root.beta)
    value = root.gamma * (value + root.delta)
    first, second = root.gamma * root.alpha * first, root.gamma * root.alpha**2 * second
    q = value**2 @ w
    return Local(
        float(q),
        float((value * first * z) @ w),
        float((value @ w) ** 2 / q),
        float(first**2 @ w / q),
        float(second**2 @ w / q),
        float(value**4 @ w / q**2),
    )


def _fine(base, alpha, beta, panels=30, nodes=16):
    cuts = tuple((place - beta) / alpha for place in base.breaks)
    return panel_rule(cuts, panels, nodes)


def residuals(base: Activation, u: np.ndarray, target: float, branch, z, w) -> np.ndarray:
    """What is left of two conditions at u = (log α, β), each over the size of its target.

    Args:
        base: the activation φ.
        u: shape (starts, 2).
        target: ψ − 1 if `branch` is None, the curvature x if it is the sign of δ's root.
        branch: None (DKS) or an array of ±1 of shape (starts,) (TAT).
        z, w: a quadrature rule, of shape (nodes,) or one per start, (starts, nodes).

    Returns:
        Shape (starts, 2).
    """
    alpha, beta = np.exp(u[:, :1]), u[:, 1:]
    value, first, second = base.jet(alpha * z + beta)
    mean = lambda values: np.einsum("sn,sn->s", values, np.broadcast_to(w, values.shape))
    value = value - mean(value)[:, None]
    alpha = alpha[:, 0]
    variance, energy = mean(value**2), alpha**2 * mean(first**2)
    along = alpha * mean(value * first * z)
    if branch is None:
        variance = np.maximum(variance, 1e-300)
        return np.stack([along / variance - 1, energy / variance - 1 - target], 1) / target
    energy = np.maximum(energy, 1e-300)
    offset = branch * np.sqrt(np.maximum(energy - variance, 0))
    along = along + offset * alpha * mean(first * z)
    bent = alpha**4 * mean(second**2)
    return np.stack([along / energy - 1, bent / energy - target], 1) / target


def roots(base: Activation, target: float, tat: bool) -> list[Root]:
    """All roots found, inequivalent as functions, the β nearest to 0 first.

    Args:
        base: the activation φ.
        target: ψ − 1 under DKS, x under TAT.
        tat: whether the conditions are those of TAT.

    Returns:
        Roots with α > 0 that meet their two conditions to 1e-9 of the target's size.
    """
    starts, branch = _starts(base, target), None
    if tat:
        branch = np.repeat([1.0, -1.0], len(starts))
        starts = np.concatenate([starts, starts])
    found: list[tuple[Root, np.ndarray]] = []
    for u, sign in _candidates(base, starts, target, branch):
        polished = _polished(base, u, target, sign)
        if polished is None:
            continue
        made = _root(base, polished, sign)
        outputs = _outputs(base, made)
        if made.beta < 0:
            signs = (None,) if sign is None else (1.0, -1.0)
            mirrors = [_root(base, polished * [1, -1], each) for each in signs]
            made = next((m for m in mirrors if _equivalent(outputs, _outputs(base, m))), made)
        if not any(_equivalent(outputs, others) for _, others in found):
            found.append((made, outputs))
    return [each for each, _ in sorted(found, key=lambda pair: abs(pair[0].beta))]


def _starts(base, target):
    scales = np.sqrt(target) * np.array([0.5, 1.2, 3.0])
    scale, shift = np.meshgrid(scales, np.linspace(-4, 4, 17))
    pairs = [np.stack([np.log(scale.ravel()), shift.ravel()], 1)]
    for place in base.breaks[:3]:
        # Where φ bends, roots have the bend within reach of z, however small α is.
        scale, at = np.meshgrid(np.append(scales, [1.0, 2.0]), np.linspace(-3.5, 3.5, 8))
        pairs.append(np.stack([np.log(scale.ravel()), (place - scale * at).ravel()], 1))
    return np.concatenate(pairs)


def _candidates(base, u, target, branch):
    """Distinct near-roots on the coarse rule, with the branch of each."""
    low, high = np.log(1e-4 * np.sqrt(target)), np.log(200.0)
    signs = branch
    steps = 2 * STEPS if base.breaks else STEPS
    for number in range(steps):
        tiled = np.concatenate([u, u + [STRIDE, 0], u + [0, STRIDE]])
        repeated = None if signs is None else np.tile(signs, 3)
        # The rule stays where it was for a finite difference, or the cuts would move within it.
        rule = _coarse(base, u, 3)
        at, by_alpha, by_beta = np.split(residuals(base, tiled, target, repeated, *rule), 3)
        if number == steps - 1:
            break
        step = _solved(np.stack([by_alpha - at, by_beta - at], 2) / STRIDE, at)
        # Where φ bends, what counts is how far the bend moves in units of z.
        reach = np.exp(u[:, 0]) if base.breaks else np.ones(len(u))
        length = np.linalg.norm(step / np.stack([np.ones(len(u)), reach], 1), axis=1)[:, None]
        u = u - step * np.minimum(1, 0.6 / np.maximum(length, 1e-12))
        kept = (u[:, 0] > low) & (u[:, 0] < high) & (np.abs(u[:, 1]) < 8)
        if number > 4:
            kept &= _first_of_their_kind(u, signs)
        u, signs = u[kept], None if signs is None else signs[kept]
        if not len(u):
            return
    last = np.abs(at).max(1)
    taken = [
        (u[i], None if signs is None else float(signs[i]))
        for i in np.argsort(last)[:8]
        if last[i] < 0.3
    ]
    # By size of β: of roots that are the same function the one with β ≥ 0 nearest to 0 is kept.
    yield from sorted(taken, key=lambda pair: (round(abs(pair[0][1]), 3), pair[0][1] < 0))


def _coarse(base, u, times):
    """A rule to find near-roots with: each start's own where φ bends."""
    if not base.breaks:
        return hermite_rule(32)
    cuts = (np.array(base.breaks[:3]) - u[:, 1:]) / np.exp(u[:, :1])
    return [np.tile(each, (times, 1)) for each in cut_rule(cuts)]


def _first_of_their_kind(u, signs):
    rounded = np.round(u / NEAR)
    if signs is not None:
        rounded = np.column_stack([rounded, signs])
    kept = np.zeros(len(u), bool)
    kept[np.unique(rounded, axis=0, return_index=True)[1]] = True
    return kept


def _solved(jacobian, at):
    (a, b), (c, d) = np.moveaxis(jacobian, 0, -1)
    determinant = a * d - b * c
    determinant = np.where(np.abs(determinant) < 1e-12, 1e-12, determinant)
    return (
        np.stack([d * at[:, 0] - b * at[:, 1], a * at[:, 1] - c * at[:, 0]], 1)
        / (determinant[:, None])
    )


def _polished(base, u, target, sign):
    branch = None if sign is None else np.array([sign])

    def equations(u, panels=30):
        u = np.clip(u, -20.0, 20.0)
        rule = _fine(base, np.exp(u[0]), u[1], panels)
        return residuals(base, u[None], target, branch, *rule)[0]

    # SciPy stops where steps are small, which at a double root is before the residuals are.
    u = root(equations, u, options=dict(xtol=1e-13)).x
    if np.abs(equations(u, 60)).max() > 1e-9 * max(1, 1e-3 / target):
        return None
    return u


def _root(base, u, sign) -> Root:
    alpha, beta = float(np.exp(u[0])), float(u[1])
    z, w = _fine(base, alpha, beta, 60)
    value, first, _ = base.jet(alpha * z + beta)
    mean = float(value @ w)
    centred = value - mean
    variance, energy = centred**2 @ w, alpha**2 * (first**2 @ w)
    offset = 0.0 if sign is None else sign * np.sqrt(max(energy - variance, 0.0))
    gamma = float(1 / np.sqrt(variance if sign is None else energy))
    kurtosis = float((gamma * (centred + offset)) ** 4 @ w)
    return Root(alpha, beta, gamma, float(offset - mean), kurtosis)


def _outputs(base, made):
    x = np.linspace(-3, 3, 25)
    return made.gamma * (base.jet(made.alpha * x + made.beta)[0] + made.delta)


def _equivalent(one, other):
    """Whether two functions on a symmetric grid are the same up to signs in and out."""
    mirrored = (other, -other, other[::-1], -other[::-1])
    return any(np.allclose(one, each, rtol=1e-5, atol=1e-5) for each in mirrored)

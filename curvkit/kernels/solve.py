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
starts at once, on a coarse rule; the roots found are then polished together on a fine one.
"""

from typing import NamedTuple

import numpy as np

from curvkit.kernels import moments
from curvkit.kernels.activations import Activation
from curvkit.kernels.gauss import cut_rule, hermite_rule, panel_rule

# Newton steps on the coarse rule and on the fine one, and how near two starts count as one.
STEPS, POLISH, NEAR = 14, 12, 1e-2
# Places of a smooth φ between which a rule is cut where α is so large that they lie close in z.
FEATURES = (-12.0, -4.0, -1.5, -0.5, 0.5, 1.5, 4.0, 12.0)


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
    places = base.breaks if alpha < 1.5 else (*base.breaks, *FEATURES)
    return panel_rule(tuple((place - beta) / alpha for place in places), panels, nodes)


def roots(base: Activation, target: float, tat: bool) -> list[Root]:
    """All roots found, inequivalent as functions, the β nearest to 0 first.

    Only where none is found near the size of α that small targets have, larger ones are searched.

    Args:
        base: the activation φ.
        target: ψ − 1 under DKS, x under TAT.
        tat: whether the conditions are those of TAT.

    Returns:
        Roots with α > 0 that meet their two conditions to 1e-9 of the target's size.
    """
    for far in (False, True):
        starts, branch = _starts(base, target, far), None
        if tat:
            branch = np.repeat([1.0, -1.0], len(starts))
            starts = np.concatenate([starts, starts])
        # A start that leads where nothing is finite is dropped.
        with np.errstate(all="ignore"):
            near = _near(base, starts, target, branch, far)
            found = _distinct(base, *_polished(base, *near, target))
        if found:
            break
    return found


def _distinct(base, u, signs) -> list[Root]:
    """The roots at `u`, each function once: of β and −β the positive, then by the size of β."""
    found: list[tuple[Root, np.ndarray]] = []
    # What is nearest to 0 comes first, and of ±β the positive.
    for i in sorted(range(len(u)), key=lambda i: (round(abs(u[i, 1]), 6), u[i, 1] < 0)):
        sign = None if signs is None else signs[i]
        made = _root(base, u[i], sign)
        outputs = _outputs(base, made)
        if any(_equivalent(outputs, others) for _, others in found):
            continue
        if made.beta < 0:
            branches = (None,) if sign is None else (1.0, -1.0)
            mirrors = [_root(base, u[i] * [1, -1], each) for each in branches]
            made = next((m for m in mirrors if _equivalent(outputs, _outputs(base, m))), made)
        found.append((made, outputs))
    return [each for each, _ in sorted(found, key=lambda pair: abs(pair[0].beta))]


def _starts(base, target, far=False):
    if far:
        scales, shifts = np.geomspace(0.5, 300, 12), np.linspace(-1.2, 1.2, 9)
        scale, shift = np.meshgrid(scales, shifts)
        return np.stack([np.log(scale.ravel()), (scale * shift).ravel()], 1)
    scales = np.sqrt(target) * np.array([0.5, 1.2, 3.0])
    scale, shift = np.meshgrid(scales, np.linspace(-4, 4, 9 if base.breaks else 13))
    wide = [[0.2, beta] for beta in (-5.0, -3.0, 3.0, 5.0)]
    pairs = [np.stack([np.log(scale.ravel()), shift.ravel()], 1), np.array(wide)]
    for place in base.breaks[:3]:
        # Where φ bends, roots have the bend within reach of z, however small α is.
        scale, at = np.meshgrid(np.append(scales, [1.0, 2.0]), np.linspace(-3.5, 3.5, 8))
        pairs.append(np.stack([np.log(scale.ravel()), (place - scale * at).ravel()], 1))
    return np.concatenate(pairs)


def _near(base, u, target, branch, far):
    """Distinct near-roots on the coarse rule, and the branch of each, the best eight."""
    low, high = np.log(1e-4 * np.sqrt(target)), np.log(1e4 if far else 200.0)
    bent = far or bool(base.breaks)
    steps = 2 * STEPS if bent else STEPS
    signs = np.zeros(len(u)) if branch is None else branch
    # Of each start: where it is, its branch, and its residual when last looked after.
    state, arrived = np.column_stack([u, signs, np.full(len(u), np.inf)]), []
    for number in range(steps):
        u, signs = state[:, :2], None if branch is None else state[:, 2]
        at, jacobian = moments.residuals(base, u, target, signs, *_coarse(base, u, far))
        worst = np.abs(at).max(1)
        there = worst < (0.3 if number == steps - 1 else 0.02)
        step, alpha = moments.solved(jacobian, at), np.exp(u[:, 0])
        # Where φ bends, what counts is how far the bend moves in units of z.
        length = np.maximum(np.hypot(step[:, 0], step[:, 1] * (1 if bent else alpha)), 1e-12)
        step *= np.minimum(1, 0.6 / length)[:, None]
        u = u - np.stack([step[:, 0], alpha * step[:, 1]], 1)
        kept = (u[:, 0] > low) & (u[:, 0] < high) & (np.abs(u[:, 1]) < 3 * alpha + 8)
        arrived.append(np.column_stack([worst, u, state[:, 2:]])[there])
        kept &= ~there
        if number % 3 == 2:
            kept &= worst < 0.7 * state[:, 3]  # the others wander
            state[:, 3] = worst
        state = np.column_stack([u, state[:, 2:]])[kept]
        if number > 1:
            state = state[_first_of_their_kind(state)]
        if not len(state):
            break
    arrived = np.concatenate(arrived)
    arrived = arrived[_first_of_their_kind(arrived[:, 1:])]
    best = arrived[np.argsort(arrived[:, 0])[:12], 1:]
    return best[:, :2], None if branch is None else best[:, 2]


def _coarse(base, u, far):
    """A rule to find near-roots with: each start's own where φ bends."""
    places = FEATURES[1::2] if far and not base.breaks else base.breaks[:3]
    if not places:
        return hermite_rule(32)
    return cut_rule((np.array(places) - u[:, 1:]) / np.exp(u[:, :1]))


def _first_of_their_kind(state):
    rounded = np.round(state[:, :2] / NEAR)
    kept = np.zeros(len(state), bool)
    kept[np.unique(rounded[:, 0] * 1e6 + rounded[:, 1] + state[:, 2] / 4, return_index=True)[1]] = 1
    return kept


def _polished(base, u, branch, target):
    """Those near-roots that become roots by Newton's method on the fine rule."""
    previous = np.inf
    for _ in range(POLISH if len(u) else 0):
        at, jacobian = moments.residuals(base, u, target, branch, *_fine_rules(base, u))
        worst = np.abs(at).max(1)
        if np.all((worst < 1e-12) | (worst > previous / 2) & (worst < 1e-8)):
            break
        previous = worst
        step = np.clip(moments.solved(jacobian, at), -0.5, 0.5)
        step[:, 1] *= np.exp(u[:, 0])
        u = np.clip(u - step, -50, [15, 1e7])
    if len(u):
        at, _ = moments.residuals(base, u, target, branch, *_fine_rules(base, u, 60))
        kept = np.abs(at).max(1) <= 1e-9 * max(1, 1e-3 / target)
        u, branch = u[kept], None if branch is None else branch[kept]
    return u, branch


def _fine_rules(base, u, panels=30):
    """One fine rule for all roots where φ is smooth and α small, else one for each."""
    if not base.breaks and u[:, 0].max() < np.log(1.5):
        return panel_rule((), panels)
    rules = [_fine(base, np.exp(a), b, panels) for a, b in u]
    # Filled up with nodes of no weight, as rules differ in how many cuts lie within reach.
    length = max(len(z) for z, _ in rules)
    filled = lambda values: np.stack([np.append(v, np.zeros(length - len(v))) for v in values])
    return filled([z for z, _ in rules]), filled([w for _, w in rules])


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
    return any((np.abs(one - each) <= 1e-5 + 1e-5 * np.abs(each)).all() for each in mirrored)

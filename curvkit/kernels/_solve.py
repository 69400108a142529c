"""The shift and scale that meet the local conditions: all roots, each to rounding.

| symbol | name | source |
| --- | --- | --- |
| α, β | `alpha`, `beta`, inside φ | arXiv 2110.01765 |
| γ, δ | `gamma`, `delta`, outside: φ̂(x) = γ (φ(αx + β) + δ) | arXiv 2110.01765 |
| ψ | `slope`: the target of C′(1) under DKS | arXiv 2110.01765 |
| x | `curvature`: the target of C″(1) under TAT | Zhang, Botev, Martens 2022 |
| Q(1), Q′(1), C(0), C′(1), C″(1) | `Local` | arXiv 2110.01765 |

Two unknowns remain. Under DKS, C(0) = 0 gives δ and Q(1) = 1 gives γ. Under TAT, C′(1) = 1 gives
γ, and Q(1) = 1 is then a quadratic in δ, whose roots are real by Poincaré's inequality; a branch
is the sign of its root. What is left is solved for (log α, β) by Newton's method on a fine rule.

The search from many starts is made once at each of a few round targets, the rungs of a ladder, and
remembered; a target between two rungs starts from the roots of both. What is found at a target
does not depend on what was asked before.
"""

import functools
import math
from typing import NamedTuple

import numpy as np

from curvkit.kernels import _moments as moments
from curvkit.kernels import _starts as starts
from curvkit.kernels._activations import Activation
from curvkit.kernels._gauss import panel_rule, panel_rules

# Newton steps on the fine rule; the ratio of two rungs; the rung whose roots all others know; and
# how many rungs take the place of one where roots meet and vanish.
POLISH, RATIO, KNOWN, FINER, LARGE = 12, 2.0, -8, (1, 8, 64), math.log(1.2)


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


def local(base: Activation, *roots: Root) -> list[Local]:
    """The conditions that φ̂ attains with each root, on a rule of its own."""
    alpha, beta, gamma, delta, _ = np.array(roots).T[..., None]
    z, w = _rules(base, alpha, beta, 60, 20)
    value, first, second = base.jet(alpha * z + beta)
    value = gamma * (value + delta)
    first, second = gamma * alpha * first, gamma * alpha**2 * second
    mean = lambda f: (f * w).sum(-1)
    square = value**2
    q = mean(square)
    parts = (
        q, mean(value * first * z), mean(value) ** 2 / q, mean(first**2) / q, mean(second**2) / q,
        mean(square**2) / q**2,
    )  # fmt: skip
    return [Local(*row) for row in np.stack(parts, 1).tolist()]


def _rules(base, alpha, beta, panels=30, nodes=16):
    """One rule for all where φ is smooth and α small, else a row for each, cut where φ bends."""
    places = base.breaks if alpha.max(initial=0.0) < 1.5 else (*base.breaks, *starts.FEATURES)
    if not places:
        return panel_rule((), panels, nodes)
    return panel_rules((np.array(places) - beta) / alpha, panels, nodes)


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
    unit, base = in_its_unit(base)
    # A start that leads where nothing is finite is dropped.
    with np.errstate(all="ignore"):
        solutions = _climbed(base, target, tat)
    return [each._replace(alpha=unit * each.alpha, beta=unit * each.beta) for each in solutions]


@functools.lru_cache(maxsize=1024)
def in_its_unit(base):
    """The length over which φ bends, where that is long, and φ of multiples of it."""
    x = np.geomspace(0.1, 1e4, 400)
    with np.errstate(all="ignore"):
        _, first, second = base.jet(np.concatenate([-x, x]))
    finite = np.isfinite(first) & np.isfinite(second)
    steepest, most = (np.abs(each[finite]).max(initial=0.0) for each in (first, second))
    unit = steepest / most if most else math.inf
    if base.breaks or not 5 < unit < 1e6:
        return 1.0, base

    def jet(x):
        value, first, second = base.jet(unit * x)
        return value, unit * first, unit**2 * second

    return unit, Activation(base.name, lambda x: base.function(unit * x), jet)


def _climbed(base, target, tat):
    """The roots, from those at round targets below and above."""
    solutions: list[Root] = []
    for finer in FINER:
        below = math.floor(finer * math.log(target, RATIO))
        rungs = {at / finer: rung(base, at, finer, tat) for at in (below, below + 1)}
        counts = [len(each) for each in rungs.values()]
        if not any(counts):
            break
        if counts[0] == counts[1]:
            solutions, _ = between(base, rungs, target)
        elif finer == FINER[-1]:
            solutions = _around(base, rungs, target)
        # Fewer than on a rung: some have met and vanished in between, or were missed.
        if len(solutions) >= max(counts):
            return solutions
    return max(solutions, _searched(base, target, tat)[0], key=len)


@functools.lru_cache(maxsize=4096)
def rung(base, number, finer, tat):
    """The roots at a round target, as starts for others; none where α is of another size.

    The target is 2 to the power of `number / finer`.
    """
    exponent, known = number / finer, None
    if finer > 1:
        coarse = math.floor(exponent), math.floor(exponent) + 1
        known = {at: rung(base, at, 1, tat) for at in coarse}
    elif number == KNOWN:
        known = {}
    solutions, state = _searched(base, RATIO**exponent, tat, known)
    return state if solutions else state[:0]


def _moved(state, exponent, target):
    """The roots at RATIO^exponent as starts for another target, as small ones move."""
    return state + [(math.log(target) - exponent * math.log(RATIO)) / 2, 0.0, 0.0]


def between(base, rungs, target):
    """The roots on a line between those of two rungs, in log target: nearly roots already; and
    their places.
    """
    (low, below), (high, above) = rungs.items()
    share = (math.log(target, RATIO) - low) / (high - low)
    state = (1 - share) * below + share * above
    state[:, 2] = below[:, 2]
    return _distinct(base, _in_groups(base, state, target, POLISH // 2))


def _around(base, rungs, target):
    """The roots that any of those of two rungs lead to, where they are not one to one."""
    moved = np.concatenate([_moved(state, at, target) for at, state in rungs.items()])
    state = np.concatenate([starts.led(base, moved, target), *rungs.values()])
    return _distinct(base, _in_groups(base, state, target))[0]


def followed(base, rungs, target):
    """The places of the roots that those of two rungs lead to by Newton's method alone."""
    starts = [each for at, state in rungs.items() for each in (_moved(state, at, target), state)]
    return _distinct(base, _in_groups(base, np.concatenate(starts), target))[1]


def offered(base, state):
    """The places of roots with β ≥ 0 where that is the same function, by the size of β."""
    if not len(state):
        return state
    candidates, outputs = _read(base, state)
    rows = zip(state, candidates, outputs, strict=True)
    places = [_mirrored(base, at, root, output)[1] for at, root, output in rows]
    return np.array(sorted(places, key=lambda at: abs(at[1])))


def _in_groups(base, state, target, steps=POLISH):
    """Polished, those of large α apart, which need a finer rule."""
    large = state[:, 0] > LARGE
    return np.concatenate([_polished(base, state[each], target, steps) for each in (~large, large)])


def _searched(base, target, tat, known=None):
    """Roots from wide starts; their places too, unless they are far from where small ones are."""
    known = {KNOWN: rung(base, KNOWN, 1, tat)} if known is None else known
    near = [starts.wide(base, target, tat)]
    near += [_moved(state, at, target) for at, state in known.items()]
    led = starts.led(base, np.concatenate(near), target)
    solutions, state = _distinct(
        base, _in_groups(base, np.concatenate([led, *known.values()]), target)
    )
    if solutions:
        return solutions, state
    led = starts.led(base, starts.wide(base, target, tat, far=True), target, far=True)
    solutions, state = _distinct(base, _polished(base, led, target))
    return solutions, state[:0]


def _polished(base, state, target, steps=POLISH):
    """Those near-roots that become roots by Newton's method on the fine rule."""
    if not len(state):
        return state
    u, signs, waiting = state[:, :2].copy(), state[:, 2], np.arange(len(state))
    previous = np.full(len(state), np.inf)
    for _ in range(steps):
        at, jacobian = _residuals(base, u[waiting], target, signs[waiting])
        worst = np.abs(at).max(1)
        # Those that are there, or as near as rounding lets them, are left where they are.
        going = (worst >= 1e-12) & ((worst <= previous / 2) | (worst >= 1e-8))
        at, jacobian, waiting, previous = at[going], jacobian[going], waiting[going], worst[going]
        if not len(waiting):
            break
        step = np.clip(moments.solved(jacobian, at), -0.5, 0.5)
        step[:, 1] *= np.exp(u[waiting, 0])
        u[waiting] = np.clip(u[waiting] - step, -50, [15, 1e7])
    at, _ = _residuals(base, u, target, signs, 60)
    converged = np.abs(at).max(1) <= 1e-9 * max(1, 1e-3 / target)
    return np.column_stack([u, signs])[converged]


def _residuals(base, u, target, signs, panels=30):
    rule = _rules(base, np.exp(u[:, :1]), u[:, 1:], panels)
    return moments.residuals(base, u, target, moments.branch(signs), *rule)


def _distinct(base, state) -> tuple[list[Root], np.ndarray]:
    """The roots at `state`, each function once: of β and −β the positive, then by size of β."""
    if not len(state):
        return [], state
    # What is nearest to 0 comes first, and of ±β the positive.
    order = sorted(range(len(state)), key=lambda i: (round(abs(state[i, 1]), 6), state[i, 1] < 0))
    state = state[order]
    candidates, outputs = _read(base, state)
    distinct: list[int] = []
    for i in range(len(state)):
        if not any(_equivalent(outputs[i], outputs[j]) for j in distinct):
            distinct.append(i)
    chosen = [_mirrored(base, state[i], candidates[i], outputs[i])[0] for i in distinct]
    return sorted(chosen, key=lambda each: abs(each.beta)), state[distinct]


def _mirrored(base, at, root, outputs):
    """The root with β > 0 that is the same function, where there is one, and its place."""
    if root.beta >= 0:
        return root, at
    signs = (1.0, -1.0) if at[2] else (0.0,)
    places = np.array([[at[0], -at[1], sign] for sign in signs])
    mirrors = zip(*_read(base, places), places, strict=True)
    same = ((each, place) for each, other, place in mirrors if _equivalent(outputs, other))
    return next(same, (root, at))


def _read(base, state):
    """Each root with γ and δ, and what it makes of a few arguments."""
    alpha, beta, sign = np.exp(state[:, :1]), state[:, 1:2], state[:, 2]
    z, w = _rules(base, alpha, beta)
    value, first, _ = base.jet(alpha * z + beta)
    mean = (value * w).sum(1)
    centred = value - mean[:, None]
    variance, energy = (centred**2 * w).sum(1), alpha[:, 0] ** 2 * (first**2 * w).sum(1)
    offset = sign * np.sqrt(np.maximum(energy - variance, 0.0))
    gamma = 1 / np.sqrt(np.where(sign == 0, variance, energy))
    kurtosis = ((gamma[:, None] * (centred + offset[:, None])) ** 4 * w).sum(1)
    parts = alpha[:, 0], beta[:, 0], gamma, offset - mean, kurtosis
    rows = np.stack(parts, 1)
    x = np.linspace(-3, 3, 25)
    outputs = gamma[:, None] * (base.jet(alpha * x + beta)[0] + (offset - mean)[:, None])
    return [Root(*row) for row in rows.tolist()], outputs


def _equivalent(one, other):
    """Whether two functions on a symmetric grid are the same up to signs in and out."""
    mirrored = np.stack([other, -other, other[::-1], -other[::-1]])
    return (np.abs(one - mirrored) <= 1e-5 + 1e-5 * np.abs(mirrored)).all(1).any()

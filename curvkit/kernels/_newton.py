"""The shift and scale that meet the local conditions, solved for within a compiled program.

| symbol | name | shape |
| --- | --- | --- |
| log α, β | `u` | (roots, 2) |
| the sign of δ's root under TAT | `branch`, 0 under DKS | (roots,) |
| ψ − 1 or C″(1) | `target`, one number | |

The conditions are those of `_solve`, the moments those of `_moments`, in JAX and float64. Which
roots there are near a target a `_ladder` tells; from there Newton's method goes to each at once.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import _ladder as ladders
from curvkit.kernels import _starts as starts
from curvkit.kernels._activations import BLOCK, Activation, Derived
from curvkit.kernels._gauss import REACH, legendre

Jet = Callable[[jax.Array], tuple[jax.Array, jax.Array, jax.Array]]
# Newton steps at most; panels of its rule, and of the finer one that tells whether it is there.
STEPS, PANELS, FINE, NODES = 16, 5, 8, 16
# What may be left of a condition, over the target: rounding leaves more where that is small.
ENOUGH = 1e-8


class Roots(NamedTuple):
    """Roots in no order, nan where there is none; arrays of the shape (roots,)."""

    alpha: jax.Array
    beta: jax.Array
    gamma: jax.Array
    delta: jax.Array


class RootProblem(NamedTuple):
    """What Newton's method needs to know of an activation: φ of multiples of `ladder.unit`."""

    jet: Jet
    places: tuple[float, ...]
    ladder: ladders.RootLadder
    tat: bool


def problem(base: Activation, tat: bool, *between: int) -> RootProblem:
    """The problem of an activation; `between` are the exponents of two of its targets."""
    ladder = ladders.ladder(base, tat, *between)
    unit = ladder.unit

    def jet(x):
        value, first, second = traced_jet(base)(unit * x)
        return value, unit * first, unit**2 * second

    return RootProblem(jet, cuts_of(base), ladder, tat)


def traced_jet(base: Activation) -> Jet:
    """φ, φ′ and φ″ as a function of what may be traced, in its own precision."""
    if isinstance(base.jet, Derived):
        return functools.partial(_in_blocks, base.jet.traced)

    def jet(x):
        along = jnp.ones_like(x)
        slope = lambda x: jax.jvp(base.function, (x,), (along,))
        (value, first), (_, second) = jax.jvp(slope, (x,), (along,))
        return value, first, second

    return jet


def _in_blocks(jet, x):
    """A stranger's function was traced for arrays of one length."""
    filled = jnp.concatenate([x.ravel(), jnp.zeros(-x.size % BLOCK, x.dtype)])
    parts = jax.lax.map(jet, filled.reshape(-1, BLOCK))
    return tuple(part.ravel()[: x.size].reshape(x.shape) for part in parts)


def cuts_of(base: Activation) -> tuple[float, ...]:
    """Where a rule is cut: where φ bends, and where a smooth one does much in little."""
    return tuple(sorted({*base.breaks, *starts.FEATURES}))


def roots(given: RootProblem, target: Any) -> Roots:
    """All roots at a `target` that may be traced, a number of float64; differentiable in it."""
    (log_alpha, beta), there, branch, (taken, sums) = _solved(given)(target)
    mean, _, square, _, energy, _ = _named(sums, log_alpha)[0]
    variance = square - mean * mean
    offset = _offset(branch, energy, variance) if given.tat else 0.0
    gamma = 1 / jnp.sqrt(energy if given.tat else variance)
    unit = given.ladder.unit
    numbers = unit * jnp.exp(log_alpha), unit * beta, gamma, offset - (mean + taken)
    return Roots(*(jnp.where(there, each, jnp.nan) for each in numbers))


def _solved(given):
    """The places of the roots and the moments there, as a function of the target.

    Its derivative is that of the implicit function, so nothing is differentiated that iterates.
    """

    @jax.custom_jvp
    def solved(target):
        place, branch = _near(given.ladder, target)
        place, worst, moments = _polished(given, place, branch, target)
        there = worst <= ENOUGH * jnp.maximum(1, 1e-3 / target)
        there &= _first_of_its_kind(*place, branch, there)
        return place, there, branch, moments

    @solved.defjvp
    def _(targets, moved):
        (target,), (moved,) = targets, moved
        place, there, branch, (taken, moments) = solved(target)
        _, sums = _moments(given, place)
        _, jacobian = _residuals(given, sums, place[0], branch, target)
        # Only the second condition holds the target, and both are over it.
        along, across = _cramer(jacobian, (0.0, moved / target))
        slid = lambda k: sums[..., k] * along[:, None] + sums[..., k + 1] * across[:, None]
        none = jnp.zeros_like(sums[..., 0])
        tangents = jnp.zeros_like(taken), jnp.stack([slid(1), slid(3), none, none, none], -1)
        still = np.zeros(there.shape, jax.dtypes.float0), jnp.zeros_like(branch)
        shift = along, jnp.exp(place[0]) * across
        return (place, there, branch, (taken, moments)), (shift, *still, tangents)

    return solved


def _near(ladder, target):
    """Near-roots: on a line between those of the ends of the step that the target is in."""
    exponent = jnp.log2(target)
    at = jnp.sum(exponent >= ladder.edges[1:-1])
    # NumPy's arrays have no rows by a traced number.
    edges, low, high, there = (jnp.asarray(each)[at] for each in _by_step(ladder))
    share = jnp.clip((exponent - edges[0]) / (edges[1] - edges[0]), 0, 1)
    both = (1 - share) * low + share * high
    # Below the ladder α goes like the root of the target.
    down = jnp.minimum(exponent - ladder.edges[0], 0) * (math.log(2) / 2)
    return (jnp.where(there, both[0] + down, jnp.nan), both[1]), low[2]


def _by_step(ladder):
    edges = np.stack([ladder.edges[:-1], ladder.edges[1:]], 1)
    return edges, ladder.low.swapaxes(1, 2), ladder.high.swapaxes(1, 2), ladder.there


def _polished(given, place, branch, target):
    """Where Newton's method ends, what is left of the conditions there, and the moments."""

    def unfinished(carry):
        number, going, *_ = carry
        return (number < STEPS) & going.any()

    def once(carry):
        number, going, place, previous, _ = carry
        moments = _moments(given, place)
        left, jacobian = _residuals(given, moments[1], place[0], branch, target)
        worst = jnp.maximum(*map(jnp.abs, left))
        # Those that are there, or as near as rounding lets them, are left where they are.
        going &= (worst >= 1e-12) & ((worst <= previous / 2) | (worst >= 1e-8))
        along, across = (jnp.clip(each, -0.5, 0.5) for each in _cramer(jacobian, left))
        log_alpha = jnp.clip(place[0] - along, -50, 15)
        beta = jnp.clip(place[1] - jnp.exp(place[0]) * across, -50, 1e7)
        moved = (log_alpha, beta)
        place = tuple(jnp.where(going, *each) for each in zip(moved, place, strict=True))
        return number + 1, going, place, worst, moments

    nothing = jnp.zeros_like(branch), jnp.zeros((len(branch), 4, 5))
    worst = jnp.full_like(branch, jnp.inf)
    start = jnp.zeros((), int), jnp.isfinite(place[0]), place, worst, nothing
    _, going, place, worst, moments = jax.lax.while_loop(unfinished, once, start)
    return place, jnp.where(going, jnp.inf, worst), moments


def _moments(given, place):
    """What is taken off φ; and E[f He_k] for k = 0, 2, 1 and two more, shape (roots, 4, 5).

    f is what is left of φ, its square, and those of φ′ and φ″. The last two are what He_2 becomes
    by a derivative in log α, and in β / α, as He_2 and He_1 are of He_0.
    """
    log_alpha, beta = (each[:, None] for each in place)
    alpha = jnp.exp(log_alpha)
    z, w = rule((np.array(given.places) / given.ladder.unit - beta) / alpha)
    value, first, second = given.jet(alpha * z + beta)
    # A constant is taken off, or the square would hold little but the mean.
    taken = jax.lax.stop_gradient(jnp.sum(value * w, 1))
    value = value - taken[:, None]
    square = z * z
    two, three, four = square - 1, z * (square - 3), square * (square - 6) + 3
    weights = jnp.stack([w, w * two, w * z, w * (four + 2 * two), w * three], 1)
    parts = jnp.stack([value, value**2, first**2, second**2], 1)
    return taken, jnp.einsum("rfn,rkn->rfk", parts, weights, precision=jax.lax.Precision.HIGHEST)


def _named(sums, log_alpha):
    """The six moments, and their derivatives in log α and in β / α."""
    mean, square, energy, bent = (tuple(sums[:, f, k] for k in range(5)) for f in range(4))
    two, four = jnp.exp(2 * log_alpha), jnp.exp(4 * log_alpha)
    values = mean[0], mean[1], square[0], square[1] / 2, two * energy[0], four * bent[0]
    along = (
        mean[1], mean[3], square[1], square[3] / 2, two * (energy[1] + 2 * energy[0]),
        four * (bent[1] + 4 * bent[0]),
    )  # fmt: skip
    across = mean[2], mean[4], square[2], square[4] / 2, two * energy[2], four * bent[2]
    return values, along, across


def _residuals(given, sums, log_alpha, branch, target):
    """What is left of the two conditions, over the target, and its two derivatives."""
    conditions = lambda *values: _conditions(given.tat, branch, target, *values)
    values, along, across = _named(sums, log_alpha)
    left, along = jax.jvp(conditions, values, along)
    return left, (along, jax.jvp(conditions, values, across)[1])


def _conditions(tat, branch, target, mean, bend, square, half, energy, bent):
    variance = square - mean * mean
    along = half - mean * bend
    if not tat:
        return (along / variance - 1) / target, (energy / variance - (1 + target)) / target
    along = along + _offset(branch, energy, variance) * bend
    return (along / energy - 1) / target, (bent / energy - target) / target


def _offset(branch, energy, variance):
    """How far TAT shifts φ from its mean, so that Q(1) = 1 where C′(1) = 1."""
    return branch * jnp.sqrt(jnp.maximum(energy - variance, 1e-300))


def _cramer(jacobian, left):
    """What the derivatives in (log α, β / α) take to what is left."""
    (a, c), (b, d) = jacobian
    determinant = a * d - b * c
    determinant = jnp.where(jnp.abs(determinant) < 1e-12, 1e-12, determinant)
    upper, lower = left
    return (d * upper - b * lower) / determinant, (a * lower - c * upper) / determinant


def _first_of_its_kind(log_alpha, beta, branch, there):
    """Whether no root before is the same: near where two meet, Newton's method may take one."""
    apart = lambda each: jnp.abs(each[:, None] - each)
    same = (apart(log_alpha) + apart(beta) + apart(branch) <= 1e-5) & there
    return ~(same & np.tri(len(beta), k=-1, dtype=bool)).any(1)


def order(size: jax.Array) -> jax.Array:
    """The places of `size` as it rises, without a sort.

    >>> order(jnp.array([3.0, 1.0, 2.0])).tolist()
    [1, 2, 0]
    """
    before = (size[None] < size[:, None]) | (
        (size[None] == size[:, None]) & np.tri(len(size), k=-1, dtype=bool)
    )
    rank = before.sum(1)
    numbers = np.arange(len(size))
    return jnp.where(rank[None] == numbers[:, None], numbers, 0).sum(1)


def rule(cuts: Any, panels: int = PANELS) -> tuple[jax.Array, jax.Array]:
    """Nodes and weights on [−10, 10] between `cuts` of the shape (rows, cuts), which rise.

    Between two of them, however far apart, there are so many panels.

    >>> z, w = rule(jnp.array([[-1.0, 0.5]]))
    >>> z.shape, round(float((z**2 * w).sum()), 5)
    ((1, 240), 1.0)
    """
    ends = jnp.full((len(cuts), 1), REACH)
    edges = jnp.concatenate([-ends, jnp.clip(cuts, -REACH, REACH), ends], 1)[..., None]
    x, w = legendre(NODES)
    x = ((np.arange(panels)[:, None] + (1 + x) / 2) / panels).ravel()
    width = edges[:, 1:] - edges[:, :-1]
    z = (edges[:, :-1] + width * x).reshape(len(edges), -1)
    weight = (width * np.tile(w, panels)).reshape(len(edges), -1) * jnp.exp(-(z**2) / 2)
    return z, weight / weight.sum(1, keepdims=True)


def local(jet: Jet, places: tuple[float, ...], roots: Roots) -> jax.Array:
    """What φ̂ does at q = 1 with each root, on a finer rule: `_solve.Local`, shape (roots, 6)."""
    alpha, beta, gamma, delta = (each[:, None] for each in roots)
    z, w = rule((np.array(places) - beta) / alpha, FINE)
    value, first, second = jet(alpha * z + beta)
    value, first, second = gamma * (value + delta), gamma * alpha * first, gamma * alpha**2 * second
    parts = value, value**2, value * first * z, first**2, second**2, value**4
    mean, q, q_slope, slope, curvature, kurtosis = jnp.einsum(
        "rfn,rn->fr", jnp.stack(parts, 1), w, precision=jax.lax.Precision.HIGHEST
    )
    return jnp.stack([q, q_slope, mean**2 / q, slope / q, curvature / q, kurtosis / q**2], 1)

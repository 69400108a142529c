"""The shift and scale that meet the local conditions, solved for within a compiled program.

| symbol | name | shape |
| --- | --- | --- |
| log α, β | `u` | (roots, 2) |
| the sign of δ's root under TAT | `branch`, 0 under DKS | (roots,) |
| ψ − 1 or C″(1) | `target`, one number | |

The conditions are those of `_solve`, the moments those of `_moments`, in JAX and float64. Which
roots there are near a target a `_ladder` tells; from there Newton's method goes to each at once.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import _ladder as ladders
from curvkit.kernels import _moments as moments
from curvkit.kernels import _starts as starts
from curvkit.kernels._activations import Activation
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


class Problem(NamedTuple):
    """What Newton's method needs to know of an activation: φ of multiples of `ladder.unit`."""

    jet: Jet
    places: tuple[float, ...]
    ladder: ladders.Ladder
    tat: bool


def problem(base: Activation, tat: bool, *between: int) -> Problem:
    """The problem of an activation; `between` are the exponents of two of its targets."""
    ladder = ladders.ladder(base, tat, *between)
    unit = ladder.unit

    def jet(x):
        value, first, second = base.traced_jet(unit * x)
        return value, unit * first, unit**2 * second

    return Problem(jet, cuts_of(base), ladder, tat)


def cuts_of(base: Activation) -> tuple[float, ...]:
    """Where a rule is cut: where φ bends, and where a smooth one does much in little."""
    return tuple(sorted({*base.breaks, *starts.FEATURES}))


def roots(given: Problem, target: Any) -> Roots:
    """All roots at a `target` that may be traced, a number of float64; differentiable in it."""
    u, branch, there, found = _solved(given)(target)
    mean, variance, energy = (each[:, 0] for each in (found.mean, found.variance, found.energy))
    if given.tat:
        shift = branch * jnp.sqrt(jnp.maximum(energy - variance, 1e-300))
        gamma = 1 / jnp.sqrt(energy)
    else:
        shift, gamma = 0.0, 1 / jnp.sqrt(variance)
    unit = given.ladder.unit
    alpha, beta = unit * jnp.exp(u[:, 0]), unit * u[:, 1]
    made = jnp.stack([alpha, beta, gamma, shift - (mean + found.taken)])
    return Roots(*jnp.where(there, made, jnp.nan))


def _solved(given):
    """The places of the roots and the moments there, as a function of the target.

    Its derivative is that of the implicit function, so nothing is differentiated that iterates.
    """

    @jax.custom_jvp
    def solved(target):
        u, branch = _near(given.ladder, target)
        u, worst, found = _polished(given, u, branch, target)
        there = worst <= ENOUGH * jnp.maximum(1, 1e-3 / target)
        return u, branch, there & _first_of_its_kind(u, branch, there), found

    @solved.defjvp
    def _(targets, moved):
        (target,), (moved,) = targets, moved
        u, branch, there, found = solved(target)
        again = _moments(given, u)
        _, jacobian = moments.left(again, target, branch if given.tat else None)
        # Only the second condition holds the target, and both are over it.
        pull = jnp.where(np.arange(2) == 1, moved / target, 0.0) + 0 * u
        step = moments.solved(jacobian, pull)
        slid = lambda each: jnp.einsum("rk,rk->r", each[:, 1:], step)[:, None] * moments.VALUE
        along = [None if each is None else slid(each) for each in again[1:]]
        shift = jnp.stack([step[:, 0], jnp.exp(u[:, 0]) * step[:, 1]], 1)
        still = [np.zeros(each.shape, jax.dtypes.float0) for each in (there,)]
        tangents = moments.Moments(jnp.zeros_like(found.taken), *along)
        return (u, branch, there, found), (shift, jnp.zeros_like(branch), *still, tangents)

    return solved


def _near(ladder, target):
    """Near-roots: on a line between those of the ends of the step that the target is in."""
    exponent = jnp.log2(target)
    at = jnp.sum(exponent >= ladder.edges[1:-1])
    # NumPy's arrays have no rows by a traced number.
    edges, low, high, there = map(jnp.asarray, ladder[1:])
    share = jnp.clip((exponent - edges[at]) / (edges[at + 1] - edges[at]), 0, 1)
    u = (1 - share) * low[at] + share * high[at]
    # Below the ladder α goes like the root of the target.
    down = jnp.minimum(exponent - edges[0], 0) * (math.log(2) / 2)
    u = jnp.stack([u[:, 0] + down, u[:, 1]], 1)
    return jnp.where(there[at][:, None], u, jnp.nan), low[at][:, 2]


def _polished(given, u, branch, target):
    """Where Newton's method ends, what is left of the conditions there, and the moments."""

    def evaluated(u):
        found = _moments(given, u)
        at, jacobian = moments.left(found, target, branch if given.tat else None)
        return moments.solved(jacobian, at), jnp.abs(at).max(1), found

    def unfinished(carry):
        number, going, *_ = carry
        return (number < STEPS) & going.any()

    def once(carry):
        number, going, u, previous, _ = carry
        step, worst, found = evaluated(u)
        # Those that are there, or as near as rounding lets them, are left where they are.
        going &= (worst >= 1e-12) & ((worst <= previous / 2) | (worst >= 1e-8))
        scale = jnp.stack([jnp.ones(len(u)), jnp.exp(u[:, 0])], 1)
        moved = jnp.clip(u - scale * jnp.clip(step, -0.5, 0.5), -50, np.array([15, 1e7]))
        return number + 1, going, jnp.where(going[:, None], moved, u), worst, found

    nothing = jax.tree.map(
        lambda each: jnp.zeros(each.shape, each.dtype), jax.eval_shape(evaluated, u)[2]
    )
    worst = jnp.full(len(u), jnp.inf)
    start = jnp.zeros((), int), jnp.isfinite(u[:, 0]), u, worst, nothing
    _, going, u, worst, found = jax.lax.while_loop(unfinished, once, start)
    return u, jnp.where(going, jnp.inf, worst), found


def _moments(given, u):
    places = np.array(given.places) / given.ladder.unit
    z, w = rule((places - u[:, 1:]) / jnp.exp(u[:, :1]))
    return moments.moments(given.jet, u, z, w, given.tat)


def _first_of_its_kind(u, branch, there):
    """Whether no root before is the same: near where two meet, Newton's method may take one."""
    state = jnp.concatenate([u, branch[:, None]], 1)
    same = (jnp.abs(state[:, None] - state[None]) <= 1e-5).all(-1) & there[None]
    return ~(same & np.tri(len(state), k=-1, dtype=bool)).any(1)


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


def rule(cuts: jax.Array, panels: int = PANELS) -> tuple[jax.Array, jax.Array]:
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


def local(jet: Jet, places: tuple[float, ...], made: Roots) -> jax.Array:
    """What φ̂ does at q = 1 with each root, on a finer rule: `_solve.Local`, shape (roots, 6)."""
    alpha, beta, gamma, delta = (each[:, None] for each in made)
    z, w = rule((np.array(places) - beta) / alpha, FINE)
    value, first, second = jet(alpha * z + beta)
    value = gamma * (value + delta)
    first, second = gamma * alpha * first, gamma * alpha**2 * second
    mean = lambda f: (f * w).sum(1)
    square = value**2
    q = mean(square)
    parts = (
        q, mean(value * first * z), mean(value) ** 2 / q, mean(first**2) / q, mean(second**2) / q,
        mean(square**2) / q**2,
    )  # fmt: skip
    return jnp.stack(parts, 1)

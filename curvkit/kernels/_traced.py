"""Shaping within a compiled program: targets, parameters and conditions as traced numbers.

| symbol | name | source |
| --- | --- | --- |
| ζ, τ or η | `goal` | arXiv 2110.01765; Zhang, Botev, Martens 2022 |
| ψ − 1, or x | `target` of each layer | as in `_targets` |
| s | `slope` of a leaky ReLU below zero | Zhang, Botev, Martens 2022 |

All in float64, in which the caller has to be, and differentiable in the goal and in the numbers of
the network. What cannot be met is nan.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from curvkit.kernels import _networks as networks
from curvkit.kernels import _newton as newton
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels._activations import Activation

# A goal out of reach is lowered by this so often, as far as its floor; and what counts as met.
LOWERED, TRIES, TOLERANCE = 0.7, 12, 1e-8


class Made(NamedTuple):
    """Shapes, the one taken first: nan where there are no more.

    Attributes:
        numbers: α, β, γ, δ and a leaky ReLU's slope, shape (roots, 5).
        local: what `_solve.Local` holds, shape (roots, 6).
        achieved: what the conditions of `conditions` are, shape (roots, conditions).
    """

    numbers: jax.Array
    local: jax.Array
    achieved: jax.Array


def solve(base: Activation, method: str, network: networks.Network, goal: Any) -> Made:
    """All shapes of an activation for a network.

    Args:
        base: the activation.
        method: `dks` or `tat`.
        network: its numbers may be traced.
        goal: ζ, τ or η, whichever the method asks for.
    """
    goal = jnp.where(goal > (1.0 if method == "dks" else 0.0), goal, jnp.nan)
    rectifier = SOLVERS.get((base.family, method))
    if rectifier is not None:
        numbers = rectifier(network, goal)[None]
        return checked(base, method, network, goal, numbers, local(base, numbers))
    given = newton.problem(base, method == "tat")
    numbers = rows(newton.roots(given, target(method, network, goal)))
    return checked(base, method, network, goal, numbers, local(base, numbers))


def target(method: str, network: networks.Network, goal: Any) -> Any:
    """What each layer has to do, ψ − 1 or x."""
    if method == "dks":
        return slope_excess(network, goal)
    return goal / networks.largest(network, lambda each: networks.curvature(each, 1.0))


def slope_excess(network: networks.Network, zeta: Any) -> jax.Array:
    """`_targets.slope_excess` of traced numbers: Newton's method from above on a convex function.

    >>> round(float(slope_excess(networks.feed_forward(2), jnp.array(1.21))), 6)
    0.1
    """
    goal = jnp.log(zeta)

    def missed(log, given):
        network, goal = given
        return networks.largest(network, lambda each: networks.log_slope(each, log)) - goal

    return jnp.expm1(_zero(missed, (network, goal), 0 * goal, goal))


def first_attained(given: newton.RootProblem, targets: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The roots at the first of `targets` that has any, and which that is."""

    def missing(carry):
        number, roots = carry
        return (number < len(targets)) & ~jnp.isfinite(roots[:, 0]).any()

    def further(carry):
        number, _ = carry
        return number + 1, rows(newton.roots(given, targets[number]))

    nothing = jnp.full((given.ladder.low.shape[1], 5), jnp.nan)
    number, roots = jax.lax.while_loop(missing, further, (jnp.zeros((), int), nothing))
    return roots, number - 1


def rows(roots: newton.Roots) -> jax.Array:
    """The roots as `Made.numbers` of no leaky ReLU."""
    return jnp.stack([*roots, jnp.zeros_like(roots.alpha)], 1)


def local(base: Activation, numbers: jax.Array) -> jax.Array:
    """What `_solve.local` returns, of traced `numbers` of the shape (roots, 5)."""
    jet, roots = newton.traced_jet(base), newton.Roots(*numbers[:, :4].T)
    if base.family == "leaky_relu":
        slope = numbers[:, 4:]
        jet = lambda x: (
            jnp.where(x > 0, x, slope * x), jnp.where(x > 0, 1.0, slope), jnp.zeros_like(x)
        )  # fmt: skip
    return newton.local(jet, newton.cuts_of(base), roots)


def checked(
    base: Activation, method: str, network: networks.Network, goal: Any, numbers: jax.Array,
    at: jax.Array,
) -> Made:  # fmt: skip
    """The shapes with what they achieve for the whole network; nan where that is not the goal."""
    q, q_slope, c_zero, slope, curvature, _ = at.T
    if method == "dks":
        last = networks.largest(network, lambda each: networks.slope(each, slope))
        first, goals = (q, q_slope, c_zero), (1, 1, 0)
    else:
        first, goals = (q, q_slope, slope), (1, 1, 1)
        if base.family == "leaky_relu":
            last = zero(network, numbers[:, 4])
        else:
            last = networks.largest(network, lambda each: networks.curvature(each, curvature))
    achieved = jnp.stack([*first, last], 1)
    missed = jnp.abs(achieved - jnp.stack([*map(jnp.asarray, goals), goal]))
    counts = np.array([1, base.family != "relu", 1, 1])
    met = (jnp.where(counts, missed, 0) <= TOLERANCE).all(1)
    order = newton.order(jnp.where(met, jnp.abs(numbers[:, 1]), jnp.inf))
    return Made(
        *(jnp.where(met[:, None], each, jnp.nan)[order] for each in (numbers, at, achieved))
    )


def zero(network: networks.Network, slope: Any) -> jax.Array:
    """C(0) of the network of leaky ReLUs, the largest over its sub-networks."""
    start = jnp.zeros_like(jnp.asarray(slope, float))
    return networks.maximal(network, start, lambda c: rectifiers.traced(c, slope))


def dks_leaky_relu(network: networks.Network, zeta: Any) -> jax.Array:
    """`rectifiers.dks_leaky_relu` of traced numbers, as a row of `Made.numbers`."""
    excess = slope_excess(network, zeta)
    share = math.pi * excess / (1 + excess)
    slope = (1 - share) / (1 + jnp.sqrt(share * (2 - share)))
    mean = (1 - slope) / math.sqrt(2 * math.pi)
    gamma = 1 / jnp.sqrt((1 + slope**2) / 2 - mean**2)
    return jnp.stack([jnp.ones_like(mean), jnp.zeros_like(mean), gamma, -mean, slope])


def tat_leaky_relu(network: networks.Network, eta: Any) -> jax.Array:
    """`rectifiers.tat_leaky_relu` of traced numbers, as a row of `Made.numbers`."""
    missed = lambda slope, given: given[1] - zero(given[0], slope)
    slope = _zero(missed, (network, eta), 0 * eta, 0 * eta + 1)
    within = (eta > 0) & (eta <= zero(network, 0.0 * eta))
    slope = jnp.where(within, slope, jnp.nan)
    gamma = jnp.sqrt(2 / (1 + slope**2))
    return jnp.stack([1 + 0 * slope, 0 * slope, gamma, 0 * slope, slope])


def dks_relu(network: networks.Network, zeta: Any) -> jax.Array:
    """`rectifiers.dks_relu` of traced numbers, as a row of `Made.numbers`."""
    excess = slope_excess(network, zeta)
    beta = jax.lax.stop_gradient(jnp.where(excess < rectifiers.UNSHIFTED - 1, 1.0, -1.0))

    def missed(log, given):
        beta, excess = given
        return beta * jnp.log(_relu_moments(jnp.exp(log), beta)[2] / excess)

    low = jnp.where(beta > 0, math.log(0.02), math.log(0.04))
    alpha = jnp.exp(_zero(missed, (beta, excess), low, jnp.full_like(low, math.log(1e8))))
    mean, variance, _ = _relu_moments(alpha, beta)
    return jnp.stack([alpha, beta, 1 / jnp.sqrt(variance), -mean, 0 * mean])


def _relu_moments(alpha, beta):
    """`rectifiers._relu_moments` for traced numbers, both of its branches."""
    m = beta / alpha
    inside, outside = ndtr(m), ndtr(-m)
    density = alpha * jnp.exp(-m * m / 2) / math.sqrt(2 * math.pi)
    # relu(x) = x + relu(−x), and the second is small: so nothing large cancels.
    mean = density - beta * outside
    square = (beta**2 + alpha**2) * outside - beta * density
    variance = alpha**2 + square - mean**2 - 2 * alpha**2 * outside
    up = beta + mean, variance, (alpha**2 * inside - variance) / variance
    mean = beta * inside + density
    variance = (beta**2 + alpha**2) * inside + beta * density - mean**2
    down = mean, variance, alpha**2 * inside / variance - 1
    return tuple(jnp.where(beta > 0, one, other) for one, other in zip(up, down, strict=True))


SOLVERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("leaky_relu", "dks"): dks_leaky_relu,
    ("leaky_relu", "tat"): tat_leaky_relu,
    ("relu", "dks"): dks_relu,
    ("relu", "tat"): rectifiers.SOLVERS["relu", "tat"],
}


def _zero(function, given, low, high):
    """Where `function(x, given)`, which rises in x, is 0: Newton's method held between two ends.

    Its derivatives are those of the implicit function.
    """

    def sloped(x, given):
        return jax.jvp(lambda x: function(x, given), (x,), (jnp.ones_like(x),))

    @jax.custom_jvp
    def solved(given, low, high):
        def further(carry):
            number, x, low, high, _ = carry
            value, slope = sloped(x, given)
            low, high = jnp.where(value < 0, x, low), jnp.where(value < 0, high, x)
            following = x - value / slope
            inside = (following >= low) & (following <= high)
            following = jnp.where(inside, following, (low + high) / 2)
            return number + 1, following, low, high, jnp.abs(following - x)

        def unfinished(carry):
            number, x, _, _, moved = carry
            return (number < 100) & (moved > 1e-16 * jnp.abs(x))

        start = jnp.zeros((), int), high, low, high, jnp.full_like(high, jnp.inf)
        return jax.lax.while_loop(unfinished, further, start)[1]

    @solved.defjvp
    def _(primals, tangents):
        x = solved(*primals)
        _, slope = sloped(x, primals[0])
        _, moved = jax.jvp(lambda given: function(x, given), primals[:1], tangents[:1])
        return x, -moved / slope

    return solved(given, low, high)

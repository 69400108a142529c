"""ReLU and leaky ReLU, for which maps and conditions have closed forms.

| symbol | name | source |
| --- | --- | --- |
| s | `slope` below zero | |
| C_s(c) | `c_map` | arXiv 2110.01765, appendix |
| C_s′(c) | `c_map_slope` | arXiv 2110.01765, appendix |
| ψ | the local slope | arXiv 2110.01765 |

DKS: C(0) = 0 makes C′(1) = 1 / (1 − C_s(0)), hence (1 − s)² / (1 + s²) = π (1 − 1/ψ). For the
ReLU with β = ±1 both E[φ′²] and Var φ are written with the normal density and distribution.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import ndtr

from curvkit.core.messages import counted
from curvkit.kernels import _networks as networks
from curvkit.kernels import _targets as targets
from curvkit.kernels._solve import Root

# Where ReLU's slope stops growing with α at β = 1: C′(1) of a centred ReLU without shift.
UNSHIFTED = math.pi / (math.pi - 1)
STEEPEST = math.pi / (math.pi - 2)


def c_map(c, slope: float):
    """C_s(c) of a leaky ReLU; `c` is a number or an array in [−1, 1].

    >>> float(c_map(1.0, 0.3)), round(float(c_map(0.0, 0.0)) * math.pi, 9)
    (1.0, 1.0)
    """
    # Rounding of an earlier layer may have left the interval.
    c = np.clip(c, -1.0, 1.0)
    bent = (np.sqrt(1 - c * c) + (math.pi - np.arccos(c)) * c) / math.pi
    return ((1 - slope) ** 2 * bent + 2 * slope * c) / (1 + slope**2)


def layer(slope: float) -> Callable[[float], float]:
    """`c_map` of that slope for single numbers, fast enough for a thousand layers.

    >>> round(layer(0.3)(0.5) - float(c_map(0.5, 0.3)), 12)
    0.0
    """
    bend, straight = (1 - slope) ** 2 / (1 + slope**2) / math.pi, 2 * slope / (1 + slope**2)
    sqrt, acos, pi = math.sqrt, math.acos, math.pi

    def once(c):
        c = min(c, 1.0)
        return bend * (sqrt(1 - c * c) + (pi - acos(c)) * c) + straight * c

    return once


def c_map_slope(c, slope: float):
    """C_s′(c) of a leaky ReLU.

    >>> float(c_map_slope(1.0, 0.3))
    1.0
    """
    turned = (math.pi - np.arccos(np.clip(c, -1, 1))) / math.pi
    return ((1 - slope) ** 2 * turned + 2 * slope) / (1 + slope**2)


@jax.custom_jvp
def _bent(c: jax.Array) -> jax.Array:
    return (jnp.sqrt(jnp.maximum(1 - c * c, 0)) + (jnp.pi - jnp.arccos(c)) * c) / jnp.pi


# At 1 the derivatives of its two parts are infinite and cancel.
_bent.defjvps(lambda moved, _, c: moved * (jnp.pi - jnp.arccos(c)) / jnp.pi)


def traced(c: jax.Array, slope: jax.Array | float) -> jax.Array:
    """`c_map` for traced arrays."""
    c = jnp.clip(c, -1, 1)
    return ((1 - slope) ** 2 * _bent(c) + 2 * slope * c) / (1 + slope**2)


def traced_slope(c: jax.Array, slope: jax.Array | float) -> jax.Array:
    """`c_map_slope` for traced arrays."""
    turned = (jnp.pi - jnp.arccos(jnp.clip(c, -1, 1))) / jnp.pi
    return ((1 - slope) ** 2 * turned + 2 * slope) / (1 + slope**2)


def dks_leaky_relu(network: networks.Network, zeta: float) -> tuple[Root, float]:
    """The root for DKS with a leaky ReLU, and its slope, which is negative for steep targets."""
    excess = targets.slope_excess(network, zeta)
    share = math.pi * excess / (1 + excess)
    if share > 2:
        highest = networks.largest(network, lambda each: networks.slope(each, STEEPEST))
        raise ValueError(
            f"DKS with a leaky ReLU attains zeta up to {_down(highest)} in this network, but "
            f"{zeta:g} was asked for; use a deeper network or another activation."
        )
    # (1 − s)² = share (1 + s²), the root with |s| ≤ 1; at share = 1 it is s = 0.
    slope = (1 - share) / (1 + math.sqrt(share * (2 - share)))
    mean = (1 - slope) / math.sqrt(2 * math.pi)
    gamma = 1 / math.sqrt((1 + slope**2) / 2 - mean**2)
    return Root(1.0, 0.0, gamma, -mean, 0.0), slope


def dks_relu(network: networks.Network, zeta: float) -> tuple[Root, None]:
    """The root for DKS with a ReLU: β = 1, or −1 where the slope asked for is too steep for it."""
    excess = targets.slope_excess(network, zeta)
    beta = 1.0 if excess < UNSHIFTED - 1 else -1.0
    missed = lambda log: _relu_moments(math.exp(log), beta)[2] - excess
    low = math.log(0.02 if beta > 0 else 0.04)
    log_alpha = targets.crossing(missed, low, math.log(1e8), xtol=1e-15, rtol=1e-15)
    alpha = math.exp(log_alpha)
    mean, variance, _ = _relu_moments(alpha, beta)
    return Root(alpha, beta, 1 / math.sqrt(variance), -mean, 0.0), None


def _relu_moments(alpha: float, beta: float) -> tuple[float, float, float]:
    """Mean and variance of relu(αz + β), and its C′(1) − 1."""
    m = beta / alpha
    inside, density = float(ndtr(m)), math.exp(-m * m / 2) / math.sqrt(2 * math.pi)
    if beta > 0:
        # relu(x) = x + relu(−x), and the second is small: so nothing large cancels.
        outside = float(ndtr(-m))
        mean = alpha * density - beta * outside
        square = (beta**2 + alpha**2) * outside - alpha * beta * density
        cross = -(alpha**2) * outside
        variance = alpha**2 + square - mean**2 + 2 * cross
        excess = alpha**2 * inside - variance
        return beta + mean, variance, excess / variance
    mean = beta * inside + alpha * density
    variance = (beta**2 + alpha**2) * inside + alpha * beta * density - mean**2
    return mean, variance, alpha**2 * inside / variance - 1


def tat_leaky_relu(network: networks.Network, eta: float) -> tuple[Root, float]:
    """The root for TAT with a leaky ReLU, and its slope in [0, 1)."""
    reached = lambda slope: networks.maximal(network, 0.0, layer(slope))
    highest = reached(0.0)
    if highest < eta:
        depth = networks.layers(network)
        sentence = (
            f"TAT with a leaky ReLU attains eta up to {_down(highest)} in this network of "
            f"{counted(depth, 'nonlinear layer')}, but {eta:g} was asked for; use that, "
            "or a deeper network"
        )
        raise ValueError(f"{sentence} ({counted(needed(eta), 'layer')} in a row, without sums).")
    missed = lambda slope: reached(slope) - eta
    slope = targets.crossing(missed, 0.0, 1.0, xtol=1e-15, rtol=1e-14)
    return Root(1.0, 0.0, math.sqrt(2 / (1 + slope**2)), 0.0, 0.0), slope


def needed(eta: float) -> int:
    """How many ReLU layers in a row it takes for C_f(0) to reach `eta`.

    >>> needed(0.9)
    13
    """
    depth, c = 0, 0.0
    while c < eta and depth < 100_000:
        depth, c = depth + 1, layer(0.0)(c)
    return depth


def _refuse_relu(network: networks.Network, eta: float):
    raise ValueError("TAT cannot shape 'relu', which has no slope to turn; use 'leaky_relu'.")


def _down(value: float) -> str:
    """Four digits, rounded down, so that what is said to be attained is."""
    return f"{math.floor(value * 1e4) / 1e4:g}"


SOLVERS = {
    ("leaky_relu", "dks"): dks_leaky_relu,
    ("leaky_relu", "tat"): tat_leaky_relu,
    ("relu", "dks"): dks_relu,
    ("relu", "tat"): _refuse_relu,
}

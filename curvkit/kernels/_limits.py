"""What a deep shaped network's C map becomes, for every smooth activation, and what bounds it.

| symbol | name | source |
| --- | --- | --- |
| C(c) = c / (c + ζ(1 − c)) | `dks_limit` | derived here from arXiv 2110.01765's conditions |
| C(c) = 1 − (1 − c) / (1 + τ(1 − c)/2) | `tat_limit` | derived here from Zhang et al. 2022 |
| 0 ≤ c − C_f(c) ≤ 1 − 1/ζ on [0, 1] | `dks_gap` | from b_k ≥ 0 |
| lower ≤ C_f(c) ≤ upper on [−1, 1] | `dks_bounds`, `tat_bounds` | from b_k ≥ 0 |

With L layers each map is the identity plus 1/L times a parabola, so that depth solves a flow:
dc/dt = −a c(1 − c) with e^a = ζ under DKS, dc/dt = (τ/2)(1 − c)² under TAT. Only the slope or the
curvature at 1 survives of φ, so the limit is one curve for all.
"""

from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages


def dks_limit(c: Any, zeta: float | jax.Array) -> Any:
    """The C map of a deep network shaped by DKS, whatever its smooth activation; ζ at least 1.

    >>> dks_limit(-1.0, 1.5), dks_limit(1.0, 1.5)  # −1 / (2ζ − 1)
    (-0.5, 1.0)
    """
    zeta = messages.real("zeta", zeta, "at least 1", least=1)
    return c / (c + zeta * (1 - c))


def tat_limit(c: Any, tau: float | jax.Array) -> Any:
    """The C map of a deep network shaped by TAT, whatever its smooth activation; τ at least 0.

    >>> round(tat_limit(0.0, 0.3), 9)  # 1 − 1 / (1 + τ/2)
    0.130434783
    """
    tau = messages.real("tau", tau, least=0)
    return 1 - (1 - c) / (1 + tau / 2 * (1 - c))


def dks_gap(zeta: float) -> float:
    """How far below c a DKS network's C map can lie on [0, 1]; it lies nowhere above.

    The map is convex with C(0) = 0, C(1) = 1 and C′(1) = ζ at most.

    >>> round(dks_gap(1.5), 9)
    0.333333333
    """
    return 1 - 1 / zeta


def dks_bounds(c: Any, zeta: float) -> tuple[jax.Array, jax.Array]:
    """Below and above what a DKS network's C map lies, for cosines in [−1, 1].

    With b_0 = 0, Σ b_k = 1 and Σ k b_k ≤ ζ, the weights from b_2 on sum to ζ − 1 at most, so that
    |C − c| ≤ 2(ζ − 1); and |C(−c)| ≤ C(c) ≤ c where c ≥ 0.

    >>> [float(each) for each in dks_bounds(0.5, 1.25)]  # 1/2 − (1 − 1/1.25)
    [0.3, 0.5]
    """
    c = jnp.asarray(c)
    lower = jnp.where(c > 0, jnp.maximum(c - dks_gap(zeta), 0), c)
    return lower, jnp.minimum(jnp.abs(c), c + 2 * (zeta - 1))


def tat_bounds(c: Any, zero: float) -> tuple[jax.Array, jax.Array]:
    """Below and above what a TAT network's C map lies, for cosines in [−1, 1].

    As C′(1) = 1, b_0 = Σ (k − 1) b_k over k ≥ 2, so that |C − c| ≤ 4 b_0. On [0, 1] the map is
    convex: above its tangent at 1, which is the diagonal, and below its chord.

    Args:
        c: cosines.
        zero: C(0) = b_0 at most: η with a leaky ReLU, τ/2 with a smooth φ.

    >>> [round(float(each), 9) for each in tat_bounds(0.5, 0.1)]
    [0.5, 0.55]
    """
    c = jnp.asarray(c)
    chord = zero + (1 - zero) * jnp.abs(c)
    lower = jnp.where(c >= 0, c, jnp.maximum(c - 4 * zero, -chord))
    return lower, jnp.minimum(chord, c + 4 * zero)

"""What a deep shaped network's C map becomes, for every smooth activation, and what bounds it.

| symbol | name | source |
| --- | --- | --- |
| C(c) = c / (c + ζ(1 − c)) | `dks_limit` | derived here from arXiv 2110.01765's conditions |
| C(c) = 1 − (1 − c) / (1 + τ(1 − c)/2) | `tat_limit` | derived here from Zhang et al. 2022 |
| 0 ≤ c − C_f(c) ≤ 1 − 1/ζ on [0, 1] | `dks_gap` | from b_k ≥ 0 |

With L layers each map is the identity plus 1/L times a parabola, so that depth solves a flow:
dc/dt = −a c(1 − c) with e^a = ζ under DKS, dc/dt = (τ/2)(1 − c)² under TAT. Only the slope or the
curvature at 1 survives of φ, so the limit is one curve for all.
"""

from typing import Any


def dks_limit(c: Any, zeta: float) -> Any:
    """The C map of a deep network shaped by DKS, whatever its smooth activation.

    >>> dks_limit(-1.0, 1.5), dks_limit(1.0, 1.5)  # −1 / (2ζ − 1)
    (-0.5, 1.0)
    """
    return c / (c + zeta * (1 - c))


def tat_limit(c: Any, tau: float) -> Any:
    """The C map of a deep network shaped by TAT, whatever its smooth activation.

    >>> round(tat_limit(0.0, 0.3), 9)  # 1 − 1 / (1 + τ/2)
    0.130434783
    """
    return 1 - (1 - c) / (1 + tau / 2 * (1 - c))


def dks_gap(zeta: float) -> float:
    """How far below c a DKS network's C map can lie on [0, 1]; it lies nowhere above.

    The map is convex with C(0) = 0, C(1) = 1 and C′(1) = ζ at most.

    >>> round(dks_gap(1.5), 9)
    0.333333333
    """
    return 1 - 1 / zeta

"""Near-roots of an activation over all targets, as arrays that a compiled program starts from.

| symbol | name | shape |
| --- | --- | --- |
| log₂ of the target | `RootLadder.edges`, rising | (steps + 1,) |
| log α, β and the branch of each root at both ends of a step | `low`, `high` | (steps, roots, 3) |
| whether there may be such a root | `there` | (steps, roots) |

At each power of two the roots are searched from wide starts, as `_solve.rung` does. A step is cut
in halves, and the roots followed into the middle, where those of its two ends are not one to one:
there some meet and vanish. What is found depends on the activation alone, not on any target.
"""

import functools
from typing import NamedTuple

import numpy as np

from curvkit.kernels import _solve as solve
from curvkit.kernels._activations import Activation

# Targets from a millionth to 8, and the narrowest step; smaller targets go on as small roots do.
LOW, HIGH, NARROW = -20, 3, 1 / 8


class RootLadder(NamedTuple):
    """What is known of the roots of φ(unit · x), between any two of `edges`."""

    unit: float
    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray
    there: np.ndarray


@functools.lru_cache(maxsize=256)
def ladder(base: Activation, tat: bool, low: int = LOW, high: int = HIGH) -> RootLadder:
    """The ladder of an activation, which takes a part of a second once.

    Args:
        base: the activation φ.
        tat: whether the conditions are those of TAT.
        low, high: whole exponents of two, between which the targets are.

    >>> from curvkit.kernels._activations import ACTIVATIONS
    >>> rungs = ladder(ACTIVATIONS["tanh"], False, -8, -6)
    >>> rungs.edges.tolist(), rungs.low.shape  # one root, all along
    ([-8.0, -7.0, -6.0], (2, 1, 3))
    """
    unit, base = solve.in_its_unit(base)
    steps: list[tuple[float, float, np.ndarray, np.ndarray]] = []
    with np.errstate(all="ignore"):
        rungs = [solve.offered(base, solve.rung(base, at, 1, tat)) for at in range(low, high + 1)]
        for at, ends in enumerate(zip(rungs, rungs[1:], strict=False), low):
            steps += _steps(base, float(at), 1.0, *ends)
    rows = max(1, *(len(each) for step in steps for each in step[2:]))
    filled = lambda state: np.concatenate([state, np.zeros((rows - len(state), 3))])
    low_ends, high_ends = (np.stack([filled(step[end]) for step in steps]) for end in (2, 3))
    return RootLadder(
        unit,
        np.array([*(step[0] for step in steps), float(high)]),
        low_ends,
        high_ends,
        np.array([np.arange(rows) < len(step[2]) for step in steps]),
    )


def _steps(base, at, width, below, above):
    """Steps from `at` on, of which the roots at one end lead to those at the other."""
    most = max(below, above, key=len)
    if not len(most):
        return [(at, width, below, above)]
    middle = 2.0 ** (at + width / 2)
    if len(below) == len(above):
        _, roots = solve.between(base, {at: below, at + width: above}, middle)
        if len(roots) >= len(most):
            return [(at, width, below, above)]
    if width <= NARROW:
        return [(at, width, most, most)]
    ends = {at: below, at + width: above}
    roots = solve.offered(base, solve.followed(base, ends, middle))
    half = width / 2
    return _steps(base, at, half, below, roots) + _steps(base, at + half, half, roots, above)

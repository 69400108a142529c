"""A design that misleads every greedy choice: a bad group that is nearly the sum of good ones.

| symbol | name | shape |
| --- | --- | --- |
| X = [G₀, G₁, G₂], G₂ = G₀ + G₁ + δ E | `Trap.columns` | (n, 6) |
| y = G₀ 1 + G₁ 1 + 0.1 e | `Trap.targets` | (n,) |
| δ | `apart` | scalar |
"""

from typing import NamedTuple

import numpy as np

from curvkit.core import messages
from curvkit.selection._estimator import GroupOMP
from curvkit.selection._recovery import Condition, recovery

LABELS = ("good", "good", "also good", "also good", "trap", "trap")


class Trap(NamedTuple):
    """What was taken, and what theory had said of it."""

    columns: np.ndarray
    targets: np.ndarray
    taken: tuple[str, ...]
    condition: Condition

    def words(self) -> str:
        """In which order groups were taken, and the condition."""
        order = ", then ".join(f"**{each}**" for each in self.taken)
        rows = messages.counted(len(self.targets), "row")
        return f"From {rows} was taken: {order}. {self.condition.words()}"

    def _repr_markdown_(self) -> str:
        return self.words()


def trap(rows: int = 1000, apart: float = 0.3, seed: int = 0) -> Trap:
    """Takes two groups of a design with a trap.

    Args:
        rows: how many rows, at least 20.
        apart: δ > 0, how far the bad group is from the sum of the good ones.
        seed: which random numbers.

    Raises:
        ValueError: if there are too few rows, or a number is out of range.

    >>> trap(200).taken
    ('trap', ...)
    """
    rows, seed = messages.whole("rows", rows, 20), messages.whole("seed", seed, 0)
    apart = messages.real("apart", apart, above=0)
    rng = np.random.default_rng(seed)
    good, also_good, error = rng.normal(size=(3, rows, 2))
    columns = np.hstack([good, also_good, good + also_good + apart * error])
    targets = (good + also_good).sum(1) + 0.1 * rng.normal(size=rows)
    model = GroupOMP(list(LABELS), n_groups=2).fit(columns, targets)
    condition = recovery(columns, list(LABELS), ["good", "also good"], sigma=0.1)
    return Trap(columns, targets, tuple(model.selected_groups_.tolist()), condition)

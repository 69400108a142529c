"""Real data by all methods: each tuned on the same held-out rows, judged on rows none has seen.

| symbol | name | shape |
| --- | --- | --- |
| mean (y − ŷ)² / var y | `Practice.error`, on the test rows | (methods, runs) |
| | `Practice.groups`, `Practice.columns`: how many are taken | (methods, runs) |
"""

from typing import NamedTuple

import numpy as np

from curvkit.core import messages
from curvkit.selection._datasets import NAMES, table
from curvkit.selection._methods import METHODS, known, tuned

# Shares of the rows that are fitted, and that choose the point of a path; the others are the test.
FITTED, HELD_OUT = 0.5, 0.25


class Practice(NamedTuple):
    """Scores of every method on every split of one data set."""

    data: str
    methods: tuple[str, ...]
    error: np.ndarray
    groups: np.ndarray
    columns: np.ndarray

    def words(self) -> str:
        """Who predicts best, and how often Group-OMP does better than it."""
        middle = np.median(self.error, axis=1)
        best, at = int(np.argmin(middle)), self.methods.index("Group-OMP")
        text = f"**{self.data}**: the least error is that of **{self.methods[best]}**"
        text += f" ({middle[best]:.3f} of the variance); Group-OMP has **{middle[at]:.3f}**"
        text += f" with {np.median(self.groups[at]):.0f} groups."
        if best != at:
            won = int(np.sum(self.error[at] < self.error[best]))
            total = messages.counted(self.error.shape[1], "split")
            text += f" It is the better of the two in {won} of {total}."
        return text

    def _repr_markdown_(self) -> str:
        lines = [self.words(), "", "| | error on the test | groups | columns |",
                 "| --- | --- | --- | --- |"]  # fmt: skip
        rows = zip(self.methods, self.error, self.groups, self.columns, strict=True)
        for method, error, groups, columns in rows:
            low, middle, high = (f"{each:.3f}" for each in np.quantile(error, (0.25, 0.5, 0.75)))
            counts = f"{np.median(groups):.0f} | {np.median(columns):.0f}"
            lines.append(f"| {method} | {middle} [{low}, {high}] | {counts} |")
        total = messages.counted(self.error.shape[1], "split")
        note = f"Medians over {total} [quartiles]; as shares of the variance."
        return "\n".join([*lines, "", note])


def practise(
    data: str = "diabetes", *, runs: int = 20, seed: int = 0, chosen: tuple[str, ...] | None = None
) -> Practice:
    """A data set of scikit-learn by all methods, on random splits into three.

    Half of the rows are fitted, a quarter chooses the point of each path, the rest is the test.
    Medians are told: a spline that meets a value beyond all that were fitted can be far off.

    Args:
        data: one of `datasets.NAMES`.
        runs: how many splits, at least 2.
        seed: which.
        chosen: the methods, Group-OMP among them; all that can be had if None.

    Raises:
        ValueError: if the data set or a method is unknown, `runs` below 2, or Group-OMP left out.

    >>> practise(runs=2, chosen=("Group-OMP", "least squares")).error.shape
    (2, 2)
    """
    if data not in NAMES:
        raise ValueError(messages.unknown("data set", data, NAMES))
    runs, seed = messages.whole("runs", runs, 2), messages.whole("seed", seed, 0)
    chosen = known(chosen)
    if "Group-OMP" not in chosen:
        raise ValueError(messages.refusal("chosen", "methods with Group-OMP among them", chosen))
    parts = _splits(table(data), runs, np.random.default_rng(seed))
    scores = np.zeros((3, len(chosen), runs))
    for at, method in enumerate(chosen):
        paths = METHODS[method](*parts[0])
        for run, path in enumerate(paths):
            beta, intercept = tuned(path, *(each[run] for each in parts[1]))
            columns, targets = (each[run] for each in parts[2])
            errors = targets - np.einsum("njm,jm->n", columns, beta) - intercept
            taken = beta != 0
            scores[:, at, run] = np.mean(errors**2) / targets.var(), taken.any(1).sum(), taken.sum()
    return Practice(data, chosen, *scores)


def _splits(table, runs, rng):
    """Columns and targets of the three parts, each (runs, …)."""
    rows = len(table.targets)
    orders = np.stack([rng.permutation(rows) for _ in range(runs)])
    ends = [int(FITTED * rows), int((FITTED + HELD_OUT) * rows)]
    return [(table.columns[each], table.targets[each]) for each in np.split(orders, ends, axis=1)]

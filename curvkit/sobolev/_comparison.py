"""The table of the seven functions: what slopes gain or lose, beside what other seeds gave.

| symbol | name | range |
| --- | --- | --- |
| λ | `weight`, of squared slopes, in scaled units | above 0 |
| e | `FunctionErrors.values`, `.sobolev`: test errors of 0to ∞ |
| ê | `NOTED`: medians of e over five other seeds | |

The medians noted are of a separate program: two hidden layers of 64 ReLU units with He's weights,
Adam at 1e-3, 2500 full-batch steps, λ = 1, five seeds. Its domains were not written down, so
agreement is not to be expected to the digit; they are no numbers of arXiv 1706.04859.
"""

from typing import NamedTuple

import numpy as np

from curvkit.core.messages import number

# (function, points): medians on values alone, and with slopes.
NOTED = {
    ("booth", 20): (0.044, 0.0069),
    ("mccormick", 20): (0.051, 0.0089),
    ("rosenbrock", 20): (0.551, 0.099),
    ("styblinski_tang", 20): (1.00, 0.41),
    ("beale", 20): (0.75, 0.41),
    ("bukin", 20): (0.085, 0.15),
    ("ackley", 20): (0.23, 3.6),
    ("booth", 100): (0.0020, 0.0003),
    ("beale", 100): (0.126, 0.031),
    ("mccormick", 100): (0.0031, 0.0008),
    ("rosenbrock", 100): (0.0142, 0.0088),
    ("styblinski_tang", 100): (0.044, 0.092),
    ("bukin", 100): (0.008, 0.033),
    ("ackley", 100): (0.099, 0.356),
}


class FunctionErrors(NamedTuple):
    """A function at one weight: errors by pair, of networks without and with slopes.

    `slopes`, (2, pairs), has the errors of slopes of both, where they are known.
    """

    function: str
    points: int
    weight: float
    values: np.ndarray
    sobolev: np.ndarray
    slopes: np.ndarray | None = None

    @property
    def helped(self) -> int:
        """In how many pairs the error is smaller with slopes."""
        return int(np.sum(self.sobolev < self.values))

    @property
    def verdict(self) -> str:
        """Whether slopes help or harm beyond chance, by a two-sided sign test at 5 %.

        >>> FunctionErrors("booth", 20, 1.0, np.ones(10), np.zeros(10)).verdict
        'helps'
        """
        helped, pairs = self.helped, len(self.values)
        rare = sign_test(max(helped, pairs - helped), pairs) < 0.05
        return ("helps" if 2 * helped > pairs else "harms") if rare else "open"

    def agrees(self) -> tuple[bool, bool] | None:
        """Whether the medians noted lie within the errors of these pairs; None without any."""
        noted = NOTED.get((self.function, self.points)) if self.weight == 1 else None
        if noted is None:
            return None
        within = lambda errors, median: bool(errors.min() <= median <= errors.max())
        return within(self.values, noted[0]), within(self.sobolev, noted[1])


def sign_test(wins: int, pairs: int) -> float:
    """The chance of at least so many wins, or as many losses, if either is as likely.

    >>> sign_test(9, 10)
    0.021484375
    """
    ways = np.cumprod([1.0, *((pairs - k) / (k + 1) for k in range(pairs))])
    return float(min(1.0, 2 * np.sum(ways[wins:]) / 2.0**pairs))


class WeightComparison(NamedTuple):
    """All rows, which a notebook shows as a table."""

    rows: tuple[FunctionErrors, ...]

    def words(self) -> str:
        """What helps and what harms, at each weight, in a sentence each."""
        sentences = []
        for weight in dict.fromkeys(row.weight for row in self.rows):
            verdicts = {row.function: row.verdict for row in self.rows if row.weight == weight}
            harmed = [name for name, each in verdicts.items() if each == "harms"]
            named = ", ".join(name.replace("_", "-") for name in harmed) or "none"
            count = sum(each == "helps" for each in verdicts.values())
            sentences.append(
                f"At λ = {number(weight)} slopes help on **{count} of {len(verdicts)}** functions "
                f"and harm on {named}."
            )
        checked = [each for row in self.rows for each in row.agrees() or ()]
        if checked:
            sentences.append(
                f"Within the pairs of this table: **{sum(checked)}** of {len(checked)} medians "
                "that other seeds gave."
            )
        return " ".join(sentences)

    def _repr_markdown_(self) -> str:
        head = ["| function | n | λ | values alone | with slopes | helped | | noted |"]
        head.append("| --- |" + " --- |" * 7)
        lines = [
            f"| {row.function.replace('_', '-')} | {row.points} | {number(row.weight)} "
            f"| {_shown(row.values)} | {_shown(row.sobolev)} | {row.helped} of {len(row.values)} "
            f"| {row.verdict} | {_noted(row)} |"
            for row in self.rows
        ]
        legend = "Test error of values: median [least, largest] of the pairs; *noted*: medians of "
        legend += "five other seeds by another program. "
        return "\n".join([legend + self.words(), "", *head, *lines])


def _shown(errors):
    low, mid, high = (number(each) for each in np.quantile(errors, [0, 0.5, 1]))
    return f"{mid} [{low}, {high}]"


def _noted(row):
    if row.agrees() is None:
        return ""
    return " → ".join(number(each) for each in NOTED[row.function, row.points])

"""A table of odds at a size of its own: sixty groups of five columns, five of them good.

The first three methods and abess are told how many groups are good; OMP, Lasso and Group Lasso win
a trial if any point of their path has exactly the good groups. Other numbers, by another program,
stand beside: its Group Lasso was not whitened, and it had 25 penalties.

| symbol | name | range |
| --- | --- | --- |
| w, b, n | `Cell.within`, `.between`, `.rows` | [0, 1), [0, 1), whole |
| successes | `Recovered.solved`, (cells, methods) | 0 to `trials` |
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.core.statistics import wilson
from curvkit.selection import _methods as contest
from curvkit.selection import _problems as problems
from curvkit.selection.odds import _study as study

GROUPS, SIZE, GOOD, NOISE, MOST_ROWS = 60, 5, 5, 0.5, 150
PENALTIES, ITERATIONS = 25, 150
# Trials that are solved at once: more would take more memory than they save time.
AT_ONCE = 10
NOTED_TRIALS = 40
_ABESS = "abess"


class Cell(NamedTuple):
    """Where a share is counted: correlations within and between groups, and rows."""

    within: float
    between: float
    rows: int


# Shares of Group-OMP, raw rule, OMP, Lasso, Group Lasso, abess by another program, 40 trials each.
_NAMES = ("Group-OMP", "raw rule", "OMP", "Lasso", "Group Lasso", "abess")
_SHARES = {
    Cell(0.0, 0.0, 50): (0.60, 0.38, 0.03, 0.03, 0.15, 0.60),
    Cell(0.0, 0.0, 75): (0.97, 0.90, 0.55, 0.15, 0.62, 1.0),
    Cell(0.0, 0.0, 100): (1.0, 1.0, 0.70, 0.38, 0.88, 1.0),
    Cell(0.0, 0.0, 150): (1.0, 1.0, 0.97, 0.93, 1.0, 1.0),
    Cell(0.5, 0.0, 75): (1.0, 0.42, 0.45, 0.20, 0.23, 1.0),
    Cell(0.5, 0.0, 100): (1.0, 0.85, 0.60, 0.42, 0.38, 1.0),
    Cell(0.9, 0.0, 75): (0.68, 0.35, 0.47, 0.25, 0.20, 0.75),
    Cell(0.9, 0.0, 100): (1.0, 0.53, 0.50, 0.45, 0.42, 0.95),
    Cell(0.0, 0.5, 50): (0.23, 0.33, 0.03, 0.0, 0.05, 0.38),
    Cell(0.0, 0.5, 75): (0.80, 0.62, 0.42, 0.03, 0.25, 1.0),
    Cell(0.0, 0.5, 100): (0.95, 0.75, 0.57, 0.12, 0.55, 0.93),
}
NOTED: dict[Cell, dict[str, float]] = {
    cell: dict(zip(_NAMES, shares, strict=True)) for cell, shares in _SHARES.items()
}


class Recovered(NamedTuple):
    """In how many of `trials` problems each method found exactly the good groups."""

    cells: tuple[Cell, ...]
    methods: tuple[str, ...]
    solved: np.ndarray
    trials: int

    def deviations(self) -> np.ndarray:
        """How many standard errors each share is from the noted one, nan where none is noted.

        The error is that of the difference of two shares that are equal: (cells, methods).
        """
        z_scores = np.full(self.solved.shape, np.nan)
        for row, at in itertools.product(range(len(self.cells)), range(len(self.methods))):
            noted = NOTED[self.cells[row]].get(self.methods[at])
            if noted is not None:
                share = self.solved[row, at] / self.trials
                pooled = (self.solved[row, at] + noted * NOTED_TRIALS) / (
                    self.trials + NOTED_TRIALS
                )
                error = np.sqrt(pooled * (1 - pooled) * (1 / self.trials + 1 / NOTED_TRIALS))
                z_scores[row, at] = (share - noted) / error if error > 0 else 0.0
        return z_scores

    def words(self) -> str:
        """Who leads where, in a sentence with its own numbers."""
        beyond = np.abs(self.deviations())
        there = np.isfinite(beyond)
        best = self.solved.max(axis=1)
        lead = [np.sum(self.solved[:, at] == best) for at in range(len(self.methods))]
        text = f"Group-OMP leads, alone or with others, in **{lead[0]} of {len(self.cells)}** rows"
        others = zip(self.methods[1:], lead[1:], strict=True)
        name, most = max(others, key=lambda pair: pair[1])
        text += f"; {name} in {most}. Of the {there.sum()} shares that others counted, "
        return text + f"**{np.sum(beyond[there] < 2)}** are within two standard errors."

    def _repr_markdown_(self) -> str:
        head = f"| within | between | n | {' | '.join(self.methods)} |"
        lines = [self.words(), "", head, "| --- " * (3 + len(self.methods)) + "|"]
        for row, cell in enumerate(self.cells):
            entries = [f"{cell.within:g}", f"{cell.between:g}", f"{cell.rows}"]
            for method, count in zip(self.methods, self.solved[row], strict=True):
                low, high = (100 * float(each) for each in wilson(count, self.trials))
                noted = NOTED[cell].get(method)
                beside = "" if noted is None else f" · *{100 * noted:.0f}*"
                share = 100 * count / self.trials
                entries.append(f"{share:.0f} [{low:.0f}, {high:.0f}]{beside}")
            lines.append(f"| {' | '.join(entries)} |")
        return "\n".join([*lines, "", f"Per cent of {self.trials} problems, [Wilson's 95 % "
                          f"interval], and in italics of {NOTED_TRIALS} others."])  # fmt: skip


def compare(
    cells: Sequence[Cell | tuple[float, float, int]] | None = None, *, trials: int = 40,
    seed: int = 0,
) -> Recovered:  # fmt: skip
    """Counts, cell by cell, in how many problems each method finds exactly the good groups.

    Args:
        cells: some of `NOTED`; all if None.
        trials: problems in each cell, at least 1.
        seed: which problems.

    Raises:
        ValueError: if a cell is not one of `NOTED`, or `trials` is below 1.

    >>> compare([(0.0, 0.0, 40)])
    Traceback (most recent call last):
    ValueError: cells must be of (within, between, rows) ...
    """
    chosen = tuple(NOTED) if cells is None else tuple(Cell(*each) for each in cells)
    for each in chosen:
        if each not in NOTED:
            known = ", ".join(str(tuple(cell)) for cell in NOTED)
            expected = f"of (within, between, rows) as one of {known}"
            raise ValueError(messages.refusal("cells", expected, tuple(each)))
    trials, seed = messages.whole("trials", trials), messages.whole("seed", seed, 0)
    keys = jax.random.split(jax.random.key(seed), trials)
    solved = [_counted(cell, keys) for cell in chosen]
    methods = study.METHODS + ((_ABESS,) if _ABESS in contest.methods() else ())
    return Recovered(chosen, methods, np.array(solved), trials)


def _counted(cell, keys):
    """Successes of each method in one cell."""
    solved = np.asarray(_found(cell._replace(rows=float(cell.rows)), keys)).sum(axis=0).tolist()
    if _ABESS not in contest.methods():
        return solved
    drawn = jax.vmap(lambda key: _drawn(cell, key))(keys)
    columns, targets = (np.asarray(each)[:, : cell.rows] for each in (drawn.columns, drawn.targets))
    hits = 0
    for each, target, order in zip(columns, targets, np.asarray(drawn.order), strict=True):
        taken = np.any(contest.abess(each, target, GOOD) != 0, axis=1)
        hits += set(np.flatnonzero(taken)) == set(order[:GOOD])
    return [*solved, hits]


def _drawn(cell, key):
    shape = problems.ProblemSize(MOST_ROWS, GROUPS, SIZE)
    knobs = dict(within=cell.within, between=cell.between, rows=cell.rows)
    return problems.draw(key, shape, groups=GROUPS, size=SIZE, good=GOOD, noise=NOISE, **knobs)


@jax.jit
def _found(cell, keys):
    """Whether each method found the good groups, (trials, methods)."""
    one = lambda key: study.trial(
        _drawn(cell, key), jnp.asarray(GOOD), jnp.asarray(NOISE), most=GOOD, slow=True,
        penalties=PENALTIES, iterations=ITERATIONS,
    ).recovered  # fmt: skip
    return jax.lax.map(one, keys, batch_size=AT_ONCE)

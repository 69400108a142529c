"""Group-OMP: take the group that explains most of the residual, fit again, and so on.

With r = y − X β, the next group is argmax_j ‖Q_jᵀ r‖ where Q_j is an orthonormal basis of group j
(or, by the raw rule, argmax_j ‖X_Gjᵀ r‖); then β becomes the least-squares fit on all groups
taken. It stops after `n_groups`, or when the largest score is at most ε.

The fit is never solved anew. An orthonormal basis B of all that was taken is kept, the new columns
are made orthogonal to it (twice, since once is not enough for nearly dependent ones), and the
residual loses its part along the new directions. Columns that depend on earlier ones add none:
their coefficients stay zero, and `GreedyPath.dropped` says so.

| symbol | name | shape |
| --- | --- | --- |
| y, r | `targets`, `residual` | (n, targets) |
| B | `basis`, orthonormal | (n, rank) |
| R = Bᵀ X_S | `upper`, triangular over the columns kept | (rank, rank) |
| z = Bᵀ y | `along` | (rank, targets) |
| ε | `tol`, in units of y | |
"""

import contextlib
import functools
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import qr, solve_triangular
from threadpoolctl import ThreadpoolController

from curvkit.selection._design import ROUNDING, Design

WORTH_TWO_CORES = 4 * 10**6
SMALL = "no score is above tol"
ENOUGH = "as many groups as asked for"


class GreedyPath(NamedTuple):
    """What the greedy search took, step by step.

    Attributes:
        picks: (steps,), the numbers of the groups in the order in which they were taken.
        scores: (steps, J), the scores of all groups by which each pick was made.
        final_scores: (J,), those after the last pick, or nan where they were not needed.
        residual_norms: (steps + 1,), ‖r‖ before the first pick and after each.
        coefficients: for each step (rank, targets), those of the columns `pivots` so far.
        pivots: (rank,), the columns in B's order.
        ranks: (steps + 1,), how many columns were kept after each step.
        dropped: for each group taken, how many of its columns depend on others.
        near: for each group taken of whose columns one all but depends on others, which share of
            that column does not.
        stopped: in words, why it stopped.
    """

    picks: np.ndarray
    scores: np.ndarray
    final_scores: np.ndarray
    residual_norms: np.ndarray
    coefficients: list[np.ndarray]
    pivots: np.ndarray
    ranks: np.ndarray
    dropped: dict[int, int]
    near: dict[int, float]
    stopped: str

    def coefficient(self, step: int, features: int) -> np.ndarray:
        """All coefficients after `step` picks, (features, targets)."""
        targets = self.coefficients[0].shape[1]
        coefficients = np.zeros((features, targets))
        coefficients[self.pivots[: self.ranks[step]]] = self.coefficients[step]
        return coefficients

    def times(self, target: float, columns: np.ndarray, score: float) -> "GreedyPath":
        """The path of targets and columns (d,) that are so many times as large, and of scores."""
        each = columns[self.pivots][:, None]
        return self._replace(
            scores=self.scores * score,
            final_scores=self.final_scores * score,
            residual_norms=self.residual_norms * target,
            coefficients=[beta / each[: len(beta)] * target for beta in self.coefficients],
        )


class Basis:
    """An orthonormal basis that grows, with the triangular factor of the columns kept in it."""

    def __init__(self, rows: int, capacity: int):
        self.columns = np.zeros((rows, capacity), order="F")
        self.upper = np.zeros((capacity, capacity))
        self.pivots: list[int] = []
        self.share = 1.0

    @property
    def rank(self) -> int:
        """How many directions it has."""
        return len(self.pivots)

    def add(self, new: np.ndarray, numbers: np.ndarray, negligible: float) -> np.ndarray:
        """Adds what `new` (n, size) has beyond the basis; returns the new directions, and keeps in
        `share` how much of a column was beyond it at least.

        Columns count as unit columns, so that their scales do not matter; what is then shorter
        than `negligible` is taken for rounding.
        """
        lengths = np.linalg.norm(new, axis=0)
        there = lengths > 0
        unit, rank = new[:, there] / lengths[there], self.rank
        basis, room = self.columns[:, :rank], self.columns.shape[1] - self.rank
        along = basis.T @ unit
        orthogonal = unit - basis @ along
        if not unit.shape[1]:
            return orthogonal
        factored: Any = qr(orthogonal, mode="economic", pivoting=True)
        directions, upper, order = factored
        beyond = np.abs(np.diag(upper))
        added = min(int(np.sum(beyond > negligible)), room)
        self.share = float(np.min(beyond[:added], initial=1.0))
        # What was left may be short, so that making it long has brought the basis back in.
        directions = directions[:, :added] - basis @ (basis.T @ directions[:, :added])
        factored = qr(directions, mode="economic")
        directions, turn = factored
        chosen, to = order[:added], slice(rank, rank + added)
        scale = lengths[there][chosen]
        self.columns[:, to] = directions
        self.upper[:rank, to] = along[:, chosen] * scale
        self.upper[to, to] = np.triu(turn @ upper[:added, :added]) * scale
        self.pivots += [int(each) for each in numbers[there][chosen]]
        return directions

    def solve(self, along: np.ndarray) -> np.ndarray:
        """The coefficients of the first `len(along)` kept columns for a fit B z."""
        rank = len(along)
        return solve_triangular(self.upper[:rank, :rank], along) if rank else along


def greedy_path(
    design: Design, targets: np.ndarray, *, n_groups: int, tol: float | None = None
) -> GreedyPath:
    """The greedy path.

    Args:
        design: the data in groups; its `whiten` decides on the rule.
        targets: (n, targets), centred if the design is; groups are taken for all targets at once.
        n_groups: how many groups are taken at most.
        tol: it stops when the largest score is at most this, ε, in units of the targets (by the
            raw rule times those of the columns).

    >>> from curvkit.selection._groups import read_groups
    >>> design = Design(np.eye(4), read_groups([0, 0, 1, 1], 4), centre=False)
    >>> path = greedy_path(design, np.array([[1.0], [2.0], [3.0], [4.0]]), n_groups=2)
    >>> path.picks, path.residual_norms.round(3)
    (array([1, 0]), array([5.477, 2.236, 0.   ]))
    """
    search = _GreedySearch(design, targets, n_groups, tol)
    # The whole search on one core if products with X are small, else what is small in each step.
    with _one_core(design.rows * design.features):
        while (best := search.look()) is not None:
            with _one_core(design.rows * search.basis.columns.shape[1]):
                search.take(best)
    with _one_core(0):
        return search.path()


@functools.cache
def _pools():
    return ThreadpoolController()


def _one_core(numbers):
    """Keeps BLAS to one core where products are small: waiting for a second takes far longer."""
    if numbers > WORTH_TWO_CORES:
        return contextlib.nullcontext()
    return _pools().limit(limits=1, user_api="blas")


class _GreedySearch:
    """The state of a search; `stopped` says in words why it stopped, and is empty until then."""

    def __init__(self, design, targets, n_groups, tol):
        self.design, self.n_groups, self.tol, self.stopped = design, n_groups, tol, ""
        self.residual = np.array(targets, float)
        self.picks, self.scores, self.dropped, self.spanned = [], [], {}, []
        self.near = {}
        self.norms, self.ranks, self.along = [np.linalg.norm(self.residual)], [0], []
        sizes = np.sort(design.groups.sizes)[::-1]
        self.basis = Basis(design.rows, min(design.rows, int(sizes[:n_groups].sum())))
        # A residual of rounding errors alone has no best group.
        self.rounding = ROUNDING * np.sqrt(self.residual.size) * np.finfo(float).eps * self.norms[0]
        self.current = None

    def look(self):
        """Takes the scores for a further pick, if it comes to one, and says which group is best."""
        self.current = None
        enough = len(self.picks) >= self.n_groups
        if enough and self.tol is None:
            return self._stop(ENOUGH)
        if self.norms[-1] <= self.rounding:
            return self._stop("nothing is left to explain")
        self.current = self.design.scores(self.residual)
        open_ = self.current.copy()
        open_[self.picks + self.spanned] = -np.inf
        best = int(np.argmax(open_))
        if self.tol is not None and open_[best] <= self.tol:
            return self._stop(SMALL)
        if enough:
            return self._stop(ENOUGH)
        if open_[best] <= 0:
            return self._stop("every other group lies in the span of those taken")
        return best

    def _stop(self, why):
        self.stopped = why
        return None

    def take(self, best):
        """Takes a group, unless it lies in the span of those taken before."""
        numbers, before = self.design.groups.columns[best], self.basis.rank
        columns, negligible = self.design.columns(best)
        directions = self.basis.add(columns, numbers, negligible)
        added = self.basis.rank - before
        if added < len(numbers):
            self.dropped[best] = len(numbers) - added
        if not added:
            self.spanned.append(best)
            return
        # By what is shorter, half of the digits that the data have are lost.
        if self.basis.share < np.sqrt(np.finfo(self.design.data.dtype).eps):
            self.near[best] = self.basis.share
        along = directions.T @ self.residual
        self.residual -= directions @ along
        self.picks.append(best)
        self.scores.append(self.current)
        self.along.append(along)
        self.ranks.append(self.basis.rank)
        self.norms.append(np.linalg.norm(self.residual))

    def path(self):
        targets, total = self.residual.shape[1], len(self.design.groups.columns)
        along = np.concatenate([np.zeros((0, targets)), *self.along])
        return GreedyPath(
            picks=np.array(self.picks, int),
            scores=np.array(self.scores).reshape(len(self.picks), total),
            final_scores=np.full(total, np.nan) if self.current is None else self.current,
            residual_norms=np.array(self.norms),
            coefficients=[self.basis.solve(along[:rank]) for rank in self.ranks],
            pivots=np.array(self.basis.pivots, int),
            ranks=np.array(self.ranks),
            dropped=self.dropped,
            near=self.near,
            stopped=self.stopped,
        )

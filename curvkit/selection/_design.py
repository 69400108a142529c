"""The data as the greedy search needs them: scores of all groups by one product with the residual.

The whitened group Q_j is never formed. Its score needs the Gram matrix of the group only, since
‖Q_jᵀ r‖² = cᵀ G⁻¹ c for c = X_Gjᵀ r and G = X_Gjᵀ X_Gj, so that X is read once per step and never
copied, not even to centre it. A group whose Gram matrix is too ill-conditioned for that (it has
the square of the group's condition) gets its own orthonormal basis instead.

| symbol | name | shape |
| --- | --- | --- |
| X, x̄ | `Design.data`, `Design.mean` | (n, d), (d,) |
| r | `residual`, one column per target | (n, targets) |
| c = (X − 1x̄ᵀ)ᵀ r | `correlations` | (d, targets) |
| G = S L Lᵀ S, W = L⁻¹ S⁻¹ | whiteners of the groups of one size | (b, size, size) |
| Q_j | `explicit`, an orthonormal basis of an ill-conditioned group | (n, rank) |
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import qr

from curvkit.selection._groups import Bucket, Groups

# Scores by way of the Gram matrix lose as many digits as its condition has: five at most.
WORST_CONDITION = 1e5
# A column whose mean is so many deviations long loses as many digits, squared, when centred late.
WORST_OFFSET = 1e5
# How many times √n machine epsilons the rounding in a product of n numbers may be.
ROUNDING = 10.0
BLOCK = 2**20


class Design:
    """Columns in groups, centred if wanted, dense or sparse.

    Args:
        data: (n, d), a float array or a sparse matrix in CSC format; it is not changed.
        groups: as `read_groups` makes them.
        centre: whether each column is taken less its mean.
        whiten: whether scores are those of whitened groups, ‖Q_jᵀ r‖, or raw, ‖X_Gjᵀ r‖.
    """

    def __init__(self, data: Any, groups: Groups, *, centre: bool = True, whiten: bool = True):
        self.data, self.groups, self.whiten = data, groups, whiten
        self.rows, self.features = data.shape
        self.mean = _means(data) if centre else np.zeros(self.features)
        self.buckets = groups.buckets()
        self.whiteners: list[np.ndarray | None] = []
        self.explicit: dict[int, np.ndarray] = {}
        for bucket in self.buckets:
            self._prepare(bucket)

    def _prepare(self, bucket: Bucket) -> None:
        gram, raw = self._grams(bucket)
        size = np.sqrt(np.maximum(np.einsum("bii->bi", gram), 0.0))
        with np.errstate(divide="ignore"):
            scale = np.where(size > 0, 1 / size, 0.0)
        cancelled = np.any(raw > WORST_OFFSET * size**2, axis=1)
        if self.whiten:
            whitener, hard = _whiteners(gram, scale)
            self.whiteners.append(whitener)
        else:
            hard = np.zeros(len(gram), bool)
            self.whiteners.append(None)
        for number in bucket.numbers[hard | cancelled]:
            columns, negligible = self.columns(number)
            self.explicit[int(number)] = (
                orthonormal(columns, negligible) if self.whiten else columns
            )

    def _grams(self, bucket: Bucket) -> tuple[np.ndarray, np.ndarray]:
        """The centred Gram matrices (b, size, size), and squares of columns as given (b, size)."""
        size = bucket.columns.shape[1]
        gram = np.empty((len(bucket.numbers), size, size))
        step = max(1, BLOCK // max(1, self.rows * size))
        if not sparse.issparse(self.data) and self._in_order(bucket):
            step = len(gram)
        for at in range(0, len(gram), step):
            gram[at : at + step] = self._gram_block(bucket.columns[at : at + step])
        raw = np.einsum("bii->bi", gram).copy()
        mean = self.mean[bucket.columns]
        gram -= self.rows * mean[:, :, None] * mean[:, None, :]
        return gram, raw

    def _in_order(self, bucket: Bucket) -> bool:
        """Whether the groups are all of one size, one after another, so that X can be viewed."""
        flat = bucket.columns.ravel()
        return len(flat) == self.features and np.array_equal(flat, np.arange(self.features))

    def _gram_block(self, columns: np.ndarray) -> np.ndarray:
        if sparse.issparse(self.data):
            each = (self.data[:, numbers] for numbers in columns)
            return np.stack([(block.T @ block).toarray() for block in each])
        count, size = columns.shape
        in_order = columns.size == self.features
        chosen = self.data if in_order else self.data[:, columns.ravel()]
        if chosen.flags.f_contiguous:
            across = chosen.T.reshape(count, size, self.rows)
        else:
            across = chosen.reshape(self.rows, count, size).transpose(1, 2, 0)
        return (across @ across.transpose(0, 2, 1)).astype(float)

    def columns(self, number: int) -> tuple[np.ndarray, float]:
        """The columns of a group, dense, centred, in double precision, (n, size), and a length.

        Of a column made a unit, what is shorter than that length is rounding. A column that is
        nothing else, such as a constant one, is zero.
        """
        chosen = self.data[:, self.groups.columns[number]]
        chosen = (chosen.toarray() if sparse.issparse(chosen) else chosen).astype(float)
        raw = np.linalg.norm(chosen, axis=0)
        chosen = chosen - self.mean[self.groups.columns[number]]
        size = np.linalg.norm(chosen, axis=0)
        # Data of single precision are known to that precision.
        rounding = ROUNDING * np.sqrt(self.rows) * float(np.finfo(self.data.dtype).eps)
        there = size > rounding * raw
        chosen[:, ~there] = 0.0
        return chosen, rounding * float(np.max(raw[there] / size[there], initial=1.0))

    def correlations(self, residual: np.ndarray) -> np.ndarray:
        """The products of all columns with the residual, (d, targets)."""
        if sparse.issparse(self.data):
            products = np.asarray(self.data.T @ residual)
        else:
            products = (residual.T.astype(self.data.dtype, copy=False) @ self.data).T
        return products.astype(float, copy=False) - self.mean[:, None] * residual.sum(0)

    def scores(self, residual: np.ndarray) -> np.ndarray:
        """The score of each group, (J,): ‖Q_jᵀ r‖, or raw ‖X_Gjᵀ r‖; over all targets at once."""
        products = self.correlations(residual)
        norms = np.empty(len(self.groups.columns))
        for bucket, whitener in zip(self.buckets, self.whiteners, strict=True):
            chosen = products[bucket.columns]
            if whitener is not None:
                chosen = whitener @ chosen
            norms[bucket.numbers] = np.sqrt(np.einsum("bst,bst->b", chosen, chosen))
        for number, basis in self.explicit.items():
            norms[number] = np.linalg.norm(basis.T @ residual)
        return norms


def _means(data):
    if sparse.issparse(data):
        return np.asarray(data.mean(axis=0), float).ravel()
    return data.mean(axis=0, dtype=float)


def _whiteners(gram: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """W of each group (b, size, size), and which are too ill-conditioned for it (b,)."""
    correlation = gram * scale[:, :, None] * scale[:, None, :]
    absent = scale == 0
    # A column that is not there is a unit of its own, so that the others can be factored.
    correlation += absent[:, :, None] * np.eye(gram.shape[1])
    values = None
    try:
        lower = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        values = np.linalg.eigvalsh(correlation)
        lost = values[:, 0] * WORST_CONDITION <= values[:, -1]
        correlation[lost] = np.eye(gram.shape[1])
        lower = np.linalg.cholesky(correlation)
    inverse = np.linalg.inv(lower)
    # ‖L⁻¹‖² bounds the condition of a matrix with ones on its diagonal up to a factor `size`.
    hard = np.einsum("bij,bij->b", inverse, inverse) > WORST_CONDITION
    if values is not None:
        hard |= lost
    return inverse * scale[:, None, :], hard


def orthonormal(columns: np.ndarray, negligible: float) -> np.ndarray:
    """An orthonormal basis of what the columns span, (n, rank)."""
    lengths = np.linalg.norm(columns, axis=0)
    unit = columns[:, lengths > 0] / lengths[lengths > 0]
    if not unit.shape[1]:
        return np.zeros((len(columns), 0))
    factored: Any = qr(unit, mode="economic", pivoting=True)
    basis, upper, _ = factored
    return basis[:, : int(np.sum(np.abs(np.diag(upper)) > negligible))]

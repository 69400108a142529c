"""Real data in groups: every variable of a small data set expanded into a group of columns.

| symbol | name | shape |
| --- | --- | --- |
| X | `Table.columns`, zeros where a group has fewer | (n, J, m) |
| y | `Table.targets`, of deviation 1 | (n,) |
"""

import functools
from typing import NamedTuple

import numpy as np

from curvkit.core import messages

NAMES = ("diabetes", "breast_cancer")


class Table(NamedTuple):
    """Variables by name, each a group of columns of mean 0 and deviation 1."""

    columns: np.ndarray
    targets: np.ndarray
    variables: tuple[str, ...]

    @property
    def labels(self) -> np.ndarray:
        """The variable of each column, in the order in which `flat` has them."""
        there = np.any(self.columns != 0, axis=0)
        return np.repeat(np.array(self.variables, dtype=object), there.sum(1))

    @property
    def flat(self) -> np.ndarray:
        """The columns that are there, side by side, (n, d)."""
        there = np.any(self.columns != 0, axis=0)
        return self.columns[:, there]


@functools.cache
def table(name: str) -> Table:
    """A data set of scikit-learn, shuffled once and for all.

    diabetes: ten variables as cubic polynomials, to predict the progress of the disease.
    breast_cancer: thirty variables as cubic splines with two pieces, to predict benign or not.

    Raises:
        ValueError: if there is no such data set.

    >>> table("diabetes").columns.shape, table("breast_cancer").columns.shape
    ((442, 10, 3), (569, 30, 4))
    """
    if name not in NAMES:
        raise ValueError(messages.unknown("data set", name, NAMES))
    # Not above: it would double the time that the room takes to open.
    from sklearn import datasets
    from sklearn.preprocessing import PolynomialFeatures, SplineTransformer

    load = {"diabetes": datasets.load_diabetes, "breast_cancer": datasets.load_breast_cancer}[name]
    loaded = load()
    values = _unit(loaded.data)
    if name == "diabetes":
        expand = [PolynomialFeatures(3, include_bias=False)] * values.shape[1]
    else:
        expand = [SplineTransformer(3, degree=3, include_bias=False)] * values.shape[1]
    groups = [each.fit_transform(values[:, [at]]) for at, each in enumerate(expand)]
    columns = np.stack([_standard(each) for each in groups], axis=1)
    targets = _unit(np.asarray(loaded.target, float))
    order = np.random.RandomState(0).permutation(len(targets))
    variables = tuple(map(str, loaded.feature_names))
    return Table(columns[order], targets[order], variables)


def _unit(values: np.ndarray) -> np.ndarray:
    """Mean 0 and deviation 1."""
    return (values - values.mean(0)) / values.std(0)


def _standard(columns: np.ndarray) -> np.ndarray:
    """Mean 0 and deviation 1; what the columns before determine, as of a binary variable, zero."""
    columns = _unit(columns)
    for at in range(1, columns.shape[1]):
        before = columns[:, :at]
        fit = before @ np.linalg.lstsq(before, columns[:, at], rcond=None)[0]
        if np.linalg.norm(columns[:, at] - fit) < 1e-6 * np.sqrt(len(columns)):
            columns[:, at] = 0.0
    return columns

"""GroupOMPCV: how many groups to take is chosen by cross-validation along the path.

Each fold makes one path to the largest number of groups; all its steps are judged on what was left
out by products of the selected columns alone. Then one path is made on all the data.

| symbol | name | shape |
| --- | --- | --- |
| k | `n_groups_`, the number chosen | scalar |
| MSE(k) | `mse_path_`, on what each fold left out | (k + 1, folds) |
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.model_selection import check_cv
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from curvkit.core import messages
from curvkit.selection._estimator import (
    GroupOMP,
    checked,
    count,
    groups_of,
    path_of,
    rules,
    store,
    warn_of,
)
from curvkit.selection._inputs import units


class GroupOMPCV(GroupOMP):
    """GroupOMP whose number of groups is chosen by cross-validation; none at all is a choice, too.

    Args:
        groups: as for GroupOMP.
        max_groups: the most groups that are tried; None for a fifth of the samples of the smallest
            training set or all groups, whichever is less, and ten at most.
        cv: a number of folds, a splitter, or an iterable of splits; None for five folds. Of an
            iterator a list is made, so that a second fit has the splits of the first.
        one_standard_error: whether the fewest groups are taken whose error is within one standard
            error of the least, rather than those of the least.
        fit_intercept: as for GroupOMP.
        whiten: as for GroupOMP.

    Attributes:
        n_groups_: how many groups were chosen.
        mse_path_: (max_groups + 1, folds), mean squared errors on what each fold left out; a fold
            whose path ended earlier keeps its last error.

    Those of GroupOMP besides; its paths run up to `n_groups_`.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(90, 12))
    >>> y = X[:, 0] - X[:, 1] + X[:, 4] + 0.1 * rng.normal(size=90)
    >>> GroupOMPCV(np.repeat(range(6), 2)).fit(X, y).selected_groups_
    array([0, 2])
    """

    def __init__(
        self, groups: Any = None, *, max_groups: int | None = None, cv: Any = None,
        one_standard_error: bool = False, fit_intercept: bool = True, whiten: bool = True,
    ):  # fmt: skip
        super().__init__(groups, fit_intercept=fit_intercept, whiten=whiten)
        self.max_groups = max_groups
        # An iterator cannot be copied, as scikit-learn does with what is cross-validated itself.
        self.cv = list(cv) if isinstance(cv, Iterator) else cv
        self.one_standard_error = one_standard_error

    def fit(self, X: Any, y: Any, **split_params: Any) -> "GroupOMPCV":
        """Chooses how many groups, and fits them; arguments and errors as for GroupOMP.

        `split_params` go to the splitter: `groups=` says which samples belong together. Where
        scikit-learn's metadata routing is on, it is routed to the splitters that ask for it.
        """
        X, y = checked(self, X, y)
        groups = groups_of(self, X)
        how: dict[str, Any] = dict(tol=None, **rules(self))
        one_standard_error = messages.switch("one_standard_error", self.one_standard_error)
        folds = self._folds(X, y, split_params)
        fewest = min(len(train) for train, _ in folds)
        most = count(self.max_groups, "max_groups", groups, fewest)
        if most is None:
            most = max(1, min(len(groups.names), fewest // 5, 10))
        unit = units(y.reshape(len(y), -1), together=True)
        if unit is not None:
            expected = "in a unit in which its mean square is a number"
            raise ValueError(messages.refusal("y", expected, f"numbers about {unit[0]:.0e}"))
        errors = [_errors(X, y, groups, train, test, most, how) for train, test in folds]
        self.mse_path_ = np.stack(errors, axis=1)
        self.n_groups_ = self._choose(one_standard_error)
        path, means = path_of(X, y, groups, n_groups=self.n_groups_, **how)
        warn_of(groups, path, None)
        return store(self, groups, path, means, y)

    def get_metadata_routing(self) -> MetadataRouter:
        """What scikit-learn routes where: the arguments of `fit` to the splitter."""
        router = MetadataRouter(owner=self).add_self_request(self)
        mapping = MethodMapping().add(caller="fit", callee="split")
        return router.add(splitter=self._splitter(), method_mapping=mapping)

    def _splitter(self) -> Any:
        cv: Any = self.cv  # scikit-learn's own types know whole numbers only
        return check_cv(cv)

    def _folds(self, X, y, split_params):
        """The samples to fit and to judge on, by number, of each fold."""
        if isinstance(self.cv, Iterator):
            self.cv = list(self.cv)
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **split_params)
        else:
            routed = Bunch(splitter=Bunch(split=split_params))
        splits = self._splitter().split(X, y, **routed.splitter.split)
        folds = [tuple(_numbers(side, len(y)) for side in split) for split in splits]
        if not folds:
            advice = "an iterator that was gone through before has none left"
            raise ValueError(messages.refusal("cv", "at least one split", "none", advice))
        return folds

    def _choose(self, one_standard_error):
        mean = self.mse_path_.mean(1)
        best = int(np.argmin(mean))
        if not one_standard_error or self.mse_path_.shape[1] < 2:
            return best
        error = self.mse_path_.std(1, ddof=1)[best] / np.sqrt(self.mse_path_.shape[1])
        return int(np.argmax(mean <= mean[best] + error))


def _numbers(chosen, rows):
    """The samples of a fold by number; splitters may also give a mask."""
    chosen = np.asarray(chosen)
    numbers = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    if not len(numbers):
        raise ValueError(
            messages.refusal("cv", "splits with samples on either side", "an empty side")
        )
    if numbers.dtype.kind not in "iu" or numbers.min() < -rows or numbers.max() >= rows:
        fitted = messages.counted(rows, "sample")
        expected = f"splits of the {fitted} that are fitted, by their numbers"
        raise ValueError(messages.refusal("cv", expected, numbers))
    return numbers


def _errors(X, y, groups, train, test, most, how):
    """Mean squared errors on `test` of the path on `train`, (most + 1,)."""
    path, (mean, offset) = path_of(X[train], y[train], groups, n_groups=most, **how)
    columns: Any = X[:, path.pivots][test] if len(path.pivots) else np.zeros((len(test), 0))
    columns = columns.toarray() if hasattr(columns, "toarray") else columns
    columns = columns.astype(float) - mean[path.pivots]
    targets = y[test].reshape(len(test), -1) - offset
    errors = [
        np.mean((targets - columns[:, :rank] @ coefficients) ** 2)
        for rank, coefficients in zip(path.ranks, path.coefficients, strict=True)
    ]
    return np.array(errors + errors[-1:] * (most + 1 - len(errors)))

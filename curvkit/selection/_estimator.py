"""GroupOMP as a scikit-learn estimator: groups of columns are taken greedily, for regression.

| symbol | name | shape |
| --- | --- | --- |
| X, y | `X`, `y` | (n, d), (n,) or (n, targets) |
| G_j | `groups`, disjoint, covering all columns | J of them |
| ε | `tol` | scalar |
| β | `coef_`, along the path `path_` | (d,) or (targets, d) |
| S | `selected_groups_`, in the order they were taken | (steps,) |
"""

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from curvkit.core import messages
from curvkit.selection._design import Design
from curvkit.selection._greedy import SMALL, GreedyPath, greedy_path
from curvkit.selection._groups import Groups, read_groups
from curvkit.selection._inputs import divided, units


class GroupOMP(SelectorMixin, RegressorMixin, BaseEstimator):
    """Linear regression on few groups of columns, taken one by one.

    At each step the group is taken whose columns, as a whole, explain most of the residual:
    argmax_j ‖Q_jᵀ r‖ with Q_j an orthonormal basis of the group; then all coefficients of the
    groups taken are fitted anew by least squares. It is a regressor and a selector of columns:
    `predict`, `transform`, `get_feature_names_out` and `set_output` work as elsewhere.

    Args:
        groups: a label for each column; or a list of lists of columns; or a mapping from names to
            lists of columns (numbers, or names where X is a data frame); or None for single
            columns, which is plain orthogonal matching pursuit. Groups must not overlap and must
            cover all columns. Labels in a pandas Series are those of the columns in its index.
        n_groups: how many groups are taken at most; if this and `tol` are None, a tenth of them.
        tol: ε ≥ 0; it stops when no group's score is larger. In units of y.
        fit_intercept: whether y and the columns are centred, and an intercept is fitted.
        whiten: the paper's rule, in which scaling or rotating within a group changes nothing. If
            False the raw rule, argmax_j ‖X_Gjᵀ r‖.

    Attributes:
        coef_: (d,), or (targets, d) if y is two-dimensional.
        intercept_: a number, or (targets,).
        support_: (d,), whether each column is in a selected group.
        selected_groups_: the labels of the groups taken, in order.
        group_names_: (J,), all labels, as the columns of `scores_path_` are ordered.
        path_: (steps + 1, d) or (steps + 1, targets, d), the coefficients after each step.
        intercept_path_: the intercepts likewise.
        scores_path_: (steps, J), by which each group was taken.
        residual_norms_path_: (steps + 1,), ‖r‖ before the first step and after each.
        stopped_: in words, why no more groups were taken.

    Columns that depend linearly on others get zero coefficients, and a warning says so; another
    one, where columns all but depend on others, so that few digits of coefficients are known. For
    several targets a group is taken for all of them at once, by its score over all residuals.

    Reference: Lozano, Swirszcz, Abe: Grouped Orthogonal Matching Pursuit for Variable Selection
    and Prediction, NeurIPS 2009.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(50, 6))
    >>> y = X[:, 2] - 2 * X[:, 3]
    >>> model = GroupOMP(["a", "a", "b", "b", "c", "c"], n_groups=1).fit(X, y)
    >>> model.selected_groups_, model.coef_.round(6) + 0
    (array(['b'], dtype=object), array([ 0.,  0.,  1., -2.,  0.,  0.]))
    """

    # What `fit` finds.
    coef_: np.ndarray
    intercept_: Any
    selected_groups_: np.ndarray
    support_: np.ndarray

    def __init__(
        self, groups: Any = None, *, n_groups: int | None = None, tol: float | None = None,
        fit_intercept: bool = True, whiten: bool = True,
    ):  # fmt: skip
        self.groups = groups
        self.n_groups = n_groups
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.whiten = whiten

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any) -> "GroupOMP":
        """Takes groups and fits them.

        Args:
            X: (n, d), an array, data frame or sparse matrix.
            y: (n,) or (n, targets).

        Raises:
            ValueError: with one sentence, if the data, the groups or a setting is wrong.
        """
        X, y = checked(self, X, y)
        groups = groups_of(self, X)
        n_groups = count(self.n_groups, "n_groups", groups, len(y))
        if n_groups is None:
            n_groups = len(groups.names) if self.tol is not None else len(groups.names) // 10
        n_groups = min(max(n_groups, 1), len(groups.names))
        how = rules(self)
        path, means = path_of(X, y, groups, n_groups=n_groups, tol=tolerance(self.tol), **how)
        warn_of(groups, path, self.n_groups)
        return store(self, groups, path, means, y)

    def predict(self, X: Any) -> np.ndarray:
        """The fitted values at X (n, d): (n,), or (n, targets)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        chosen = np.flatnonzero(self.support_)
        return X[:, chosen] @ self.coef_[..., chosen].T + self.intercept_

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_


def checked(model: Any, X: Any, y: Any) -> tuple[Any, np.ndarray]:
    """X as floats, in columns if sparse, and y as floats, both finite and of equal length."""
    X, y = validate_data(
        model, X, y, accept_sparse="csc", dtype=[np.float64, np.float32], multi_output=True,
        y_numeric=True, ensure_min_samples=2,
    )  # fmt: skip
    return X, np.asarray(y, float)


def rules(model: Any) -> dict[str, bool]:
    """The two switches of an estimator, each true or false."""
    names = ("fit_intercept", "whiten")
    return {name: messages.switch(name, getattr(model, name)) for name in names}


def groups_of(model: Any, X: Any) -> Groups:
    """The groups of an estimator, for the columns of X."""
    return read_groups(model.groups, X.shape[1], getattr(model, "feature_names_in_", None))


def count(value: Any, name: str, groups: Groups, rows: int) -> int | None:
    """A number of groups that the data can have, or None."""
    if value is None:
        return None
    value = messages.whole(name, value, expected="a whole number of at least 1, or None")
    if value > len(groups.names):
        expected = f"at most the number of groups, {len(groups.names)}"
        raise ValueError(messages.refusal(name, expected, value))
    if value > rows:
        raise ValueError(messages.refusal(name, f"at most the number of samples, {rows}", value))
    return value


def tolerance(tol: Any) -> float | None:
    """A tolerance as it was given, if it is one."""
    return (
        None
        if tol is None
        else messages.real("tol", tol, "a number of at least 0, or None", least=0)
    )


def path_of(
    X: Any, y: np.ndarray, groups: Groups, *, n_groups: int, tol: float | None,
    fit_intercept: bool, whiten: bool,
) -> tuple[GreedyPath, tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """The greedy path on checked data, and the means of X and of y, zero without an intercept."""
    targets = y.reshape(len(y), -1)
    of_y = units(targets, together=True)
    of_y = 1.0 if of_y is None else of_y[0]
    targets = targets / of_y
    of_x = units(X, together=not whiten)
    X, of_x = (X, np.ones(X.shape[1])) if of_x is None else (divided(X, of_x), of_x)
    # The raw rule's scores are in units of y times those of X, which may be out of range.
    with np.errstate(over="ignore", under="ignore"):
        of_score = of_y if whiten else of_y * of_x[0]
        tol = None if tol is None else tol / of_score
    offset = targets.mean(0) if fit_intercept else np.zeros(targets.shape[1])
    design = Design(X, groups, centre=fit_intercept, whiten=whiten)
    path = greedy_path(design, targets - offset, n_groups=n_groups, tol=tol)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        rescaled = path.times(of_y, of_x, of_score)
        means = design.mean * of_x, offset * of_y
    pairs = zip(path.coefficients, rescaled.coefficients, strict=True)
    lost = any(np.any(old) and not np.max(abs(new)) > np.finfo(float).tiny for old, new in pairs)
    if lost or not all(np.isfinite(each).all() for each in (*rescaled.coefficients, *means)):
        expected = "in units in which the coefficients of y by X are numbers"
        raise ValueError(messages.refusal("X and y", expected, "units too far apart"))
    return rescaled, means


def warn_of(groups: Groups, path: GreedyPath, asked: int | None) -> None:
    """Warns of groups with dependent columns, and of a path that is shorter than asked for."""
    if path.dropped:
        phrases = [f"{more} of group {groups.names[j]}" for j, more in path.dropped.items()]
        rest = messages.counted(len(phrases) - 5, "more group")
        more = f", and of {rest}" if len(phrases) > 5 else ""
        warnings.warn(
            f"Columns depend linearly on others that were taken, so their coefficients stay zero: "
            f"{', '.join(phrases[:5])}{more}.",
            UserWarning,
            stacklevel=3,
        )
    if path.near:
        phrases = [f"{share:.0e} of group {groups.names[j]}" for j, share in path.near.items()]
        warnings.warn(
            "Columns all but depend linearly on others, but for a share of "
            f"{', '.join(phrases[:5])}, so that their coefficients may be large and few of their "
            "digits are known; leave one of such columns out.",
            UserWarning,
            stacklevel=3,
        )
    if asked is not None and len(path.picks) < asked and path.stopped != SMALL:
        warnings.warn(
            f"n_groups is {asked}, but only {len(path.picks)} were taken: {path.stopped}.",
            ConvergenceWarning,
            stacklevel=3,
        )


def store(
    model: Any,
    groups: Groups,
    path: GreedyPath,
    means: tuple[np.ndarray, np.ndarray],
    y: np.ndarray,
) -> Any:
    """Writes what was found onto the estimator."""
    mean, offset = means
    steps = range(len(path.picks) + 1)
    every = np.stack([path.coefficient(step, len(mean)).T for step in steps])
    intercepts = offset - every @ mean
    model.group_names_ = groups.names
    model.groups_ = groups.columns
    model.selected_groups_ = groups.names[path.picks]
    model.support_ = np.zeros(len(mean), bool)
    for number in path.picks:
        model.support_[groups.columns[number]] = True
    model.path_ = every[:, 0] if y.ndim == 1 else every
    model.intercept_path_ = intercepts[:, 0] if y.ndim == 1 else intercepts
    model.coef_, model.intercept_ = model.path_[-1], model.intercept_path_[-1]
    model.scores_path_ = path.scores
    model.residual_norms_path_ = path.residual_norms
    model.stopped_ = path.stopped
    return model

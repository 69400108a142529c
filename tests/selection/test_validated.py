"""GroupOMPCV: its errors are those of fitting each number of groups on each fold by hand."""

import numpy as np
import pytest
from oracles.group_omp import random_problem
from scipy import sparse
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, ShuffleSplit
from sklearn.utils.estimator_checks import check_estimator

from curvkit.selection import GroupOMP, GroupOMPCV

X, Y, COLUMNS = random_problem(np.random.default_rng(0), rows=60, noise=0.5)


# Some of its data are noise, of which nothing is selected, and transform says so.
@pytest.mark.filterwarnings("ignore:No features were selected")
@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input")
def test_it_passes_every_check_of_scikit_learn():
    check_estimator(GroupOMPCV())


@pytest.mark.parametrize("whiten", [True, False])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_its_errors_are_those_of_single_fits(kind, whiten):
    model = GroupOMPCV(COLUMNS, max_groups=4, cv=3, whiten=whiten).fit(kind(X), Y)
    assert model.mse_path_.shape == (5, 3)
    for fold, (train, test) in enumerate(KFold(3).split(X)):
        assert model.mse_path_[0, fold] == pytest.approx(np.mean((Y[test] - Y[train].mean()) ** 2))
        for steps in range(1, 5):
            one = GroupOMP(COLUMNS, n_groups=steps, whiten=whiten).fit(X[train], Y[train])
            error = np.mean((Y[test] - one.predict(X[test])) ** 2)
            assert model.mse_path_[steps, fold] == pytest.approx(error, rel=1e-8)
    assert model.n_groups_ == np.argmin(model.mse_path_.mean(1))
    whole = GroupOMP(COLUMNS, n_groups=model.n_groups_, whiten=whiten).fit(X, Y)
    np.testing.assert_allclose(model.coef_, whole.coef_, atol=1e-10)


def test_one_standard_error_takes_no_more_groups():
    for seed in range(10):
        problem = random_problem(np.random.default_rng(seed), noise=3.0)
        least = GroupOMPCV(problem[2]).fit(*problem[:2])
        fewer = GroupOMPCV(problem[2], one_standard_error=True).fit(*problem[:2])
        mean, folds = least.mse_path_.mean(1), least.mse_path_.shape[1]
        limit = mean.min() + least.mse_path_.std(1, ddof=1)[mean.argmin()] / np.sqrt(folds)
        assert fewer.n_groups_ == np.flatnonzero(mean <= limit)[0] <= least.n_groups_


def test_where_there_is_nothing_to_find_no_group_may_be_taken():
    rng, taken = np.random.default_rng(1), []
    for _ in range(20):
        noise = rng.normal(size=(40, 6)), rng.normal(size=40)
        taken.append(GroupOMPCV([0, 0, 1, 1, 2, 2]).fit(*noise).n_groups_)
    assert np.mean(np.array(taken) == 0) > 0.5


def test_any_splitter_of_scikit_learn_will_do():
    for cv in (KFold(3, shuffle=True, random_state=0), ShuffleSplit(2, random_state=0),
               list(KFold(4).split(X)), 3):  # fmt: skip
        assert set(GroupOMPCV(COLUMNS, cv=cv).fit(X, Y).selected_groups_)
    together = np.repeat(range(6), 10)
    grouped = GroupOMPCV(COLUMNS, cv=GroupKFold(3)).fit(X, Y, groups=together)
    assert grouped.mse_path_.shape[1] == 3
    left_out = GroupOMPCV(COLUMNS, cv=LeaveOneOut(), max_groups=2).fit(X[:20], Y[:20])
    assert left_out.mse_path_.shape == (3, 20)


def test_several_targets_are_judged_together():
    X, y, columns = random_problem(np.random.default_rng(2), rows=60, targets=2)
    model = GroupOMPCV(columns, cv=2).fit(X, y)
    assert model.coef_.shape == (2, X.shape[1]) and model.n_groups_ >= 1


@pytest.mark.parametrize("most, said", [(9, "number of groups, 7"), (0, "at least 1")])
def test_a_wrong_number_of_groups_is_refused(most, said):
    with pytest.raises(ValueError, match=said):
        GroupOMPCV(COLUMNS, max_groups=most).fit(X, Y)


def test_a_split_with_an_empty_side_is_refused():
    with pytest.raises(ValueError, match="cv must be splits with samples on either side"):
        GroupOMPCV(COLUMNS, cv=[(np.arange(60), np.array([], int))]).fit(X, Y)

"""GroupOMPCV: its errors are those of fitting each number of groups on each fold by hand."""

import numpy as np
import pytest
from oracles.group_omp import random_problem
from scipy import sparse
from sklearn import clone, config_context
from sklearn.linear_model import LassoCV
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneOut,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.metadata_routing import get_routing_for_object

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


def used_up(cv):
    """An iterator of splits, as a generator makes it."""
    yield from cv.split(X, Y)


def test_an_iterator_of_splits_does_for_two_fits_and_for_a_copy():
    right = GroupOMPCV(COLUMNS, cv=KFold(3)).fit(X, Y).mse_path_
    model = GroupOMPCV(COLUMNS, cv=used_up(KFold(3)))
    for _ in range(2):
        np.testing.assert_array_equal(model.fit(X, Y).mse_path_, right)
    np.testing.assert_array_equal(clone(model).fit(X, Y).mse_path_, right)
    model = GroupOMPCV(COLUMNS).set_params(cv=used_up(KFold(3)))
    for _ in range(2):
        np.testing.assert_array_equal(model.fit(X, Y).mse_path_, right)


@pytest.mark.parametrize(
    "cv, said",
    [
        ([], "cv must be at least one split"),
        (iter([]), "cv must be at least one split"),
        ([(np.arange(60), np.arange(60, 70))], "splits of the 60 samples"),
        ([(np.arange(30) / 1.5, np.arange(30, 60))], "splits of the 60 samples"),
        ([(np.array(["a", "b"]), np.arange(60))], "splits of the 60 samples"),
    ],
)
def test_splits_that_are_none_are_refused_in_a_sentence(cv, said):
    with pytest.raises(ValueError, match=said) as refused:
        GroupOMPCV(COLUMNS, cv=cv).fit(X, Y)
    assert "\n" not in str(refused.value)


TOGETHER = np.repeat(range(12), 5)


def scores(model, **options):
    return cross_val_score(model, X, Y, cv=GroupKFold(3), **options)


def by_hand(groups=TOGETHER):
    """The scores of a cross-validation with groups, inside and outside, fold by fold."""
    found = []
    for train, test in GroupKFold(3).split(X, Y, groups):
        model = GroupOMPCV(COLUMNS, cv=GroupKFold(3)).fit(X[train], Y[train], groups=groups[train])
        found.append(model.score(X[test], Y[test]))
    return found


def test_groups_of_samples_are_routed_where_scikit_learn_routes_them():
    model = GroupOMPCV(COLUMNS, cv=GroupKFold(3))
    right = by_hand()
    with config_context(enable_metadata_routing=True):
        np.testing.assert_allclose(scores(model, params={"groups": TOGETHER}), right)
        piped = make_pipeline(FunctionTransformer(), model)
        np.testing.assert_allclose(scores(piped, params={"groups": TOGETHER}), right)
        np.testing.assert_allclose(
            piped.fit(X, Y, groups=TOGETHER)[-1].mse_path_,
            model.fit(X, Y, groups=TOGETHER).mse_path_,
        )
        search = GridSearchCV(model, {"one_standard_error": [True, False]}, cv=GroupKFold(3))
        assert search.fit(X, Y, groups=TOGETHER).best_estimator_.n_groups_ >= 1
        # As of scikit-learn's own, a splitter that takes no groups is given none.
        with pytest.raises(TypeError, match="groups"):
            GroupOMPCV(COLUMNS, cv=3).fit(X, Y, groups=TOGETHER)
        assert GroupOMPCV(COLUMNS, cv=3).fit(X, Y).n_groups_ >= 1
        assert len(scores(GroupOMP(COLUMNS, n_groups=2), params={"groups": TOGETHER})) == 3


def test_groups_of_samples_are_routed_as_those_of_lasso_are():
    lasso, own = LassoCV(cv=GroupKFold(3)), GroupOMPCV(COLUMNS, cv=GroupKFold(3))
    with config_context(enable_metadata_routing=True):
        for wrapped in (lambda model: model, make_pipeline):
            ours, theirs = (get_routing_for_object(wrapped(model)) for model in (own, lasso))
            assert (
                ours.consumes("fit", ["groups"]) == theirs.consumes("fit", ["groups"]) == {"groups"}
            )


def test_without_routing_groups_of_samples_go_by_the_name_of_the_step():
    piped = make_pipeline(FunctionTransformer(), GroupOMPCV(COLUMNS, cv=GroupKFold(3)))
    piped.fit(X, Y, groupompcv__groups=TOGETHER)
    np.testing.assert_allclose(
        piped[-1].mse_path_,
        GroupOMPCV(COLUMNS, cv=GroupKFold(3)).fit(X, Y, groups=TOGETHER).mse_path_,
    )

"""GroupOMP as scikit-learn's users meet it."""

import warnings

import numpy as np
import pandas as pd
import pytest
from oracles.group_omp import random_problem
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from curvkit.selection import GroupOMP

RNG = np.random.default_rng(0)
X, Y, COLUMNS = random_problem(np.random.default_rng(0), rows=60)


@pytest.fixture
def model():
    return GroupOMP(COLUMNS, n_groups=3)


# What is skipped there is about arrays of other libraries, which have to be asked for.
@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input")
def test_it_passes_every_check_of_scikit_learn():
    check_estimator(GroupOMP())


def test_its_coefficients_are_those_of_least_squares_on_the_columns_it_selects(model):
    model.fit(X, Y)
    least = LinearRegression().fit(X[:, model.support_], Y)
    np.testing.assert_allclose(model.coef_[model.support_], least.coef_, rtol=1e-9)
    assert not np.any(model.coef_[~model.support_])
    assert abs(model.intercept_ - least.intercept_) < 1e-9 * np.abs(Y).max()
    np.testing.assert_allclose(model.predict(X), least.predict(X[:, model.support_]), rtol=1e-9)


def test_its_path_is_the_models_with_fewer_groups(model):
    model.fit(X, Y)
    assert model.path_.shape == (4, X.shape[1]) and model.scores_path_.shape == (3, len(COLUMNS))
    assert not np.any(model.path_[0]) and model.intercept_path_[0] == pytest.approx(Y.mean())
    for steps in (1, 2, 3):
        fewer = GroupOMP(COLUMNS, n_groups=steps).fit(X, Y)
        np.testing.assert_array_equal(fewer.coef_, model.path_[steps])
        assert list(fewer.selected_groups_) == list(model.selected_groups_[:steps])
        norm = np.linalg.norm(Y - fewer.predict(X))
        assert model.residual_norms_path_[steps] == pytest.approx(norm, rel=1e-9)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_data_give_the_numbers_of_dense_ones(kind, fit_intercept):
    rng = np.random.default_rng(1)
    thin = np.where(rng.random(X.shape) < 0.3, X, 0.0)
    how = dict(n_groups=4, fit_intercept=fit_intercept)
    dense, other = (GroupOMP(COLUMNS, **how).fit(each, Y) for each in (thin, kind(thin)))
    assert list(dense.selected_groups_) == list(other.selected_groups_)
    np.testing.assert_allclose(other.coef_, dense.coef_, atol=1e-10)
    np.testing.assert_allclose(other.predict(kind(thin)), dense.predict(thin), rtol=1e-9)


def test_several_targets_share_their_groups_and_are_each_fitted():
    rng = np.random.default_rng(2)
    X, y, columns = random_problem(rng, rows=60, targets=3)
    model = GroupOMP(columns, n_groups=3).fit(X, y)
    assert model.coef_.shape == (3, X.shape[1]) and model.intercept_.shape == (3,)
    assert model.path_.shape == (4, 3, X.shape[1]) and model.predict(X).shape == y.shape
    for each in range(3):
        least = LinearRegression().fit(X[:, model.support_], y[:, each])
        np.testing.assert_allclose(model.coef_[each, model.support_], least.coef_, rtol=1e-8)
    one = GroupOMP(columns, n_groups=3).fit(X, y[:, :1])
    assert one.coef_.shape == (1, X.shape[1]) and one.predict(X).shape == (60, 1)


def test_groups_of_a_data_frame_are_named_in_all_that_comes_out():
    frame = pd.DataFrame(X, columns=[f"x{at}" for at in range(X.shape[1])])
    named = {f"g{j}": [f"x{at}" for at in each] for j, each in enumerate(COLUMNS)}
    model = GroupOMP(named, n_groups=2).set_output(transform="pandas").fit(frame, Y)
    assert set(model.selected_groups_) <= set(named)
    wanted = sorted(sum((named[each] for each in model.selected_groups_), []), key=lambda n: n[1:])
    assert sorted(model.get_feature_names_out(), key=lambda n: n[1:]) == wanted
    assert sorted(model.transform(frame).columns) == sorted(wanted)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[frame.columns[::-1]])


def test_it_selects_in_a_pipeline_and_is_searched_over():
    steps = make_pipeline(StandardScaler(), GroupOMP(COLUMNS))
    search = GridSearchCV(steps, {"groupomp__n_groups": [1, 2, 3], "groupomp__whiten": [True]})
    best = search.fit(X, Y).best_params_
    assert best["groupomp__n_groups"] == 3 and search.best_score_ > 0.9
    selected = make_pipeline(GroupOMP(COLUMNS, n_groups=2), LinearRegression()).fit(X, Y)
    direct = GroupOMP(COLUMNS, n_groups=2).fit(X, Y)
    np.testing.assert_allclose(selected.predict(X), direct.predict(X), rtol=1e-9)


def test_one_hot_columns_are_a_group_though_they_depend_on_one_another():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.choice(list("uvw"), 90), "b": rng.choice(list("xyz"), 90)})
    y = (frame["b"] == "x") * 2.0 + 0.1 * rng.normal(size=90)
    encoded = make_column_transformer((OneHotEncoder(), ["a", "b"])).set_output(transform="default")
    columns = encoded.fit_transform(frame)
    labels = [name.split("_")[-2][-1] for name in encoded.get_feature_names_out()]
    with pytest.warns(UserWarning, match="1 of group b"):
        model = GroupOMP(labels, n_groups=1).fit(columns, y)
    assert list(model.selected_groups_) == ["b"]
    # All three means are fitted, though one of the three columns has no coefficient.
    assert np.std(y - model.predict(columns)) < 0.12


def test_dependent_groups_and_a_short_path_are_said():
    doubled = np.hstack([X[:, :2], X[:, :2] @ [[1.0, 2.0], [1.0, -1.0]]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = GroupOMP(["a", "a", "b", "b"], n_groups=2).fit(doubled, Y)
    kinds = [each.category for each in caught]
    assert kinds == [UserWarning, ConvergenceWarning] and caught[0].filename == __file__
    assert "2 of group" in str(caught[0].message)
    assert "only 1 were taken: every other group lies in the span" in str(caught[1].message)
    assert len(model.selected_groups_) == 1


def test_a_tolerance_alone_takes_as_many_groups_as_it_wants():
    exact = X @ np.where(np.isin(np.arange(X.shape[1]), np.concatenate(COLUMNS[:4])), 1.0, 0.0)
    model = GroupOMP(COLUMNS, tol=1e-6).fit(X, exact)
    assert set(model.selected_groups_) == {0, 1, 2, 3}
    assert GroupOMP(COLUMNS, tol=1e9).fit(X, Y).selected_groups_.size == 0
    with pytest.warns(UserWarning, match="No features were selected"):
        assert GroupOMP(COLUMNS, tol=1e9).fit(X, Y).transform(X).shape == (60, 0)


def test_it_fits_without_warning_where_nothing_is_wrong_and_changes_no_input():
    before = X.copy(), Y.copy()
    GroupOMP(COLUMNS, n_groups=3).fit(X, Y)
    assert np.array_equal(X, before[0]) and np.array_equal(Y, before[1])


def test_single_precision_data_stay_single_and_give_nearly_the_same(model):
    single = X.astype(np.float32)
    coefficients = model.fit(X, Y).coef_
    np.testing.assert_allclose(model.fit(single, Y).coef_, coefficients, atol=1e-4)
    assert model.transform(single).dtype == np.float32


@pytest.mark.parametrize(
    "changed, said",
    [
        (dict(n_groups=8), "n_groups must be at most the number of groups, 7, but 8"),
        (dict(n_groups=0), "n_groups must be a whole number of at least 1, or None, but 0"),
        (dict(n_groups=2.0), "n_groups must be a whole number"),
        (dict(n_groups=True), "n_groups must be a whole number"),
        (dict(tol=-1.0), "tol must be a number of at least 0, or None, but -1.0"),
        (dict(tol=np.nan), "tol must be a number"),
        (dict(tol="small"), "tol must be a number"),
        (dict(groups=[[0, 1], [1, 2]]), "must not overlap"),
        (dict(groups=[[0, 1], [2, 3]]), "is in none"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(changed, said):
    with pytest.raises(ValueError) as refused:
        GroupOMP(**{"groups": COLUMNS, **changed}).fit(X, Y)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_more_groups_than_rows_cannot_be_taken():
    with pytest.raises(ValueError, match="n_groups must be at most the number of samples, 5"):
        GroupOMP(COLUMNS, n_groups=6).fit(X[:5], Y[:5])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused_as_everywhere(value):
    spoiled = X.copy()
    spoiled[3, 2] = value
    with pytest.raises(ValueError, match="Input X contains"):
        GroupOMP(COLUMNS).fit(spoiled, Y)
    with pytest.raises(ValueError, match="Input y contains"):
        GroupOMP(COLUMNS).fit(X, np.where(np.arange(60) == 3, value, Y))


def test_it_predicts_only_once_it_is_fitted():
    with pytest.raises(NotFittedError):
        GroupOMP(COLUMNS).predict(X)

"""Data as people have them: frames, sparse matrices, series, sets, odd units, and what is none."""

import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from curvkit.selection import GroupOMP, GroupOMPCV, recovery
from curvkit.selection import _inputs as inputs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 6))
Y = X[:, 0] - 2 * X[:, 1] + 0.1 * RNG.normal(size=40)
NAMES = list("abcdef")
FRAME = pd.DataFrame(X, columns=NAMES)
NUMBERED = {"one": [0, 1], "two": [2, 3], "three": [4, 5]}
NAMED = {"one": ["a", "b"], "two": ["c", "d"], "three": ["e", "f"]}
LABELS = ["one", "one", "two", "two", "three", "three"]
BETA = np.array([1.0, -2.0, 0, 0, 0, 0])
RIGHT = recovery(X, NUMBERED, ["one"], beta=BETA, sigma=1.0)


def assert_same(found, right=RIGHT, rtol=1e-9):
    for one, other in zip(found, right, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol)


@pytest.mark.parametrize(
    "given",
    [FRAME, FRAME.astype({"a": object}), sparse.csr_matrix(X), sparse.coo_array(X), X.tolist(),
     FRAME.astype("Float64"), np.asfortranarray(X)],
    ids=["frame", "objects", "csr", "coo", "lists", "nullable", "fortran"],
)  # fmt: skip
def test_a_condition_is_that_of_the_plain_array(given):
    groups = NAMED if isinstance(given, pd.DataFrame) else NUMBERED
    assert_same(recovery(given, groups, ["one"], beta=BETA, sigma=1.0))


def test_a_thin_matrix_is_read_as_the_dense_one():
    thin = np.where(RNG.random(X.shape) < 0.5, X, 0.0)
    for centre in (True, False):
        dense = recovery(thin, NUMBERED, ["one"], fit_intercept=centre)
        assert_same(recovery(sparse.csc_matrix(thin), NUMBERED, "one", fit_intercept=centre), dense)


@pytest.mark.parametrize(
    "good",
    ["one", {"one"}, frozenset({"one"}), ("one",), pd.Series(["one"]), pd.Index(["one"]),
     {"one": 1}.keys(), np.array(["one"]), np.array("one"), np.array([["one"]]),
     pd.Categorical(["one"])],
)  # fmt: skip
def test_good_groups_are_named_in_any_collection(good):
    assert_same(recovery(X, NUMBERED, good, beta=BETA, sigma=1.0))
    assert_same(recovery(X, NUMBERED, (each for each in ["one"]), beta=BETA, sigma=1.0))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, tuple])
def test_coefficients_and_numbers_may_be_of_any_kind(kind):
    numbers = dict(sigma=np.float32(1), eta=np.float64(0.05), fit_intercept=np.True_)
    assert_same(recovery(X, NUMBERED, "one", beta=kind(BETA.tolist()), **numbers))
    assert_same(recovery(X, NUMBERED, "one", beta=BETA, sigma=1, eta=Fraction(1, 20)))


def test_a_label_may_be_a_tuple_or_a_number():
    assert_same(recovery(X, {(1, 2): [0, 1], 5: [2, 3], "c": [4, 5]}, (1, 2), beta=BETA, sigma=1))
    assert_same(recovery(X, [0, 0, 1, 1, 2, 2], np.int64(0), beta=BETA, sigma=1))


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e-307, [1e200, 1e-200, 1, 1, 1e100, 1e-300]])
def test_a_condition_is_that_in_any_unit_of_the_columns(scale):
    found = recovery(X * scale, NUMBERED, "one", sigma=1.0)
    assert_same(found[:-1], RIGHT[:-1], rtol=1e-6)
    again = recovery(sparse.csr_matrix(X * scale), NUMBERED, "one", sigma=1.0)
    assert_same(again[:-1], RIGHT[:-1], rtol=1e-6)


BAD = np.where(np.arange(240).reshape(40, 6) == 7, np.nan, X)


@pytest.mark.parametrize(
    "changed, said",
    [
        (dict(X=BAD), "X must be of finite numbers, but nan"),
        (dict(X=np.nan_to_num(BAD, nan=np.inf)), "X must be of finite numbers, but inf"),
        (dict(X=pd.DataFrame(BAD, columns=NAMES)), "X must be of finite numbers, but nan"),
        (dict(X=sparse.csr_matrix(BAD)), "X must be of finite numbers, but nan"),
        (dict(X=np.full((40, 6), np.nan)), "X must be of finite numbers"),
        (dict(X=X[:, 0]), "X must be of shape"),
        (dict(X=X[:0]), "X must be of shape"),
        (dict(X=X[:, :0]), "X must be of shape"),
        (dict(X=X[None]), "X must be of shape"),
        (dict(X=X[:1]), "X must be of at least two samples"),
        (dict(X=X * 1j), "X must be an array of numbers"),
        (dict(X=X.astype(str)), "X must be an array of numbers"),
        (dict(X=FRAME.astype(str)), "X must be an array of numbers"),
        (dict(X=FRAME.assign(a=pd.array([pd.NA] * 40, "Int64"))), "X must be an array of numbers"),
        (dict(X=[[1.0, 2.0], [3.0]]), "X must be an array of numbers"),
        (dict(X="data.csv"), "X must be an array of numbers"),
        (dict(X=None), "X must be"),
        (dict(X=(row for row in X)), "X must be an array of numbers"),
        (dict(groups=NAMED), "give its number, or a data frame"),
        (dict(beta=np.ones(5)), "beta must be a coefficient for each of the 6 columns"),
        (dict(beta=np.ones(7)), "beta must be a coefficient for each of the 6 columns"),
        (dict(beta=np.ones((6, 1))), "beta must be a coefficient for each of the 6 columns"),
        (dict(beta=1.0), "beta must be a coefficient for each of the 6 columns"),
        (dict(beta=np.full(6, np.nan)), "beta must be of finite numbers"),
        (dict(beta=["a"] * 6), "beta must be an array of numbers"),
        (dict(beta={1, 2}), "beta must be an array of numbers"),
        (dict(good=["one", "one"]), "good must be groups, each of them once, but 'one twice'"),
        (dict(good=np.array(["one", "one"])), "each of them once"),
        (dict(good=[]), "good must name at least one group"),
        (dict(good=set()), "good must name at least one group"),
        (dict(good={"four"}), "There is no group 'four'"),
        (dict(good=[["one"]]), r"There is no group \['one'\]"),
        (dict(good=None), "There is no group None"),
        (dict(good={"one": 1}), "There is no group"),
        (dict(sigma="1"), "sigma must be a number of at least 0, but '1'"),
        (dict(sigma=np.float32(-1)), "sigma must be a number of at least 0"),
        (dict(sigma=np.inf), "sigma must be a number of at least 0"),
        (dict(sigma=True), "sigma must be a number of at least 0"),
        (dict(eta=None), "eta must be a number between 0 and 1/2, but None"),
        (dict(eta=np.float64(0.5)), "eta must be a number between 0 and 1/2"),
        (dict(fit_intercept="x"), "fit_intercept must be True or False, but 'x'"),
        (dict(fit_intercept=None), "fit_intercept must be True or False"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value[:40],
)
def test_what_is_no_such_thing_is_refused_in_one_sentence(changed, said):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=said) as refused:
            recovery(**(dict(X=X, groups=NUMBERED, good=["one"]) | changed))
    assert "\n" not in str(refused.value) and str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "labels",
    [dict(zip("fbdaec", ["three", "one", "two", "one", "three", "two"], strict=True)),
     dict(zip(NAMES, LABELS, strict=True))],
)  # fmt: skip
def test_labels_in_a_series_are_of_the_columns_in_its_index(labels):
    right = GroupOMP(NAMED, n_groups=1).fit(FRAME, Y)
    found = GroupOMP(pd.Series(labels), n_groups=1).fit(FRAME, Y)
    np.testing.assert_array_equal(found.support_, right.support_)
    np.testing.assert_array_equal(found.support_, [1, 1, 0, 0, 0, 0])
    assert list(found.selected_groups_) == ["one"]
    assert_same(recovery(FRAME, pd.Series(labels), "one", beta=BETA, sigma=1.0))
    assert GroupOMPCV(pd.Series(labels), cv=2).fit(FRAME, Y).support_[:2].all()


def test_a_series_may_number_the_columns():
    in_order = pd.Series(LABELS)
    for series in (in_order, in_order.sample(frac=1, random_state=1)):
        for data in (X, FRAME):
            assert GroupOMP(series, n_groups=1).fit(data, Y).support_[:2].all()


@pytest.mark.parametrize(
    "groups, said",
    [
        (pd.Series(dict(zip("abcdeg", LABELS, strict=True))), "indexed by the columns"),
        (pd.Series(dict(zip("abcde", LABELS[:5], strict=True))), "indexed by the columns"),
        (pd.Series(LABELS, index=list("aabcde")), "indexed by the columns"),
        (pd.Series(LABELS, index=range(1, 7)), "indexed by the columns"),
        (pd.Series(LABELS[:5]), "a label for each of the 6 columns, but 5"),
        (pd.Series([*LABELS[:5], None]), "the label of column 5 is empty"),
        (pd.DataFrame({"g": LABELS}), "make a list of it"),
        (iter(LABELS), "make a list of it"),
        (set(LABELS), "make a list of it"),
        ("aabbcc", "groups must be"),
    ],
)
def test_a_series_of_other_columns_is_refused(groups, said):
    with pytest.raises(ValueError, match=said) as refused:
        GroupOMP(groups, n_groups=1).fit(FRAME, Y)
    assert "\n" not in str(refused.value)


def test_a_series_of_names_is_refused_for_data_that_have_none():
    with pytest.raises(ValueError, match="an index of names for data without names"):
        GroupOMP(pd.Series(dict(zip(NAMES, LABELS, strict=True))), n_groups=1).fit(X, Y)


@pytest.mark.parametrize("name", ["whiten", "fit_intercept"])
@pytest.mark.parametrize("value", ["x", "False", None, 2, 0.0, [True]])
def test_a_switch_of_an_estimator_is_true_or_false(name, value):
    for kind in (GroupOMP, GroupOMPCV):
        with pytest.raises(ValueError, match=f"{name} must be True or False"):
            kind(NUMBERED, **{name: value}).fit(X, Y)
    with pytest.raises(ValueError, match="one_standard_error must be True or False"):
        GroupOMPCV(NUMBERED, one_standard_error=value).fit(X, Y)
    assert GroupOMP(NUMBERED, n_groups=1, **{name: np.False_}).fit(X, Y).support_.any()


@pytest.mark.parametrize("whiten", [True, False])
@pytest.mark.parametrize(
    "of_x, of_y",
    [(1, 1e200), (1, 1e-200), (1, 1e-300), (1e200, 1), (1e-200, 1), (1e200, 1e200),
     (1e-200, 1e-200), (1e-100, 1e200), (1e-300, 1e-300)],
)  # fmt: skip
def test_groups_are_taken_and_fitted_in_any_unit(of_x, of_y, whiten):
    plain = GroupOMP(NUMBERED, n_groups=2, whiten=whiten).fit(X, Y)
    with np.errstate(all="raise", under="ignore"):
        found = GroupOMP(NUMBERED, n_groups=2, whiten=whiten).fit(X * of_x, Y * of_y)
    assert list(found.selected_groups_) == list(plain.selected_groups_)
    ratio = of_y / of_x
    np.testing.assert_allclose(found.coef_ / ratio, plain.coef_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.predict(X * of_x) / of_y, plain.predict(X), rtol=1e-6)
    norms = plain.residual_norms_path_
    np.testing.assert_allclose(found.residual_norms_path_ / of_y, norms, rtol=1e-6)
    np.testing.assert_allclose(found.intercept_ / of_y, plain.intercept_, rtol=1e-6)


def test_a_tolerance_is_in_the_unit_of_the_targets():
    tol = GroupOMP(NUMBERED, n_groups=2).fit(X, Y).scores_path_[1].max() * 1.001
    for unit in (1e-200, 1.0, 1e200):
        assert len(GroupOMP(NUMBERED, tol=tol * unit).fit(X, Y * unit).selected_groups_) == 1


@pytest.mark.parametrize("of_x, of_y", [(1e-200, 1e200), (1e200, 1e-200)])
def test_units_too_far_apart_are_refused(of_x, of_y):
    with pytest.raises(ValueError, match="in units in which the coefficients"):
        GroupOMP(NUMBERED, n_groups=1).fit(X * of_x, Y * of_y)


def test_errors_that_are_no_numbers_choose_nothing():
    with pytest.raises(ValueError, match="in a unit in which its mean square is a number"):
        GroupOMPCV(NUMBERED).fit(X, Y * 1e200)


def test_only_what_is_out_of_range_has_a_unit_and_no_digit_is_lost():
    assert inputs.units(X, together=False) is None
    unit = inputs.units(X * [1e200, 1, 1, 0, 1, 1], together=False)
    assert unit[3] == 1 and unit[1] < 8 and np.all(np.frexp(unit)[0] == 0.5)
    np.testing.assert_array_equal(inputs.divided(X * unit, unit), X)
    assert inputs.units((X * 1e20).astype(np.float32), together=True) is not None


@pytest.mark.parametrize("apart, kind", [(1e-12, float), (1e-10, float), (1e-5, np.float32)])
def test_columns_that_are_all_but_dependent_are_warned_of(apart, kind):
    near = X.copy()
    near[:, 1] = X[:, 0] + apart * X[:, 1]
    with pytest.warns(UserWarning, match="all but depend linearly .* of group one"):
        GroupOMP(NUMBERED, n_groups=1).fit(near.astype(kind), Y)
    # Of two groups the second is the one that is warned of.
    with pytest.warns(UserWarning, match="of group 1, so that"):
        GroupOMP(n_groups=6, tol=0).fit(near.astype(kind), Y)


def test_columns_that_are_far_apart_are_not_warned_of():
    powers = np.linspace(0, 1, 40)[:, None] ** np.arange(1, 7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GroupOMP([0] * 6, n_groups=1).fit(powers, Y)

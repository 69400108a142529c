"""The greedy path: equal to a slow oracle and to OMP, and unmoved by what is no change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.group_omp import random_problem, slow_path
from sklearn.linear_model import OrthogonalMatchingPursuit

from curvkit.selection._design import Design
from curvkit.selection._greedy import ENOUGH, SMALL, Basis, greedy_path
from curvkit.selection._groups import read_groups

seeds = st.integers(0, 2**32 - 1)


def path(X, y, columns, *, centre=True, whiten=True, **options):
    targets = y.reshape(len(y), -1)
    design = Design(X, read_groups(columns, X.shape[1]), centre=centre, whiten=whiten)
    return greedy_path(design, targets - centre * targets.mean(0), **options)


@given(seed=seeds, centre=st.booleans(), whiten=st.booleans(), targets=st.sampled_from([None, 3]))
def test_the_path_is_that_of_slow_least_squares(seed, centre, whiten, targets):
    X, y, columns = random_problem(np.random.default_rng(seed), targets=targets)
    picks, scores, every = slow_path(X, y, columns, 4, centre=centre, whiten=whiten)
    found = path(X, y, columns, centre=centre, whiten=whiten, n_groups=4)
    assert list(found.picks) == list(picks) and found.stopped == ENOUGH
    size = scores.max()
    np.testing.assert_allclose(found.scores, scores, atol=1e-9 * size)
    for step in range(4):
        coefficients = found.coefficient(step + 1, X.shape[1])
        np.testing.assert_allclose(coefficients, every[step], atol=1e-9 * np.abs(every).max())


def test_singletons_of_unit_length_are_scikit_learns_omp_on_200_problems():
    rng, worst = np.random.default_rng(0), 0.0
    for _ in range(200):
        rows, features = rng.integers(15, 60), rng.integers(10, 80)
        X = rng.normal(size=(rows, features))
        X /= np.linalg.norm(X, axis=0)
        steps = int(min(rows, features) // 4)
        beta = np.zeros(features)
        beta[rng.choice(features, steps, replace=False)] = rng.normal(size=steps)
        y = X @ beta + 0.05 * rng.normal(size=rows)
        found = path(X, y, list(range(features)), centre=False, n_groups=steps)
        omp = OrthogonalMatchingPursuit(n_nonzero_coefs=steps, fit_intercept=False).fit(X, y)
        coefficients = found.coefficient(steps, features)[:, 0]
        assert set(np.flatnonzero(omp.coef_)) == set(found.picks)
        worst = max(worst, np.max(np.abs(coefficients - omp.coef_)))
    assert worst < 1e-10


@given(seed=seeds)
def test_permuting_groups_changes_nothing_but_their_numbers(seed):
    rng = np.random.default_rng(seed)
    X, y, columns = random_problem(rng)
    order = rng.permutation(len(columns))
    first = path(X, y, columns, n_groups=4)
    other = path(X, y, [columns[j] for j in order], n_groups=4)
    assert list(order[other.picks]) == list(first.picks)
    np.testing.assert_allclose(other.residual_norms, first.residual_norms, rtol=1e-10)


@given(seed=seeds, group=st.integers(0, 6), factor=st.floats(1e-6, 1e6))
def test_scaling_a_group_changes_nothing_but_its_coefficients(seed, group, factor):
    X, y, columns = random_problem(np.random.default_rng(seed))
    scaled = X.copy()
    scaled[:, columns[group]] *= factor
    first, other = (path(each, y, columns, n_groups=4) for each in (X, scaled))
    assert list(first.picks) == list(other.picks)
    np.testing.assert_allclose(other.scores, first.scores, atol=1e-9 * first.scores.max())
    before, after = (each.coefficient(4, X.shape[1])[:, 0] for each in (first, other))
    after[columns[group]] *= factor
    np.testing.assert_allclose(after, before, atol=1e-9 * np.abs(before).max())


@given(seed=seeds, group=st.integers(0, 6))
def test_rotating_within_a_group_changes_no_score_and_no_fit(seed, group):
    rng = np.random.default_rng(seed)
    X, y, columns = random_problem(rng)
    turned, size = X.copy(), len(columns[group])
    turned[:, columns[group]] @= np.linalg.qr(rng.normal(size=(size, size)))[0]
    first, other = (path(each, y, columns, n_groups=4) for each in (X, turned))
    assert list(first.picks) == list(other.picks)
    np.testing.assert_allclose(other.scores, first.scores, atol=1e-9 * first.scores.max())
    np.testing.assert_allclose(other.residual_norms, first.residual_norms, rtol=1e-9)


def test_scaling_a_group_does_change_the_raw_rule():
    X, y, columns = random_problem(np.random.default_rng(0), good=7)
    scaled = X.copy()
    scaled[:, columns[0]] *= 1e6
    assert path(scaled, y, columns, whiten=False, n_groups=1).picks[0] == 0
    assert path(X, y, columns, whiten=False, n_groups=1).picks[0] != 0


@given(seed=seeds)
def test_the_residual_is_orthogonal_to_all_that_was_taken_and_never_grows(seed):
    X, y, columns = random_problem(np.random.default_rng(seed))
    found = path(X, y, columns, n_groups=5)
    assert np.all(np.diff(found.residual_norms) <= 0)
    for step in range(1, 5):
        assert np.all(found.scores[step, found.picks[:step]] <= 1e-10 * found.residual_norms[0])


@pytest.mark.parametrize("copies", ["within", "between", "sum"])
def test_dependent_columns_are_left_out_and_said(copies):
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(50, 6)), rng.normal(size=50)
    y = X @ [3.0, 2.0, 1.0, 1.0, 0.0, 0.0] + 0.1 * y
    if copies == "within":
        X[:, 1] = -2 * X[:, 0]
    elif copies == "between":
        X[:, 2] = X[:, 0] + 1
    else:
        X[:, 2:4] = X[:, :2] @ rng.normal(size=(2, 2))
    columns = [[0, 1], [2, 3], [4, 5]]
    found = path(X, y, columns, n_groups=3)
    rank = np.linalg.matrix_rank(X - X.mean(0))
    assert len(found.pivots) == rank == found.ranks[-1] < 6
    assert sum(found.dropped.values()) == 6 - rank
    centred = X - X.mean(0)
    best = np.linalg.lstsq(centred, y - y.mean(), rcond=None)[0]
    np.testing.assert_allclose(centred @ found.coefficient(len(found.picks), 6)[:, 0],
                               centred @ best, atol=1e-10)  # fmt: skip
    if copies == "sum":
        assert len(found.picks) == 2 and found.stopped == "every other group lies in the span " \
            "of those taken"  # fmt: skip


def test_nearly_dependent_groups_are_fitted_to_the_last_digit_that_there_is():
    rng = np.random.default_rng(6)
    X = rng.normal(size=(80, 9))
    X[:, 3:6] = X[:, :3] + 1e-7 * X[:, 3:6]
    y = rng.normal(size=80)
    found = path(X, y, [[0, 1, 2], [3, 4, 5], [6, 7, 8]], centre=False, n_groups=3)
    coefficients = found.coefficient(3, 9)[:, 0]
    residual = y - X @ coefficients
    # As orthogonal to the columns as rounding in X β, with coefficients near 1e7, lets it be.
    rounding = 10 * np.finfo(float).eps * np.linalg.norm(coefficients) * np.linalg.norm(X)
    assert np.max(np.abs(coefficients)) > 1e5 and len(found.pivots) == 9
    assert np.max(np.abs(X.T @ residual)) < rounding * np.linalg.norm(X)
    assert abs(found.residual_norms[-1] - np.linalg.norm(residual)) < rounding


def test_the_basis_is_orthonormal_and_makes_its_columns_however_near_they_lie():
    random = np.random.default_rng(0)
    rows, digit = 60, np.finfo(float).eps
    for share in 10.0 ** -np.arange(1, 14):
        basis, groups = Basis(rows, 12), []
        for at in range(4):
            new = random.normal(size=(rows, 3)) * [1, 1e3, 1e-3]
            if at:  # in the span of those before, but for such a share
                before = np.concatenate(groups, axis=1)
                new = before @ random.normal(size=(before.shape[1], 3)) + share * new
            groups.append(new)
            basis.add(new, 3 * at + np.arange(3), 10 * rows**0.5 * digit)
        made, kept = basis.columns[:, : basis.rank], basis.pivots
        columns = np.concatenate(groups, axis=1)[:, kept]
        # Twelve products, each with sixty terms: a few tens of roundings.
        assert np.abs(made.T @ made - np.eye(len(kept))).max() < 30 * digit
        apart = np.abs(made @ basis.upper[: len(kept), : len(kept)] - columns)
        assert np.all(apart < 60 * digit * np.linalg.norm(columns, axis=0)), share


def test_it_stops_at_tol_between_two_scores():
    X, y, columns = random_problem(np.random.default_rng(7))
    whole = path(X, y, columns, n_groups=5)
    best = whole.scores.max(1)
    for steps in (1, 2, 3):
        found = path(X, y, columns, n_groups=7, tol=float((best[steps] + best[steps - 1]) / 2))
        assert len(found.picks) == steps and found.stopped == SMALL
        np.testing.assert_allclose(found.final_scores, whole.scores[steps])


@pytest.mark.parametrize("y", [np.zeros(20), np.full(20, 3.0)])
def test_a_target_that_is_constant_takes_no_group(y):
    X = np.random.default_rng(8).normal(size=(20, 4))
    found = path(X, y, [0, 0, 1, 1], n_groups=2)
    assert not len(found.picks) and found.stopped == "nothing is left to explain"


def test_a_target_without_noise_is_explained_and_nothing_more_is_taken():
    X, y, columns = random_problem(np.random.default_rng(9), noise=0.0)
    found = path(X, y, columns, n_groups=7)
    assert len(found.picks) == 3 and found.residual_norms[-1] < 1e-12 * found.residual_norms[0]
    assert found.stopped == "nothing is left to explain"


def test_more_columns_than_rows_are_taken_until_none_is_left():
    rng = np.random.default_rng(10)
    X, y = rng.normal(size=(10, 30)), rng.normal(size=10)
    found = path(X, y, np.repeat(range(10), 3), n_groups=10)
    assert len(found.pivots) == 9 and found.residual_norms[-1] < 1e-12 * found.residual_norms[0]

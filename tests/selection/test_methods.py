"""Methods beside one another: scores by hand, and every path judged alike."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from curvkit.selection import GroupOMP
from curvkit.selection import _methods as contest
from curvkit.selection._simulations import SIMULATIONS

RNG = np.random.default_rng(0)
COLUMNS, TARGETS = SIMULATIONS["E2"].draw(RNG, 100)
HELD_OUT = SIMULATIONS["E2"].draw(RNG, 50)


def test_f1_by_hand():
    mask = lambda *at: np.isin(np.arange(5), at)
    assert contest.f1(mask(0, 1), mask(0, 1)) == 1 and contest.f1(mask(2), mask(0)) == 0
    assert contest.f1(mask(), mask()) == 0 and contest.f1(mask(0, 1, 2), mask(0)) == 0.5
    with pytest.raises(ValueError, match="predicted must be a mask of shape"):
        contest.f1(mask(0), np.array([True]))


def test_the_greedy_path_is_the_estimators_and_its_best_point_is_chosen():
    path = contest._greedy(COLUMNS, TARGETS)
    flat, held_out = COLUMNS.reshape(100, -1), HELD_OUT.columns.reshape(50, -1)
    labels = np.repeat(range(16), 3)
    errors = []
    for steps in range(1, 8):
        model = GroupOMP(labels, n_groups=steps).fit(flat, TARGETS)
        np.testing.assert_allclose(path.coefficients[steps].ravel(), model.coef_, atol=1e-9)
        assert path.intercepts[steps] == pytest.approx(model.intercept_)
        errors.append(np.mean((model.predict(held_out) - HELD_OUT.targets) ** 2))
    beta, _ = contest.tuned(contest.CoefficientPath(*(each[1:8] for each in path)), *HELD_OUT)
    np.testing.assert_array_equal(beta, path.coefficients[1 + int(np.argmin(errors))])


def test_least_squares_is_scikit_learns():
    path = contest.METHODS["least squares"](COLUMNS[None], TARGETS[None])[0]
    model = LinearRegression().fit(COLUMNS.reshape(100, -1), TARGETS)
    np.testing.assert_allclose(path.coefficients[0].ravel(), model.coef_, atol=1e-8)
    assert path.intercepts[0] == pytest.approx(model.intercept_, abs=1e-8)


def test_abess_and_group_omp_choose_the_same_groups_where_both_are_exact():
    pytest.importorskip("abess")
    rng = np.random.default_rng(1)
    for _ in range(5):
        columns = rng.normal(size=(80, 12, 3))
        good = rng.choice(12, 3, replace=False)
        beta = np.zeros((12, 3))
        beta[good] = rng.choice([-1, 1], size=(3, 3)) * rng.uniform(1, 2, size=(3, 3))
        targets = np.einsum("njm,jm->n", columns, beta) + 0.1 * rng.normal(size=80)
        for method in ("Group-OMP", "abess"):
            path = contest.METHODS[method](columns[None], targets[None])[0]
            assert set(np.flatnonzero(np.any(path.coefficients[3] != 0, 1))) == set(good), method

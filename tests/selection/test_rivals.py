"""Lasso and Group Lasso end where scikit-learn and celer end."""

import jax
import numpy as np
import pytest
from sklearn.linear_model import Lasso

from curvkit.selection import _rivals as rivals

ROWS, GROUPS, SIZE = 50, 12, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, GROUPS, SIZE)) + 0.7 * RNG.normal(size=(ROWS, GROUPS, 1))
X -= X.mean(0)
Y = X[:, 0] @ [1.0, -1, 2, 0.5] + X[:, 3].sum(1) + 0.5 * RNG.normal(size=ROWS)
Y -= Y.mean()


@pytest.fixture(scope="module")
def path():
    """Penalties and coefficients of Group Lasso and Lasso, by one compiled program."""

    @jax.jit
    def solve(alone):
        falling = rivals.penalties(X, Y, 8, 0.05, alone)
        return falling, rivals.group_lasso(X, Y, falling, 300, alone)

    return {alone: [np.asarray(each, float) for each in solve(alone)] for alone in (False, True)}


def test_alone_columns_give_scikit_learns_lasso(path):
    for penalty, found in zip(*path[True], strict=True):
        model = Lasso(alpha=penalty / ROWS, fit_intercept=False, tol=1e-10, max_iter=10**5)
        expected = model.fit(X.reshape(ROWS, -1), Y).coef_.reshape(GROUPS, SIZE)
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_groups_give_celers_group_lasso(path):
    celer = pytest.importorskip("celer")
    for penalty, found in zip(*path[False], strict=True):
        model = celer.GroupLasso(groups=SIZE, alpha=np.sqrt(SIZE) * penalty / ROWS,
                                 fit_intercept=False, tol=1e-10)  # fmt: skip
        expected = model.fit(X.reshape(ROWS, -1), Y).coef_.reshape(GROUPS, SIZE)
        np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("alone", [False, True])
def test_every_solution_meets_its_optimality_conditions(path, alone):
    for penalty, beta in zip(*path[alone], strict=True):
        slope = np.einsum("njm,n->jm", X, Y - np.einsum("njm,jm->n", X, beta))
        heavy = 1.0 if alone else np.sqrt(SIZE)
        length = lambda v: np.abs(v) if alone else np.linalg.norm(v, axis=1, keepdims=True)  # noqa: B023
        on = np.broadcast_to(length(beta) > 0, beta.shape)
        expected = penalty * heavy * beta / np.maximum(length(beta), 1e-30)
        # Both sides in single precision, and to the accuracy of 300 steps.
        tolerance = 5e-3 * penalty * heavy + 1e-2
        assert np.all(np.abs(slope - expected)[on] < tolerance)
        assert np.all(length(slope) <= penalty * heavy + tolerance)


def test_the_largest_penalty_takes_nothing_and_lower_ones_more(path):
    for alone in (False, True):
        found = path[alone][1]
        taken = (np.abs(found) > 0).sum((1, 2))
        assert taken[0] == 0 and taken[-1] > taken[1] > 0

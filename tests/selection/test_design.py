"""Scores by Gram matrices equal those of orthonormal bases, also where they could not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.group_omp import random_problem, slow_path
from scipy import sparse

from curvkit.selection._design import Design
from curvkit.selection._groups import read_groups


def first_scores(X, y, columns, **options):
    X = np.asarray(X, float) if not sparse.issparse(X) else X
    design = Design(X, read_groups(columns, X.shape[1]), **options)
    targets = y.reshape(len(y), -1)
    return design, design.scores(targets - options.get("centre", True) * targets.mean(0))


@given(seed=st.integers(0, 2**32 - 1), centre=st.booleans(), whiten=st.booleans())
def test_scores_are_those_of_least_squares_on_each_group_alone(seed, centre, whiten):
    X, y, columns = random_problem(np.random.default_rng(seed))
    _, expected, _ = slow_path(X, y, columns, 1, centre=centre, whiten=whiten)
    for given_as in (X, np.asfortranarray(X), sparse.csc_matrix(X), sparse.csc_array(X)):
        _, found = first_scores(given_as, y, columns, centre=centre, whiten=whiten)
        # Conditions are at most 1e5 by design, of which a score keeps ten digits.
        np.testing.assert_allclose(found, expected[0], rtol=1e-9)


def test_groups_one_after_another_are_scored_without_a_copy():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 12)), rng.normal(size=30)
    columns = list(np.arange(12).reshape(4, 3))
    for given_as in (X, np.asfortranarray(X)):
        design, found = first_scores(given_as, y, columns)
        assert design.data is given_as
        np.testing.assert_allclose(found, slow_path(X, y, columns, 1)[1][0], rtol=1e-12)


@pytest.mark.parametrize("apart", [1e-3, 1e-6, 1e-9])
def test_nearly_dependent_columns_get_a_basis_of_their_own(apart):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 4)), rng.normal(size=60)
    X[:, 1] = X[:, 0] + apart * X[:, 1]
    design, found = first_scores(X, y, [[0, 1], [2, 3]])
    assert sorted(design.explicit) == [0]
    # The direction is known to machine epsilon over `apart`, times ‖x‖.
    np.testing.assert_allclose(found, slow_path(X, y, [[0, 1], [2, 3]], 1)[1][0],
                               rtol=1e-14 / apart)  # fmt: skip


@pytest.mark.parametrize("whiten", [True, False])
def test_columns_far_from_zero_are_centred_before_they_are_multiplied(whiten):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(60, 4)), rng.normal(size=60)
    expected = slow_path(X, y, [[0, 1], [2, 3]], 1, whiten=whiten)[1][0]
    X[:, 1] += 1e6
    design, found = first_scores(X, y, [[0, 1], [2, 3]], whiten=whiten)
    # Adding 1e6 has cost six of sixteen digits.
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e9])
@pytest.mark.parametrize("as_sparse", [False, True])
def test_a_constant_column_has_no_direction(value, as_sparse):
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    X[:, 2] = value
    given_as = sparse.csc_matrix(X) if as_sparse else X
    _, found = first_scores(given_as, y, [[0, 1], [2]])
    assert found[1] <= 1e-12 * found[0]
    _, joined = first_scores(given_as, y, [[0, 1, 2]])
    np.testing.assert_allclose(joined[0], found[0], rtol=1e-12)


def test_single_precision_keeps_its_digits():
    X, y, columns = random_problem(np.random.default_rng(4))
    design = Design(X.astype(np.float32), read_groups(columns, X.shape[1]))
    found = design.scores((y - y.mean())[:, None])
    # Columns are up to ten deviations of 1e-7 long.
    np.testing.assert_allclose(found, slow_path(X, y, columns, 1)[1][0], rtol=2e-5)

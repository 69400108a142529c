"""Random problems have the correlations and the noise that they are said to have."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.selection import _problems as problems

GIVEN = dict(rows=4000, groups=4, size=3, good=2, within=0.6, between=0.3, noise=0.5)


@pytest.fixture(scope="module")
def made():
    return problems.draw(jax.random.key(0), problems.ProblemSize(4000, 4, 3), **GIVEN)


def test_columns_correlate_as_asked_for(made):
    flat = np.asarray(made.columns).reshape(4000, 12)
    found = np.corrcoef(flat.T)
    same = np.kron(np.eye(4), np.ones((3, 3))) > 0
    off = ~np.eye(12, dtype=bool)
    # Of 4000 rows a correlation has a deviation of 0.016, shared by all pairs of a group.
    assert np.all(np.abs(found[same & off] - (0.3 + 0.7 * 0.6)) < 0.06)
    assert np.all(np.abs(found[~same] - 0.3) < 0.06)
    assert np.all(np.abs(flat.std(0) - 1) < 0.06)


def test_targets_are_the_good_groups_and_noise_and_both_halves_are_alike(made):
    beta = np.asarray(made.coefficients)
    lengths = np.linalg.norm(beta, axis=1)
    assert set(np.flatnonzero(lengths)) == set(np.asarray(made.order[:2]).tolist())
    np.testing.assert_allclose(lengths[lengths > 0], 1.0, rtol=1e-6)
    for columns, targets in ((made.columns, made.targets), (made.test_columns, made.test_targets)):
        error = np.asarray(targets) - np.einsum("njm,jm->n", columns, beta)
        assert abs(error.std() - 0.5) < 0.03
    assert abs(np.mean(made.targets)) < 1e-5 and np.all(np.abs(np.mean(made.columns, 0)) < 1e-5)


def test_real_rows_are_all_used_once():
    columns = jnp.arange(60.0).reshape(20, 3, 1)
    made = problems.split(jax.random.key(1), columns, jnp.arange(20.0), 12, 8)
    assert made.columns.shape == (12, 3, 1) and made.test_targets.shape == (8,)
    assert not np.any(made.targets[8:]) and abs(float(made.targets[:8].mean())) < 1e-5
    whole = np.sort(np.concatenate([made.targets[:8], made.test_targets]))
    assert len(np.unique(whole)) == 16 and np.all(np.diff(whole) >= 0.99)

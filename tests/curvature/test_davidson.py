"""Davidson's method on plain matrices, against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles.dense import largest, matrix

from curvkit.curvature import _davidson as davidson


def begun(symmetric, first, steps, tolerance, **options):
    product = lambda vector: jnp.asarray(symmetric) @ vector
    first = jnp.asarray(first, symmetric.dtype)
    return davidson.davidson(product, first, steps, tolerance, key=jax.random.key(3), **options)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_davidson_from_any_vectors_gives_the_whole_spectrum_in_as_many_steps(seed):
    symmetric = matrix(seed, 12)
    for count in (1, 3):
        first = np.random.default_rng(seed).normal(size=(count, 12))
        values, vectors, residuals, made = begun(symmetric, first, 12, (1.0,) * 12, stop=False)
        assert int(made) == 12
        assert_close(values, largest(symmetric.astype(float), 12), atol=2e-5)
        assert_close(vectors @ vectors.T, np.eye(12), atol=2e-5)
        assert residuals.max() < 2e-5


@pytest.mark.slow
def test_davidson_begun_with_eigenvectors_stops_at_once():
    symmetric = matrix(0, 30, np.arange(30.0))
    exact = np.linalg.eigh(symmetric.astype(float))[1][:, ::-1].T
    values, _, residuals, made = begun(symmetric, exact[:2], 20, (1e-3, np.inf))
    assert int(made) <= 3
    assert_close(values, [29, 28], rtol=1e-5)


@pytest.mark.slow
def test_davidson_begun_with_zeros_or_twins_never_reports_a_zero_that_is_not_there():
    symmetric = matrix(1, 20, -1 - np.arange(20.0))
    for first in (np.zeros((2, 20)), np.ones((3, 20))):
        values, *_ = begun(symmetric, first, 20, (1e-4,))
        assert_close(values, [-1.0], rtol=1e-3)


def test_davidson_sees_what_is_orthogonal_to_all_that_it_begins_with():
    symmetric = np.diag(np.array([1.0, 2.0, 3.0, 9.0], np.float32))
    values, *_ = begun(symmetric, np.eye(4)[:3], 4, (1e-4,), stop=False)
    assert_close(values, [9.0], rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("capacity", [4, 6])
def test_a_small_space_finds_the_same_with_a_few_products_more(capacity, monkeypatch):
    # Blocks of seven numbers, and a rest of five.
    monkeypatch.setattr(davidson, "BLOCK", 7)
    symmetric = matrix(1, 75, np.r_[10.0, 8.0, 6.0, np.linspace(-3, 2, 72)])
    found = {
        kept: begun(symmetric, np.zeros((1, 75)), 60, (1e-5, 1e-5), capacity=kept)
        for kept in (None, capacity)
    }
    for values, vectors, residuals, _ in found.values():
        assert_close(values, [10, 8], rtol=2e-5)
        assert_close(vectors @ vectors.T, np.eye(2), atol=2e-5)
        assert_close(
            residuals, np.linalg.norm(vectors @ symmetric - values[:, None] * vectors, axis=1),
            atol=1e-4,
        )  # fmt: skip
    few, more = int(found[None][3]), int(found[capacity][3])
    assert capacity < few <= more <= 1.6 * few


def test_a_small_space_makes_the_products_it_is_told_to():
    symmetric = matrix(2, 30)
    values, *_, made = begun(symmetric, np.zeros((1, 30)), 29, (1.0,), stop=False, capacity=5)
    assert int(made) == 29
    assert_close(values, largest(symmetric.astype(float), 1), rtol=1e-3)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_of_a_product_that_is_not_finite_no_eigenvalue_is_read(wrong):
    """LAPACK alone gave the largest of what is not built yet: -1 for the sharpness of a network
    that had diverged.
    """
    symmetric = np.full((8, 8), wrong, np.float32)
    values, *_ = begun(symmetric, np.zeros((1, 8)), 5, (1e-4,))
    assert np.isnan(np.asarray(values)).all()

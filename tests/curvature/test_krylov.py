"""Lanczos' and Davidson's methods on plain matrices, against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit.curvature import krylov


def matrix(seed, size, spectrum=None):
    """A symmetric matrix with the given eigenvalues, or random ones, in random directions."""
    draw = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(draw.normal(size=(size, size)))
    values = draw.normal(size=size) if spectrum is None else np.asarray(spectrum)
    return ((turned * values) @ turned.T).astype(np.float32)


def largest(symmetric, k):
    return np.linalg.eigvalsh(symmetric.astype(float))[::-1][:k]


def run(symmetric, steps, k, seed=0, **options):
    key = jax.random.key(seed)
    first = krylov.noise(key, 0, jnp.zeros(len(symmetric), symmetric.dtype))
    product = lambda vector: jnp.asarray(symmetric) @ vector
    return krylov.lanczos(product, first, steps, k, key=key, **options)


@pytest.mark.parametrize("seed", range(4))
def test_as_many_steps_as_dimensions_give_the_whole_spectrum(seed):
    symmetric = matrix(seed, 12)
    values, vectors, residuals, made = run(symmetric, 12, 12, seed)
    assert int(made) == 12
    # Single precision leaves about 1e-6 of numbers of size one; twelve of them add up.
    assert_close(values, largest(symmetric, 12), atol=2e-5)
    assert_close(vectors @ vectors.T, np.eye(12), atol=2e-5)


def test_an_invariant_subspace_does_not_end_the_search():
    symmetric = np.diag(np.float32([1, 1, 1, 5]))
    first = jnp.array([1.0, 0, 0, 0])
    product = lambda vector: symmetric @ vector
    values, *_ = krylov.lanczos(product, first, 4, 4, key=jax.random.key(0))
    assert_close(values, [5, 1, 1, 1], atol=1e-5)


@pytest.mark.slow
def test_a_tolerance_that_asks_nothing_of_the_second_makes_fewer_products():
    symmetric = matrix(0, 60, np.r_[10.0, 9.9, np.linspace(-1, 9, 58)])
    strict = run(symmetric, 60, 2, tolerance=(1e-3, 1e-3))
    lax = run(symmetric, 60, 2, tolerance=(1e-3, float("inf")))
    assert int(lax[3]) <= int(strict[3]) < 60
    assert_close(strict[0], [10.0, 9.9], rtol=1e-3)


def test_noise_is_centred_spread_and_never_the_same():
    like = jnp.zeros(20_000)
    one = np.asarray(krylov.noise(jax.random.key(0), 0, like))
    # The mean of n uniform numbers deviates by 1/√(3n), 0.004 here; four times that is rare.
    assert abs(one.mean()) < 0.017 and abs(one.std() - 3**-0.5) < 0.01 and np.abs(one).max() <= 1
    for other in (
        krylov.noise(jax.random.key(1), 0, like),
        krylov.noise(jax.random.key(0), 1, like),
    ):
        assert abs(np.corrcoef(one, np.asarray(other))[0, 1]) < 0.03
    shifted = abs(np.corrcoef(one[1:], one[:-1])[0, 1])
    assert shifted < 0.03


def begun(symmetric, first, steps, tolerance, **options):
    product = lambda vector: jnp.asarray(symmetric) @ vector
    first = jnp.asarray(first, symmetric.dtype)
    return krylov.davidson(product, first, steps, tolerance, key=jax.random.key(3), **options)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_davidson_from_any_vectors_gives_the_whole_spectrum_in_as_many_steps(seed):
    symmetric = matrix(seed, 12)
    for count in (1, 3):
        first = np.random.default_rng(seed).normal(size=(count, 12))
        values, vectors, residuals, made = begun(symmetric, first, 12, (1.0,) * 12, stop=False)
        assert int(made) == 12
        assert_close(values, largest(symmetric, 12), atol=2e-5)
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

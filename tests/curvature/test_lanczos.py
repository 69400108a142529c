"""Lanczos' method on plain matrices, against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles.dense import largest, matrix

from curvkit.curvature import _lanczos as krylov


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
    assert_close(values, largest(symmetric.astype(float), 12), atol=2e-5)
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

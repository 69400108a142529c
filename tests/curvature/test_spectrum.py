"""Trace and density against the eigenvalues of the dense matrix."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit.curvature._spectrum import hessian_trace, spectral_density

KEY = jax.random.key(0)


def quadratic(size=30, seed=0):
    """A loss with a dense Hessian, its parameters as a pytree, and the matrix."""
    random = np.random.default_rng(seed).normal(size=(size, size))
    matrix = jnp.asarray(random + random.T, jnp.float32)
    params = {"a": jnp.ones(size // 3), "b": jnp.ones((size - size // 3,))}
    flat = lambda p: jnp.concatenate([p["a"], p["b"]])
    return (lambda p: 0.5 * flat(p) @ matrix @ flat(p)), params, np.asarray(matrix, float)


@pytest.mark.parametrize("seed", range(3))
def test_the_trace_is_within_its_standard_error_and_that_falls_with_the_root(seed):
    loss, params, matrix = quadratic(seed=seed)
    few = hessian_trace(loss, params, key=jax.random.key(seed), samples=16)
    many = hessian_trace(loss, params, key=jax.random.key(seed), samples=1024)
    # Four standard errors: one in 16 000 would be outside.
    assert abs(float(many[0]) - np.trace(matrix)) < 4 * float(many[1])
    assert 5 < float(few[1] / many[1]) < 13  # 8 but for the spread of the estimate


def test_the_standard_error_is_that_of_random_signs():
    loss, params, matrix = quadratic()
    error = float(hessian_trace(loss, params, key=KEY, samples=4096)[1]) * 64
    off = matrix - np.diag(np.diag(matrix))
    # The variance of zᵀHz for random signs; its own estimate is off by a few percent.
    assert_close(error, np.sqrt(2 * np.sum(off**2)), rtol=0.06)


def test_the_square_of_the_standard_error_is_right_on_average_also_of_two_samples():
    loss, params, matrix = quadratic()
    one = lambda key: hessian_trace(loss, params, key=key, samples=2)[1]
    errors = jax.jit(lambda keys: jax.lax.map(one, keys))(jax.random.split(KEY, 2000))
    off = matrix - np.diag(np.diag(matrix))
    # Of 2000 squares of one degree of freedom the mean spreads by 3 %; a division by 2 halves it.
    assert_close(np.mean(np.asarray(errors) ** 2), np.sum(off**2), rtol=0.15)


def test_at_full_order_the_first_moments_are_those_of_each_vector():
    loss, params, matrix = quadratic(size=12)
    density = spectral_density(loss, params, key=KEY, samples=3, order=12)
    assert_close(density.weights.sum(axis=1), np.ones(3), atol=1e-5)
    values = np.linalg.eigvalsh(matrix)
    for sample in range(3):
        assert_close(np.sort(density.nodes[sample]), values, atol=1e-4 * np.abs(values).max())


def test_moments_are_near_those_of_the_eigenvalues():
    loss, params, matrix = quadratic(size=60)
    density = spectral_density(loss, params, key=KEY, samples=64, order=20)
    values = np.linalg.eigvalsh(matrix)
    for power in (2, 4):
        # 64 samples of 60 signs: the spread of the mean is a few percent.
        assert_close(density.moment(power), np.mean(values**power), rtol=0.1)


def test_the_density_integrates_to_one_and_lies_where_the_eigenvalues_do():
    loss, params, matrix = quadratic(size=40)
    density = spectral_density(loss, params, key=KEY, samples=8, order=25)
    values = np.linalg.eigvalsh(matrix)
    points = jnp.linspace(values[0] - 5, values[-1] + 5, 2000)
    heights = density.at(points, width=0.5)
    assert_close(np.trapezoid(heights, points), 1.0, atol=1e-3)
    below = np.trapezoid(jnp.where(points < 0, heights, 0), points)
    assert abs(below - np.mean(values < 0)) < 0.1  # one part in 40, and the spread of 8 samples


def test_what_is_no_number_of_samples_is_refused():
    loss, params, _ = quadratic(size=6)
    with pytest.raises(ValueError, match="samples must be a whole number of at least 2, but 1"):
        hessian_trace(loss, params, key=KEY, samples=1)
    with pytest.raises(ValueError, match="order must be a whole number from 1 to 6, but 7"):
        spectral_density(loss, params, key=KEY, order=7)
    with pytest.raises(ValueError, match="real scalar"):
        spectral_density(lambda p: p["a"], params, key=KEY, order=2)

"""Another rounding of the same program is off by a bit of each operation, and by no more."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rounding import otherwise

pytestmark = pytest.mark.full
EPS = float(np.finfo(np.float32).eps)


def test_each_operation_is_off_by_a_bit_and_what_is_exact_by_none():
    x = jax.random.normal(jax.random.key(0), (1000,))
    off = np.asarray(otherwise(jnp.exp, 1)(x) / jnp.exp(x) - 1, float)
    assert 0 < np.abs(off).max() <= 1.5 * EPS and (off > 0).any() and (off < 0).any()
    moved = lambda x: (jnp.sort(x)[::-1], jnp.where(x > 0, x, -x), jnp.floor(x) + 3)
    for ours, theirs in zip(otherwise(moved, 1)(x), moved(x), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_sum_is_off_by_a_bit_of_what_it_adds():
    x, y = (jax.random.normal(jax.random.key(k), (50, 50)) for k in (0, 1))
    sizes = jnp.abs(x) @ jnp.abs(y)
    off = np.asarray(jnp.abs(otherwise(jnp.matmul, 1)(x, y) - x @ y) / sizes)
    assert 0.2 * EPS < off.max() <= EPS


def test_loops_and_branches_are_walked_through():
    def function(x):
        x = jax.lax.fori_loop(0, 5, lambda at, x: x * 1.1, x)
        x = jax.lax.scan(lambda x, at: (x * at, x), x, jnp.array([1.1, 1.2]))[0]
        x = jax.lax.while_loop(lambda x: jnp.abs(x).max() < 10, lambda x: x * 1.3, x)
        return jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, jnp.linalg.norm(x) / x)

    x = jnp.array([0.3, 0.7])
    ours, theirs = jax.jit(otherwise(function, 1))(x), function(x)
    off = np.abs(np.asarray(ours / theirs - 1, float)).max()
    assert EPS / 2 <= off < 100 * EPS
    np.testing.assert_array_equal(ours, jax.jit(otherwise(function, 1))(x))
    assert not np.array_equal(ours, jax.jit(otherwise(function, 2))(x))

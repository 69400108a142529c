"""Slope and second derivative along a line against dense ones, for losses of all kinds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

from curvkit.tuners import curvature_along
from curvkit.tuners._line import line, looked_at, slope_along


def mixed(w):
    return jnp.sum(jnp.sin(w)) + jnp.prod(jnp.cos(w)) + jnp.sum(w) ** 3


# Compiled once for each size, not operation by operation for each example.
HESSIAN, ALONG = jax.jit(jax.hessian(mixed)), jax.jit(lambda w, u: curvature_along(mixed, w, u))


@pytest.mark.slow
@given(seed=st.integers(0, 50), size=st.integers(1, 5))
@settings(max_examples=8)
def test_the_second_derivative_along_a_line_is_the_dense_one(seed, size):
    draw = np.random.default_rng(seed)
    w, u = (jnp.asarray(draw.normal(size=size), jnp.float32) for _ in range(2))
    dense = np.asarray(HESSIAN(w), np.float64)
    expected = np.asarray(u, float) @ dense @ np.asarray(u, float)
    scale = np.linalg.norm(dense) * float(u @ u)
    assert_close(ALONG(w, u), expected, atol=2e-5 * scale + 1e-6)


def test_a_loss_that_has_only_a_backward_rule_is_taken_too():
    @jax.custom_vjp
    def square(w):
        return jnp.sum(w**2)

    square.defvjp(lambda w: (square(w), w), lambda w, up: (2 * up * w,))
    assert_close(curvature_along(square, jnp.ones(3), jnp.ones(3)), 6.0, rtol=1e-6)


@jax.custom_vjp
def cube(w):
    return jnp.sum(w**3)


cube.defvjp(lambda w: (cube(w), w), lambda w, up: (3 * up * w**2,))


@pytest.mark.parametrize(
    "loss",
    [
        cube,
        jax.jit(cube),
        lambda w: jax.checkpoint(cube)(w) + 0 * jnp.sum(w),
        lambda w: jax.lax.scan(lambda total, _: (total + cube(w) / 3, None), 0.0, None, 3)[0],
        lambda w: jax.lax.cond(w[0] > 0, cube, jnp.sum, w),
    ],
    ids=["plain", "jitted", "rematerialised", "in a scan", "in a branch"],
)
def test_a_rule_for_the_backward_pass_is_found_wherever_it_is(loss):
    w, u = jnp.array([1.0, 2.0]), jnp.array([1.0, -1.0])
    assert looked_at(loss, w)
    assert_close(jax.jit(lambda w: curvature_along(loss, w, u))(w), 18.0, rtol=1e-6)
    assert not looked_at(lambda w: jnp.sum(jax.nn.relu(w)), w)


def test_both_ways_along_a_line_agree():
    w, u = jnp.array([1.0, 2.0]), jnp.array([1.0, -1.0])
    loss = lambda w: jnp.sum(jnp.sin(w) ** 3)
    forth, back = line(loss, w, u, False), line(loss, w, u, True)
    assert_close(np.array(forth), np.array(back), rtol=1e-5)
    for backward in (False, True):
        assert_close(np.array(slope_along(loss, w, u, backward)), np.array(forth[:2]), rtol=1e-5)


@pytest.mark.parametrize("unit", [1e-30, 1e25])
def test_curvature_along_a_line_knows_no_unit(unit):
    found = curvature_along(lambda w: unit * jnp.sum(w**3), jnp.ones(2), jnp.array([1.0, 2.0]))
    assert_close(float(found) / unit, 30.0, rtol=1e-5)


def test_a_counter_has_no_curvature():
    params = {"count": jnp.array(3), "w": jnp.ones(2)}
    loss = lambda p: jnp.sum(p["w"] ** 2) * p["count"]
    direction = {"count": jnp.array(1), "w": jnp.ones(2)}
    assert_close(curvature_along(loss, params, direction), 12.0, rtol=1e-6)

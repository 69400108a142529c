"""CDAT against its formula, and what it says where it cannot be used."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close, float64
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import tuned
from oracles.tuned import follow, quadratic

from curvkit.tuners import CDATState, cdat, curvature_along, greedy

KEY = jax.random.key(0)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.9, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_on_a_quadratic_the_rate_is_sigma_times_the_inverse_curvature_of_the_gradient(sigma, seed):
    matrix, start = quadratic(seed)
    with float64():
        loss = lambda w: 0.5 * w @ jnp.asarray(matrix) @ w
        w = jnp.asarray(start)
        for _ in range(8):
            state = cdat(optax.identity(), sigma).init(w)
            grads = jax.grad(loss)(w)
            updates, state = cdat(optax.identity(), sigma).update(grads, state, w, value_fn=loss)
            g = np.asarray(grads)
            assert_close(state.learning_rate, sigma * g @ g / (g @ matrix @ g), rtol=1e-6)
            w = w + updates


def test_greedy_iterates_are_those_of_exact_steepest_descent():
    matrix, start = quadratic(1)
    with float64():
        loss = lambda w: 0.5 * w @ jnp.asarray(matrix) @ w
        rates, w, _ = follow(greedy(optax.identity()), loss, jnp.asarray(start), 30)
        expected, last = tuned.descend(matrix, start, tuned.cdat(matrix, 1.0), 30)
        # The rate is kept in single precision, and thirty steps add its rounding up.
        assert_close(rates, expected, rtol=1e-5)
        assert_close(w, last, rtol=1e-4, atol=1e-9)


def test_averages_of_numerator_and_denominator_are_those_of_the_loop():
    matrix, start = quadratic(2)
    with float64():
        loss = lambda w: 0.5 * w @ jnp.asarray(matrix) @ w
        rates, *_ = follow(cdat(optax.identity(), 1.5, ema=0.9), loss, jnp.asarray(start), 20)
        expected, _ = tuned.descend(matrix, start, tuned.cdat(matrix, 1.5, 0.9), 20)
        assert_close(rates, expected, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "base",
    [optax.scale_by_adam(eps=1e-7), optax.trace(0.9), optax.scale_by_rms(), optax.identity()],
    ids=["adam", "heavy_ball", "rms", "gd"],
)
def test_on_any_base_rate_times_curvature_over_slope_is_sigma_at_every_step(base):
    loss = lambda p: jnp.sum(jnp.cosh(p["w"] @ p["v"])) + jnp.sum(p["w"] ** 2)
    params = {"w": jax.random.normal(KEY, (4, 3)), "v": 0.5 * jnp.ones((3, 2))}
    method, sigma = cdat(base, 1.9), 1.9
    state, seen = method.init(params), 0
    for _ in range(15):
        grads = jax.grad(loss)(params)
        direction = jax.tree.map(jnp.negative, base.update(grads, state.base, params)[0])
        updates, state = method.update(grads, state, params, value_fn=loss)
        image = jax.jvp(jax.grad(loss), (params,), (direction,))[1]
        dot = lambda a, b: float(sum(jax.tree.leaves(jax.tree.map(jnp.vdot, a, b))))
        if dot(grads, direction) < 0:
            seen += 1
            ratio = float(state.learning_rate) * abs(dot(direction, image))
            # Single precision, and cancellation within uᵀHu.
            assert_close(ratio / -dot(grads, direction), sigma, rtol=1e-3)
        params = optax.apply_updates(params, updates)
    assert seen > 5


@pytest.mark.slow
@given(seed=st.integers(0, 50), size=st.integers(1, 5))
@settings(max_examples=20)
def test_the_second_derivative_along_a_line_is_the_dense_one(seed, size):
    draw = np.random.default_rng(seed)
    w, u = (jnp.asarray(draw.normal(size=size), jnp.float32) for _ in range(2))
    loss = lambda w: jnp.sum(jnp.sin(w)) + jnp.prod(jnp.cos(w)) + jnp.sum(w) ** 3
    dense = np.asarray(jax.hessian(loss)(w), np.float64)
    expected = np.asarray(u, float) @ dense @ np.asarray(u, float)
    scale = np.linalg.norm(dense) * float(u @ u)
    assert_close(curvature_along(loss, w, u), expected, atol=2e-5 * scale + 1e-6)


def test_a_loss_that_has_only_a_backward_rule_is_taken_too():
    @jax.custom_vjp
    def square(w):
        return jnp.sum(w**2)

    square.defvjp(lambda w: (square(w), w), lambda w, up: (2 * up * w,))
    assert_close(curvature_along(square, jnp.ones(3), jnp.ones(3)), 6.0, rtol=1e-6)


def test_a_direction_uphill_gets_no_rate_and_the_state_says_so():
    loss = lambda w: jnp.sum(w**2)
    method, w = cdat(optax.scale(-1.0)), jnp.ones(3)
    updates, state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
    assert float(state.learning_rate) == 0 and not bool(state.inner.descent)
    assert not np.any(updates)
    # From above zero to below and back: only that step is without a rate.
    flipping = cdat(optax.scale_by_schedule(lambda count: jnp.where(count == 1, -1.0, 1.0)), 0.5)
    state, found = flipping.init(w), []
    for _ in range(3):
        _, state = flipping.update(jax.grad(loss)(w), state, w, value_fn=loss)
        found.append((float(state.learning_rate) > 0, bool(state.inner.descent)))
    assert found == [(True, True), (False, False), (True, True)]


def test_a_curvature_that_is_not_finite_keeps_the_last_rate_and_is_counted():
    method, w = cdat(optax.identity()), jnp.ones(2)
    good, bad = (lambda w: jnp.sum(w**2)), (lambda w: jnp.sum(w**2) * jnp.nan)
    state = method.init(w)
    _, state = method.update(jax.grad(good)(w), state, w, value_fn=good)
    kept = float(state.learning_rate)
    _, state = method.update(jax.grad(good)(w), state, w, value_fn=bad)
    assert float(state.learning_rate) == kept == 1.0 and int(state.inner.non_finite) == 1
    _, state = method.update(jax.grad(good)(w), state, w, value_fn=good)
    assert float(state.learning_rate) == kept and int(state.inner.non_finite) == 1
    straight = lambda w: jnp.sum(w)  # no curvature at all: without a cap there is no rate
    _, state = method.update(jax.grad(straight)(w), state, w, value_fn=straight)
    assert float(state.learning_rate) == kept and int(state.inner.non_finite) == 2


def test_a_cap_is_kept_and_serves_where_there_is_no_curvature():
    method, w = cdat(optax.identity(), max_learning_rate=0.3), jnp.ones(2)
    for loss in (lambda w: jnp.sum(w), lambda w: 1e-3 * jnp.sum(w**2)):
        _, state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
        assert_close(state.learning_rate, 0.3, rtol=1e-6)
        assert int(state.inner.non_finite) == 0


def test_negative_curvature_counts_by_its_size():
    loss, w = lambda w: -jnp.sum(w**2), jnp.ones(2)
    _, state = cdat(optax.identity()).update(
        jax.grad(loss)(w), cdat(optax.identity()).init(w), w, value_fn=loss
    )
    assert_close(state.learning_rate, 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    "wrong, said",
    [
        (dict(sigma=0.0), "sigma must be a number above 0"),
        (dict(sigma=-1), "sigma"),
        (dict(sigma=np.nan), "sigma"),
        (dict(ema=1.0), "ema must be at least 0 and below 1"),
        (dict(ema=-0.1), "ema"),
        (dict(eps=-1.0), "eps"),
        (dict(max_learning_rate=0.0), "max_learning_rate"),
    ],
)
def test_a_setting_out_of_range_is_refused_in_a_sentence(wrong, said):
    with pytest.raises(ValueError, match=said):
        cdat(optax.identity(), **wrong)


def test_what_the_update_lacks_is_said_in_a_sentence():
    method, w = cdat(optax.identity()), jnp.ones(2)
    state, loss = method.init(w), lambda w: jnp.sum(w**2)
    with pytest.raises(ValueError, match="value_fn=loss"):
        method.update(w, state, w)
    with pytest.raises(ValueError, match="needs the parameters"):
        method.update(w, state, value_fn=loss)
    with pytest.raises(ValueError, match="real scalar"):
        method.update(w, state, w, value_fn=lambda w: w**2)
    with pytest.raises(ValueError, match="base must be an optax"):
        cdat(0.1)


def test_the_state_is_found_within_a_chain():
    method = optax.chain(optax.clip(1.0), cdat(optax.identity()))
    assert isinstance(CDATState.of(method.init(jnp.ones(2))), CDATState)

"""CDAT against its formula, and what it says where it cannot be used."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close, float64
from oracles import tuned
from oracles.tuned import follow, quadratic

from curvkit.tuners import CDATState, cdat, greedy, polyak

KEY = jax.random.key(0)


@pytest.mark.parametrize("sigma", [0.7, 1.0, 1.9, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_on_a_quadratic_the_rate_is_sigma_times_the_inverse_curvature_of_the_gradient(sigma, seed):
    matrix, start = quadratic(seed)
    with float64():
        loss = lambda w: 0.5 * w @ jnp.asarray(matrix) @ w
        w = jnp.asarray(start)
        for _ in range(8):
            method = cdat(optax.identity(), sigma)
            state = method.init(w)
            grads = jax.grad(loss)(w)
            updates, state = method.update(grads, state, w, value_fn=loss)
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
        method = cdat(optax.identity(), 1.5, ema=0.9, guard=False)
        rates, *_ = follow(method, loss, jnp.asarray(start), 20)
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
    method, sigma = cdat(base, 1.9, guard=False), 1.9
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


def test_a_number_in_the_denominator_is_added_to_the_curvature_in_the_unit_of_the_loss():
    loss, w = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2), jnp.array([0.0, 1.0])
    # g = (0, 3), so that n = 9 and d = 27; 9 / 36 with ε = 9.
    for eps, expected in ((0.0, 1 / 3), (9.0, 1 / 4), (27.0, 1 / 6)):
        method = cdat(optax.identity(), 1.0, eps=eps)
        state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1]
        assert_close(state.learning_rate, expected, rtol=1e-6)


def test_a_direction_uphill_gets_no_rate_and_the_state_says_so():
    loss = lambda w: jnp.sum(w**2)
    # Uphill at once, but not always: what always is has a rate, and is refused.
    first = cdat(optax.scale_by_schedule(lambda count: jnp.where(count == 0, -1.0, 1.0)))
    method, w = first, jnp.ones(3)
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
    method, w = cdat(optax.identity(), guard=False), jnp.ones(2)
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
    method = cdat(optax.identity())
    _, state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
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


def valley(w):
    """From afar its curvature is small, and σ n / d leads to the other side and above."""
    return jnp.sum(jnp.sqrt(1 + w**2))


def test_a_step_up_is_taken_back_forgotten_by_the_base_and_halved():
    method, start = cdat(optax.trace(0.9)), jnp.array([2.0, -2.0])
    step = lambda w, state: method.update(jax.grad(valley)(w), state, w, value_fn=valley)
    updates, first = step(start, method.init(start))
    slope, bend = float(first.inner.numerator), float(first.inner.denominator)
    assert_close(first.learning_rate, 2 * slope / bend, rtol=1e-6)
    above = start + updates
    assert float(valley(above)) > float(valley(start))
    updates, state = step(above, first)
    assert_close(above + updates, start, rtol=1e-5)
    assert bool(state.inner.guard.back) and int(state.inner.guard.returns) == 1
    assert_close(state.base.trace, first.base.trace)
    assert_close(state.learning_rate, float(first.learning_rate) / 2, rtol=1e-6)
    _, state = step(start, state)
    assert not bool(state.inner.guard.back) and int(state.inner.steps) == 2
    slope, bend = float(state.inner.numerator), float(state.inner.denominator)
    assert_close(state.learning_rate, slope / bend, rtol=1e-5)


def test_from_where_the_papers_rule_explodes_the_guard_comes_down():
    start = jnp.array([2.0, -2.5])
    for guard in (False, True):
        w = follow(cdat(optax.identity(), guard=guard), valley, start, 60)[1]
        low = bool(jnp.isfinite(valley(w)) & (valley(w) < 2.1))
        assert low == guard


def test_a_loss_that_is_no_number_leads_back():
    loss = lambda w: jnp.where(jnp.abs(w).max() > 4, jnp.nan, valley(w))
    rates, w, state = follow(cdat(optax.scale_by_adam()), loss, jnp.array([2.0, -2.5]), 40)
    assert np.isfinite(rates).all() and float(loss(w)) < 2.1
    assert int(state.inner.guard.returns) > 0


def test_another_loss_than_before_costs_one_step_and_is_then_kept():
    # The same slope and curvature at another height, as of another batch.
    method, w = cdat(optax.identity()), jnp.ones(2)
    state, backs, cautions = method.init(w), [], []
    for level in [0.0] * 5 + [9.0] * 15:
        loss = lambda w, level=level: jnp.sum(w**2) + level
        state = method.update(jax.grad(loss)(w), state, w, value_fn=loss)[1]
        backs.append(bool(state.inner.guard.back))
        cautions.append(float(state.inner.guard.caution))
    assert np.flatnonzero(backs).tolist() == [5]
    assert cautions[5] == 0.5 and cautions[-1] == 1


def test_a_curvature_near_zero_moves_the_parameters_for_one_step_only():
    method, w = cdat(optax.identity()), jnp.ones(2)
    flat = lambda w: 2 * jnp.sum(w) + 1e-3 * jnp.sum((w - 1) ** 2) + 1e-3 * jnp.sum((w - 1) ** 4)
    state = method.init(w)
    updates, state = method.update(jax.grad(flat)(w), state, w, value_fn=flat)
    away = w + updates
    assert float(jnp.abs(updates).max()) > 100
    updates, state = method.update(jax.grad(flat)(away), state, away, value_fn=flat)
    assert_close(away + updates, w, atol=1e-3)


def test_behind_a_clip_the_slope_is_that_of_the_loss():
    loss, w = lambda w: 50.0 * jnp.sum(w**2), jnp.ones(2)
    clipped = optax.chain(optax.clip(0.1), cdat(optax.scale_by_adam()))
    alone = cdat(optax.scale_by_adam())
    rates = []
    for method in (optax.with_extra_args_support(clipped), alone):
        state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1]
        rates.append(float(optax.tree_utils.tree_get(state, "learning_rate")))
    assert_close(rates[0], rates[1], rtol=1e-5)


def test_polyak_on_a_preconditioned_base_goes_to_where_the_line_is_at_its_least_value():
    loss, w = lambda w: jnp.sum(jnp.array([1.0, 9.0]) * w), jnp.ones(2)
    method = polyak(optax.scale_by_adam())
    updates, _ = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
    assert_close(loss(w + updates), 0.0, atol=1e-4)

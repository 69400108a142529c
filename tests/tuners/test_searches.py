"""Line searches against a plain loop, and against the formula of a parabola."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from helpers import assert_close
from oracles import tuned
from oracles.tuned import follow, quadratic

from curvkit.tuners import armijo, exact


def test_armijo_is_the_loop_that_backtracks():
    matrix, start = quadratic(0)
    loss = lambda w: 0.5 * w @ jnp.asarray(matrix, jnp.float32) @ w
    method = armijo(optax.identity(), slope_rtol=0.3, decrease_factor=0.5, increase_factor=2.0)
    rates, *_ = follow(method, loss, jnp.asarray(start, jnp.float32), 10)
    expected, _ = tuned.descend(matrix, start, tuned.armijo(matrix, 0.3, 0.5, 2.0), 10)
    assert_close(rates, expected, rtol=1e-5)


def test_the_exact_search_finds_the_bottom_of_every_parabola():
    for seed, high in ((0, 4.0), (1, 300.0), (2, 1e-2)):
        matrix, start = quadratic(seed, low=high / 10, high=high)
        loss = lambda w, m=matrix: 0.5 * w @ jnp.asarray(m, jnp.float32) @ w
        rates, *_ = follow(exact(optax.identity()), loss, jnp.asarray(start, jnp.float32), 4)
        expected, _ = tuned.descend(matrix, start, tuned.cdat(matrix, 1.0), 4)
        # Single precision sees the bottom of a parabola to the root of its rounding, 3e-4 or so;
        # the paths then part slowly.
        assert_close(rates, expected, rtol=2e-2)


def test_the_exact_search_keeps_away_from_where_the_loss_is_no_number():
    loss = lambda w: jnp.sum(jnp.where(w > -1, w**2, jnp.nan)) - 3 * jnp.sum(w)
    method, w = exact(optax.identity()), jnp.zeros(1)
    updates, state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
    assert np.isfinite(float(state.learning_rate))
    assert_close(w + updates, [1.5], rtol=1e-2)


def test_the_exact_search_finds_a_bottom_far_below_the_last_rate():
    # Down steeply and up slowly: at η = 1 it is below the start, at 2 no longer below 1.
    loss = lambda w: jnp.sum(w / 80 + 0.02 * (81 / 80) * jnp.exp(-w / 0.02))
    method, w = exact(optax.identity()), jnp.zeros(1)
    state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1]
    # The slope is −1 at the start, so that η is w, and 0 at 0.02 log 81.
    assert_close(state.learning_rate, 0.02 * np.log(81), rtol=1e-2)


def test_uphill_the_exact_search_stays_where_it_is():
    loss = lambda w: jnp.sum(w**2)
    # A base that always points uphill is refused: this one does so at its first step.
    uphill = optax.scale_by_schedule(lambda count: jnp.where(count == 0, -1.0, 1.0))
    method, w = exact(uphill), jnp.ones(2)
    updates, state = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
    assert float(loss(w + updates)) <= float(loss(w)) * (1 + 1e-6)

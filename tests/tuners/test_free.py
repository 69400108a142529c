"""Schedule-free and Prodigy against their recurrences, and where each of them begins to grow."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close

from curvkit import tuners
from curvkit.tuners import _free as free

BENDS = np.array([1.0, 3.0])


def test_schedule_free_is_its_recurrence_and_is_looked_at_in_its_average():
    rate, beta = 0.2, free.INTERPOLATION
    method, y = free.schedule_free(optax.identity(), rate), jnp.ones(2)
    state = method.init(jnp.zeros(2))  # it begins where it is first asked
    z = x = np.ones(2)
    for t in range(1, 6):
        updates, state = method.update(jnp.asarray(BENDS) * y, state, y)
        y = y + updates
        z = z - rate * BENDS * ((1 - beta) * z + beta * x)
        x = (1 - 1 / t) * x + z / t
        assert_close(y, (1 - beta) * z + beta * x, rtol=1e-5)
        assert_close(free.averaged(state, y), x, rtol=1e-5)
    assert float(state.learning_rate) == pytest.approx(rate)


@pytest.mark.parametrize("share, grows", [(0.98, False), (1.02, True)])
def test_after_many_steps_schedule_free_grows_beyond_its_edge_and_not_below(share, grows):
    # At η λ(P⁻¹H) = critical on ½ w²: at a rate of critical times P.
    steps, critical = 20_000, 3.8
    old = free.schedule_free(optax.identity(), 1.0)
    state = old.init(jnp.ones(1))
    state = state._replace(inner=state.inner._replace(weight_sum=jnp.asarray(1.0 * steps),
                                                      max_lr=jnp.asarray(1.0)))  # fmt: skip
    diagonal = float(free.own_diagonal("schedule_free", state, jnp.ones(1), critical)[0])
    rate = share * critical * diagonal
    method = free.schedule_free(optax.identity(), rate)
    inner = state.inner._replace(weight_sum=jnp.asarray(steps * rate**2),
                                 max_lr=jnp.asarray(rate))  # fmt: skip
    # x at the floor, which it hardly leaves, and y beside it.
    y = jnp.full(1, 1 - free.INTERPOLATION)
    state = method.init(y)._replace(inner=inner._replace(z=jnp.ones(1)))

    def step(carry, _):
        y, state = carry
        updates, state = method.update(y, state, y)
        return (y + updates, state), jnp.abs(y[0])

    path = np.asarray(jax.lax.scan(step, (y, state), length=100)[1])
    assert (path[-10:].max() > 2 * path[0]) if grows else (path[-10:].max() < path[0] / 2)


def test_prodigy_is_optax_s_and_its_step_is_the_average_over_its_diagonal():
    method, params = free.prodigy(optax.identity()), jnp.ones(2)
    state, own = method.init(jnp.zeros(2)), optax.contrib.prodigy()
    theirs = own.init(params)
    for _ in range(30):
        gradient = jnp.asarray(BENDS) * params
        expected, theirs = own.update(gradient, theirs, params)
        updates, state = method.update(gradient, state, params)
        assert_close(updates, expected, rtol=1e-6)
        weights = free.own_diagonal("prodigy", state, jnp.ones(2), 38.0)
        assert_close(updates, -state.inner.exp_avg / weights, rtol=1e-4)
        params = params + updates
    assert float(state.learning_rate) > 1e-6
    # Beside a base whose edge is at 2, the same edge is told in its units.
    assert_close(free.own_diagonal("prodigy", state, jnp.ones(2), 2.0), 19 * weights, rtol=1e-5)


@pytest.mark.slow
def test_a_handover_hands_on_the_base_and_the_place():
    turned = dict(width=3, depth=1, examples=20, steps=44, base="heavy_ball", handover=22)
    turned |= dict(tuner="constant", rival="schedule_free", learning_rate=0.005)
    late, early = tuners.run(turned), tuners.run(turned, handover=44)
    # The constant rate trains first, of schedule-free along the gradient alone, and never jumps.
    assert_close(late.loss[:, 0], early.loss[:, 0], rtol=1e-4)
    assert_close(late.loss[:3, 1], early.loss[:3, 1], rtol=1e-4)
    assert (np.diff(late.loss[:, 1, 0]) < 0).all()
    # Until then its edge is that of gradient descent, in the units of heavy ball's.
    assert_close(early.scaled_sharpness[:, 1], 1.9 * 0.005 * early.sharpness[:, 1], rtol=5e-3)


@pytest.mark.full
def test_a_sweep_looks_at_the_average_of_schedule_free_at_its_best_rate():
    small = dict(rates=(0.05, 0.1), sigmas=(1.0,), width=3, depth=1, examples=20, steps=40)
    found = tuners.tune(rivals=("schedule_free", "prodigy"), emas=(0.0, 0.9), **small)
    assert [*found.levels] == [
        "CDAT σ = 1", "CDAT σ = 1, average 0.9", "Armijo", "schedule-free", "Prodigy",
    ]  # fmt: skip
    alone = [tuners.tune(rivals=("schedule_free",), **small | dict(rates=(rate,)))
             for rate in small["rates"]]  # fmt: skip
    lowest = min(each.levels["schedule-free"][0, 0] for each in alone)
    assert_close(found.levels["schedule-free"][0, 0], lowest, rtol=1e-3)


def test_a_rival_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no rivals 'sgd'"):
        tuners.tune(rivals=("sgd",))
    with pytest.raises(ValueError, match="emas"):
        tuners.tune(emas=(1.0,))
    assert free.base_of("schedule_free", "heavy_ball") == "gd"

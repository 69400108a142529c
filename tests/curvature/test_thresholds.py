"""Where a rule turns unstable, against the spectral radius of the recurrence it makes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import float64
from hypothesis import given
from hypothesis import strategies as st
from oracles.recurrences import spectral_radius

from curvkit.curvature._thresholds import CRITICAL, LION, RULES, critical, stability_threshold

# A crossing through −1 moves the radius as fast as ηλ: 1e-9 to a side is seen in double precision,
# whose rounding of it is some 1e-14 (of a double root near β = 1, its square root: 1e-7).
MARGIN = 1e-9
# Lion's edge is known for β1 up to β2².
momenta = lambda rule, momentum: min(momentum, 0.98) if rule == LION else momentum


@pytest.mark.parametrize("rule", sorted(RULES))
@given(momentum=st.floats(0, 0.99))
def test_a_rule_is_stable_just_below_its_critical_value_and_unstable_just_above(rule, momentum):
    momentum = momenta(rule, momentum)
    value = critical(rule, momentum=momentum)
    assert spectral_radius(rule, value * (1 + MARGIN), momentum) > 1
    assert spectral_radius(rule, value * (1 - MARGIN), momentum) < 1


@pytest.mark.parametrize("rule", sorted(RULES))
@given(momentum=st.floats(0, 0.99), share=st.floats(1e-3, 0.999))
def test_a_rule_is_stable_everywhere_below(rule, momentum, share):
    momentum = momenta(rule, momentum)
    assert spectral_radius(rule, share * critical(rule, momentum=momentum), momentum) < 1


@given(momentum=st.floats(0, 0.99), learning_rate=st.floats(1e-6, 1e3))
def test_the_threshold_is_the_critical_value_over_the_learning_rate(momentum, learning_rate):
    for rule in CRITICAL:
        threshold = stability_threshold(rule, learning_rate, momentum=momentum)
        assert np.isclose(threshold * learning_rate, critical(rule, momentum=momentum), rtol=1e-12)


def test_without_momentum_every_rule_is_gradient_descent():
    assert {critical(rule, momentum=0.0) for rule in RULES} == {2.0}


def test_lion_with_more_of_the_last_than_its_momentum_keeps_has_no_known_edge():
    assert critical(LION, momentum=0.8, second_moment_decay=0.9) == pytest.approx(3.8 / 0.3)
    with pytest.raises(ValueError, match="momentum of Lion must be at most the square"):
        critical(LION, momentum=0.9, second_moment_decay=0.94)


@pytest.mark.parametrize("share, grows", [(0.98, False), (1.02, True)])
@pytest.mark.parametrize(
    "rule, transformation",
    [
        ("gd", optax.identity()),
        ("heavy_ball", optax.trace(0.9)),
        ("nesterov", optax.trace(0.9, nesterov=True)),
        ("ema_momentum", optax.ema(0.9, debias=False)),
    ],
)
def test_optax_itself_grows_above_the_threshold_and_not_below(rule, transformation, share, grows):
    learning_rate = share * critical(rule)  # on ½ w², whose sharpness is 1

    def step(carry, _):
        w, state = carry
        direction, state = transformation.update(w, state)
        return (w - learning_rate * direction, state), w

    first = jnp.ones(())
    path = jax.lax.scan(step, (first, transformation.init(first)), length=200)[1]
    # 2 % to a side of the edge it grows or shrinks by 0.1 % a step and more.
    late, early = np.abs(path[-50:]).max(), np.abs(path[:50]).max()
    assert (late > 2 * early) if grows else (late < early / 2)


@pytest.mark.parametrize("share, grows", [(0.98, False), (1.02, True)])
@pytest.mark.parametrize("rule, nesterov", [("adam", False), ("nadam", True)])
def test_adam_behind_a_frozen_preconditioner_has_the_edge_of_its_average(
    rule, nesterov, share, grows
):
    # A slow second moment, held at what its bias correction turns into `frozen`, stands still.
    decay, frozen = 1 - 1e-7, 2.5
    adam = optax.scale_by_adam(0.9, decay, nesterov=nesterov)
    learning_rate = share * critical(rule) * frozen

    def step(carry, _):
        w, state = carry
        held = (1 - decay ** (state.count + 1)) * frozen**2
        direction, state = adam.update(w, state._replace(nu=held))
        return (w - learning_rate * direction, state), w

    with float64():  # 1 − decay^t is a difference of near numbers
        first = jnp.asarray(1e-12)
        # Late enough for the first moment's own bias correction to be over.
        state = adam.init(first)._replace(count=jnp.asarray(1000, jnp.int32))
        path = np.abs(jax.lax.scan(step, (first, state), length=150)[1])
    late, early = path[-30:].max(), path[:30].max()
    assert (late > 2 * early) if grows else (late < early / 2)


@pytest.mark.parametrize(
    "said, arguments",
    [
        ("There is no rule 'adm'; did you mean 'adam'", ("adm", 0.1)),
        ("momentum must be at least 0 and below 1", ("heavy_ball", 0.1, 1.0)),
        ("momentum must be at least 0 and below 1", ("gd", 0.1, -0.1)),
        ("momentum must be at least 0 and below 1", ("heavy_ball", 0.1, np.float32(1.5))),
        ("momentum must be at least 0 and below 1", ("adam", 0.1, jnp.asarray(-3.0))),
        ("momentum must be at least 0 and below 1", ("adam", 0.1, "0.9")),
        ("learning_rate must be above 0", ("gd", np.float32(-0.1))),
        ("learning_rate must be above 0", ("gd", jnp.asarray(jnp.nan))),
        ("learning_rate must be above 0", ("gd", True)),
        ("momentum must be at least 0 and below 1", ("adam", 0.1, float("nan"))),
        ("learning_rate must be above 0", ("gd", 0.0)),
        ("learning_rate must be above 0", ("gd", float("nan"))),
    ],
)
def test_what_has_no_threshold_is_refused_in_words(said, arguments):
    rule, learning_rate, *momentum = arguments
    options = {"momentum": momentum[0]} if momentum else {}
    with pytest.raises(ValueError, match=said):
        stability_threshold(rule, learning_rate, **options)

"""The gain of a momentum against running it, and when a link is ready to tell something."""

import jax
import jax.numpy as jnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.curvature._links import (
    EFFECTS,
    NORMS,
    REMEMBERING,
    SHAPING,
    Link,
    average,
    ready,
    traced,
)

decays = st.floats(0.0, 0.98)


@given(decays, st.booleans(), st.sampled_from([traced, lambda d, n: average(d, nesterov=n)]))
def test_the_gain_is_what_an_alternating_gradient_ends_at(decay, nesterov, kind):
    memory, momentum, made = kind(decay, nesterov), 0.0, 0.0
    for step in range(1500):
        gradient = (-1) ** step
        made = (memory.fresh * gradient + memory.momentum * momentum) * gradient
        momentum = memory.decay * momentum + memory.taken * gradient
    assert made == pytest.approx(memory.gain, rel=1e-9, abs=1e-12)


@given(decays)
def test_two_over_the_gain_is_the_critical_value(decay):
    from curvkit.curvature._thresholds import critical

    for rule, memory in (
        ("heavy_ball", traced(decay)),
        ("nesterov", traced(decay, True)),
        ("adam", average(decay)),
        ("nadam", average(decay, nesterov=True)),
    ):
        assert 2 / memory.gain == pytest.approx(critical(rule, momentum=decay), rel=1e-9)


def test_a_link_is_a_pytree_of_its_numbers():
    link = Link("trace", {"decay": 0.9}, {0: {"trace": jnp.ones(2)}}, (("nesterov", True),))
    doubled = jax.tree.map(lambda each: 2 * each, link)
    assert doubled.kind == "trace" and doubled.flag("nesterov") and not doubled.flag("other")
    assert doubled.numbers["decay"] == 1.8 and doubled.leaves[0]["trace"].tolist() == [2, 2]


def test_second_moments_tell_nothing_before_the_first_update():
    for count, told in ((0, False), (1, True)):
        assert bool(ready(Link("adam", {"count": jnp.asarray(count)}, {}))) is told
    for value, told in ((0.0, False), (0.5, True)):
        link = Link("rms", {}, {0: {"nu": jnp.full(2, value)}})
        assert bool(ready(link)) is told
    assert ready(Link("trace", {"decay": 0.9}, {}))


def test_every_kind_has_an_effect():
    assert set(REMEMBERING) | set(NORMS) | set(SHAPING) - {"trust"} <= set(EFFECTS)

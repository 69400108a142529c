"""The tuners by name."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import optax
import pytest

from curvkit.tuners import _choices
from curvkit.tuners._choices import TUNERS, choose

GIVEN = SimpleNamespace(
    sigma=1.0, ema=0.0, max_learning_rate=1.0, learning_rate=0.1, warm_up_steps=3, steps=9,
    slope=1e-4, hypergradient_rate=1e-3, diagonal=None,
)  # fmt: skip


@pytest.mark.parametrize("name", TUNERS)
def test_each_tuner_is_made_and_steps_downhill(name):
    loss, w = lambda w: jnp.sum(w**2), jnp.ones(3)
    method = choose(name, optax.identity(), GIVEN)
    updates, _ = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)
    assert float(loss(w + updates)) < float(loss(w))


def test_an_unknown_tuner_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="cdat, constant"):
        choose("cdta", optax.identity(), GIVEN)


def test_every_tuner_that_can_be_made_has_a_name():
    assert TUNERS == _choices._MADE

"""The rivals against plain loops on a quadratic with a dense Hessian."""

import numpy as np
import optax
import pytest
from helpers import assert_close
from oracles import tuned
from oracles.tuned import both

from curvkit.tuners import hypergradient, polyak, warm_up


def test_polyak_is_the_loss_over_the_squared_gradient():
    rates, expected, _ = both(polyak(optax.identity()), tuned.polyak)
    # Single precision, over twelve steps.
    assert_close(rates, expected, rtol=1e-3)
    capped, *_ = both(polyak(optax.identity(), max_learning_rate=0.2), tuned.polyak)
    assert capped.max() <= 0.2 * (1 + 1e-6)


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_a_hypergradient_moves_the_rate_along_two_gradients(kind):
    loop = lambda matrix: tuned.hypergradient(0.05, 0.01, kind == "multiplicative")
    rates, expected, _ = both(hypergradient(optax.identity(), 0.05, 0.01, kind), loop)
    assert_close(rates, expected, rtol=1e-4)
    assert rates[-1] != rates[0]


def test_a_warm_up_rises_in_a_line_and_a_cosine_ends_at_zero():
    rates, *_ = both(warm_up(optax.identity(), 0.1, 4), lambda m: lambda *_: 0.1)
    assert_close(rates[:5], [0.025, 0.05, 0.075, 0.1, 0.1], rtol=1e-5)
    rates, *_ = both(warm_up(optax.identity(), 0.1, 4, decay_steps=10), lambda m: lambda *_: 0.1)
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(7) / 6))
    assert_close(rates[4:11], expected, atol=1e-6)
    assert rates[-1] == 0


def test_a_kind_that_is_none_is_refused_with_the_two():
    with pytest.raises(ValueError, match="additive, multiplicative"):
        hypergradient(optax.identity(), 0.1, 0.1, "geometric")

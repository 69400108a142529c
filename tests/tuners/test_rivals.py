"""The rivals against plain loops on a quadratic with a dense Hessian."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close
from oracles import tuned
from oracles.tuned import follow, quadratic

from curvkit.tuners import hypergradient, oracle, polyak, warm_up


def both(method, rate, steps=12, seed=0, high=4.0):
    matrix, start = quadratic(seed, high=high)
    loss = lambda w: 0.5 * w @ jnp.asarray(matrix, jnp.float32) @ w
    rates, *_ = follow(method, loss, jnp.asarray(start, jnp.float32), steps)
    return rates, tuned.descend(matrix, start, rate(matrix), steps)[0], matrix


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


@pytest.mark.slow
def test_the_oracle_knows_the_largest_eigenvalue_also_with_a_preconditioner():
    rates, _, matrix = both(oracle(optax.identity(), 1.9), lambda m: lambda *_: 0.1)
    assert_close(rates, np.full(12, 1.9 / np.linalg.eigvalsh(matrix)[-1]), rtol=2e-3)
    diagonal = np.linspace(1, 3, 6)
    shaped = oracle(optax.identity(), 1.0, diagonal=lambda s, p: jnp.asarray(diagonal, p.dtype))
    rates, *_ = both(shaped, lambda m: lambda *_: 0.1)
    root = np.sqrt(diagonal)
    top = np.linalg.eigvalsh(matrix / root[:, None] / root)[-1]
    assert_close(rates, np.full(12, 1 / top), rtol=2e-3)


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

"""The oracle against dense eigenvalues."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close
from oracles.tuned import both

from curvkit.tuners import oracle


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


@pytest.mark.slow
def test_the_critical_value_of_the_base_scales_the_rate():
    rates, _, matrix = both(oracle(optax.identity(), critical=3.8), lambda m: lambda *_: 0.1, 2)
    assert_close(rates, np.full(2, 3.8 / np.linalg.eigvalsh(matrix)[-1]), rtol=2e-3)


def test_a_base_with_second_moments_is_asked_for_its_preconditioner():
    for base in (optax.scale_by_adam(), optax.chain(optax.clip(1.0), optax.scale_by_rms())):
        with pytest.raises(ValueError, match="diagonal="):
            oracle(base).init(jnp.ones(2))


@pytest.mark.full
def test_on_a_hill_the_rate_stays_within_reason():
    hill = lambda w: -jnp.sum(w**2) + jnp.sum(w**4)
    method, w = oracle(optax.identity()), jnp.full(3, 0.1)
    state, rates = method.init(w), []
    step = jax.jit(lambda w, state: method.update(jax.grad(hill)(w), state, w, value_fn=hill))
    for _ in range(3):
        updates, state = step(w, state)
        w = w + updates
        rates.append(float(state.learning_rate))
    assert np.isfinite(rates).all() and max(rates) < 10 and np.isfinite(np.asarray(w)).all()
    capped = oracle(optax.identity(), max_learning_rate=0.1)
    state = capped.update(jax.grad(hill)(w), capped.init(w), w, value_fn=hill)[1]
    assert_close(state.learning_rate, 0.1, rtol=1e-6)

"""The race's network: a plain loop of layers, and cosines of all pairs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels.race import _network as network


@pytest.mark.parametrize("orthogonal", [True, False])
def test_the_network_is_the_plain_loop_of_its_layers(orthogonal):
    params = network.init(jax.random.key(0), (5, 16, 3), 4, orthogonal)
    numbers, x = (0.7, 0.2, 1.3, -0.4), jax.random.normal(jax.random.key(1), (6, 5))
    made = network.predict(params, x, jnp.tanh, jnp.array(numbers))
    alpha, beta, gamma, delta = numbers
    h = np.asarray(x, float)
    for weight in (params.first, *params.inner):
        h = gamma * (np.tanh(alpha * (h @ np.asarray(weight, float)) + beta) + delta)
    np.testing.assert_allclose(made, h @ np.asarray(params.last, float), atol=1e-5)


def test_the_mean_cosine_is_over_all_pairs():
    x = np.random.default_rng(0).normal(size=(7, 4))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    pairs = [unit[i] @ unit[j] for i in range(7) for j in range(7) if i != j]
    assert network.mean_cosine(jnp.asarray(x)) == pytest.approx(np.mean(pairs), abs=1e-6)


def test_logistic_regression_names_what_a_line_can_tell_apart():
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 2))
    labels = (x[:, 0] > x[:, 1]).astype(int)
    assert network.linear_accuracy((x, labels), (x, labels)) > 0.97
    round_ones = (np.abs(x[:, 0]) > np.abs(x[:, 1])).astype(int)
    assert network.linear_accuracy((x, round_ones), (x, round_ones)) < 0.7

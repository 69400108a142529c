"""The networks: what they are started from, and what they and their losses compute."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles import dense

from curvkit.curvature import _network as network

KEY = jax.random.key(0)
SIZES = [50, 400, 300, 10]


@functools.partial(jax.jit, static_argnums=0)
def start(initialization, scale=1.0):
    return network.mlp(KEY, SIZES, initialization, scale)


def test_the_torch_start_is_uniform_within_one_over_the_root_of_the_fan_in():
    for layer in start("torch"):
        bound = len(layer.weight) ** -0.5
        assert np.max(np.abs(layer.weight)) <= bound
        # A uniform variable has a deviation of bound / √3; of 3000 draws and more to 3 %.
        assert_close(np.std(layer.weight), bound / np.sqrt(3), rtol=0.03)
        assert np.max(np.abs(layer.bias)) <= bound and np.std(layer.bias) > bound / 4


def test_the_lecun_start_is_normal_with_one_over_the_fan_in_as_variance():
    for layer in start("lecun"):
        assert_close(np.std(layer.weight) * len(layer.weight) ** 0.5, 1.0, rtol=0.03)
        # Three in a thousand normal draws lie beyond three deviations.
        assert np.mean(np.abs(layer.weight) > 3 * len(layer.weight) ** -0.5) > 5e-4
        assert not np.any(layer.bias)


@pytest.mark.slow
@pytest.mark.parametrize("initialization", ["torch", "lecun"])
def test_the_scale_multiplies_the_weights_and_leaves_the_biases(initialization):
    plain = start(initialization)
    scaled = start(initialization, 2.5)
    for one, other in zip(plain, scaled, strict=True):
        assert_close(other.weight, 2.5 * one.weight, rtol=1e-6)
        assert_close(other.bias, one.bias)


@pytest.mark.parametrize("activation", sorted(network.ACTIVATIONS))
def test_a_prediction_is_the_layers_one_after_another(activation):
    layers = network.mlp(KEY, [4, 3, 3, 2], "torch")
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    slow = {
        "tanh": np.tanh,
        "relu": lambda x: np.maximum(x, 0),
        "softplus": lambda x: np.log1p(np.exp(x)),
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        "linear": lambda x: x,
    }[activation]
    expected = []
    for row in inputs.astype(np.float64):
        for number, layer in enumerate(layers, 1):
            row = np.asarray(layer.weight, np.float64).T @ row + np.asarray(layer.bias)
            row = slow(row) if number < len(layers) else row
        expected.append(row)
    # Single precision through three layers.
    assert_close(network.predict(layers, inputs, activation), expected, atol=1e-5)


def test_losses_are_the_sums_they_are_called_after():
    outputs = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    targets = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    squared = crossed = 0.0
    for output, target in zip(outputs, targets, strict=True):
        squared += sum((o - t) ** 2 for o, t in zip(output, target, strict=True)) / 2 / 6
        crossed += -np.log(np.exp(output[target == 1]).sum() / np.exp(output).sum()) / 6
    assert_close(network.mean_squared_error(outputs, targets), squared, rtol=1e-5)
    assert_close(network.cross_entropy(outputs, targets), crossed, rtol=1e-5)


def test_the_hessian_of_the_quadratic_is_its_eigenvalues():
    eigenvalues = jnp.array([3.0, -1.0, 0.25])
    got = dense.hessian(network.quadratic(eigenvalues), jnp.array([0.3, 2.0, -1.0]))
    assert_close(got, np.diag(eigenvalues), atol=1e-6)


def test_an_unknown_initialization_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no initialization 'he'.*lecun, torch"):
        network.mlp(KEY, SIZES, "he")

"""Weights of a dial: Dirac's pass units on, and mirrored ones make a network of ReLU linear."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels import build
from curvkit.kernels.contest import _networks as networks
from curvkit.kernels.contest import _weights as weights


def built(name, function, blocks=6, window=1):
    network = networks.contender("dial", blocks, 0.0, window=window)
    drawn = weights.initializer(name, 16)
    return build(network, function, width=16, outputs=5, initializer=drawn)


@pytest.mark.parametrize("window", [1, 3])
def test_a_network_of_mirrored_relus_begins_linear_and_keeps_lengths(window):
    model = built("mirrored", "relu", window=window)
    shape = (8, 7) if window == 1 else (8, 3, 7)
    x = jax.random.normal(jax.random.key(1), shape)
    params = model.init(jax.random.key(0), x)
    out = lambda x: model.apply(params, x)
    one, two = x[:4], x[4:]
    summed = model.stages(params, one)[-2]
    assert bool((summed >= -1e6).all())
    if window == 1:
        np.testing.assert_allclose(out(one + two), out(one) + out(two), atol=1e-4)
        assert float(jnp.abs(out(one)).max()) > 0.1
    # Each unit stands beside one of the other sign.
    first = model.stages(params, one)[0]
    np.testing.assert_allclose(first[..., :8], -first[..., 8:], atol=1e-5)


def test_dirac_weights_pass_each_unit_on():
    model = built("dirac", "tanh", blocks=2)
    x = jax.random.normal(jax.random.key(1), (3, 7))
    stages = model.stages(model.init(jax.random.key(0), x), x)
    expected = stages[0]
    for _ in range(5):
        expected = jnp.tanh(expected)
    np.testing.assert_allclose(stages[-2], expected, atol=1e-6)
    kernel = weights.initializer("dirac", 4)(jax.random.key(0), (3, 3, 4, 4))
    np.testing.assert_array_equal(kernel.sum((0, 1)), np.eye(4))
    np.testing.assert_array_equal(kernel[1, 1], np.eye(4))


def test_mirrored_units_are_pairs():
    with pytest.raises(ValueError, match="width must be even"):
        weights.initializer("mirrored", 15)
    assert weights.initializer("he", 15) is None

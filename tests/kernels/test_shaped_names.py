"""Shaped activations by any name, and sent elsewhere: they are the same ones."""

import copy
import functools
import pickle
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels import _networks as networks
from curvkit.kernels import activation, shape
from curvkit.kernels._networks import residual

NETWORKS = [networks.feed_forward(50), residual(16, 2, weight=0.8)]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "given",
    [jax.nn.relu, jax.jit(jax.nn.relu), lambda x: jnp.maximum(x, 0.0), activation("relu")],
    ids=["jax.nn", "jitted", "maximum", "an activation"],
)
def test_a_relu_by_any_name_is_shaped_as_the_relu(given, network):
    made, right = shape(given, network), shape("relu", network)
    for part in ("alpha", "beta", "gamma", "delta", "negative_slope", "conditions"):
        assert getattr(made, part) == getattr(right, part)
    x = jnp.linspace(-3, 3, 13)
    np.testing.assert_array_equal(made(x), right(x))
    with pytest.raises(ValueError, match="TAT cannot shape 'relu'.*use 'leaky_relu'"):
        shape(given, network, "tat")


@pytest.mark.parametrize("method", ["dks", "tat"])
@pytest.mark.parametrize(
    "given",
    [jax.nn.leaky_relu, functools.partial(jax.nn.leaky_relu, negative_slope=0.3),
     lambda x: jnp.where(x > 0, x, 0.2 * x)],
    ids=["jax.nn", "partial", "where"],
)  # fmt: skip
def test_a_leaky_relu_of_any_slope_has_its_slope_found(given, method):
    made, right = (
        shape(given, depth=50, method=method),
        shape("leaky_relu", depth=50, method=method),
    )
    for part in ("alpha", "beta", "gamma", "delta", "negative_slope", "conditions"):
        assert getattr(made, part) == getattr(right, part)
    np.testing.assert_array_equal(made(jnp.linspace(-3, 3, 13)), right(jnp.linspace(-3, 3, 13)))


def of_a_module(x):
    return jnp.tanh(x) + 0.1 * x


@pytest.mark.parametrize(
    "given, method",
    [("softplus", "dks"), ("gelu", "tat"), ("relu", "dks"), ("leaky_relu", "tat"),
     (jax.nn.mish, "dks"), (jax.nn.relu, "dks"), (jax.nn.leaky_relu, "tat"), (of_a_module, "dks")],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)  # fmt: skip
def test_a_shaped_activation_is_the_same_after_pickling(given, method):
    made = shape(given, residual(20, 2, weight=0.5), method)
    again = pickle.loads(pickle.dumps(made))
    assert len(again.others) == len(made.others)
    for part in ("alpha", "beta", "gamma", "delta", "negative_slope", "conditions", "network"):
        assert getattr(again, part) == getattr(made, part)
    x = jnp.linspace(-3, 3, 13)
    np.testing.assert_array_equal(again(x), made(x))
    assert copy.deepcopy(made) == made


def test_a_shaped_activation_goes_to_another_process():
    told = pickle.dumps(shape("softplus", depth=20)).hex()
    program = (
        f"import pickle; made = pickle.loads(bytes.fromhex({told!r})); print(float(made(0.3)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == pytest.approx(float(shape("softplus", depth=20)(0.3)), rel=1e-6)

"""Small networks and toys to train on: parameters as pytrees, everything a pure function.

| symbol | name | shape |
| --- | --- | --- |
| W, b | one `Layer` | (fan in, fan out), (fan out,) |
| φ | `ACTIVATIONS[name]` | elementwise |
| L | `mean_squared_error`, `cross_entropy` | scalar |
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from curvkit.core import messages

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "softplus": jax.nn.softplus,
    "gelu": jax.nn.gelu,
    "sigmoid": jax.nn.sigmoid,
    "linear": lambda x: x,
}


class Layer(NamedTuple):
    """An affine layer: `weight` of shape (fan in, fan out), `bias` of shape (fan out,)."""

    weight: jax.Array
    bias: jax.Array


def mlp(
    key: jax.Array, sizes: Sequence[int], initialization: str, scale: float = 1.0
) -> list[Layer]:
    """Parameters of a multilayer perceptron.

    Args:
        key: a JAX random key.
        sizes: units per layer, input and output included.
        initialization: `torch` draws weights and biases from U(±1/√fan in), as PyTorch's linear
            layer does; `lecun` weights from N(0, 1/fan in), with zero biases.
        scale: multiplies all weights.

    Raises:
        ValueError: if the initialization is unknown.
    """
    if initialization not in ("torch", "lecun"):
        raise ValueError(messages.unknown("initialization", initialization, ("torch", "lecun")))
    layers = []
    for fan_in, fan_out, layer_key in zip(
        sizes[:-1], sizes[1:], jax.random.split(key, len(sizes) - 1), strict=True
    ):
        weight_key, bias_key = jax.random.split(layer_key)
        deviation = fan_in**-0.5
        if initialization == "torch":
            bounds = dict(minval=-deviation, maxval=deviation)
            weight = jax.random.uniform(weight_key, (fan_in, fan_out), **bounds)
            bias = jax.random.uniform(bias_key, (fan_out,), **bounds)
        else:
            weight = deviation * jax.random.normal(weight_key, (fan_in, fan_out))
            bias = jnp.zeros(fan_out)
        layers.append(Layer(scale * weight, bias))
    return layers


def unflattened(sizes: Sequence[int]) -> Callable[[jax.Array], list[Layer]]:
    """The function that makes the layers of a network of such `sizes` of its flat parameters.

    The inverse of `jax.flatten_util.ravel_pytree` on what `mlp` returns, with no number drawn.

    >>> [layer.weight.shape for layer in unflattened([2, 3, 1])(jnp.arange(13.0))]
    [(2, 3), (3, 1)]
    """
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    blank = [Layer(jnp.zeros((fan_in, fan_out)), jnp.zeros(fan_out)) for fan_in, fan_out in pairs]
    return ravel_pytree(blank)[1]


def predict(layers: Sequence[Layer], inputs: jax.Array | np.ndarray, activation: str) -> jax.Array:
    """The outputs of the network, of shape (examples, outputs); its last layer is affine."""
    hidden: Any = inputs
    for layer in layers[:-1]:
        hidden = ACTIVATIONS[activation](hidden @ layer.weight + layer.bias)
    return hidden @ layers[-1].weight + layers[-1].bias


def mean_squared_error(outputs: jax.Array, targets: jax.Array | np.ndarray) -> jax.Array:
    """Half the squared distance of outputs and targets, averaged over examples.

    Both are of shape (examples, outputs).

    >>> float(mean_squared_error(jnp.zeros((2, 3)), jnp.ones((2, 3))))
    1.5
    """
    return 0.5 * jnp.mean(jnp.sum((outputs - targets) ** 2, axis=-1))


def cross_entropy(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Softmax cross-entropy in nats; both (examples, classes), targets are probabilities."""
    return -jnp.mean(jnp.sum(targets * jax.nn.log_softmax(outputs), axis=-1))


def quadratic(eigenvalues: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """The loss ½ Σ hᵢ wᵢ², whose Hessian has the given `eigenvalues` everywhere.

    >>> float(quadratic(jnp.array([1.0, 3.0]))(jnp.ones(2)))
    2.0
    """
    return lambda w: 0.5 * jnp.sum(eigenvalues * w**2)

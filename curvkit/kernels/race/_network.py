"""A deep network whose activation is four numbers, so that one program trains plain and shaped.

| symbol | name | shape |
| --- | --- | --- |
| α, β, γ, δ | `numbers` | (4,) |
| φ̂(x) = γ (φ(αx + β) + δ) | in `hidden` | elementwise |
| W_1, W_2 … W_L, W_(L+1) | `Params.first`, `inner`, `last` | (in, width), (L − 1, width, width) |
| b | `Params.biases`, zero at first | (L, width) |

All weights have variance 1 over fan-in, or are orthogonal of that scale: so the plain network is
(1, 0, 1, 0), and nothing but the four numbers tells the runners apart.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels._initializers import orthogonal as orthogonal_weights


class Params(NamedTuple):
    """Weights and biases of a network of `depth` nonlinear layers and an affine one."""

    first: jax.Array
    inner: jax.Array
    biases: jax.Array
    last: jax.Array


def init(
    key: jax.Array, sizes: tuple[int, int, int], depth: int, orthogonal: bool | jax.Array
) -> Params:
    """Parameters of a network; `sizes` are inputs, width and outputs; `orthogonal` may be traced.

    >>> params = init(jax.random.key(0), (4, 8, 2), 3, True)
    >>> params.inner.shape, params.biases.shape
    ((2, 8, 8), (3, 8))
    """
    inputs, width, outputs = sizes
    shapes = ((inputs, width), (depth - 1, width, width), (width, outputs))
    weights = []
    for each, shape in zip(jax.random.split(key, 3), shapes, strict=True):
        normal = jax.random.normal(each, shape) / shape[-2] ** 0.5
        weights.append(jnp.where(orthogonal, orthogonal_weights()(each, shape), normal))
    return Params(weights[0], weights[1], jnp.zeros((depth, width)), weights[2])


def hidden(
    params: Params, inputs: jax.Array, function: Callable[..., Any], numbers: jax.Array
) -> jax.Array:
    """The last hidden layer's outputs, of shape (examples, width)."""
    alpha, beta, gamma, delta = numbers
    shaped = lambda x: gamma * (function(alpha * x + beta) + delta)

    def layer(x, weights):
        weight, bias = weights
        return shaped(x @ weight + bias), None

    x = shaped(inputs @ params.first + params.biases[0])
    return jax.lax.scan(layer, x, (params.inner, params.biases[1:]))[0]


def predict(
    params: Params, inputs: jax.Array, function: Callable[..., Any], numbers: jax.Array
) -> jax.Array:
    """The outputs, of shape (examples, outputs)."""
    return hidden(params, inputs, function, numbers) @ params.last


def mean_cosine(outputs: jax.Array) -> jax.Array:
    """The mean cosine between different rows of `outputs`.

    >>> float(mean_cosine(jnp.eye(3)))
    0.0
    """
    number = outputs.shape[0]
    lengths = jnp.linalg.norm(outputs, axis=1, keepdims=True)
    unit = outputs / jnp.maximum(lengths, 1e-30)
    total = jnp.sum(jnp.sum(unit, axis=0) ** 2) - jnp.sum(unit**2)
    return total / (number * (number - 1))


def linear_accuracy(trained: tuple[Any, ...], tested: tuple[Any, ...]) -> float:
    """The share of labels that logistic regression names, which has no hidden layer at all.

    Args:
        trained, tested: pairs of inputs (examples, features) and labels (examples,).

    >>> x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> linear_accuracy((x, np.array([0, 0, 1, 1])), (x, np.array([0, 0, 1, 0])))
    0.75
    """
    # Only here: whoever does not ask for it does not wait for it to be imported.
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(solver="newton-cg").fit(*map(np.asarray, trained))
    return float(fitted.score(*map(np.asarray, tested)))

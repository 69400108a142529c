"""A two-layer network with its gradient and Hessian, by hand, for whatever can be added and
multiplied: floats, rationals and balls go through the same lines.

| symbol | name | shape |
| --- | --- | --- |
| W, b, v, c | `Weights(hidden, bias, output, offset)` | (units, features), (units,), (units,), () |
| x, y | `inputs`, `targets` | (points, features), (points,) |
| a = W x + b | `preactivations` | (points, units) |
| z = v·φ(a) + c | the output | (points,) |
| φ, φ′, φ″ | `bend(a)` | three arrays of the shape of a |
| ℓ, ℓ′, ℓ″ | `criterion(z, y)` | three arrays of the shape of z |
| L = Σ ℓ(z, y) | the loss, a sum over points | scalar |
| J = ∂z/∂(W, b, v, c) | `jacobian` | (points, parameters) |

A flat vector holds W row by row, then b, v, c: units·(features + 2) + 1 numbers.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Three = tuple[Any, Any, Any]


class Weights(NamedTuple):
    """The parameters of z = v·φ(W x + b) + c, as arrays of floats, rationals or balls."""

    hidden: Any
    bias: Any
    output: Any
    offset: Any

    @property
    def units(self) -> int:
        """How many hidden units there are."""
        return len(self.bias)

    def flat(self) -> np.ndarray:
        """All parameters in one vector."""
        parts = [np.ravel(self.hidden), np.ravel(self.bias), np.ravel(self.output)]
        return np.concatenate([*parts, np.ravel(np.asarray(self.offset))])

    @classmethod
    def of(cls, flat: np.ndarray, features: int) -> "Weights":
        """The weights that a flat vector holds."""
        units = (len(flat) - 1) // (features + 2)
        cut = units * features
        hidden = flat[:cut].reshape(units, features)
        return cls(hidden, flat[cut : cut + units], flat[cut + units : -1], flat[-1])


class Derivatives(NamedTuple):
    """The loss at one point of the parameters, with its gradient (P,) and Hessian (P, P)."""

    loss: Any
    gradient: np.ndarray
    hessian: np.ndarray


def sigmoid(a: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(−a)) for floats, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * a))


def _sigmoid(a):
    s = sigmoid(a)
    return s, s * (1 - s), s * (1 - s) * (1 - 2 * s)


def _tanh(a):
    t = np.tanh(a)
    return t, 1 - t * t, -2 * t * (1 - t * t)


def _softplus(a):
    s = sigmoid(a)
    return np.logaddexp(0, a), s, s * (1 - s)


def _relu(a):
    return np.maximum(a, 0), (a > 0) * 1.0, 0.0 * a


def _logistic(z, y):
    s = sigmoid(z)
    return np.logaddexp(0, z) - y * z, s - y, s * (1 - s)


def _squared(z, y):
    return (z - y) * (z - y), 2 * (z - y), 2 + 0 * z


BENDS: dict[str, Callable[[np.ndarray], Three]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "relu": _relu,
}
CRITERIA: dict[str, Callable[[np.ndarray, np.ndarray], Three]] = {
    "logistic": _logistic,
    "squared": _squared,
}


def preactivations(weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """W x + b of every point and unit, (points, units)."""
    return inputs @ weights.hidden.T + weights.bias


def outputs(weights: Weights, inputs: np.ndarray, bend: Callable[..., Any]) -> np.ndarray:
    """The network's output at every point, (points,)."""
    return bend(preactivations(weights, inputs))[0] @ weights.output + weights.offset


def derivatives(
    weights: Weights, inputs: np.ndarray, targets: np.ndarray,
    bend: Callable[..., Any], criterion: Callable[..., Any],
    product: Callable[..., Any] = np.matmul,
) -> Derivatives:  # fmt: skip
    """Loss, gradient and Hessian, L = Σ ℓ(z, y).

    Args:
        weights: the parameters.
        inputs: x, (points, features), of the same kind of number as the weights.
        targets: y, (points,).
        bend: φ with its two derivatives, such as `BENDS["tanh"]`.
        criterion: ℓ with its two derivatives by z, such as `CRITERIA["squared"]`.
        product: how two matrices are multiplied.

    >>> at = Weights(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0)
    >>> x, y = np.array([[0.0]]), np.array([1.0])
    >>> derivatives(at, x, y, BENDS["tanh"], CRITERIA["squared"]).gradient.tolist()
    [0.0, -2.0, 0.0, -2.0]
    """
    bent = bend(preactivations(weights, inputs))
    z = bent[0] @ weights.output + weights.offset
    value, slope, curve = criterion(z, targets)
    J = jacobian(weights, inputs, bent)
    H = product(J.T, curve[:, None] * J)
    _add_curvature(H, weights, inputs, bent, slope)
    return Derivatives(value.sum(), slope @ J, H)


def jacobian(weights: Weights, inputs: np.ndarray, bent: Three) -> np.ndarray:
    """∂z/∂(W, b, v, c) at every point, (points, parameters); `bent` is φ, φ′, φ″ of a."""
    s, s1, _ = bent
    through = weights.output * s1
    ones = s[:, :1] * 0 + 1
    first = through[:, :, None] * inputs[:, None, :]
    return np.concatenate([first.reshape(len(inputs), -1), through, s, ones], axis=1)


def _add_curvature(H, weights, inputs, bent, slope):
    """Adds Σ ℓ′ ∂²z: each unit bends only in its own W, b and, with them, v."""
    _, s1, s2 = bent
    units, features = weights.units, inputs.shape[1]
    wide = np.concatenate([inputs, inputs[:, :1] * 0 + 1], axis=1)
    for j in range(units):
        own = [*range(j * features, (j + 1) * features), units * features + j]
        out = units * (features + 1) + j
        H[np.ix_(own, own)] += wide.T @ ((slope * weights.output[j] * s2[:, j])[:, None] * wide)
        mixed = wide.T @ (slope * s1[:, j])
        H[own, out] += mixed
        H[out, own] += mixed

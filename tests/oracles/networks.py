"""Two-layer networks by plain loops: in floats for autodiff, in rationals, and their training."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np

BEND = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "relu": jax.nn.relu,
    "leaky_relu": lambda a: jnp.where(a > 0, a, 0.1 * a),
}
CRITERION = {
    "logistic": lambda z, y: jnp.log1p(jnp.exp(z)) - y * z,
    "squared": lambda z, y: (z - y) ** 2,
}


def loss(flat, inputs, targets, activation: str, criterion: str):
    """The summed loss of flat weights, unit by unit and point by point; differentiable."""
    features = inputs.shape[1]
    units = (len(flat) - 1) // (features + 2)
    total = 0.0
    for x, y in zip(inputs, targets, strict=True):
        z = flat[-1]
        for j in range(units):
            a = sum(flat[j * features + k] * x[k] for k in range(features))
            a = a + flat[units * features + j]
            z = z + flat[units * (features + 1) + j] * BEND[activation](a)
        total = total + CRITERION[criterion](z, y)
    return total


def exact_loss(hidden, bias, output, offset, inputs, targets) -> Fraction:
    """The squared loss of a rectifier network, in rationals and loops."""
    total = Fraction(0)
    for x, y in zip(inputs, targets, strict=True):
        z = Fraction(offset)
        for w, b, v in zip(hidden, bias, output, strict=True):
            a = sum(Fraction(p) * Fraction(q) for p, q in zip(w, x, strict=True)) + Fraction(b)
            z += Fraction(v) * max(a, Fraction(0))
        total += (z - Fraction(y)) ** 2
    return total


def trained(flat, inputs, targets, activation, criterion, optimizer, rate, steps) -> np.ndarray:
    """One run by a loop over steps, on the mean loss, as a textbook writes Adam."""
    mean = lambda p: loss(p, inputs, targets, activation, criterion) / len(targets)
    slope = jax.jit(jax.grad(mean))
    flat = np.asarray(flat, np.float64)
    m = v = np.zeros_like(flat)
    for t in range(1, steps + 1):
        g = np.asarray(slope(flat), np.float64)
        if optimizer == "gd":
            flat = flat - rate * g
            continue
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        flat = flat - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return flat

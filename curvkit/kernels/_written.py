"""Value, slope and bend of well-known activations, written out in NumPy and double precision.

| symbol | name | shape |
| --- | --- | --- |
| φ, φ′, φ″ | what each function returns of x | elementwise, three arrays |
"""

import numpy as np
from scipy import special

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def tanh(x):
    """The hyperbolic tangent."""
    t = np.tanh(x)
    return t, 1 - t**2, -2 * t * (1 - t**2)


def sigmoid(x):
    """1 / (1 + e⁻ˣ)."""
    s, r = special.expit(x), special.expit(-x)
    return s, s * r, s * r * (r - s)


def erf(x):
    """The error function."""
    slope = 2 / np.sqrt(np.pi) * np.exp(-(x**2))
    return special.erf(x), slope, -2 * x * slope


def softplus(x):
    """log(1 + eˣ)."""
    s = special.expit(x)
    return np.logaddexp(0, x), s, s * special.expit(-x)


def exponential(scale, alpha):
    """What ELU and SELU are made of: scale · x above zero, scale · alpha · (eˣ − 1) below."""

    def jet(x):
        low = scale * alpha * np.exp(np.minimum(x, 0))
        value = np.where(x > 0, scale * x, scale * alpha * np.expm1(np.minimum(x, 0)))
        return value, np.where(x > 0, scale, low), np.where(x > 0, 0.0, low)

    return jet


def swish(x):
    """Swish, x / (1 + e⁻ˣ)."""
    s, r = special.expit(x), special.expit(-x)
    return x * s, s + x * s * r, s * r * (2 + x * (r - s))


def bentid(x):
    """The bent identity, (√(x² + 1) − 1) / 2 + x."""
    root = np.sqrt(x**2 + 1)
    return (root - 1) / 2 + x, x / (2 * root) + 1, 0.5 / root**3


def atan(x):
    """The inverse tangent."""
    below = 1 / (1 + x**2)
    return np.arctan(x), below, -2 * x * below**2


def asinh(x):
    """The inverse hyperbolic sine."""
    root = np.sqrt(x**2 + 1)
    return np.arcsinh(x), 1 / root, -x / root**3


def softsign(x):
    """Softsign, x / (1 + |x|)."""
    below = 1 / (1 + np.abs(x))
    return x * below, below**2, -2 * np.sign(x) * below**3


def gelu(x):
    """GELU by its approximation with tanh."""
    c, a = np.sqrt(2 / np.pi), 0.044715
    t, inner = np.tanh(c * (x + a * x**3)), c * (1 + 3 * a * x**2)
    first = (1 - t**2) * inner
    second = (1 - t**2) * (6 * a * c * x - 2 * t * inner**2)
    return 0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * first, first + 0.5 * x * second


def gelu_exact(x):
    """GELU, x times the normal distribution."""
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return x * special.ndtr(x), special.ndtr(x) + x * density, (2 - x**2) * density

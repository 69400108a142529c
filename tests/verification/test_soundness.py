"""No bound is ever below what the network does somewhere in the box: ten thousand random cases."""

import numpy as np
import pytest
from helpers import float64

from curvkit.verification import (
    DigitSumSpec,
    LinearSpec,
    QuadraticSpec,
    SoftmaxSpec,
    certify,
    network,
    side_by_side,
)
from curvkit.verification.networks import sizes

BOXES = 1250


def specification(kind, random):
    """A random specification of a network with three inputs and four outputs."""
    if kind == "linear":
        return LinearSpec(random.normal(size=4), random.normal())
    if kind == "quadratic":
        return QuadraticSpec(random.normal(size=(8, 8)), inputs=3)
    if kind == "softmax":
        return SoftmaxSpec([0, 0.25, 1, 1], 0, 0.25)
    return DigitSumSpec([3, 7], 1.0)


# Compiling a case takes seconds: two of them every time, all eight where `full` is asked for.
EVERY_TIME = [("linear", "relu"), ("linear", "tanh")]
NOW_AND_THEN = [
    ("quadratic", "relu"),
    ("softmax", "relu"),
    ("digits", "relu"),
    ("quadratic", "sigmoid"),
    ("softmax", "softplus"),
    ("quadratic", "softplus"),
]
CASES = EVERY_TIME + [pytest.param(*each, marks=pytest.mark.full) for each in NOW_AND_THEN]


@pytest.mark.parametrize("kind, activation", CASES)
@pytest.mark.parametrize("steps", [0, pytest.param(15, marks=pytest.mark.full)])
def test_no_bound_is_below_a_value_in_the_box(kind, activation, steps):
    random = np.random.default_rng(abs(hash_of(kind + activation)))
    outputs = 10 if kind == "digits" else 4
    widths = [3, 8, 7, outputs]
    layers = []
    for inner, outer in zip(widths, widths[1:], strict=False):
        weight = random.normal(size=(outer, inner)) * 1.5 / inner**0.5
        layers += [(weight, random.normal(size=outer)), activation]
    layers = network(layers[:-1])
    layers = side_by_side(layers, 2) if kind == "digits" else layers
    spec = specification(kind, random)
    inputs, _ = sizes(layers)
    spec.fit(*sizes(layers))
    centre = random.normal(size=(BOXES, inputs))
    radius = 10.0 ** random.uniform(-9, 0.3, (BOXES, 1)) * random.uniform(size=(BOXES, inputs))
    # Some boxes are points in all inputs, or in some.
    radius[:50], radius[50:100, 0] = 0, 0
    low, high = centre - radius, centre + radius
    with float64():
        upper, _ = certify.program(layers, spec, steps)(low, high)
        naive, _ = certify.program(layers, spec, method="interval")(low, high)
        points = low + np.round(random.uniform(size=low.shape)) * (high - low)
        seen = certify.program_values(layers, spec)(np.clip(points, low, high))
        middle = certify.program_values(layers, spec)(centre)
    value = np.maximum(seen, middle)
    slack = certify.SLACK * (1 + np.abs(value))
    assert np.all(np.asarray(upper) >= value - slack), np.min(upper - value)
    assert np.all(np.asarray(naive) >= value - slack), np.min(naive - value)


def hash_of(text):
    """A number of a text that is the same in every session."""
    return sum(ord(each) * 31**at for at, each in enumerate(text)) % 2**32

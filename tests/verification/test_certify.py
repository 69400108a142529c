"""No bound is ever below what the network does somewhere in the box: ten thousand random cases."""

from fractions import Fraction

import numpy as np
import pytest
from helpers import compilations, float64

from curvkit.verification import (
    DigitSumSpec,
    LinearSpec,
    QuadraticSpec,
    SoftmaxSpec,
    network,
    side_by_side,
)
from curvkit.verification import _certify as certify
from curvkit.verification._networks import sizes

# Of each of eight cases five networks, on 250 boxes each: ten thousand.
NETWORKS, BOXES = 5, 250


def specification(kind, random, inputs, outputs):
    """A random specification of a network of this size."""
    if kind == "linear":
        return LinearSpec(random.normal(size=outputs), random.normal())
    if kind == "quadratic":
        return QuadraticSpec(random.normal(size=(1 + inputs + outputs,) * 2), inputs=inputs)
    if kind == "softmax":
        return SoftmaxSpec(random.uniform(size=outputs), int(random.integers(outputs)), 0.25)
    return DigitSumSpec(random.integers(0, 10, 2), 1.0)


# Compiling a case takes seconds: one of them every time, all eight where `full` is asked for.
EVERY_TIME = [("linear", "relu", [3, 8, 7, 4])]
NOW_AND_THEN = [
    ("linear", "tanh", [1, 5, 5, 5, 5, 2]),
    ("quadratic", "relu", [3, 20, 20, 3]),
    ("softmax", "relu", [12, 40, 6]),
    ("digits", "relu", [4, 9, 8, 10]),
    ("quadratic", "sigmoid", [2, 30, 4]),
    ("softmax", "softplus", [3, 8, 7, 4]),
    ("quadratic", "softplus", [5, 2]),
]
CASES = EVERY_TIME + [pytest.param(*each, marks=pytest.mark.full) for each in NOW_AND_THEN]


@pytest.mark.parametrize("kind, activation, widths", CASES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        *(
            pytest.param(each, marks=pytest.mark.full)
            for each in ({"steps": 15}, {"steps": 10, "inner": True})
        ),
    ],
)
def test_no_bound_is_below_what_an_attack_finds_in_the_box(kind, activation, widths, options):
    random = np.random.default_rng(hash_of(kind + activation))
    for _ in range(NETWORKS):
        layers = random_network(random, widths, activation)
        layers = side_by_side(layers, 2) if kind == "digits" else layers
        spec = specification(kind, random, *sizes(layers)).fit(*sizes(layers))
        is_above_an_attack(layers, spec, random, options)


def is_above_an_attack(layers, spec, random, options):
    low, high = random_boxes(random, sizes(layers)[0])
    with float64():
        upper, _, _ = certify.program(**options)(layers, spec, low, high)
        naive, _, _ = certify.program(method="interval")(layers, spec, low, high)
        corners = low + np.round(random.uniform(size=low.shape)) * (high - low)
        climbed, _ = certify.climb(layers, spec, corners, low, high)
        tried = [np.clip(each, low, high) for each in (corners, (low + high) / 2, climbed)]
        seen = [certify.values(layers, spec, each) for each in tried]
    # Rounding is in the bounds already: nothing is added here.
    for value in np.asarray(seen):
        assert np.all(np.asarray(upper) >= value), np.min(upper - value)
        assert np.all(np.asarray(naive) >= value), np.min(naive - value)


def random_network(random, widths, activation):
    layers = []
    for inner, outer in zip(widths, widths[1:], strict=False):
        weight = random.normal(size=(outer, inner)) * 1.5 / inner**0.5
        layers += [(weight, random.normal(size=outer)), activation]
    return network(layers[:-1])


def random_boxes(random, inputs):
    centre = random.normal(size=(BOXES, inputs))
    radius = 10.0 ** random.uniform(-9, 0.3, (BOXES, 1)) * random.uniform(size=(BOXES, inputs))
    # Some boxes are points in all inputs, or in some.
    radius[:10], radius[10:20, 0] = 0, 0
    return centre - radius, centre + radius


def exact(layers, c, x):
    """c times the outputs at x, in rational numbers, for ReLUs."""
    x = [Fraction(each) for each in x]
    for layer in layers:
        if layer == "relu":
            x = [max(each, Fraction(0)) for each in x]
        else:
            x = [
                sum(Fraction(w) * v for w, v in zip(row, x, strict=True)) + Fraction(b)
                for row, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
            ]
    return sum(Fraction(w) * v for w, v in zip(c, x, strict=True))


def test_on_boxes_of_no_width_no_bound_is_below_the_exact_rational_value():
    random = np.random.default_rng(hash_of("linear" + "relu"))
    layers = random_network(random, [3, 8, 7, 4], "relu")
    c = random.normal(size=4)
    spec = LinearSpec(c).fit(3, 4)
    points = np.resize(10.0 ** random.uniform(-3, 3, (60, 1)) * random.normal(size=(60, 3)),
                       (BOXES, 3))  # fmt: skip
    with float64():
        upper, _, slack = (np.asarray(e) for e in certify.program()(layers, spec, points, points))
    without = 0
    for point, high, margin in zip(points[:60], upper, slack, strict=False):
        true = exact(layers, c.tolist(), point.tolist())
        assert Fraction(high) >= true
        without += Fraction(high - margin) < true
    # Without the slack for rounding a bound does fall below the truth: the test can see it.
    assert without > 5


def test_another_network_box_or_specification_of_the_same_shape_compiles_nothing():
    random = np.random.default_rng(0)
    run = certify.program()
    for attempt in range(3):
        layers = random_network(random, [3, 8, 7, 4], "relu")
        spec = LinearSpec(random.normal(size=4), random.normal()).fit(3, 4)
        low, high = random_boxes(random, 3)
        with float64(), compilations() as count:
            run(layers, spec, low, high)
        assert count() == 0 or attempt == 0, f"{count()} programs for the same shapes"


def hash_of(text):
    """A number of a text that is the same in every session."""
    return sum(ord(each) * 31**at for at, each in enumerate(text)) % 2**32

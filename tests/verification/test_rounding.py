"""The margin for rounding: enough by a theorem, needed to within a hundredfold by a network."""

from fractions import Fraction

import flint
import jax
import numpy as np
import pytest
from helpers import float64
from oracles import linear_bounds
from oracles.linear_bounds import drawn
from oracles.roundings import UNIT, exact, rows

from curvkit.verification import crown, interval, network
from curvkit.verification._bounds import lines, relax, rounding
from curvkit.verification._networks import COLD, ELEMENTWISE, Box

sizes = jax.jit(lambda layers, within: relax(layers, within)[1].each, compiler_options=COLD)
# Bounds of outputs in float64, whose arguments are exact.
BOUNDS = pytest.mark.parametrize("bounds", [crown, interval])


def cancelling(seed, inputs=6, hidden=8, outputs=4):
    """Layers of a million each that cancel but for 1, before a ReLU that is on; and after it."""
    random = np.random.default_rng(seed)
    first, bias = random.normal(size=(hidden, inputs)), 1e6 + random.normal(size=hidden)
    # Rows that are orthogonal to all columns of the first layer, and to its bias.
    basis = np.linalg.qr(np.column_stack([first, bias]))[0]
    second = random.normal(size=(outputs, hidden))
    second -= second @ basis @ basis.T
    third = 1e3 * random.normal(size=(outputs, outputs))
    third -= third.mean(axis=1, keepdims=True)
    layers = [(first, bias), "relu", (second, np.ones(outputs)), "relu", (third, np.zeros(outputs))]
    return network(layers), random.normal(size=inputs)


@pytest.mark.parametrize("seed", range(3))
def test_the_margin_is_what_the_theorem_asks_for_and_less_than_a_thousand_times_that(seed):
    layers, within = drawn(seed)
    with float64():
        margin = rounding(layers) * np.asarray(sizes(layers, within))
    found = linear_bounds.entering(layers, *within, "adaptive")
    for at, row in enumerate(rows(4)):
        for signed in (row, -row):
            top = linear_bounds._top(layers, *within, "adaptive", found, signed)
            # A line's slope is itself rounded, twice, and its offset once more: for each ReLU.
            count = top.count + 3 * layers.count("relu")
            asked = count * UNIT / (1 - count * UNIT) * top.size
            assert asked <= margin[at] <= 1000 * asked, margin[at] / asked


@BOUNDS
def test_where_all_roundings_go_one_way_the_bound_still_holds_and_needs_its_margin(bounds):
    # Half an ulp is lost of every small term that is added to 1 by itself.
    small = np.full(1023, 0.99 * UNIT)
    layers, ones = network([(np.array([[1.0, *small]]), [0.0])]), np.ones(1024)
    high, true = bounds(layers, (ones, ones)).upper[0], exact(layers, ones)[0]
    assert Fraction(high) >= true
    # As if they were never added: a margin a hundred times as narrow would not do.
    lost = float(true - 1)
    assert high - 1 < 100 * lost


@BOUNDS
def test_layers_that_cancel_are_bounded_on_boxes_of_no_width(bounds):
    for seed in range(30):
        layers, x = cancelling(seed)
        low, high = bounds(layers, (x, x))
        for each, below, above in zip(exact(layers, x), low, high, strict=True):
            assert Fraction(below) <= each <= Fraction(above), (seed, float(each), below, above)


def test_without_a_margin_layers_that_cancel_are_bounded_wrongly():
    wrong = 0
    for seed in range(30):
        layers, x = cancelling(seed)
        low, high = linear_bounds.crown(layers, x, x)
        ends = zip(exact(layers, x), low, high, strict=True)
        wrong += any(not Fraction(a) <= each <= Fraction(b) for each, a, b in ends)
    assert wrong > 20, "the networks before are no test of a margin"


WIDTHS = [0.0, 1e-15, 1e-12, 1e-9, 9e-7, 1.1e-6, 1e-3, 1.0, 30.0]
FUNCTIONS = {
    "relu": lambda z: max(z, flint.arb(0)),
    "tanh": lambda z: z.tanh(),
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "softplus": lambda z: (1 + z.exp()).log(),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_line_is_on_its_side_of_the_function_on_boxes_of_any_width(name):
    random = np.random.default_rng(0)
    centre = np.concatenate([random.normal(size=6) * 3, [0.0, 1e-9, -1e-9]])
    lower = np.repeat(centre, len(WIDTHS))
    upper = lower + np.tile(WIDTHS, len(centre))
    with float64():
        below, above = (
            tuple(np.asarray(each) for each in pair) for pair in lines(name, Box(lower, upper))
        )
    before, flint.ctx.prec = flint.ctx.prec, 300
    try:
        for share in (0.0, 0.3, 0.5, 1.0):
            points = np.clip(lower + share * (upper - lower), lower, upper)
            for at, point in enumerate(points):
                z = flint.arb(float(point))
                value = FUNCTIONS[name](z)
                low, high = (
                    flint.arb(float(slope[at])) * z + flint.arb(float(offset[at]))
                    for slope, offset in (below, above)
                )
                # A few roundings, of slope, offset and function: of numbers of this size.
                room = 16 * UNIT * (1 + 2 * max(abs(lower[at]), abs(upper[at])))
                assert float(low - value) <= room and float(value - high) <= room, (
                    f"{name} at {point!r} in [{lower[at]!r}, {upper[at]!r}]"
                )
    finally:
        flint.ctx.prec = before

"""Intervals, CROWN and optimised slopes against loops in NumPy and HiGHS's linear programs."""

import numpy as np
import pytest
from helpers import float64
from oracles import linear_bounds
from oracles.linear_bounds import drawn

from curvkit.verification import LinearSpec, box, crown, interval
from curvkit.verification import _certify as certify
from curvkit.verification._bounds import SLOPES
from curvkit.verification._networks import outputs


@pytest.mark.parametrize("seed", range(3))
def test_intervals_equal_those_of_loops_in_numpy(seed):
    layers, within = drawn(seed)
    # Sums in another order: rounding alone.
    np.testing.assert_allclose(interval(layers, within), linear_bounds.interval(layers, *within),
                               rtol=0, atol=1e-10)  # fmt: skip


# Each choice is a program of its own.
CHOICES = [each if each == "adaptive" else pytest.param(each, marks=pytest.mark.full)
           for each in SLOPES]  # fmt: skip


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("seed", range(3))
def test_crown_equals_that_of_loops_in_numpy(seed, choice):
    layers, within = drawn(seed)
    np.testing.assert_allclose(crown(layers, within, choice),
                               linear_bounds.crown(layers, *within, choice),
                               rtol=0, atol=1e-10)  # fmt: skip


@pytest.fixture(scope="module")
def compared():
    """Of a network: the truth from below, the linear program, CROWN, and α from above."""
    rows = []
    for seed in range(1):
        layers, within = drawn(seed)
        found = linear_bounds.entering(layers, *within, "adaptive")
        row = np.array([1.0, -1.0, 0.5, 0.0])
        program = linear_bounds.program(layers, *within, row, found)
        spec = LinearSpec(row).fit(3, 4)
        with float64():
            ends = [each[None] for each in within]
            loose = certify.program()(layers, spec, *ends).upper
            tight = certify.program(steps=400)(layers, spec, *ends).upper
            points = np.random.default_rng(1).uniform(*within, (2000, 3))
            below = np.max(certify.values(layers, spec, points))
        rows.append((below, program, float(tight[0]), float(loose[0])))
    return np.array(rows).T


def test_the_linear_program_is_neither_looser_than_crown_nor_tighter_than_the_truth(compared):
    below, program, _, loose = compared
    # HiGHS is feasible to 1e-7.
    assert np.all(below <= program + 1e-7) and np.all(program <= loose + 1e-7)


def test_optimised_slopes_come_within_a_thousandth_of_the_linear_program(compared):
    _, program, tight, _ = compared
    assert np.all(tight >= program - 1e-7), "below the program, whose dual it is"
    assert np.all(tight <= program + 1e-3), tight - program


@pytest.mark.parametrize("bounds", [crown, interval])
def test_what_overflows_is_bounded_by_infinity_and_never_by_nan(bounds):
    layers = [([[1e300]], [0.0]), "relu", ([[1e300], [-1e300]], [0.0, 0.0])]
    low, high = bounds(layers, ([-1e10], [1e10]))
    assert np.all(low <= 0) and np.all(high >= 0) and not np.isnan([low, high]).any()
    assert high[0] == np.inf and low[1] == -np.inf


def test_a_box_of_no_width_is_bounded_by_the_output_itself_but_for_rounding():
    layers, within = drawn(0)
    low, high = crown(layers, box(within.lower, within.lower))
    with float64():
        value = np.asarray(outputs(layers, within.lower))
    assert np.all(low <= value) and np.all(value <= high)
    # Hundreds of operations, each with its ulp, on sums of some tens.
    np.testing.assert_allclose(low, high, rtol=0, atol=1e-10)

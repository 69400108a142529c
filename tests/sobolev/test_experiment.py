"""What slopes gain and lose is what was noted; the network without them never sees the weight."""

import functools

import jax
import numpy as np
import pytest
from helpers import assert_close, same_bits

from curvkit import sobolev
from curvkit.sobolev import Settings
from curvkit.sobolev import _functions as functions
from curvkit.sobolev import _weight_sweep as ends
from curvkit.sobolev._comparison import FunctionErrors

pytestmark = pytest.mark.slow


@functools.cache
def trace(function, steps=1500, **turned):
    # One program for all tests of this file: nothing static is turned.
    return sobolev.run(Settings.read(function=function, steps=steps, **turned))


@pytest.mark.parametrize("function, verdict", [("booth", "helps"), ("ackley", "harms")])
def test_slopes_help_on_booth_and_do_harm_on_ackley(function, verdict):
    made = trace(function)
    values, with_slopes = made.last()
    row = FunctionErrors(function, 20, 1.0, values, with_slopes)
    assert row.verdict == verdict
    assert f"in **{row.helped} of 10** pairs" in sobolev.figures.words(made)
    assert ("do harm" in sobolev.figures.words(made)) == (verdict == "harms")


def test_slopes_make_the_loss_sharper():
    made = trace("booth")
    late = made.sharpness[made.readings // 2 :]
    assert np.all(late[:, 1] > late[:, 0])


def test_the_network_on_values_alone_is_the_same_bits_whatever_the_weight_and_the_noise():
    one, other = (
        trace("booth", 60, slope_weight=w, slope_noise=n) for w, n in ((0.01, 0), (10, 1))
    )
    for name in ("value_error", "slope_error", "trained_error", "surface"):
        pair = [getattr(each, name) for each in (one, other)]
        assert same_bits(pair[0][:, 0], pair[1][:, 0])
        assert not same_bits(pair[0][:, 1], pair[1][:, 1])


def test_a_pair_starts_from_the_same_weights_on_the_function_s_own_values_and_slopes():
    made = trace("booth", 60, slope_weight=0.01, slope_noise=0)
    assert same_bits(made.value_error[0, 0], made.value_error[0, 1])
    known = ends.known("booth", made.points)
    assert_close(made.targets, known.values, atol=1e-5)
    assert_close(made.slopes, known.slopes, atol=1e-4)
    scaled = jax.vmap(functions.scaled("booth"))(functions.grid())
    side = functions.GRID
    assert_close(made.truth, np.asarray(scaled).reshape(side, side)[::3, ::3], atol=1e-5)


def test_a_comparison_holds_the_errors_of_the_runs():
    table = sobolev.compare(["booth"], weights=(0.01,), steps=60)
    made, row = trace("booth", 60, slope_weight=0.01, slope_noise=0), table.rows[0]
    # Sixty steps of the same training in another program.
    for name, errors in (("value_error", [row.values, row.sobolev]), ("slope_error", row.slopes)):
        assert_close(made.last(name), errors, rtol=1e-3)


@pytest.mark.full
@pytest.mark.parametrize("points", [20, 100])
def test_medians_noted_lie_within_the_spread_of_ten_pairs_but_for_one_of_fourteen(points):
    table = sobolev.compare(points=points, steps=2500)
    checked = [each for row in table.rows for each in row.agrees()]
    # A median of five seeds is outside of ten others with a chance of a few per cent: one may be.
    assert len(checked) == 14 and sum(checked) >= 13, table._repr_markdown_()
    told = {row.function: row.verdict for row in table.rows}
    assert told["ackley"] == "harms"
    for name in ("booth", "mccormick", "beale", "rosenbrock"):
        assert told[name] == "helps"

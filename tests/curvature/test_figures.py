"""Figures and words keep the two kinds of sharpness apart, and show the edge."""

import functools

import numpy as np
import pytest

from curvkit.core import knob
from curvkit.curvature import Settings, figures, stream

SMALL = dict(width=6, depth=1, examples=20, steps=110)


@functools.cache
def run(rule, rate):
    return stream.run(knob.read(Settings, dict(SMALL, rule=rule, learning_rate=rate)))


def started_at(trace, start):
    """The trace with η·λ at that height at first, and afterwards a little below the edge."""
    edge = float(trace.critical)
    heights = np.array([start, *np.linspace(0.1, 0.9, trace.readings - 1)]) * edge
    arrays = trace.arrays() | dict(scaled_sharpness=heights.astype(np.float32))
    return type(trace)(header=trace.header, **arrays)


def ended(trace):
    return trace.preconditioned_sharpness[-1]


def test_where_a_rule_has_a_preconditioner_words_and_merits_name_both_sharpnesses():
    trace = run("adam", 1e-3)
    raw, shaped = figures.number(trace.sharpness[-1]), figures.number(ended(trace))
    assert raw != shaped
    told = figures.words(trace)
    assert told.startswith("Preconditioned sharpness went from ")
    assert f"to **{shaped}**, raw sharpness" in told
    assert f"to {raw} and loss from" in told
    merits = trace.merits()
    assert figures.number(merits["final_sharpness"]) == raw
    assert figures.number(merits["final_preconditioned_sharpness"]) == shaped


def test_where_it_has_none_there_is_one_sharpness():
    trace = run("gd", 0.1)
    assert figures.words(trace).startswith("Sharpness went from ")
    merits = trace.merits()
    assert merits["final_sharpness"] == pytest.approx(merits["final_preconditioned_sharpness"])


def test_both_sharpnesses_are_seen_on_one_axis_of_decades():
    assert figures.edge(run("adam", 1e-3)).layout.yaxis2.type == "log"
    assert figures.edge(run("gd", 0.1)).layout.yaxis2.type != "log"


@pytest.mark.parametrize(("start", "cut"), [(0.5, False), (4, False), (15, True)])
def test_a_start_far_beyond_the_edge_does_not_flatten_what_comes_after(start, cut):
    trace = started_at(run("adam", 1e-3), start)
    layout = figures.scaled(trace).layout
    assert (layout.yaxis.range is not None) == cut
    said = [each.text for each in layout.annotations if "above this axis" in each.text]
    assert len(said) == cut
    if cut:
        assert float(trace.critical) < layout.yaxis.range[1] < 5 * float(trace.critical)
        assert figures.number(trace.scaled_sharpness[0]) in said[0]


def test_a_steered_runs_thresholds_are_those_of_each_reading():
    settings = knob.read(Settings, dict(SMALL, rule="gd", learning_rate=0.1))
    trace = stream.run(settings, turns=[(4, {"learning_rate": 0.2})])
    rates = np.where(np.arange(trace.readings) < 4, 0.1, 0.2)
    limit = next(each for each in figures.edge(trace).data if "threshold" in each.name)
    np.testing.assert_allclose(limit.y[:-1], 2 / rates, rtol=1e-6)
    np.testing.assert_array_equal(limit.x[:-1], trace.step)
    assert limit.line.shape == "hv" and limit.x[-1] == trace.settings["steps"]
    assert "η = 0.1, then 0.2" in figures.edge(trace).layout.title.text
    scaled = {each.name: each.y for each in figures.scaled(trace).data}
    np.testing.assert_allclose(scaled["second, ηλ₂"], rates * trace.second_eigenvalue, rtol=1e-6)
    np.testing.assert_allclose(scaled["critical 2"][:-1], 2, rtol=1e-6)
    time = figures.edge(trace, clock="time").data[0].x
    np.testing.assert_allclose(np.diff(time), rates[:-1] * np.diff(trace.step), rtol=1e-6)


def test_where_there_is_no_flow_both_panels_have_axes_of_their_own():
    drawn = figures.flows(run("gd", 0.1))
    above, below = drawn.data
    assert (above.yaxis, below.yaxis) == ("y", "y2") and not np.isfinite(above.y).any()
    assert drawn.layout.annotations[0].yref == "y domain"


def test_a_run_that_stays_far_from_the_edge_is_not_in_the_plane_and_a_remark_says_so():
    far = figures.plane(run("gd", 1e-3))
    (remark,) = far.layout.annotations
    assert not len(far.data[0].x) and "stays below 1.6" in remark.text
    near = figures.plane(started_at(run("gd", 1e-3), 1.2))
    assert len(near.data[0].x) and not near.layout.annotations

"""Points and slopes of the Sobolev room edited by hand."""

import dataclasses
import json

import jax
import numpy as np
import pytest
from helpers import assert_close

from curvkit import sobolev
from curvkit.core.header import edited
from curvkit.sobolev.experiment import edit
from curvkit.sobolev.trace import STROKE

SETTINGS = sobolev.Settings.read(points=6, width=8, steps=60, function="booth")


@pytest.fixture(scope="module")
def state():
    return sobolev.stream.started(SETTINGS, jax.random.key(0))


@pytest.fixture(scope="module")
def trace():
    return sobolev.run(SETTINGS)


def value_and_slope(place):
    """The scaled function and its slope, by differences."""
    f = lambda at: float(sobolev._functions.scaled("booth")(np.asarray(at, np.float32)))
    step = np.eye(2) * 1e-2
    return f(place), [(f(place + each) - f(place - each)) / 2e-2 for each in step]


def test_a_point_that_is_moved_is_told_what_the_function_is_there(state):
    after = edit(SETTINGS, state, "points", 2, {"x": 0.3, "y": -0.6})
    assert_close(after.data.inputs[0, 2], [0.3, -0.6], rtol=1e-6, what="its place")
    value, slope = value_and_slope(np.array([0.3, -0.6]))
    assert_close(after.data.values[0, 2], value, rtol=1e-4, what="its value")
    assert_close(after.data.slopes[0, 2], slope, rtol=1e-2, atol=1e-2, what="its slope")
    for before, now in zip(state.data, after.data, strict=True):
        rest = np.ones(before.shape[:2], bool)
        rest[0, 2] = False
        np.testing.assert_array_equal(np.asarray(before)[rest], np.asarray(now)[rest])


def test_one_coordinate_alone_can_be_given(state):
    after = edit(SETTINGS, state, "points", 0, {"y": 0.25})
    before = np.asarray(state.data.inputs[0, 0])
    assert_close(after.data.inputs[0, 0], [before[0], 0.25], rtol=1e-6)


def test_a_slope_that_is_turned_leaves_the_point_and_its_value(state):
    point = np.asarray(state.data.inputs[0, 1])
    tip = point + STROKE * np.array([3.0, -2.0])
    after = edit(SETTINGS, state, "tips", 1, {"x": float(tip[0]), "y": float(tip[1])})
    assert_close(after.data.slopes[0, 1], [3.0, -2.0], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(after.data.inputs, state.data.inputs)
    np.testing.assert_array_equal(after.data.values, state.data.values)


def test_a_value_that_is_told_leaves_the_point_and_its_slope(state):
    after = edit(SETTINGS, state, "values", 2, {"y": -1.5})
    assert after.data.values[0, 2] == -1.5
    np.testing.assert_array_equal(after.data.inputs, state.data.inputs)
    np.testing.assert_array_equal(after.data.slopes, state.data.slopes)
    rest = np.arange(SETTINGS.points) != 2
    np.testing.assert_array_equal(after.data.values[0, rest], state.data.values[0, rest])
    np.testing.assert_array_equal(after.data.values[1:], state.data.values[1:])


def test_a_value_beyond_the_function_is_seen(trace):
    plain = sobolev.scenes.surfaces(trace)
    targets = trace.targets.copy()
    targets[1] = 2 * np.abs(trace.truth).max()
    raised = sobolev.scenes.surfaces(dataclasses.replace(trace, targets=targets))
    assert raised.fixed["heights"][1] > targets[1] > plain.fixed["heights"][1]


@pytest.mark.parametrize(
    "field, item, values, said",
    [
        ("values", 0, {"x": 1.0, "y": 1.0}, "a value must be its y alone"),
        ("values", 0, {"y": np.nan}, "a value's y must be"),
        ("points", 6, {"x": 0.0}, "the point must be"),
        ("points", 0, {"x": 1.5}, "a point's x must be"),
        ("tips", 0, {"y": np.inf}, "a stroke's y must be"),
        ("truth", 0, {"x": 0.0}, "field to edit"),
    ],
)
def test_what_cannot_be_edited_is_refused_in_a_sentence(state, field, item, values, said):
    with pytest.raises(ValueError, match=said) as refused:
        edit(SETTINGS, state, field, item, values)
    assert "\n" not in str(refused.value)


def test_a_run_on_edited_data_learns_them_and_compiles_nothing(state):
    plain = sobolev.stream.course(SETTINGS)
    plain.advance(3)
    compiled = sobolev.stream.advance._cache_size()
    edits = [("points", 2, {"x": 0.3, "y": -0.6}), ("tips", 2, {"x": 0.9})]
    course = sobolev.stream.course(SETTINGS, edits=edits)
    course.advance(3)
    assert sobolev.stream.advance._cache_size() == compiled
    trace = course.trace
    assert trace.header["edits"] == [[field, item, values] for field, item, values in edits]
    assert_close(trace.points[2], [0.3, -0.6], rtol=1e-6)
    assert_close(trace.slopes[2, 0], (0.9 - 0.3) / STROKE, rtol=1e-3)
    differs = np.abs(trace.value_error[-1] - plain.trace.value_error[-1]) > 0
    assert differs[:, 0].all(), "the pair that is shown has learnt other data"
    np.testing.assert_allclose(
        trace.value_error[:, :, 1:], plain.trace.value_error[:, :, 1:], rtol=1e-5
    )


@pytest.mark.parametrize(
    "edits, said",
    [
        ("points", "its edits are no list of fields, items and values"),
        ([["points", 2]], "its edits are no list of fields, items and values"),
        ([["truth", 0, {"x": 0.0}]], "its edits are of 'truth', and what can be edited is points"),
        ([[["points"], 0, {"x": 0.0}]], "and what can be edited is points, tips"),
        ([["points", 6, {"x": 0.0}]], "its edits are of item 6 of points, of which there are 6"),
        ([["tips", -1, {"x": 0.0}]], "its edits are of item -1 of tips"),
        ([["tips", True, {"x": 0.0}]], "its edits are of item True of tips"),
        ([["tips", 0, {}]], "its edits of tips are {}, and no x or y"),
        ([["values", 0, {"x": 0.0}]], "its edits of values are along x"),
        ([["tips", 0, {"z": 0.0}]], "and no x or y"),
        ([["tips", 0, {"x": float("inf")}]], "its edits of tips hold inf, which is no number"),
        ([["tips", 0, {"x": 10**400}]], "which is no number"),
        ([["tips", 0, {"x": "0"}]], "its edits of tips hold '0', which is no number"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_a_trace_whose_edits_cannot_have_been_made_is_refused(trace, tmp_path, edits, said):
    header = {**trace.header, "edits": edits}
    with pytest.raises(ValueError, match="The trace cannot be saved") as refused:
        dataclasses.replace(trace, header=header).save(tmp_path / "trace.npz")
    assert said in str(refused.value)
    np.savez(tmp_path / "trace.npz", header=json.dumps(header), **trace.arrays())
    with pytest.raises(ValueError, match="is not a trace of sobolev") as refused:
        sobolev.Trace.load(tmp_path / "trace.npz")
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_trace_of_edited_data_is_loaded_with_its_edits(trace, tmp_path):
    header = {
        **trace.header,
        "edits": [
            ["points", 5, {"x": 0.5}],
            ["tips", 0, {"x": 1, "y": -2}],
            ["values", 1, {"y": 3}],
        ],
    }
    made = dataclasses.replace(trace, header=header)
    assert sobolev.Trace.load(made.save(tmp_path / "trace.npz")).header == header


def test_where_nothing_can_be_edited_no_edit_is_read():
    edited({"edits": []}, {})
    with pytest.raises(ValueError, match="what can be edited is nothing"):
        edited({"edits": [["points", 0, {"x": 0.0}]]}, {})


def test_a_scene_shows_the_strokes_where_they_are_edited(trace):
    scene = sobolev.scenes.surfaces(trace)
    tips = np.stack([scene.fixed["tip_x"], scene.fixed["tip_y"]], 1)
    assert_close((tips - trace.points) / STROKE, trace.slopes, rtol=1e-3, atol=1e-4)
    above = next(view for view in scene.views if view.id == "above")
    assert [mark.drag.each for mark in above.marks if mark.drag] == ["tips", "points"]
    truth = next(view for view in scene.views if view.id == "truth")
    drags = [mark.drag for mark in truth.marks if mark.drag]
    assert [(each.each, each.up) for each in drags] == [("tips", None), ("points", "values")]

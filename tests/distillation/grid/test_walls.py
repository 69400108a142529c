"""Walls of the grid world that is drawn, set and removed by hand."""

import dataclasses
import json

import jax
import numpy as np
import pytest
from helpers import assert_close

from curvkit.distillation import grid
from curvkit.distillation.grid import _worlds as worlds
from curvkit.distillation.grid import experiment
from curvkit.distillation.grid import trace as traces
from curvkit.distillation.grid._learning import LENGTH

SETTINGS = grid.Settings.read(steps=60, walls=0.2)
MIDDLE = worlds.start(worlds.SIDE)
AROUND = [MIDDLE + each for each in (1, -1, worlds.SIDE, -worlds.SIDE)]


@pytest.fixture(scope="module")
def state():
    return grid.stream.started(SETTINGS, jax.random.key(0))


@pytest.fixture(scope="module")
def cells(state):
    """A cell beside the way that is free, and one that is wall."""
    kinds = np.asarray(state.worlds.kinds[state.shown])
    free = next(k for k in AROUND if kinds[k] == worlds.FREE)
    return free, int(np.flatnonzero(kinds == worlds.WALL)[0])


@pytest.fixture(scope="module")
def painted(cells):
    free, wall = cells
    edits = [("walls", free, {"value": 1}), ("walls", wall, {"value": 0})]
    return grid.run(SETTINGS, edits=edits)


def flooded(kinds):
    """Which cells a breadth-first walk comes to."""
    side = round(len(kinds) ** 0.5)
    seen, queue = set(), [(side // 2, side // 2)]
    while queue:
        y, x = queue.pop()
        if not (0 <= y < side and 0 <= x < side) or (y, x) in seen:
            continue
        if kinds[y * side + x] == worlds.WALL:
            continue
        seen.add((y, x))
        if kinds[y * side + x] == worlds.FREE:
            queue += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return np.isin(np.arange(len(kinds)), [y * side + x for y, x in seen])


def test_what_can_be_come_to_is_what_a_walk_comes_to():
    for seed in range(20):
        kinds = np.asarray(worlds.drawn(jax.random.key(seed), 7, 0.4, 0.1, 0.1))
        expected = flooded(kinds)
        assert 0 < expected.sum() < len(kinds)
        reached = worlds.within_reach(worlds.world(kinds, 0.1, 0.1))
        np.testing.assert_array_equal(reached, expected)
        np.testing.assert_array_equal(traces.within_reach(kinds), expected)


def test_a_wall_changes_its_world_the_teacher_and_the_best_policy_and_no_other(painted, cells):
    plain = grid.run(SETTINGS)
    free, wall = cells
    assert painted.shown == plain.shown
    changed = plain.kinds.copy()
    changed[free], changed[wall] = worlds.WALL, worlds.FREE
    np.testing.assert_array_equal(painted.kinds, changed)
    for trace in (plain, painted):
        made = worlds.world(trace.kinds, SETTINGS.noise, SETTINGS.ending)
        worth = worlds.best(made, LENGTH)
        policy = jax.nn.softmax(worth / SETTINGS.temperature)
        assert_close(trace.worth, worlds.gained(made, policy, made.rewards, LENGTH), rtol=1e-3,
                     atol=1e-4, what="the teacher's worth")  # fmt: skip
        assert_close(trace.teacher_value[trace.shown], trace.worth[MIDDLE], rtol=1e-4)
        best = float(worth[MIDDLE].max())
        assert_close(trace.best_value[trace.shown], best, rtol=1e-3, atol=1e-3)
    others = np.arange(len(plain.best_value)) != plain.shown
    for name in ("teacher_value", "best_value", "value"):
        ours, theirs = (getattr(each, name)[..., others] for each in (painted, plain))
        assert_close(ours, theirs, rtol=1e-4, atol=1e-4, what=name)
    here = painted.value[-1, :, plain.shown] - plain.value[-1, :, plain.shown]
    assert np.abs(here).max() > 1e-3, "the students have learnt the same world"


def test_a_wall_that_is_taken_away_is_a_free_cell_and_what_is_none_stays(state):
    at = state.shown
    kinds = np.asarray(state.worlds.kinds[at])
    for kind in (worlds.FREE, worlds.GOAL, worlds.PIT):
        cell = int(np.flatnonzero(kinds == kind)[0])
        emptied = experiment.edit(SETTINGS, state, "walls", cell, {"value": 0})
        np.testing.assert_array_equal(emptied.worlds.kinds[at], kinds)
        walled = experiment.edit(SETTINGS, emptied, "walls", cell, {"value": 1})
        assert walled.worlds.kinds[at][cell] == worlds.WALL
        again = experiment.edit(SETTINGS, walled, "walls", cell, {"value": 0})
        assert again.worlds.kinds[at][cell] == worlds.FREE


@pytest.mark.parametrize(
    "edits, said",
    [
        ([("walls", cell, {"value": 1}) for cell in AROUND], "No goal can be come to from the mid"),
        ([("walls", MIDDLE, {"value": 1})], "No goal can be come to from the middle"),
        ([("walls", 121, {"value": 1})], "the cell must be a whole number from 0 to 120"),
        ([("goals", 1, {"value": 1})], "There is no field to edit 'goals'"),
        ([("walls", 1, {"value": 0.5})], "a cell must be a value of 1"),
        ([("walls", 1, {"x": 1})], "a cell must be a value of 1"),
    ],
)
def test_what_no_student_can_learn_is_refused_in_a_sentence(edits, said):
    with pytest.raises(ValueError, match=said) as refused:
        grid.stream.course(SETTINGS, edits=edits)
    assert "\n" not in str(refused.value)


def test_what_counts_is_the_world_that_all_strokes_make_together():
    shut = [("walls", cell, {"value": 1}) for cell in AROUND]
    opened = []
    for cell in AROUND:
        try:
            grid.stream.course(SETTINGS, edits=[*shut, ("walls", cell, {"value": 0})])
            opened.append(cell)
        except ValueError as refused:
            assert str(refused) == traces.NO_WAY
    assert opened, "the way is closed for good"


def test_a_painted_run_is_saved_loaded_and_made_again(painted, tmp_path):
    loaded = grid.Trace.load(painted.save(tmp_path / "trace.npz"))
    assert loaded.edits == painted.edits and len(loaded.edits) == 2
    again = grid.run(SETTINGS, edits=loaded.edits)
    for name, values in painted.arrays().items():
        np.testing.assert_array_equal(getattr(again, name), values, err_msg=name)


@pytest.mark.parametrize(
    "edits, said",
    [
        ([["walls", 121, {"value": 1}]], "its edits are of item 121 of walls, of which there are"),
        ([["walls", 0, {"value": 2}]], "a cell is filled (1) or empty (0)"),
        ([["walls", 0, {"x": 1}]], "and no value"),
        ([["walls", MIDDLE, {"value": 1}]], "do not fit its cell 60"),
        ([["pits", 0, {"value": 1}]], "what can be edited is walls"),
    ],
)
def test_a_trace_whose_walls_cannot_have_been_painted_is_refused(painted, tmp_path, edits, said):
    header = {**painted.header, "edits": edits}
    with pytest.raises(ValueError, match="The trace cannot be saved") as refused:
        dataclasses.replace(painted, header=header).save(tmp_path / "trace.npz")
    assert said in str(refused.value)
    np.savez(tmp_path / "trace.npz", header=json.dumps(header), **painted.arrays())
    with pytest.raises(ValueError, match="is not a trace of distillation.grid") as refused:
        grid.Trace.load(tmp_path / "trace.npz")
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_a_trace_that_closes_the_way_or_draws_no_world_is_refused(painted, tmp_path):
    kinds = painted.kinds.copy()
    kinds[AROUND] = worlds.WALL
    walled = {**painted.header, "edits": [["walls", AROUND[0], {"value": 1}]]}
    for changed, said in (
        (dict(kinds=kinds, header=walled), "leave no way to a goal"),
        (dict(shown=np.array(32)), "it draws world 32 of 32"),
    ):
        with pytest.raises(ValueError, match=said):
            dataclasses.replace(painted, **changed).save(tmp_path / "trace.npz")


def test_a_trace_of_an_earlier_version_is_completed(tmp_path):
    plain = grid.run(SETTINGS)
    arrays = {k: v for k, v in plain.arrays().items() if k not in grid.Trace.LATER}
    np.savez(tmp_path / "old.npz", header=json.dumps(plain.header), **arrays)
    old = grid.Trace.load(tmp_path / "old.npz")
    assert old.shown == plain.shown and np.isnan(old.worth).all()
    assert grid.scenes.worlds(old).count == plain.readings


def test_a_scene_shows_the_world_that_is_painted(painted, cells):
    scene = grid.scenes.worlds(painted)
    walls = scene.fixed["walls"].ravel()
    assert walls[cells[0]] == 1 and walls[cells[1]] == 0
    world = next(view for view in scene.views if view.id == "world")
    assert world.paint.each in grid.Trace.PAINTED and world.paint.grid == "walls"
    assert np.isnan(scene.fixed["worth"].ravel()[walls > 0]).all()
    value = painted.value[:, :, painted.shown]
    np.testing.assert_allclose(scene.rows["value"], value, rtol=1e-6)
    best = value[np.arange(len(value)), scene.rows["lead"].astype(int)]
    assert_close(best, value.max(1), atol=2e-3)

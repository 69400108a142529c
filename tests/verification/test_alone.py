"""The box by itself: what is said of it is true of its states, and it changes nothing else."""

import json

import numpy as np
import pytest
from helpers import float64

from curvkit import verification
from curvkit.verification import Settings, scenes, stream
from curvkit.verification import _cells as cells
from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum
from curvkit.verification.trace import MOMENT

PLACES = [(0.0, 0.5, 0.3), (1.0, -0.5, 0.05), (-2.0, 1.0, 0.02), (3.1, 4.9, 0.4)]


def boxed(place, **more):
    angle, speed, size = place
    return stream.run(
        Settings.read(steps=1, box_angle=angle, box_speed=speed, box_size=size, **more)
    )


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_no_state_of_the_box_is_above_its_bound_and_the_attack_is_attained(place):
    trace = boxed(place)
    low, high = trace.box.astype(float)[::2], trace.box.astype(float)[1::2]
    at = low + np.random.default_rng(0).uniform(size=(4000, 2)) * (high - low)
    with float64():
        x = pendulum.features(np.pi * at[:, 0], pendulum.FASTEST * at[:, 1])
        seen = np.asarray(certify.values(pendulum.models()[0], pendulum.falling().fit(3, 3), x))
    most = float(np.max(seen))
    assert most <= trace.box_bound and trace.box_attack <= trace.box_bound
    # Twelve states were tried there, and here thousands; the box is small.
    assert float(np.min(seen)) - 1e-3 <= trace.box_attack <= most + 1e-2
    assert (trace.box_verdict == cells.PROVED) == (trace.box_bound <= 0)
    assert (trace.box_verdict == cells.VIOLATED) == (trace.box_attack > 0)


def test_the_box_is_around_its_middle_and_ends_where_the_square_does():
    trace = boxed(PLACES[1])
    middle = trace.box * np.repeat([np.pi, trace.fastest], 2)
    np.testing.assert_allclose(middle, [0.95, 1.05, -0.55, -0.45], rtol=1e-5)
    corner = boxed(PLACES[3]).box
    assert corner[1] == corner[3] == 1.0
    np.testing.assert_allclose(corner[[0, 2]], [2.7 / np.pi, 4.5 / 5], rtol=1e-5)


def test_a_smaller_box_within_has_no_higher_bound():
    sizes = [boxed((1.0, -0.5, size)).box_bound for size in (0.4, 0.2, 0.1, 0.05)]
    assert np.all(np.diff(sizes) < 0)


def test_the_pendulums_swing_as_the_model_and_the_truth_do():
    """Against the roll-outs in float64, and the equation of motion by finite differences."""
    trace = boxed(PLACES[0])
    angle, speed = trace.swing_angle.astype(float), trace.swing_speed.astype(float)
    assert angle.shape == speed.shape == (2, 201) and MOMENT == pendulum.DT
    np.testing.assert_allclose([angle[:, 0], speed[:, 0]], [[0, 0], [0.5, 0.5]], atol=1e-6)
    with float64():
        _, states = pendulum.roll_out(pendulum.models()[0], np.zeros(1), np.full(1, 0.5), 40)
    states = np.asarray(states)
    learnt = np.arctan2(states[:, 0, 0], -states[:, 0, 1])
    np.testing.assert_allclose(angle[0, :41], learnt, atol=1e-3)
    slope = np.gradient(angle[1], pendulum.DT)[1:-1]
    np.testing.assert_allclose(slope, speed[1, 1:-1], atol=0.02)
    pull = -pendulum.GRAVITY * np.sin(angle[1]) - pendulum.DAMPING * speed[1]
    np.testing.assert_allclose(np.gradient(speed[1], pendulum.DT)[1:-1], pull[1:-1], atol=0.1)


def test_model_a_never_comes_to_rest_and_the_true_pendulum_does():
    """What the scene says of a state at which energy grows."""
    trace = boxed(PLACES[0])
    late = np.abs(trace.swing_speed[:, -40:]).max(1)
    assert late[0] > 0.5 and late[1] < 0.1


def test_turning_the_box_changes_no_cell():
    course = stream.course(Settings.read(steps=3))
    course.advance(2)
    course.turn(1, box_angle=1.0, box_size=0.1)
    course.advance(100)
    plain = stream.run(Settings.read(steps=3))
    for name in ("cells", "cell_bound", "cell_attack", "verdict", "upper_bound", "proved"):
        np.testing.assert_array_equal(getattr(course.trace, name), getattr(plain, name))
    # Also where the run is over: no reading is made, and the box is another one.
    assert course.ended
    before = course.readings
    course.turn(before, box_angle=-1.0)
    assert course.advance(3) == 0 and course.readings == before and course.ended
    np.testing.assert_allclose(course.trace.box[:2] * np.pi, [-1.1, -0.9], rtol=1e-5)
    np.testing.assert_array_equal(course.trace.cells, plain.cells)


def test_a_trace_of_an_earlier_version_has_no_box_and_its_scene_is_drawn(tmp_path):
    trace = boxed(PLACES[0])
    later = verification.Trace.LATER
    settings = {k: v for k, v in trace.settings.items() if not k.startswith("box_")}
    told = json.dumps({**trace.header, "settings": settings}, sort_keys=True)
    arrays = {name: each for name, each in trace.arrays().items() if name not in later}
    np.savez_compressed(tmp_path / "old.npz", header=np.array(told), **arrays)
    old = verification.Trace.load(tmp_path / "old.npz")
    assert np.isnan(old.box).all() and old.box_verdict == -1 and old.settings["box_size"] == 0.3
    drawn = scenes.region(old)
    assert np.isnan(drawn.fixed["box_left"]) and drawn.count == trace.readings


def test_the_way_over_the_plane_has_a_gap_where_the_pendulum_turns_over():
    drawn = scenes.region(boxed((2.6, 4.4, 0.1)))
    angle = drawn.fixed["way_angle"]
    assert np.nanmax(np.abs(angle)) <= np.pi + 1e-6 and np.isnan(angle).sum() >= 1
    assert np.nanmax(np.abs(np.diff(angle))) < np.pi
    assert np.ptp(drawn.fixed["swing"]) > 2 * np.pi

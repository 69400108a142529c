"""The student that is dropped by hand: it starts where the click was, and the others stay."""

import numpy as np
import pytest

from curvkit.distillation import Settings, scenes, stream

SHORT = dict(steps=60)


def beside(trace):
    """The two knobs that a click sets, and what each subtracts from the place of the click."""
    scene = scenes.portrait(trace)
    drop = scene.views[0].drop
    return {each.knob: float(scene.fixed[each.plus]) for each in (drop.x, drop.y)}


@pytest.fixture(scope="module")
def plain():
    return stream.run(Settings.read(**SHORT))


def test_the_first_student_starts_where_the_click_was_and_no_other_moves(plain):
    offsets = beside(plain)
    knobs = {
        name: at - offset for (name, offset), at in zip(offsets.items(), (2.5, -4.0), strict=True)
    }
    trace = stream.run(Settings.read(**SHORT, **knobs))
    np.testing.assert_allclose(trace.logits[0, 0], [2.5, -4.0, 2.5], atol=1e-5)
    np.testing.assert_array_equal(trace.logits[:, 1:], plain.logits[:, 1:])
    # A second click is told by the same place, wherever the first one was.
    assert beside(trace) == pytest.approx(offsets, abs=1e-5)


def test_its_way_and_its_return_are_drawn_by_themselves(plain):
    rows = scenes.portrait(plain).rows
    np.testing.assert_array_equal(rows["own_x"], plain.logits[:, 0, 0].astype(float))
    np.testing.assert_array_equal(rows["own_value"], plain.value[:, 0].astype(float))


def test_every_place_of_the_plane_can_be_reached(plain):
    drop, low, high = scenes.portrait(plain).views[0].drop, *plain.axis[[0, -1]]
    for seed in range(3):
        start = stream.run(Settings.read(steps=1, seed=seed)).logits[0, 0, :2]
        for knob, at in zip((drop.x.knob, drop.y.knob), start, strict=True):
            for end in (low, high):
                Settings.read({knob: float(end - at)})

"""The ways in the plane: what is left out of them is what nobody would see."""

import dataclasses

import numpy as np
import pytest

from curvkit.core import knob
from curvkit.minima import basin
from curvkit.minima.basin import figures


@pytest.fixture(scope="module")
def trace():
    """A short run of the room."""
    return basin.run(knob.read(basin.Settings, steps=400, every=10))


def split(x, y):
    """The ways of one curve as arrays (points, 2), split at their gaps."""
    points = np.stack([x, y], 1)
    gaps = np.flatnonzero(np.isnan(points[:, 0]))
    return [part[~np.isnan(part[:, 0])] for part in np.split(points, gaps)]


def away(point, way):
    """How far a point is from a polygon."""
    start, along = way[:-1], np.diff(way, axis=0)
    length = np.maximum((along**2).sum(1), 1e-30)
    share = np.clip(((point - start) * along).sum(1) / length, 0, 1)
    return np.min(np.linalg.norm(start + share[:, None] * along - point, axis=1))


def test_every_reading_within_the_plane_is_near_the_way_that_is_drawn(trace):
    low, high = figures._range(trace.axis_along)
    least = figures.FINEST * (high - low)
    for start in range(0, trace.loss.shape[1], 12):
        chosen = np.arange(trace.loss.shape[1]) == start
        ways = [way for way in split(*figures._tracks(trace, chosen)) if len(way)]
        for x, y in zip(trace.along[:, start], trace.across[:, start], strict=True):
            if max(abs(x), abs(y)) < high:
                at = np.array([x, y], float)
                near = [away(at, way) if len(way) > 1 else np.linalg.norm(way[0] - at)
                        for way in ways]  # fmt: skip
                # A skipped reading is nearer than `least`, in either coordinate, to a drawn one.
                assert min(near) <= 1.5 * least


def test_a_way_that_leaves_the_plane_and_comes_back_is_not_joined_across_it(trace):
    high = figures._range(trace.axis_along)[1]
    far = np.array([0.5, 1.5, 2.0, 2.0, 2.0, 1.5, -0.5]) * high
    side = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 0.0]) * high
    fields = dict(along=far[:, None], across=side[:, None], loss=np.ones((7, 1)),
                  off_plane=np.zeros((7, 1)), step=np.arange(7))  # fmt: skip
    fields |= {name: np.ones(7) for name in ("dropped_along", "dropped_across", "dropped_loss")}
    made = dataclasses.replace(trace, **fields)
    ways = [way for way in split(*figures._tracks(made, np.ones(1, bool))) if len(way)]
    assert [len(way) for way in ways] == [2, 2]
    np.testing.assert_allclose(ways[0][:, 0], far[:2], rtol=1e-6)
    np.testing.assert_allclose(ways[1][:, 0], far[-2:], rtol=1e-6)


def test_what_is_left_out_is_most_of_it(trace):
    everything = np.ones(trace.loss.shape[1], bool)
    assert len(figures._tracks(trace, everything)[0]) < 0.8 * trace.loss.size

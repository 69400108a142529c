"""The plane and the way into it and back, against plain linear algebra; and where descents end."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from hypothesis import given
from hypothesis import strategies as st

from curvkit.core import knob
from curvkit.minima.basin import Settings, stream
from curvkit.minima.basin import _plane as plane

pytest.importorskip("flint")


@functools.cache
def _run(turned):
    return stream.run(knob.read(Settings, dict(turned)))


def run(**turned):
    """The trace with these knobs turned."""
    return _run(tuple(sorted(turned.items())))


@given(st.integers(0, 99), st.floats(-3, 3), st.floats(-3, 3))
def test_a_place_in_the_plane_has_the_coordinates_it_was_given(seed, t, u):
    random = np.random.default_rng(seed)
    minimum, better = jnp.array(random.normal(size=(2, 7)), jnp.float32)
    two = plane.axes(jax.random.normal(jax.random.key(seed), (7,)), minimum, better)
    # Single precision, numbers of size three.
    assert_close(two @ two.T, np.eye(2), atol=1e-5)
    there = plane.place(jnp.array([t]), jnp.array([u]), minimum, two)
    along, across, off = plane.project(there, minimum, two)
    assert_close([along[0], across[0], off[0]], [t, u, 0], atol=2e-5)
    end = plane.project(better[None], minimum, two)
    assert_close([end[0][0], end[1][0]], [np.linalg.norm(better - minimum), 0], atol=2e-5)


def test_flat_weights_and_networks_side_by_side_are_the_same():
    flat = jnp.arange(27.0).reshape(3, 9)
    runs = plane.as_runs(flat, 2, 2)
    assert runs.hidden[1, 0].tolist() == [2.0, 11.0, 20.0]
    assert plane.as_flat(runs).tolist() == flat.tolist()


@pytest.mark.parametrize("name", plane.CHARTED)
def test_every_chart_is_of_a_proved_minimum_and_a_proved_better_point(name):
    chart = plane.chart(name)
    assert chart.certificate.proved
    assert chart.certificate.better_loss.high < chart.certificate.loss.low
    assert 1 < chart.distance < 20


def test_an_unknown_chart_is_refused():
    with pytest.raises(ValueError, match="There is no example 'P4'"):
        plane.chart("P4")


def test_the_surface_has_the_proved_level_in_its_middle():
    trace = run(steps=1, every=1)
    middle = len(trace.axis_along) // 2
    assert trace.axis_along[middle] == trace.axis_across[middle] == 0
    assert_close(trace.surface[middle, middle], trace.level, rtol=1e-5)


def test_starts_close_to_the_minimum_fall_into_it():
    trace = run(span=0.1, steps=20000, every=400, learning_rate=0.5)
    share = np.mean(trace.fate() == 1)
    # Within 0.5 in both coordinates descent comes back; far corners need not.
    assert share > 0.8
    assert np.all(np.diff(trace.loss.astype(float), axis=0) < 1e-4)


def test_from_further_away_some_fall_in_and_some_get_past():
    counts = np.bincount(run().fate(), minlength=4)
    assert counts[1] >= 3 and counts[2] >= 20


def test_what_is_below_the_level_never_comes_back():
    trace = run()
    below = trace.loss < float(trace.level) * (1 - 1e-3)
    assert not np.any(below[:-1] & ~below[1:])

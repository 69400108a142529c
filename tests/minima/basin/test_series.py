"""What a run in the plane records, against a descent by a loop and the dense Hessian."""

import dataclasses

import jax
import numpy as np
import pytest
from helpers import assert_close, float64
from oracles import networks

from curvkit.minima import _certificate as certificate
from curvkit.minima import _examples as examples
from curvkit.minima.basin import Settings, experiment, stream
from curvkit.minima.basin import _plane as plane

pytest.importorskip("flint")
SMALL = dict(steps=25, every=10, learning_rate=0.5)
NETWORK = ("sigmoid", "logistic")
WATCHED = (0, 30, 84, 100, 168)


@pytest.fixture(scope="module")
def seen():
    """The trace, the example, its minimum in floats, and the two directions of the plane."""
    settings = Settings.read(SMALL)
    given = examples.ten_points()
    minimum = np.array([float(each) for each in given.weights.flat()])
    two = np.asarray(stream.begin(settings, jax.random.key(0)).two, float)
    return stream.run(settings), given, minimum, two


def points(given):
    return given.inputs.astype(float), given.targets.astype(float)


def test_coordinates_and_losses_are_those_of_a_loop_over_steps(seen):
    trace, given, minimum, two = seen
    assert trace.step.tolist() == [0, 10, 20, 25]
    assert_close(two @ two.T, np.eye(2), atol=1e-6)
    line = np.linspace(-1, 1, 13) * 1.25 * float(trace.better_along)
    along, across = (each.ravel() for each in np.meshgrid(line, line))
    assert_close(trace.along[0], along, atol=1e-5)
    assert_close(trace.across[0], across, atol=1e-5)
    with float64():
        value = jax.jit(jax.value_and_grad(lambda at: networks.loss(at, *points(given), *NETWORK)))
        for start in WATCHED:
            now = minimum + along[start] * two[0] + across[start] * two[1]
            for step in range(26):
                loss, slope = value(now)
                if step in trace.step:
                    at = trace.step.tolist().index(step)
                    # The nearest point of the plane by least squares, and how far it is off.
                    where, left, *_ = np.linalg.lstsq(two.T, now - minimum, rcond=None)
                    names = ("along", "across", "off_plane")
                    told = [getattr(trace, name)[at, start] for name in names]
                    assert_close(told, [*where, np.sqrt(left[0])], rtol=1e-3, atol=1e-4)
                    assert_close(trace.loss[at, start], loss, rtol=1e-4)
                now = now - 0.5 * np.asarray(slope) / 10
    # Off the axis to the better point descents leave the plane.
    assert np.all(trace.off_plane[0] < 1e-5) and np.median(trace.off_plane[3]) > 0.01


def test_the_surface_is_the_loss_of_the_weights_at_each_place(seen):
    trace, given, minimum, two = seen
    line = np.linspace(-1, 1, 49) * 1.25 * float(trace.better_along)
    assert_close([trace.axis_along, trace.axis_across], [line, line], atol=1e-5)
    places = minimum + np.array([[t * two[0] + u * two[1] for t in line] for u in line])
    hidden, bias, output, offset = np.split(places, (4, 6, 8), axis=-1)
    x, y = points(given)
    inside = np.einsum("abuf,pf->abpu", hidden.reshape(49, 49, 2, 2), x) + bias[:, :, None]
    z = np.einsum("abpu,abu->abp", 1 / (1 + np.exp(-inside)), output) + offset
    assert_close(trace.surface, np.sum(np.log1p(np.exp(z)) - y * z, -1), rtol=1e-4)


def test_the_better_point_is_where_the_loss_is_that_of_its_weights(seen):
    trace, given, minimum, two = seen
    better = plane.chart("ten_points").certificate.example.better
    there = np.array([float(each) for each in better.flat()])
    distance = np.linalg.norm(there - minimum)
    assert_close(trace.better_along, distance, rtol=1e-5)
    assert_close(two[0], (there - minimum) / distance, atol=1e-5)
    loss = float(networks.loss(there, *points(given), *NETWORK))
    assert_close(trace.better_loss, loss, rtol=1e-5)
    assert trace.better_loss < trace.level


def test_eigenvalues_are_those_of_the_dense_hessian_and_one_critical_point_is_in_the_box(seen):
    trace, given, minimum, _ = seen
    with float64():
        value = lambda flat: networks.loss(flat, *points(given), *NETWORK)
        slope, bend = jax.jit(jax.grad(value)), jax.jit(jax.hessian(value))
        dense = np.linalg.eigvalsh(np.asarray(bend(minimum)))
        # As single precision keeps them, which is coarser than they are proved.
        assert_close(trace.eigenvalues, dense, rtol=1e-6)
        assert np.all(trace.eigenvalue_radii > 0) and np.all(trace.eigenvalue_radii < 1e-9)
        radius = float(trace.box_radius)
        corners = np.random.default_rng(0).choice([-1.0, 1.0], size=(5, 9))
        ends = []
        for corner in corners:
            at = minimum + radius * corner
            for _ in range(8):
                at = at - np.linalg.solve(np.asarray(bend(at)), np.asarray(slope(at)))
            ends.append(at)
    assert 0 < radius <= certificate.REACH
    assert_close(np.ptp(ends, axis=0), np.zeros(9), atol=1e-9)
    assert np.abs(ends[0] - minimum).max() < radius
    proof = certificate.certify(given)
    halves = [(each.high - each.low) / 2 for each in proof.eigenvalues]
    assert_close([*trace.eigenvalue_radii, radius], [*halves, proof.radius], rtol=1e-6)


def told(monkeypatch, chart):
    """What is no row, of another chart than the room's own."""
    monkeypatch.setattr(plane, "chart", lambda name: chart)
    settings = Settings.read(SMALL)
    return experiment.last(settings, experiment.begin(settings, jax.random.key(0)))


def test_what_is_not_proved_is_not_called_proved_and_rectifiers_have_no_box(seen, monkeypatch):
    whole, line = plane.chart("ten_points"), plane.chart("P1")
    assert int(seen[0].proved) == 1
    # As where the better point was not better.
    proof = whole.certificate
    steps = (*proof.steps[:-1], proof.steps[-1]._replace(holds=False))
    failed = dataclasses.replace(proof, steps=steps)
    assert int(told(monkeypatch, whole._replace(certificate=failed))["proved"]) == 0
    exact = told(monkeypatch, line)
    assert int(exact["proved"]) == 1 and float(exact["box_radius"]) == 0
    assert exact["eigenvalues"].size == exact["eigenvalue_radii"].size == 0

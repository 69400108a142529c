"""Rectifiers under the logistic loss: a zero slope is proved where it is, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curvkit.minima import _proofs_logistic as proofs_logistic
from curvkit.minima._certificate import certify
from curvkit.minima._examples import example

pytest.importorskip("flint")
POINTS = np.array([-2.0, -1.0, 0.5, 1.0, 2.0, 3.0])
LABELS = np.array([0, 1, 0, 1, 0, 1])
HOW = dict(activation="relu", loss="logistic")


def _regression(points, labels, steps=60):
    """Slope and intercept of logistic regression, by Newton's method."""
    wide = np.stack([points, np.ones(len(points))], 1)
    at = np.zeros(2)
    for _ in range(steps):
        s = 1 / (1 + np.exp(-wide @ at))
        hessian = (wide.T * (s * (1 - s))) @ wide
        at = at - np.linalg.solve(hessian, wide.T @ (s - labels))
    return at


def _loss(weights, points, labels):
    hidden, bias, output, offset = weights
    z = np.maximum(points[:, None] * hidden[:, 0] + bias, 0) @ output + offset
    return (np.logaddexp(0, z) - labels * z).sum()


def _always_on(v=1.0, dead=False):
    """One unit that is on at every point, so that the network is logistic regression there."""
    slope, intercept = _regression(POINTS, LABELS)
    weights = [np.array([[slope / v]]), np.array([10.0]), np.array([v]), intercept - 10 * v]
    if dead:
        weights[0] = np.concatenate([weights[0], [[0.5]]])
        weights[1], weights[2] = np.append(weights[1], -9.0), np.append(weights[2], 2.0)
    return weights


@pytest.mark.parametrize("v", [1.0, -0.5])
@pytest.mark.parametrize("dead", [False, True])
def test_logistic_regression_within_a_rectifier_network_is_proved(v, dead):
    weights = _always_on(v, dead)
    found = certify(example(POINTS, LABELS, weights, **HOW))
    assert found.proved, str(found)
    assert found.loss.low <= _loss(weights, POINTS, LABELS) + 1e-12
    assert found.loss.high >= _loss(weights, POINTS, LABELS) - 1e-12
    assert found.distance < 1e-9 and found.flat and "strict local" not in found.words()
    assert ("off on every point" in found.words()) == dead


def test_a_better_point_is_proved_to_be_better_and_a_worse_one_never():
    # Off left of a half, and then uphill to the last point.
    better = (np.array([[4.0]]), np.array([-10.0]), np.array([3.0]), 0.0)
    assert _loss(better, POINTS, LABELS) < _loss(_always_on(), POINTS, LABELS)
    assert certify(example(POINTS, LABELS, _always_on(), better=better, **HOW)).proved
    worse = (np.array([[4.0]]), np.array([-10.0]), np.array([-3.0]), 0.0)
    found = certify(example(POINTS, LABELS, _always_on(), better=worse, **HOW))
    assert not found.proved and found.minimum_proved


def _planted():
    slope, bias, v, offset = _always_on()
    separable = np.array([0, 0, 0, 1, 1, 1])
    return {
        "off the minimum": (LABELS, (slope, bias, v, offset + 0.5)),
        "a wrong sign": (LABELS, (-slope, bias, v, offset)),
        "points that can be told apart": (separable, (slope, bias, v, offset)),
        "no output weight": (LABELS, (slope, bias, 0 * v, offset)),
        "a pattern that changes on the way": (
            LABELS, (slope * 1.0, np.array([2 * abs(slope[0, 0]) + 1e-4]), v, offset + 10)
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", _planted())
def test_a_planted_false_claim_is_never_certified(name):
    labels, weights = _planted()[name]
    found = certify(example(POINTS, labels, weights, **HOW))
    assert not found.proved and not found.minimum_proved
    assert "\n" not in found.words()


def test_with_reach_the_true_minimum_is_spoken_of_and_how_far_it_is():
    slope, bias, v, offset = _always_on()
    found = certify(example(POINTS, LABELS, (slope, bias, v, offset + 0.1), **HOW), reach=0.5)
    assert found.proved and 0.01 < found.distance <= 0.5
    assert "weights as given are not it" in found.words()


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 2), st.integers(3, 7))
def test_what_is_proved_is_the_lowest_of_its_pattern_for_random_networks(seed, units, points):
    random = np.random.default_rng(seed)
    inputs, labels = random.normal(size=points), random.integers(0, 2, points)
    weights = [random.normal(size=s) for s in ((units, 1), (units,), (units,), ())]
    found = certify(example(inputs, labels, weights, **HOW), reach=2.0)
    if not found.minimum_proved:
        assert found.words().startswith("**Not proved**")
        return
    pattern = lambda each: inputs[:, None] * each[0][:, 0] + each[1] > 0
    for scale in (0.0, 0.01, 0.1, 0.3, 1.0):
        near = [w + scale * random.normal(size=np.shape(w)) for w in weights]
        if (pattern(near) == pattern(weights)).all():
            assert _loss(near, inputs, labels) >= found.loss.low - 1e-12


def test_units_with_one_pattern_leave_directions_that_change_no_output():
    slope, bias, v, offset = _always_on()
    weights = np.repeat(slope, 2, 0), np.repeat(bias, 2), np.repeat(v / 2, 2), offset
    found = certify(example(POINTS, LABELS, weights, **HOW))
    assert found.proved and "3 directions of (w, b, c) change no output" in found.words()
    A = proofs_logistic.through(*_exact(weights))
    assert A.shape == (6, 5) and len(proofs_logistic.rationals.pivots(A)) == 2


def _exact(weights):
    made = example(POINTS, LABELS, weights, **HOW)
    return made.weights, np.ones((6, 2), bool), made.inputs

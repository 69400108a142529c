"""Softmax and digit-sum properties: their values, and margins that no exponential can hold."""

import itertools

import numpy as np
from helpers import float64

from curvkit.verification import DigitSumSpec, SoftmaxSpec, verify

RANDOM = np.random.default_rng(0)


def softmax(y):
    weight = np.exp(y - y.max())
    return weight / weight.sum()


def test_a_softmax_specification_has_the_sign_of_the_expected_distance():
    distance, label, limit = np.array([0, 0.25, 1, 0.5]), 0, 0.3
    spec = SoftmaxSpec(distance, label, limit).fit(1, 4)
    for _ in range(20):
        y = 2 * RANDOM.normal(size=4)
        with float64():
            value = float(spec(np.zeros(1), y))
        # F is the expectation less the limit, times the softmax's denominator.
        expected = (softmax(y) @ distance - limit) * np.exp(y - y[label]).sum()
        assert abs(value - expected) < 1e-12 * (1 + abs(expected))


def test_a_digit_sum_is_the_expected_error_over_all_combinations():
    labels, limit = [3, 8], 1.0
    spec = DigitSumSpec(labels, limit).fit(1, 20)
    y = RANDOM.normal(size=20)
    p, q = softmax(y[:10]), softmax(y[10:])
    pairs = itertools.product(range(10), range(10))
    error = sum(p[i] * q[j] * abs(i + j - sum(labels)) for i, j in pairs)
    scale = np.exp(y[:10] - y[3]).sum() * np.exp(y[10:] - y[18]).sum()
    with float64():
        assert abs(float(spec(np.zeros(1), y)) - (error - limit) * scale) < 1e-10 * scale


def test_margins_beyond_709_are_decided_at_once():
    steep = (np.array([[-40.0], [40.0]]), np.zeros(2))
    wrong = verify([steep], ([10.0], [11.0]), SoftmaxSpec([0.0, 1.0], 0, 0.5))
    assert wrong.attack_value > 0
    assert wrong.status == "violated" and len(wrong.trace) == 1 and np.isfinite(wrong.upper_bound)
    right = verify([steep], ([10.0], [11.0]), SoftmaxSpec([1.0, 0.0], 1, 0.5), method="crown")
    assert right.status == "verified" and len(right.trace) == 1
    # Of another class that is near enough it is no violation, however large its margin.
    steep = (np.array([[-400.0], [400.0]]), np.zeros(2))
    spec = SoftmaxSpec([0.0, 0.25], 0, 0.5)
    near = verify([steep], ([10.0], [11.0]), spec, method="crown")
    assert near.status == "verified"

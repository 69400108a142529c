"""ReLU and leaky ReLU: closed forms against integrals."""

import math

import numpy as np
import pytest
from oracles import kernel_maps as oracle

from curvkit.kernels import _networks as networks
from curvkit.kernels import _rectifiers as rectifiers


@pytest.mark.parametrize("slope", [0.0, 0.4, -0.3])
@pytest.mark.parametrize("c", [-0.8, 0.0, 0.7])
def test_the_closed_map_is_the_double_integral(slope, c):
    function = lambda x: np.where(x > 0, x, slope * x)
    # The oracle's grid crosses the kink: its error is that of its step squared.
    assert rectifiers.c_map(c, slope) == pytest.approx(oracle.c_map(function, c), abs=2e-5)
    assert rectifiers.layer(slope)(c) == pytest.approx(float(rectifiers.c_map(c, slope)), abs=1e-15)
    h = 1e-5
    step = (rectifiers.c_map(c + h, slope) - rectifiers.c_map(c - h, slope)) / (2 * h)
    assert rectifiers.c_map_slope(c, slope) == pytest.approx(step, abs=1e-8)


def test_relu_needs_the_published_number_of_layers():
    reached = {3: 0.605, 5: 0.736, 10: 0.872, 12: 0.897, 13: 0.907, 20: 0.948}
    for depth, value in reached.items():
        found = networks.maximal(networks.feed_forward(depth), 0.0, rectifiers.layer(0.0))
        assert found == pytest.approx(value, abs=5e-4)
    assert rectifiers.needed(0.9) == 13


def test_where_a_shifted_relu_turns_is_pi_over_pi_minus_one():
    assert (
        pytest.approx(1.466942206924260361, abs=1e-12)
        == rectifiers.UNSHIFTED
        == math.pi / (math.pi - 1)
    )


@pytest.mark.parametrize("alpha, beta", [(0.2, 1.0), (0.5, 1.0), (3.0, 1.0), (0.7, -1.0)])
def test_the_moments_of_a_shifted_relu_are_its_integrals(alpha, beta):
    function = lambda z: max(alpha * z + beta, 0.0)
    cut = (-beta / alpha,)
    mean = oracle.expectation(function, cut)
    variance = oracle.expectation(lambda z: (function(z) - mean) ** 2, cut)
    slope = alpha**2 * oracle.expectation(lambda z: float(alpha * z + beta > 0), cut) / variance
    found = rectifiers._relu_moments(alpha, beta)
    assert found == pytest.approx((mean, variance, slope - 1), rel=1e-8)


@pytest.mark.parametrize("depth, zeta", [(50, 1.5), (1, 1.4), (1, 1.6), (1, 3.0)])
def test_a_shaped_relu_has_the_slope_asked_for(depth, zeta):
    root, _ = rectifiers.dks_relu(networks.feed_forward(depth), zeta)
    assert root.beta == (1.0 if zeta ** (1 / depth) < rectifiers.UNSHIFTED else -1.0)
    _, _, excess = rectifiers._relu_moments(root.alpha, root.beta)
    assert (1 + excess) ** depth == pytest.approx(zeta, rel=1e-10)

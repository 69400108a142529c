"""Q and C maps: against dense integrals, closed forms, and what Hermite weights imply."""

import numpy as np
import pytest
from oracles import kernel_maps as oracle

from curvkit.kernels import _maps as maps
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels._activations import ACTIVATIONS

SMOOTH = ("softplus", "tanh", "gelu", "swish", "erf", "sin")


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("c", [-0.9, -0.3, 0.0, 0.6, 1.0])
def test_a_c_map_is_the_double_integral(name, c):
    function = lambda x: ACTIVATIONS[name].jet(x)[0]
    # 48 terms leave out b_k of 1e-9 for the steepest of them.
    assert maps.c_map(function, c) == pytest.approx(oracle.c_map(function, c), abs=1e-7)


@pytest.mark.parametrize("slope", [0.0, 0.3, -0.5])
def test_many_terms_of_a_kinked_series_come_to_the_closed_form(slope):
    function = lambda x: np.where(x > 0, x, slope * x)
    c = np.linspace(-1, 1, 21)
    found = maps.c_map(function, c, terms=400, cuts=(0.0,))
    np.testing.assert_allclose(found, rectifiers.c_map(c, slope), atol=2e-4)  # k^(−3/2) is left


@pytest.mark.parametrize("name", SMOOTH)
def test_a_q_map_is_the_integral(name):
    function = lambda x: ACTIVATIONS[name].jet(x)[0]
    for q in (0.2, 1.0, 2.0):
        truth = oracle.expectation(lambda z, q=q: function(np.sqrt(q) * z) ** 2)
        assert maps.q_map(function, q) == pytest.approx(truth, rel=1e-7)


def test_a_c_map_is_increasing_and_convex_on_the_right_for_any_weights():
    generator = np.random.default_rng(0)
    c = np.linspace(0, 1, 101)
    for _ in range(20):
        b = generator.dirichlet(np.ones(12))
        values = maps.series(b, c)
        assert values[-1] == pytest.approx(1) and (np.diff(values) > 0).all()
        assert (np.diff(values, 2) > -1e-12).all()
        steps = np.diff(values) / np.diff(c)
        middles = maps.series_slope(b, (c[1:] + c[:-1]) / 2)
        np.testing.assert_allclose(middles, steps, rtol=2e-3, atol=1e-5)


def test_a_network_s_map_is_the_composition():
    layer = lambda c: (c + c**2) / 2
    found = maps.network_c_map(layer, 0.7, 5)
    assert found[-1] == oracle.feed_forward([layer] * 5)(0.7) and len(found) == 6

"""Dirac weights against sums over a dense grid of two normal numbers, and closed forms of ReLU."""

import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels import _dirac as dirac
from curvkit.kernels.ways import run

COSINES = jnp.array([-1.0, 0.0, 0.5, 1.0])


def grid(function, cosine):
    """E[f(u) f(v)] over E[f(u)²], and that, by 1201 by 1201 points of u and of what is new in v."""
    z = np.linspace(-7, 7, 1201)
    mass = np.exp(-(z**2) / 2)
    mass /= mass.sum()
    u = function(z)
    v = function(cosine * z[:, None] + np.sqrt(1 - cosine**2) * z)
    square = u**2 @ mass
    return mass @ (u[:, None] * v) @ mass / square, square


def test_after_many_layers_of_tanh_it_is_the_expectation_of_the_whole_function():
    state = dirac.begin(COSINES)
    for _ in range(10):
        state = dirac.further(state, lambda x: jnp.tanh(jnp.tanh(x)))
    found = dirac.read(state, COSINES)

    def whole(x):
        for _ in range(20):
            x = np.tanh(x)
        return x

    slow, square = grid(whole, 0.5)
    np.testing.assert_allclose(found.c, [-1, 0, slow, 1], atol=2e-4)
    assert float(found.q) == pytest.approx(square, rel=1e-4)
    z = np.linspace(-8, 8, 400_001)
    mass = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    slope = np.log10(np.gradient(whole(z), z) ** 2 @ mass / square)
    assert float(found.log_slope) == pytest.approx(slope, abs=1e-3)


@pytest.mark.slow
def test_relu_passes_on_what_it_passed_and_its_map_is_that_of_one_layer():
    trace = run(weights="dirac", activation="relu", depth=40)
    c = trace.cosine
    one = (np.sqrt(1 - c**2) + (np.pi - np.arccos(np.clip(c, -1, 1))) * c) / np.pi
    np.testing.assert_allclose(trace.c[1], one, atol=1e-4)
    np.testing.assert_allclose(trace.c[-1], trace.c[1], atol=1e-5)
    np.testing.assert_allclose(trace.q[1:], 0.5, rtol=1e-5)
    np.testing.assert_allclose(trace.log_slope, 0, atol=1e-3)
    # Slopes below all single numbers are still told, and no tangent kernel is made up.
    sigmoid = run(weights="dirac", activation="sigmoid", depth=100)
    assert sigmoid.finite == sigmoid.readings and sigmoid.log_slope[-1] < -100
    assert np.isnan(sigmoid.kappa).all()

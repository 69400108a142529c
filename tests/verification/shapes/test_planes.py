"""Lines and planes are on their side of the function, everywhere on the interval."""

import numpy as np
import pytest

from curvkit.verification.shapes import Settings, run
from curvkit.verification.shapes import _planes as planes


@pytest.mark.parametrize("touch", [0.0, 0.3, 1.0])
def test_an_exponential_lies_between_its_chord_and_any_tangent(touch):
    z = np.linspace(-1.5, 2.0, 201)
    # Single precision.
    assert np.all(planes.chord(z, -1.5, 2.0) >= np.exp(z) - 1e-5)
    assert np.all(planes.tangent(z, -1.5, 2.0, touch) <= np.exp(z) + 1e-5)


@pytest.mark.parametrize("blend", [0.0, 0.4, 1.0])
def test_a_blend_of_mccormick_s_planes_is_above_the_product(blend):
    a, b = np.meshgrid(np.linspace(-1, 2, 31), np.linspace(-3, 0.5, 31))
    plane = planes.mccormick(a, b, (-1, 2), (-3, 0.5), blend)
    assert np.all(plane >= a * b - 1e-9) and np.min(plane - a * b) < 1e-9


def test_the_relu_of_a_trace_lies_in_its_triangle():
    trace = run(Settings.read(lower=-2.0, slope=0.8))
    assert np.all(trace.relu_above >= trace.relu - 1e-6)
    assert np.all(trace.relu_below <= trace.relu + 1e-6)

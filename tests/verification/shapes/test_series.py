"""What a run of the shapes records, against formulas in double precision."""

import numpy as np
import pytest
from helpers import assert_close

from curvkit.verification import shapes

LOWER, UPPER, SLOPE, TOUCH, OTHER, BLEND = -1.5, 2.0, 0.3, 0.4, 0.7, 0.2


@pytest.fixture(scope="module")
def trace():
    return shapes.run(
        lower=LOWER, upper=UPPER, slope=SLOPE, touch=TOUCH, other=OTHER, blend=BLEND, steps=10
    )


def expected():
    """Each series by its formula: a line by its two ends, a plane by corners of the box."""
    z = np.linspace(LOWER, UPPER, 10)
    at = LOWER + TOUCH * (UPPER - LOWER)
    ends = [np.exp(LOWER), np.exp(UPPER)]
    a, b = np.linspace(LOWER, UPPER, 13), np.linspace(-OTHER, OTHER, 13)
    one, two = np.meshgrid(a, b)
    # Each of McCormick's upper planes is exact on two sides of the box: a = u and b = −r, or
    # a = l and b = r.
    upper = one * two + (UPPER - one) * (two + OTHER)
    lower = one * two + (one - LOWER) * (OTHER - two)
    return {
        "argument": z,
        "relu": np.where(z > 0, z, 0),
        "relu_above": np.interp(z, [LOWER, UPPER], [0, UPPER]),
        "relu_below": SLOPE * z,
        "exponential": np.exp(z),
        "chord": np.interp(z, [LOWER, UPPER], ends),
        "tangent": np.exp(at) + np.exp(at) * (z - at),
        "first": a,
        "second": b,
        "product": one * two,
        "plane": BLEND * upper + (1 - BLEND) * lower,
    }


@pytest.mark.parametrize("name", expected())
def test_each_series_is_its_formula(trace, name):
    # Single precision, of numbers up to seven.
    assert_close(getattr(trace, name), expected()[name], rtol=1e-5, atol=2e-6, what=name)

"""Where a function jumps is found by bisection, and only there."""

import numpy as np
import pytest

from curvkit.kernels._activations import ACTIVATIONS, _of
from curvkit.kernels._breaks import jumps

named = pytest.mark.parametrize("name", sorted(ACTIVATIONS))


@named
def test_bisection_finds_the_jumps_that_are_declared(name):
    base, found = ACTIVATIONS[name], _of(ACTIVATIONS[name].function)
    assert found.kinks == pytest.approx(base.kinks, abs=1e-9)
    assert found.bends == pytest.approx(base.bends, abs=1e-9) or set(found.bends) <= set(base.kinks)


def test_a_steep_smooth_function_has_no_jump():
    assert jumps(lambda x: np.tanh(40 * x), np.linspace(-20, 20, 4001)) == ()

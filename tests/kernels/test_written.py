"""Written derivatives are those that JAX finds of the same function."""

import numpy as np
import pytest

from curvkit.kernels._activations import ACTIVATIONS, _of

named = pytest.mark.parametrize("name", sorted(ACTIVATIONS))


@named
def test_the_written_derivatives_are_those_of_jax(name):
    base = ACTIVATIONS[name]
    x = np.linspace(-6, 6, 200)  # an even number: 0, where some bend, is not among them
    for written, derived in zip(base.jet(x), _of(base.function).jet(x), strict=True):
        np.testing.assert_allclose(written, derived, rtol=1e-9, atol=1e-12)

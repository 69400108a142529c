"""What maps foretell, beyond what the experiment's own test holds: Dirac's weights, overflow."""

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import Affine, Chain, Elementwise, Sum
from curvkit.kernels.contest import _foretold as foretold


def test_of_dirac_s_relu_is_one_layer_however_deep():
    c = foretold.COSINES
    one = (np.sqrt(1 - c**2) + (np.pi - np.arccos(c)) * c) / np.pi
    found = foretold.of_dirac(jax.nn.relu, lambda number: (0.0, 1.0), 9)
    np.testing.assert_allclose(found.cosine, one, atol=1e-4)
    assert np.isnan(found.kappa) and abs(found.log_square - np.log10(0.5)) < 1e-5


def test_lengths_and_slopes_beyond_single_precision_are_told_as_logarithms():
    doubled = Sum((1.0, 1.0), (Chain(), Chain((Elementwise(), Affine(2**0.5)))), normalized=False)
    found = foretold.of_blocks(jax.nn.relu, lambda number: doubled, Chain(), 60)
    assert abs(found.log_square - 60 * np.log10(2)) < 1e-3 and abs(found.log_slope) < 1e-3
    steep = Chain((Elementwise(), Affine(1e-3)))
    found = foretold.of_blocks(lambda x: x, lambda number: steep, Chain(), 4)
    np.testing.assert_allclose(found.log_square, -24, atol=1e-3)
    assert bool(jnp.isfinite(found.log_slope))

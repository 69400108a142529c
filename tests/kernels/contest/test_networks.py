"""The contenders: what their maps say of them before they are trained."""

import numpy as np
import pytest

from curvkit.kernels import network_maps, residual, shape
from curvkit.kernels.contest import _networks as networks


def test_plain_sums_of_relu_double_lengths_and_normalised_ones_grow_by_one_a_block():
    at = lambda name: network_maps(networks.contender(name, 25, 0.8, networks.HE), "relu").q
    assert at("plain_sums") == pytest.approx(2.0**25)
    # Past the last normalisation mean squares are 1 again.
    assert at("batch_norm") == pytest.approx(1) and at("layer_norm") == pytest.approx(1)


def test_a_rescaled_network_is_the_residual_one_and_keeps_its_shape():
    network = networks.contender("rescaled", 4, 0.6)
    made = shape("sigmoid", residual(4, 2, weight=0.6))
    assert shape("sigmoid", network).alpha == pytest.approx(made.alpha, rel=1e-12)
    assert network_maps(network, made).slope == pytest.approx(1.5, abs=1e-6)
    assert np.isclose(network_maps(networks.contender("chain", 4, 0.0), made).q, 1)


def test_an_unknown_contender_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="did you mean 'chain'"):
        networks.contender("chian", 2, 0.5)

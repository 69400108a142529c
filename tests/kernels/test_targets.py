"""Targets of a layer: what the whole network then does."""

import pytest

from curvkit.kernels import _networks as networks
from curvkit.kernels import _targets as targets


@pytest.mark.parametrize("depth", [1, 3, 50, 1000])
@pytest.mark.parametrize("zeta", [1.01, 1.5, 100.0])
def test_in_a_row_the_slope_is_the_root_of_zeta(depth, zeta):
    found = targets.slope_excess(networks.feed_forward(depth), zeta)
    assert found == pytest.approx(zeta ** (1 / depth) - 1, rel=1e-10)
    assert targets.curvature(networks.feed_forward(depth), zeta) == pytest.approx(zeta / depth)


def test_in_a_residual_network_the_slope_is_the_published_one():
    found = targets.slope_excess(networks.residual(25, 2, weight=0.8), 1.5)
    assert 1 + found == pytest.approx(1.02129359, abs=5e-9)


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.99])
def test_what_a_layer_is_asked_makes_the_network_do_what_was_asked(weight):
    network = networks.resnet_v2((3, 4, 6, 3), weight=weight)
    excess, bent = targets.slope_excess(network, 1.5), targets.curvature(network, 0.3)
    slopes = [networks.slope(each, 1 + excess) for each in networks.subnetworks(network)]
    curvatures = [networks.curvature(each, bent) for each in networks.subnetworks(network)]
    assert max(slopes) == pytest.approx(1.5, rel=1e-12)
    assert max(curvatures) == pytest.approx(0.3, rel=1e-12)

"""Architectures from knobs: their sub-networks, and the C map of the whole against the oracle."""

import numpy as np
import pytest
from oracles import kernel_maps as oracle

from curvkit.core.knob import knobs
from curvkit.kernels import Settings, shape
from curvkit.kernels import _architecture as architecture
from curvkit.kernels import _networks as networks
from curvkit.kernels import _rectifiers as rectifiers


@pytest.mark.parametrize("wiring", architecture.WIRINGS)
@pytest.mark.parametrize("method, goal", [("dks", 1.5), ("tat", 0.3)])
def test_the_largest_part_is_the_target(wiring, method, goal):
    made = shape("softplus", architecture.wire(wiring, 7, 0.9), method)
    built = architecture.read(made, np.linspace(-1, 1, 5))
    assert max(built.parts) == pytest.approx(goal, abs=1e-8)
    assert built.shaped_c[-1] == pytest.approx(1, abs=1e-12)


def test_with_a_large_weight_a_branch_is_steeper_than_the_whole():
    # (0.98² + 0.02·ψ²)·ψ is below ψ² for one block without shortcuts around its branch.
    made = shape("softplus", architecture.wire("residual", 1, 0.99))
    whole, *branches = architecture.read(made, np.zeros(1)).parts
    assert max(branches) > whole


@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_the_c_map_of_a_residual_network_is_that_of_the_oracle(slope):
    network, layer = networks.residual(3, 2, weight=0.8), lambda c: rectifiers.c_map(c, slope)
    found = architecture.c_map(network, layer, 0.3)
    # The run of all blocks is the longest and C maps of a leaky ReLU never go down.
    expected = oracle.largest_run([(0.8, 2)] * 3 + [None], 0.3, layer)
    assert found == pytest.approx(expected, abs=1e-12)


def test_an_unknown_wiring_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="did you mean 'nested'"):
        architecture.wire("nest", 3, 0.5)


def test_the_knob_offers_what_can_be_wired():
    assert knobs(Settings)["wiring"].choices == architecture.WIRINGS

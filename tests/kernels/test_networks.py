"""Architectures as data: against loops, and un-normalised sums refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import kernel_maps as oracle

from curvkit.kernels import _networks as networks
from curvkit.kernels._networks import Chain, Nonlinear, Sum, feed_forward, residual, residual_block

blocks = st.lists(
    st.one_of(st.none(), st.tuples(st.floats(0, 0.99), st.integers(1, 3))), min_size=1, max_size=5
)


def _built(blocks):
    parts = [Nonlinear() if b is None else residual_block(feed_forward(b[1]), b[0]) for b in blocks]
    return Chain(tuple(parts))


@given(blocks, st.floats(1.0001, 2.0))
def test_the_maximal_slope_is_the_largest_over_all_runs_of_layers(blocks, local):
    found = networks.largest(_built(blocks), lambda each: networks.slope(each, local))
    assert found == pytest.approx(oracle.largest_run(blocks, 1.0, lambda y: local * y), rel=1e-12)


@given(blocks, st.floats(0.001, 2.0))
def test_the_maximal_curvature_is_the_largest_over_all_runs_of_layers(blocks, local):
    found = networks.largest(_built(blocks), lambda each: networks.curvature(each, local))
    assert found == pytest.approx(oracle.largest_run(blocks, 0.0, lambda y: local + y), rel=1e-12)


@given(blocks, st.floats(0.0, 0.9))
def test_the_maximal_map_is_the_largest_over_all_runs_of_layers(blocks, c):
    layer = lambda c: (1 + 2 * c + c**2) / 4  # convex, with C(1) = 1 and C′(1) = 1
    found = networks.maximal(_built(blocks), c, layer)
    assert found == pytest.approx(oracle.largest_run(blocks, c, layer), rel=1e-12)


def test_a_lone_branch_can_beat_the_whole_network():
    network = residual(1, 2, weight=0.9, final=False)
    assert networks.maximal(network, 1.0, lambda y: 2 * y) == 4.0
    assert networks.slope(network, 2.0) == pytest.approx(0.81 + 0.19 * 4)


def test_networks_nest():
    inner = residual_block(Chain((Nonlinear(), residual_block(Nonlinear(), 0.6))), 0.8)
    assert networks.slope(inner, 2.0) == pytest.approx(0.64 + 0.36 * 2 * (0.36 + 0.64 * 2))
    assert networks.layers(Chain((inner,), 3)) == 6


@given(st.lists(st.floats(0.01, 3), min_size=1, max_size=4))
def test_a_sum_is_refused_unless_its_squares_add_up_to_one(weights):
    total = math.fsum(w**2 for w in weights)
    branches = (Nonlinear(),) * len(weights)
    if abs(total - 1) < 1e-6:
        return
    with pytest.raises(ValueError, match="squares sum to 1.*instead"):
        Sum(tuple(weights), branches)
    Sum(tuple(np.array(weights) / math.sqrt(total)), branches)


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: Sum((1.0, 1.0), (Chain(), Nonlinear())), "0.707107, 0.707107"),
        (lambda: Sum((0.8, 0.2), (Chain(), Nonlinear())), "squares sum to 1"),
        (lambda: Sum((1.0,), (Chain(), Nonlinear())), "one number for each"),
        (lambda: feed_forward(0), "depth must be a whole number from 1"),
        (lambda: feed_forward(2.5), "depth"),
        (lambda: residual(3, 2, weight=1.0), "weight must be at least 0 and below 1"),
        (lambda: Chain(("relu",)), "made of Nonlinear, Chain and Sum"),
    ],
)
def test_what_is_no_network_is_refused_in_a_sentence(make, said):
    with pytest.raises(ValueError, match=said) as refused:
        make()
    assert "\n" not in str(refused.value)

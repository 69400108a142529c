"""Covariances of all items of a batch, at infinite width and of sampled networks."""

import numpy as np
import pytest
from oracles import kernel_ways as oracle

from curvkit.kernels import (
    Affine,
    BatchNorm,
    Chain,
    Concatenation,
    Elementwise,
    LayerNorm,
    MeanPool,
    Nonlinear,
    Sum,
    build,
)
from curvkit.kernels import _check as checking


def test_inputs_of_unlike_lengths_go_through_relu_as_the_closed_form_says():
    x = np.array([[1.0, 0.0], [1.5, 2.0], [-0.5, 0.1]])
    plan = build(Nonlinear(), "relu", width=4)
    found = checking.planned_by(plan, x)[-1]
    k = x @ x.T / 2
    roots = np.sqrt(np.diag(k))
    expected = np.outer(roots, roots) * oracle.relu(1.0, k / np.outer(roots, roots))[1]
    np.testing.assert_allclose(found, expected, atol=2e-3)  # 96 terms of a series, and the rest


NETWORK = Chain((
    Affine(window=3), Concatenation((Chain(), Nonlinear())), LayerNorm(),
    Affine(1.2, 0.3, stride=2), BatchNorm(), Sum((0.6, 0.8), (Chain(), Elementwise())),
    Elementwise(), MeanPool(), Affine(),
))  # fmt: skip


def test_sampled_networks_of_every_part_have_the_covariances_of_the_plan_on_average():
    inputs = np.random.default_rng(1).normal(size=(4, 4, 3))
    plan = build(NETWORK, "tanh", width=400)
    drawn, planned = checking.sampled(plan, inputs, draws=24), checking.planned_by(plan, inputs)
    assert [each.shape for each in planned] == [each.shape[1:] for each in drawn]
    assert planned[-1].shape == (4, 4) and planned[4].shape == (8, 8)  # pooled; every second
    for place, (many, one) in enumerate(zip(drawn, planned, strict=True)):
        spread = many.std(0)
        off = np.abs(many.mean(0) - one)
        # After BatchNorm of a few items a feature is no longer normal, which φ notices.
        slack = 0.01 if place < 5 else 0.04
        assert (off < 5 * spread / 24**0.5 + slack).all(), place


@pytest.mark.parametrize("orthogonal", [True, False])
def test_gaussian_weights_spread_more_than_orthogonal_ones(orthogonal):
    plan, x = build(Chain((Nonlinear(),), 4), "tanh", width=128), np.eye(3) * 3**0.5
    spread = checking.sampled(plan, x, draws=40, orthogonal=orthogonal)[0].std(0)[0, 0]
    assert spread < 1e-12 if orthogonal else 0.06 < spread < 0.25  # √(2/128)

"""Blocks: their order, and that what is added to each is weighed as it is said to be."""

import numpy as np
import pytest

from curvkit.kernels import Affine, Chain, Elementwise, LayerNorm, network_maps
from curvkit.kernels import _blocks as blocks


def test_a_normalisation_stands_before_or_after_the_nonlinearity_and_weights_last():
    kinds = lambda norm: [type(each).__name__ for each in blocks.layer(norm).parts]
    assert kinds("none") == ["Elementwise", "Affine"]
    assert kinds("layer_before") == ["LayerNorm", "Elementwise", "Affine"]
    assert kinds("layer_after") == ["Elementwise", "LayerNorm", "Affine"]
    assert kinds("batch") == ["BatchNorm", "Elementwise", "Affine"]
    assert blocks.layer("none", 1.5, 0.2, 3).parts[-1] == Affine(1.5, 0.2, 3)


@pytest.mark.parametrize(
    "shortcut, share", [("rescaled", 0.36), ("growing", 0.75), ("zeroed", 1.0), ("none", 0.0)]
)
def test_squares_of_the_input_s_weight_are_those_of_its_share(shortcut, share):
    branch = Chain((Elementwise(), Affine(2**0.5)))
    whole = network_maps(blocks.block(shortcut, branch, 0.6, 3), "relu", (0.2,))
    alone = network_maps(branch, "relu", (0.2,))
    assert whole.q == pytest.approx(1)
    np.testing.assert_allclose(whole.c, share * 0.2 + (1 - share) * alone.c)


def test_plain_sums_add_and_others_are_what_they_are_made_of():
    branch = Chain((Elementwise(), Affine(2**0.5)))
    assert network_maps(blocks.block("plain", branch, 0.0, 1), "relu").q == pytest.approx(2)
    assert blocks.block("none", branch, 0.0, 1) is branch
    assert isinstance(blocks.layer("layer_after").parts[1], LayerNorm)

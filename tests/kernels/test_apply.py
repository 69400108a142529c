"""What a network computes by a rule for each layer, and layers as products of patches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.kernels import Affine, Chain, Elementwise, LayerNorm, MeanPool, residual_block
from curvkit.kernels import _apply as applying

X = jnp.asarray(np.random.default_rng(0).normal(size=(3, 6, 5, 2)), jnp.float32)


@pytest.mark.parametrize("window, stride", [(1, 1), (3, 1), (3, 2), (5, 2), (1, 2)])
def test_a_product_of_patches_is_the_convolution(window, stride):
    layer = Affine(window=window, stride=stride)
    shape = (window, window, 2, 4) if window > 1 else (2, 4)
    params = {"weight": jax.random.normal(jax.random.key(0), shape), "bias": jnp.arange(4.0)}
    np.testing.assert_allclose(
        applying.patched(layer, params, X), applying.PLAIN.dense(layer, params, X), atol=1e-5
    )


def test_each_layer_goes_by_its_rule_also_in_branches_and_where_it_is_repeated():
    seen = []
    rules = applying.PLAIN._replace(
        dense=lambda layer, params, x: seen.append(x.shape) or applying.patched(layer, params, x)
    )
    layer = Chain((LayerNorm(), Elementwise(), Affine(window=3)))
    network = Chain((Chain((residual_block(layer, 0.6),), 4), Elementwise(), MeanPool()))
    built = network.build("tanh", width=3, outputs=2)
    params = built.init(jax.random.key(0), X)
    np.testing.assert_allclose(built.apply(params, X, rules), built.apply(params, X), atol=1e-5)
    # A loop is traced once, or a few times, and never as often as it goes round.
    assert (3, 6, 5, 2) in seen and (3, 6, 5, 3) in seen and (3, 3) in seen

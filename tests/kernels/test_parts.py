"""What architectures are made of: pytrees of their numbers, which may be traced."""

import jax
import jax.numpy as jnp
import pytest

from curvkit.kernels import Chain, Nonlinear, Sum, residual
from curvkit.kernels import _networks as networks


def test_an_architecture_is_put_together_again_from_its_numbers():
    network = Chain((residual(3, 2, weight=0.8), Sum((0.6, 0.8), (Chain(), Nonlinear()))), 2)
    leaves, structure = jax.tree.flatten(network)
    assert sorted(leaves) == pytest.approx([0.6, 0.6, 0.8, 0.8, 1, 1, 1, 2, 2, 3])
    assert jax.tree.unflatten(structure, leaves) == network


def test_slopes_and_layers_of_traced_numbers_are_those_of_plain_ones():
    @jax.jit
    def read(blocks, weight):
        network = residual(blocks, 2, weight=weight)
        steep = networks.largest(network, lambda each: networks.slope(each, jnp.array(1.05)))
        bent = networks.largest(network, lambda each: networks.curvature(each, 0.1))
        return (
            networks.layers(network),
            steep,
            bent,
            networks.through(network, jnp.ones(2), jnp.cos),
        )

    for blocks, weight in ((7, 0.9), (1, 0.0)):
        network = residual(blocks, 2, weight=weight)
        layers, steep, bent, out = read(blocks, weight)
        assert layers == networks.layers(network)
        slope = networks.largest(network, lambda each: networks.slope(each, 1.05))
        assert steep == pytest.approx(slope, rel=1e-5)
        curved = networks.largest(network, lambda each: networks.curvature(each, 0.1))
        assert bent == pytest.approx(curved, rel=1e-5)
        plain = networks.through(network, 1.0, lambda x: float(jnp.cos(x)))
        assert out == pytest.approx([plain, plain], rel=1e-5)


def test_numbers_that_are_no_arrays_are_checked():
    with pytest.raises(ValueError, match="squares sum to 1"):
        Sum((0.5, 0.5), (Nonlinear(), Nonlinear()))
    with pytest.raises(ValueError, match="times must be a whole number from 1"):
        Chain((Nonlinear(),), 0)

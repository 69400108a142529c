"""Maps of whole networks, plain ones included, against recursions over dense grids."""

import functools

import jax
import jax.numpy as jnp
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
    feed_forward,
    network_maps,
    ntk,
    residual,
    shape,
)
from curvkit.kernels import _kernel as kernel
from curvkit.kernels import _rectifiers as rectifiers

COSINES = np.array([-0.7, 0.0, 0.5])
TANH = functools.partial(oracle.smooth, np.tanh)


@pytest.mark.parametrize("gain, bias", [(1.0, 0.0), (1.327, 0.224), (2.5, 0.0)])
def test_a_chain_with_gains_and_biases_is_the_recursion(gain, bias):
    network = Chain((Elementwise(), Affine(gain, bias)), 5)
    found = network_maps(network, "tanh", COSINES)
    slow = np.array([oracle.chain(TANH, 5, c, gain, bias) for c in COSINES])
    np.testing.assert_allclose(found.q, slow[:, 0], atol=1e-6)
    np.testing.assert_allclose(found.c, slow[:, 1], atol=1e-6)


def test_layer_norm_before_the_nonlinearity_keeps_angles_and_after_it_centres():
    he = Affine(2**0.5)
    plain, before, after = (
        network_maps(Chain(each, 3), "relu", COSINES).c
        for each in ((Elementwise(), he), (LayerNorm(), Elementwise(), he),
                     (Elementwise(), LayerNorm(), he))
    )  # fmt: skip
    np.testing.assert_allclose(before, plain, atol=1e-12)
    slow = [oracle.chain(oracle.relu, 3, c, centred=True)[1] for c in COSINES]
    np.testing.assert_allclose(after, slow, atol=1e-6)


def test_batch_norm_takes_off_what_orthogonal_inputs_have_come_to():
    network = Chain((Nonlinear(), BatchNorm(), Nonlinear(), BatchNorm()))
    found = network_maps(network, "relu", np.array([0.0, 0.5, 1.0])).c
    assert found[0] == pytest.approx(0, abs=1e-12) and found[2] == pytest.approx(1)
    # For a chain that is to take off C(0) of each layer, as LayerNorm does after φ.
    assert found[1] == pytest.approx(oracle.chain(oracle.relu, 2, 0.5, centred=True)[1], abs=1e-6)


def test_sums_weigh_squares_and_concatenations_average():
    branch = Nonlinear()
    c_map = network_maps(branch, "relu", COSINES).c
    q = network_maps(branch, "relu").q
    found = network_maps(Sum((0.6, 0.8), (Chain(), branch)), "relu", COSINES)
    assert found.q == pytest.approx(0.36 + 0.64 * q)
    np.testing.assert_allclose(found.c * found.q, 0.36 * COSINES + 0.64 * q * c_map)
    beside = network_maps(Concatenation((Chain(), branch)), "relu", COSINES)
    np.testing.assert_allclose(beside.c * beside.q, (COSINES + q * c_map) / 2)


def test_a_plain_sum_doubles_lengths_at_each_block():
    he = Chain((Elementwise(), Affine(2**0.5)))
    block = Sum((1, 1), (Chain(), he), normalized=False)
    assert network_maps(Chain((block,), 25), "relu").q == pytest.approx(2**25)


@pytest.mark.parametrize("method, name", [("dks", "softplus"), ("tat", "softplus"),
                                          ("tat", "leaky_relu")])  # fmt: skip
def test_a_shaped_network_has_the_maps_that_its_shape_promises(method, name):
    network = residual(6, 2, weight=0.5)
    made = shape(name, network, method, eta=0.5)
    maps = network_maps(network, made, COSINES)
    assert maps.q == pytest.approx(1, abs=1e-7)
    if method == "dks":
        assert maps.slope == pytest.approx(1.5, abs=1e-6)
        assert maps.c[1] == pytest.approx(0, abs=1e-7)
    else:
        assert maps.slope == pytest.approx(1, abs=1e-6)


def test_the_tangent_kernel_of_a_chain_is_the_recursion_s():
    network = Chain((Elementwise(), Affine(2**0.5)), 6)
    layer = lambda c: rectifiers.c_map(c, 0.0)
    slope = lambda c: rectifiers.c_map_slope(c, 0.0)
    same, other = (float(ntk(layer, slope, c, 6)) for c in (1.0, 0.0))
    # Of each layer's weights but the last gain 2 multiplies, and φ halves.
    rules = kernel.Maps(kernel.jet_of("relu"))
    end = kernel.walk(network, rules.start(np.array([1.0]), 1.0), rules)
    # The layer after φ sees half the mean square there, as He's gain comes after it.
    assert end.theta[1] / end.same == pytest.approx(
        (other + layer_sum(layer, slope, 0.0)) / (same + layer_sum(layer, slope, 1.0)), rel=1e-6
    )


def layer_sum(layer, slope, c, depth=6):
    """What makes He's parameters (gain √2 in the weights) of those with unit gain: halves."""
    cosines = [c]
    for _ in range(depth):
        cosines.append(layer(cosines[-1]))
    products = [np.prod([slope(x) for x in cosines[at:depth]]) for at in range(depth + 1)]
    return sum(-0.5 * cosines[at] * products[at] for at in range(1, depth + 1))


def test_numbers_of_the_network_may_be_traced():
    jet = kernel.expectations.of_jax(jnp.tanh)

    @jax.jit
    def read(gain, bias, depth):
        rules = kernel.Maps(jet, (12, 16))
        network = Chain((Elementwise(), Affine(gain, bias)), depth)
        start = rules.start(jnp.asarray(COSINES, jnp.float32), jnp.ones(()))
        return kernel.read(kernel.walk(network, start, rules), 1.0)

    found = read(1.5, 0.3, 8)
    plain = network_maps(Chain((Elementwise(), Affine(1.5, 0.3)), 8), "tanh", COSINES)
    np.testing.assert_allclose(found.c[:3], plain.c, atol=2e-5)
    np.testing.assert_allclose(found[::2], plain[::2], rtol=1e-4)


def test_pooling_is_refused_where_nothing_is_known_of_locations():
    with pytest.raises(ValueError, match="use kernels.check"):
        network_maps(Chain((feed_forward(2), MeanPool())), "tanh")

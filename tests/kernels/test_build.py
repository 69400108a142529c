"""Networks built of their descriptions: against plain loops, in the order that the maps are of."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit import kernels
from curvkit.kernels import (
    Affine,
    BatchNorm,
    Chain,
    Concatenation,
    Elementwise,
    LayerNorm,
    MaxPool,
    MeanPool,
    Nonlinear,
    Sum,
    residual,
    residual_block,
)
from curvkit.kernels import _networks as networks
from curvkit.kernels import _parts as parts

X = jnp.asarray(np.random.default_rng(0).normal(size=(5, 7)), jnp.float32)
KEY = jax.random.key(0)


def made(network, activation="tanh", inputs=X, **options):
    built = network.build(activation, **dict(width=6) | options)
    params = built.init(KEY, inputs)
    return built, params, np.asarray(built.apply(params, inputs))


def test_a_residual_network_is_the_plain_loop_with_fresh_weights_last_in_each_branch():
    _, params, found = made(residual(3, 2, weight=0.6), outputs=2)
    dense = lambda h, p, at=...: h @ np.asarray(p["weight"][at]) + np.asarray(p["bias"][at])
    (stem, blocks, _, head), h = params, np.asarray(X)
    h = dense(h, stem)
    _, (inner,) = blocks[0]
    for at in range(3):
        branch = h
        for layer in range(2):
            branch = dense(np.tanh(branch), inner, (at, layer))
        h = 0.6 * h + 0.8 * branch
    np.testing.assert_allclose(found, dense(np.tanh(h), head), atol=1e-5)


def test_norms_act_over_features_and_over_the_batch():
    for part, axis in ((LayerNorm(), 1), (BatchNorm(), 0)):
        _, _, found = made(Chain((Affine(3.0, 1.0), part, Sum((1.0,), (Chain(),)))), width=16)
        built = Chain((Affine(3.0, 1.0), part)).build("tanh", width=16)
        stage = np.asarray(built.stages(built.init(KEY, X), X)[1])
        np.testing.assert_allclose(stage.mean(axis), 0, atol=1e-5)
        np.testing.assert_allclose((stage**2).mean(axis), 1, atol=1e-3)
        assert found.shape == (5, 16)


def test_convolutions_of_delta_weights_act_on_each_location_and_pooling_averages():
    images = jnp.asarray(np.random.default_rng(1).normal(size=(2, 5, 5, 3)), jnp.float32)
    network = Chain((Affine(window=3), Elementwise(), Affine(window=5, stride=2), MeanPool()))
    built, params, found = made(network, inputs=images, outputs=4)
    first, _, second, *_ = params
    assert first["weight"].shape == (3, 3, 3, 6) and second["weight"].shape == (5, 5, 6, 6)
    h = np.tanh(np.asarray(images) @ np.asarray(first["weight"][1, 1]))
    h = (h @ np.asarray(second["weight"][2, 2]))[:, ::2, ::2].mean((1, 2))
    np.testing.assert_allclose(found, h @ np.asarray(params[-1]["weight"]), atol=1e-5)
    stages = built.stages(params, images)
    assert [each.shape[1:-1] for each in stages] == [(5, 5), (5, 5), (3, 3), (), ()]


def test_gains_biases_and_the_initializer_are_those_asked_for():
    network = Chain((Affine(2.0, 0.5), Chain((Elementwise(), Affine(3.0)), 2)))
    _, params, _ = made(network, width=400, inputs=jnp.ones((2, 300)))
    weight, bias = params[0]["weight"], params[0]["bias"]
    np.testing.assert_allclose(weight @ weight.T / (400 / 300), 4 * np.eye(300), atol=1e-4)
    assert float(jnp.std(bias)) == pytest.approx(0.5, rel=0.15)
    zero = network.build("tanh", width=4, initializer=jax.nn.initializers.zeros)
    assert not any(np.any(each["weight"]) for each in zero.init(KEY, X)[:1])


@pytest.mark.parametrize(
    "branch, added",
    [(Nonlinear(), 0), (Elementwise(), 1), (residual(2, 2, weight=0.5, final=False), 1),
     (Chain((Nonlinear(), LayerNorm())), 0)],
)  # fmt: skip
def test_a_branch_without_fresh_weights_at_its_end_gets_some(branch, added):
    block = residual_block(branch, 0.8)
    count = lambda network: str(network).count("Affine")
    assert count(parts.ordered(block)) - count(block) == added
    assert parts.ordered(block).branches[0] == Chain()
    assert networks.slope(parts.ordered(block), 1.3) == networks.slope(block, 1.3)


@pytest.mark.parametrize("resnet", [kernels.resnet_v1, kernels.resnet_v2])
def test_resnets_have_the_layers_of_their_names_and_are_built(resnet):
    network = resnet((1, 2), layers_per_block=2, weight=0.8)
    assert networks.layers(resnet(weight=0.5)) == 49
    built, params, found = made(network, kernels.shape("softplus", network), outputs=3)
    assert found.shape == (5, 3) and np.isfinite(found).all()
    # A pre-activation network ends in the nonlinearity, the first one in a sum and it.
    first = kernels.resnet_v1((1,), layers_per_block=2, weight=0.8)
    slopes = networks.slope(first, 1.2)
    assert slopes == pytest.approx(1.2 * (0.64 + 0.36 * 1.2) * 1.2)


def test_features_side_by_side():
    network = Chain((Concatenation((Chain(), Nonlinear())), Affine()))
    _, params, found = made(network)
    assert params[1][1]["weight"].shape == (6, 6) and params[-1]["weight"].shape == (12, 6)
    assert found.shape == (5, 6)


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: MaxPool(), "Max pooling has no map"),
        (lambda: Affine(window=4), "window must be odd"),
        (lambda: Affine(gain=-1.0), "gain must be"),
        (lambda: kernels.build(Nonlinear(), width=3), "build needs an activation"),
        (lambda: made(Chain((residual_block(Nonlinear(), 0.5, Concatenation((Chain(),) * 2)),))),
         "of as many features each"),
        (lambda: kernels.shape("tanh", Chain((Nonlinear(), BatchNorm()))), "no BatchNorm"),
        (lambda: kernels.shape("tanh", Chain((Elementwise(), Affine(2.0)))), "of gain 1"),
        (lambda: kernels.shape("relu", Chain((Elementwise(), LayerNorm()))), "LayerNorm only"),
        (lambda: kernels.shape("tanh", Chain((MeanPool(), Nonlinear()))), "MeanPool only"),
        (lambda: kernels.shape("tanh", Sum((1, 1), (Chain(), Nonlinear()), normalized=False)),
         "squared weights sum to 1"),
    ],
)  # fmt: skip
def test_what_has_no_theory_or_does_not_fit_is_refused_in_a_sentence(make, said):
    with pytest.raises(ValueError, match=said) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_a_traced_gain_that_is_not_one_makes_no_shape():
    steep = lambda gain: kernels.shape("leaky_relu", Chain((Elementwise(), Affine(gain)), 20))
    found = jax.jit(lambda gain: steep(gain).negative_slope)
    assert np.isfinite(found(1.0)) and np.isnan(found(1.5))

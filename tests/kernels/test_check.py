"""Models beside their plans: sampled networks of both orders, and where a model differs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from oracles.kernel_maps import network_of_matrices

from curvkit import kernels
from curvkit.kernels import _check as checking
from curvkit.kernels import _finite as finite

COSINES = np.array([-0.5, 0.0, 0.5, 0.9])


def at_cosines(width):
    return np.asarray(finite.inputs_at(jnp.asarray(COSINES), width), float).T


def cosines(k):
    roots = np.sqrt(np.diagonal(k, axis1=-2, axis2=-1))
    return k[..., 0, 1:] / (roots[..., :1] * roots[..., 1:])


@pytest.mark.parametrize("method, name", [("tat", "leaky_relu"), ("tat", "softplus"),
                                          ("dks", "sigmoid")])  # fmt: skip
def test_sampled_residual_networks_lie_within_their_spread_of_the_theory(method, name):
    network = kernels.residual(25, 2, weight=0.8)
    shaped, spreads = kernels.shape(name, network, method), []
    for width in (256, 1024):
        plan, inputs = network.build(shaped, width=width), at_cosines(width)
        drawn = checking.sampled(plan, inputs, draws=16)[-1]
        # The theory by another road than `planned_by`: the closed composition of C maps.
        theory = kernels.network_maps(network, shaped, COSINES)
        np.testing.assert_allclose(
            cosines(checking.planned_by(plan, inputs)[-1]), theory.c, atol=2e-4
        )
        found = cosines(drawn)
        spread = found.std(0)
        off = np.abs(found.mean(0) - theory.c)
        # The mean of so many draws, and a bias of the order of the variance.
        assert (off < 4 * spread / 16**0.5 + 3 * spread**2).all()
        q = np.diagonal(drawn, axis1=1, axis2=2).mean(1)
        assert abs(q.mean() - 1) < 4 * q.std() / 16**0.5 + 3 * q.std() ** 2
        spreads.append(np.sqrt(np.mean(spread**2)))
    assert 1.3 < spreads[0] / spreads[1] < 3  # by the root of four, estimated from 16 draws


def affine_first(shaped, width, inputs):
    """Blocks w · x + √(1 − w²) · φ(W φ(V x)), which end in the nonlinearity."""
    generator, x = np.random.default_rng(0), inputs.T
    for _ in range(25):
        branch = network_of_matrices(generator, x, 2, lambda h: shaped.jet(h)[0], True)
        x = 0.8 * x + 0.6 * branch
    return x


def test_with_the_affine_layer_first_in_each_branch_the_theory_fails():
    network = kernels.residual(25, 2, weight=0.8)
    shaped = kernels.shape("leaky_relu", network, "tat")
    x = affine_first(shaped, 128, at_cosines(128))
    assert np.mean(x**2) > 100
    k = x.T @ x
    assert (cosines(k) > 0.99).all()
    assert (kernels.network_maps(network, shaped, COSINES).c < 0.97).all()


def test_a_built_network_agrees_with_its_plan_and_another_is_told_where_it_differs():
    network = kernels.residual(3, 2, weight=0.8)
    shaped = kernels.shape("tanh", network)
    built = network.build(shaped, width=64, outputs=32)
    inputs = kernels.normalize_locations(np.random.default_rng(0).normal(size=(5, 12)))
    params = built.init(jax.random.key(0), inputs)
    stages = built.stages(params, inputs)
    assert kernels.check(lambda x: stages, built, inputs).agrees
    whole = kernels.check(lambda x: stages[-1], network, inputs, shaped)
    assert whole.agrees and "agree at 1 place:" in whole.description and len(whole.places) == 1
    louder = [each * (1 + (at >= 2)) for at, each in enumerate(stages)]
    found = kernels.check(lambda x: louder, built, inputs)
    assert not found.agrees and "from place 2 on (Chain)" in found.description


@pytest.mark.parametrize(
    "change, said",
    [
        (dict(model=lambda x: [x]), "one for each part in turn"),
        (dict(model=lambda x: x[:1]), "examples and locations at place"),
        (dict(inputs=jnp.ones((1, 4))), "of 2 to 64 examples"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, said):
    built = kernels.feed_forward(2).build("tanh", width=64)
    given = dict(model=lambda x: x @ jnp.ones((4, 64)), network=built, inputs=jnp.ones((3, 4)))
    with pytest.raises(ValueError, match=said):
        kernels.check(**given | change)

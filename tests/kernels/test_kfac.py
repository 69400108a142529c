"""K-FAC: its factors against dense Gauss-Newton blocks in NumPy, and steps that are exact."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from oracles import kronecker as oracle

from curvkit.core import tree
from curvkit.kernels import Affine, Chain, Elementwise, LayerNorm, MeanPool, Nonlinear, Sum
from curvkit.kernels import _apply as applying
from curvkit.kernels import _kfac as kfac

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
# A stem, a shortcut beside a branch, and an affine end: three layers of weights.
NETWORK = Chain((Sum((0.6, 0.8), (Chain(), Nonlinear())), Nonlinear()))


def model(network=NETWORK, inputs=X, **given):
    built = network.build("tanh", **{"width": 4, "outputs": 3, **given})
    params = built.init(jax.random.key(1), inputs)
    moved = lambda leaf: np.asarray(leaf, float) + 0.3 * RNG.normal(size=leaf.shape)
    return built, jax.tree.map(moved, params)


def layers(tree_of):
    """The factors, or parameters, of each layer with weights, in order."""
    return [each for each in jax.tree.leaves(tree_of, is_leaf=kfac._is_layer) if each]


@pytest.mark.parametrize("likelihood", ["categorical", "gaussian"])
def test_of_one_example_each_block_is_the_product_of_its_factors(likelihood):
    with tree.float64():
        built, params = model()
        x = jnp.asarray(X[:1], float)
        found = layers(kfac.kronecker_factors(built, params, x, likelihood=likelihood))
        blocks = oracle.blocks(built, params, X[:1], likelihood)
    assert len(found) == len(blocks) == 3
    for own, dense in zip(found, blocks, strict=True):
        product = np.kron(own["inputs"], own["outputs"])
        np.testing.assert_allclose(product, dense, atol=1e-7)  # of differences of step 1e-6


def test_of_several_examples_each_factor_is_the_mean_of_those_of_one():
    with tree.float64():
        built, params = model()
        found = layers(kfac.kronecker_factors(built, params, jnp.asarray(X, float)))
        ones = [layers(kfac.kronecker_factors(built, params, jnp.asarray(x[None], float)))
                for x in X]  # fmt: skip
    for at, own in enumerate(found):
        for name, whole in own.items():
            mean = np.mean([each[at][name] for each in ones], axis=0)
            np.testing.assert_allclose(whole, mean, atol=1e-12)


def test_sampled_targets_have_the_expectation_of_all():
    built, params = model()
    params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), params)
    x = jnp.asarray(np.tile(X, (4000, 1)), jnp.float32)
    for likelihood in kfac.LIKELIHOODS:
        exact, drawn = (
            layers(kfac.kronecker_factors(built, params, x, key, likelihood=likelihood))
            for key in (None, jax.random.key(3))
        )
        for ours, theirs in zip(drawn, exact, strict=True):
            # Of squares of normal numbers, at most five times larger for one of the five inputs
            # than in the mean, 20 000 draws spread by √(3 · 5 / 20 000): three times that.
            size = 3 * (15 / 20_000) ** 0.5 * float(jnp.abs(theirs["outputs"]).max())
            np.testing.assert_allclose(ours["outputs"], theirs["outputs"], atol=size)
            np.testing.assert_allclose(ours["inputs"], theirs["inputs"], rtol=1e-5)


def test_one_step_solves_a_linear_layer_of_squared_error():
    """There A ⊗ I is the whole Gauss-Newton matrix, and a step of it ends at the least squares."""
    with tree.float64():
        x, y = jnp.asarray(RNG.normal(size=(40, 3))), jnp.asarray(RNG.normal(size=(40, 2)))
        built = Chain((Affine(),)).build("tanh", width=2)
        params = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), built.init(KEY, x))
        loss = lambda p: jnp.sum((built.apply(p, x) - y) ** 2) / (2 * len(x))
        factors = kfac.kronecker_factors(built, params, x, likelihood="gaussian")
        method = kfac.kfac(1.0, damping=1e-14, clip=1e9)
        step, _ = method.update(jax.grad(loss)(params), method.init(params), factors=factors)
        ((own,), (moved,)) = params, step
    design = np.concatenate([x, np.ones((40, 1))], 1)
    solved = np.linalg.lstsq(design, np.asarray(y), rcond=None)[0]
    np.testing.assert_allclose(own["weight"] + moved["weight"], solved[:-1], atol=1e-6)
    np.testing.assert_allclose(own["bias"] + moved["bias"], solved[-1], atol=1e-6)


KEY = jax.random.key(0)


def test_updates_are_those_of_a_plain_loop_in_numpy():
    built, params = model()
    params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), params)
    x = jnp.asarray(X, jnp.float32)
    options = dict(damping=0.2, momentum=0.5, average=0.6, clip=0.003, every=2)
    method, plain = kfac.kfac(0.1, **options), oracle.Plain(0.1, **options)
    state = method.init(params)
    for step in range(4):
        gradient = jax.grad(lambda p: jnp.mean(built.apply(p, x) ** 2))(params)
        factors = kfac.kronecker_factors(built, params, x * (1 + step))
        updates, state = jax.jit(method.update)(gradient, state, factors=factors)
        slow = plain.step(layers(gradient), layers(factors))
        for ours, theirs in zip(layers(updates), slow, strict=True):
            for name, value in theirs.items():
                np.testing.assert_allclose(ours[name], value, rtol=2e-3, atol=1e-6)
        params = jax.tree.map(jnp.add, params, updates)
    assert plain.shortened == 4 and int(state.count) == 4


def test_a_scale_and_a_shift_have_the_mean_squares_of_each_example_s_gradient():
    built, params = model(Chain((LayerNorm(), Nonlinear())))
    params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), params)
    found = layers(kfac.kronecker_factors(built, params, jnp.asarray(X), likelihood="gaussian"))
    jacobian = jax.jacrev(lambda p, x: built.apply(p, x[None])[0])
    each = [layers(jacobian(params, jnp.asarray(x, jnp.float32))) for x in X]
    for name in ("scale", "shift"):
        slow = np.mean([(one[1][name] ** 2).sum(0) for one in each], axis=0)
        np.testing.assert_allclose(found[1][name], slow, rtol=1e-4)


def test_a_convolution_has_the_sums_over_its_locations():
    network = Chain((Elementwise(), Affine(window=3), Elementwise(), MeanPool()))
    x = jnp.asarray(RNG.normal(size=(4, 5, 2)), jnp.float32)
    built, params = model(network, x)
    params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), params)
    np.testing.assert_allclose(
        built.apply(params, x, applying.PATCHED), built.apply(params, x), atol=1e-5
    )
    own = layers(kfac.kronecker_factors(built, params, x, likelihood="gaussian"))[1]
    inner = jnp.tanh(built.stages(params, x)[0])
    inputs, outputs = oracle.convolution(params, np.asarray(inner))
    np.testing.assert_allclose(own["inputs"], inputs, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(own["outputs"], outputs, rtol=1e-4, atol=1e-6)


def test_inverses_are_those_of_lapack_and_what_cannot_be_is_refused():
    square = RNG.normal(size=(3, 12, 20))
    square = square @ square.mT / 20 + 0.05 * np.eye(12)
    with tree.float64():
        np.testing.assert_allclose(
            kfac.inverse(jnp.asarray(square)), np.linalg.inv(square), rtol=1e-9
        )
    built, params = model()
    with pytest.raises(ValueError, match="did you mean 'gaussian'"):
        kfac.kronecker_factors(built, params, jnp.asarray(X), likelihood="gausian")
    with pytest.raises(ValueError, match="damping must be"):
        kfac.kfac(0.1, damping=0.0)
    wide = Chain((Nonlinear(),)).build("tanh", width=3)
    x = jnp.ones((2, 4, 3))
    with pytest.raises(ValueError, match="as after MeanPool"):
        kfac.kronecker_factors(wide, wide.init(KEY, x), x)

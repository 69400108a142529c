"""Sharpness by layer against the dense blocks of the Hessian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from jax.flatten_util import ravel_pytree
from oracles import dense

from curvkit import data
from curvkit.curvature import _network as network
from curvkit.curvature._blocks import block_sharpness, layers

KEY = jax.random.key(0)


def problem():
    inputs, targets = data.chebyshev(4, 12)
    params = network.mlp(KEY, [1, 6, 5, 1], "lecun", 1.5)
    return lambda p: network.mean_squared_error(network.predict(p, inputs, "tanh"), targets), params


def expected(loss, params, blocks):
    """The largest eigenvalue of each diagonal block of the dense Hessian, and its places."""
    matrix = dense.hessian(loss, params)
    leaves = jax.tree.leaves(params)
    owner = np.concatenate([np.full(each.size, n) for n, each in enumerate(leaves)])
    inside = {name: np.isin(owner, places) for name, places in blocks.items()}
    return {n: np.linalg.eigvalsh(matrix[at][:, at])[-1] for n, at in inside.items()}, inside


def test_layers_are_those_of_the_paths_and_each_leaf_is_in_one():
    _, params = problem()
    assert layers(params) == {"0": [0, 1], "1": [2, 3], "2": [4, 5]}
    assert layers([jnp.ones(2), jnp.ones(3)]) == {"0": [0], "1": [1]}
    assert layers(jnp.ones(2)) == {"params": [0]}


@pytest.mark.slow
def test_the_sharpness_of_a_layer_is_the_eigenvalue_of_its_dense_block():
    loss, params = problem()
    told, inside = expected(loss, params, layers(params))
    found, vectors = block_sharpness(loss, params, key=KEY, num_hvps=30, tolerance=1e-5)
    for name in told:
        assert_close(found[name], told[name], rtol=1e-3, what=name)
        assert_close(jnp.linalg.norm(vectors[inside[name]]), 1.0, rtol=1e-5)
    again, _ = block_sharpness(loss, params, key=KEY, start=vectors, num_hvps=2)
    for name in told:
        assert_close(again[name], told[name], rtol=1e-3, what=f"{name}, from its vector")


def test_own_blocks_and_blocks_of_a_single_number():
    loss, params = problem()
    blocks = {"all weights": [0, 2, 4], "last bias": [5]}
    told, _ = expected(loss, params, blocks)
    found, vectors = block_sharpness(
        loss, params, key=KEY, blocks=blocks, num_hvps=30, tolerance=1e-5
    )
    for name in blocks:
        assert_close(found[name], told[name], rtol=1e-3, what=name)
    outside = ravel_pytree([jnp.full(e.shape, n) for n, e in enumerate(jax.tree.leaves(params))])[0]
    assert not vectors[(outside == 1) | (outside == 3)].any()


def test_a_block_without_a_positive_eigenvalue_has_none():
    loss = lambda p: -jnp.sum(p["a"] ** 2) + jnp.sum(p["b"] ** 2)
    params = {"a": jnp.ones(4), "b": jnp.ones(3)}
    found, _ = block_sharpness(loss, params, key=KEY)
    assert_close(found["a"], 0.0, atol=1e-5)
    assert_close(found["b"], 2.0, rtol=1e-5)


def test_blocks_that_overlap_or_name_no_leaf_are_refused():
    loss, params = problem()
    with pytest.raises(ValueError, match=r"blocks\['b'\] must be leaves from 0 to 5"):
        block_sharpness(loss, params, key=KEY, blocks={"a": [0, 1], "b": [1]})
    with pytest.raises(ValueError, match=r"blocks\['a'\]"):
        block_sharpness(loss, params, key=KEY, blocks={"a": [6]})

"""Curvature is read with products of matrices in full float32, also where JAX would round them.

A GPU that rounds to ten bits puts 4e-4 of error into a Hessian-vector product (measured).
"""

import re

import jax
import jax.numpy as jnp
import pytest

from curvkit.curvature import (
    block_sharpness,
    gauss_newton_eigenvalues,
    hessian_trace,
    hvp,
    sharpness,
    spectral_density,
)
from curvkit.watching._measure import begin, reading

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (5, 3))
W = [jnp.ones((3, 4)), jnp.ones((4, 2))]


def model(params):
    return jnp.tanh(X @ params[0]) @ params[1]


def loss(params):
    return jnp.mean(model(params) ** 2)


def watched(params):
    seen = begin(params, 1, False)
    return reading(loss, params, None, KEY, seen, k=1, blocks={}, num_hvps=3)[1]


@pytest.mark.parametrize(
    "read",
    [
        lambda params: hvp(loss, params, params),
        lambda params: sharpness(loss, params, key=KEY),
        lambda params: block_sharpness(loss, params, key=KEY),
        lambda params: hessian_trace(loss, params, key=KEY),
        lambda params: spectral_density(loss, params, key=KEY, order=4).nodes,
        lambda params: gauss_newton_eigenvalues(model, jnp.sum, params, key=KEY),
        watched,
    ],
    ids=["hvp", "sharpness", "blocks", "trace", "density", "Gauss-Newton", "watching"],
)
def test_no_product_of_a_reading_is_rounded(read):
    with jax.default_matmul_precision("default"):
        assert products(read) == {"HIGHEST"}
        # It is the reading's own doing: as the user trains, it stays.
        assert products(jax.grad(loss)) == {"DEFAULT"}


def products(function):
    """The precisions of all products of matrices in what is compiled of `function`."""
    written = str(jax.make_jaxpr(function)(W))
    return set(re.findall(r"dot_general\[[^@]*?precision=\(?(?:Precision\.)?(\w+)", written))

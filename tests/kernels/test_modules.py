"""Built networks as modules of frameworks, where these are installed."""

import sys

import jax
import numpy as np
import pytest

from curvkit.kernels import residual

X = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
KEY = jax.random.key(0)


@pytest.mark.parametrize("framework", ["flax", "equinox"])
def test_modules_of_frameworks_compute_the_same_and_have_its_weights(framework):
    pytest.importorskip(framework)
    built = residual(2, 1, weight=0.6).build("tanh", width=6, outputs=2)
    params = built.init(KEY, X)
    found = built.apply(params, X)
    module = getattr(built, framework)(KEY, X)
    np.testing.assert_allclose(module(X), found, atol=1e-6)
    sizes = lambda tree: sorted(each.size for each in jax.tree.leaves(tree))
    if framework == "flax":
        from flax import nnx

        state = nnx.split(module, nnx.Param, ...)[1]
        assert sizes(state) == sizes(params)
    else:
        assert sizes(module) == sizes(params)


@pytest.mark.parametrize("framework, module", [("flax", "flax.nnx"), ("equinox", "equinox")])
def test_a_framework_that_is_not_installed_is_named(framework, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    built = residual(1, 1, weight=0.6).build("tanh", width=4)
    with pytest.raises(ImportError, match=f'pip install "{framework}"'):
        getattr(built, framework)(KEY, X)

"""The Gauss-Newton matrix against the dense Jᵀ L″ J, and what must hold of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64
from jax.flatten_util import ravel_pytree

from curvkit import data
from curvkit.curvature import _network as network
from curvkit.curvature._gauss_newton import gauss_newton_eigenvalues, gauss_newton_product

KEY = jax.random.key(0)


def problem(criterion="mse"):
    """A network of 22 parameters on twelve points: model, criterion, parameters."""
    inputs, targets = data.chebyshev(4, 12)
    outputs = 1 if criterion == "mse" else 2
    params = network.mlp(KEY, [1, 5, outputs], "lecun", 1.5)
    model = lambda p: network.predict(p, inputs, "tanh")
    if criterion == "mse":
        return model, lambda y: network.mean_squared_error(y, targets), params
    labels = jax.nn.one_hot((targets[:, 0] > 0).astype(int), 2)
    return model, lambda y: network.cross_entropy(y, labels), params


def dense(model, criterion, params):
    """Jᵀ L″ J, formed."""
    vector, unravel = ravel_pytree(params)
    outputs = lambda flat: model(unravel(flat)).ravel()
    shape = model(params).shape
    jacobian = jax.jacobian(outputs)(vector)
    bend = jax.hessian(lambda y: criterion(y.reshape(shape)))(outputs(vector))
    return np.asarray(jacobian.T @ bend @ jacobian)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mse", "cross_entropy"])
def test_the_product_and_the_eigenvalues_are_those_of_the_dense_matrix(kind):
    with float64():
        model, criterion, params = problem(kind)
        matrix = dense(model, criterion, params)
        vector, unravel = ravel_pytree(params)
        along = jax.random.normal(KEY, vector.shape)
        product = gauss_newton_product(model, criterion, params, unravel(along))
        assert_close(ravel_pytree(product)[0], matrix @ along, rtol=1e-10, atol=1e-12)
        found = gauss_newton_eigenvalues(model, criterion, params, 3, key=KEY, num_products=20)
        assert_close(found, np.linalg.eigvalsh(matrix)[::-1][:3], rtol=1e-6)


def test_it_is_the_hessian_where_the_network_is_linear_and_never_negative_elsewhere():
    with float64():
        model, criterion, params = problem()
        assert np.linalg.eigvalsh(dense(model, criterion, params))[0] > -1e-12
        straight = lambda p: p["w"] * jnp.array([1.0, 2.0, 3.0])
        loss = lambda y: jnp.sum(y**4)
        one = {"w": jnp.ones(3)}
        product = gauss_newton_product(straight, loss, one, one)
        whole = jax.jvp(jax.grad(lambda p: loss(straight(p))), (one,), (one,))[1]
        assert_close(product["w"], whole["w"], rtol=1e-12)


def test_what_does_not_fit_is_refused():
    model, criterion, params = problem()
    with pytest.raises(ValueError, match="k must be a whole number from 1 to 16, but 17"):
        gauss_newton_eigenvalues(model, criterion, params, 17, key=KEY)
    with pytest.raises(ValueError, match="vector must be shaped like params"):
        gauss_newton_product(model, criterion, params, params[:1])
    with pytest.raises(ValueError, match="real scalar"):
        gauss_newton_product(model, lambda y: y, params, params)

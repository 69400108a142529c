"""Expectations of two normal variables, for kinked and smooth activations alike."""

import numpy as np
import pytest
from oracles import kernel_ways as oracle

from curvkit.kernels import _expectations as expectations
from curvkit.kernels._activations import ACTIVATIONS

COSINES = np.array([-1.0, -0.6, 0.0, 0.5, 0.97, 1.0])


def jet(name):
    return lambda x: ACTIVATIONS[name].jet(x)[:2]


@pytest.mark.parametrize("q", [0.3, 2.0])
@pytest.mark.parametrize(
    "name, pair", [("relu", oracle.relu), ("erf", oracle.erf_pair)], ids=["relu", "erf"]
)
def test_products_are_those_of_the_closed_forms(name, pair, q):
    found = expectations.correlated(jet(name), q, COSINES)[0]
    np.testing.assert_allclose(found, pair(q, COSINES)[1], atol=1e-8)
    assert expectations.alone(jet(name), q)[0] == pytest.approx(pair(q, 1.0)[0], abs=1e-9)


def test_products_of_selu_are_those_of_cut_integrals():
    found = expectations.correlated(jet("selu"), 1.3, COSINES[1:5])[0]
    slow = [oracle.halves(oracle.selu, 1.3, c)[1] for c in COSINES[1:5]]
    np.testing.assert_allclose(found, slow, atol=1e-8)


@pytest.mark.parametrize("name", ["relu", "tanh"])
def test_products_of_slopes_are_the_derivative_of_the_products(name):
    c, q, h = np.array([-0.4, 0.3, 0.8]), 0.7, 1e-4
    up, down = (expectations.correlated(jet(name), q, c + s)[0] for s in (h, -h))
    slopes = expectations.correlated(jet(name), q, c)[1]
    np.testing.assert_allclose(slopes, (up - down) / (2 * h * q), rtol=1e-5)

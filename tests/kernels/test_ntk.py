"""The tangent kernel: the recursion against the sum over layers, and a matrix's condition."""

import numpy as np
import pytest
from oracles import kernel_maps as oracle

from curvkit.kernels import _maps as maps
from curvkit.kernels import shape
from curvkit.kernels._ntk import condition_number, ntk


@pytest.mark.parametrize("depth", [1, 5, 20])
@pytest.mark.parametrize("c", [-0.4, 0.0, 0.9])
def test_the_recursion_is_the_sum_over_layers(depth, c):
    layer, slope = (lambda c: (c + c**3) / 2), (lambda c: (1 + 3 * c**2) / 2)
    expected = oracle.tangent_kernel(layer, slope, c, depth)
    assert ntk(layer, slope, c, depth) == pytest.approx(expected, rel=1e-12)


def test_the_kernel_of_twenty_softplus_layers_is_the_published_one():
    made = shape("softplus", depth=20)
    b = maps.hermite_weights(lambda x: made.jet(x)[0])
    layer, slope = (lambda c: maps.series(b, c)), (lambda c: maps.series_slope(b, c))
    found = [ntk(layer, slope, c, 20) for c in (1.0, 0.9, 0.5)]
    np.testing.assert_allclose(found, [25.91, 21.62, 9.18], atol=5e-3)


def test_orthogonal_inputs_have_no_kernel_under_dks():
    made = shape("tanh", depth=30)
    b = maps.hermite_weights(lambda x: made.jet(x)[0])
    found = ntk(lambda c: maps.series(b, c), lambda c: maps.series_slope(b, c), 0.0, 30)
    assert abs(found) < 1e-12
    assert condition_number(30.0, found, 100) == pytest.approx(1)


def test_the_condition_number_is_that_of_the_matrix():
    matrix = 2.0 * np.eye(7) + 1.5
    assert condition_number(3.5, 1.5, 7) == pytest.approx(np.linalg.cond(matrix))

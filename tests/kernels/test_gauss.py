"""Quadrature: moments of the normal density, and Hermite polynomials that are orthonormal."""

import math

import numpy as np
import pytest
from oracles import kernel_maps as oracle

from curvkit.kernels._gauss import cut_rule, hermite_rule, hermite_table, panel_rule


@pytest.mark.parametrize("rule", [hermite_rule, panel_rule])
@pytest.mark.parametrize("power", range(0, 13, 2))
def test_even_moments_are_double_factorials(rule, power):
    z, w = rule()
    assert z**power @ w == pytest.approx(math.prod(range(1, power, 2)), rel=1e-12)


@pytest.mark.parametrize("cut", [-2.3, 0.0, 0.71])
def test_a_cut_rule_integrates_a_kink_exactly(cut):
    bent = lambda z: np.abs(z - cut)
    truth = oracle.expectation(bent, (cut,))
    z, w = panel_rule((cut,))
    assert bent(z) @ w == pytest.approx(truth, rel=1e-12)
    z, w = cut_rule(np.array([[cut]]))
    assert bent(z[0]) @ w[0] == pytest.approx(truth, rel=1e-6)  # a rule to start from


def test_hermite_polynomials_are_orthonormal():
    z, w = hermite_rule(64)
    table = hermite_table(z, 40)
    np.testing.assert_allclose((table * w) @ table.T, np.eye(40), atol=1e-10)

"""Gradient and Hessian by hand, against autodiff of a loop over points and units."""

from fractions import Fraction

import jax
import numpy as np
import pytest
from helpers import assert_close, float64
from oracles import dense, networks

from curvkit.minima import _calculus as calculus
from curvkit.minima._calculus import BENDS, CRITERIA, Weights

SHAPES = [(1, 2, 2), (2, 1, 3)]


def drawn(features, units, points, loss, seed=0):
    random = np.random.default_rng(seed)
    flat = random.normal(size=units * (features + 2) + 1)
    inputs = random.normal(size=(points, features))
    targets = random.normal(size=points) if loss == "squared" else random.integers(0, 2, points)
    return flat, inputs, targets.astype(float)


@pytest.mark.grid
@pytest.mark.parametrize("loss", sorted(CRITERIA))
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize("features, units, points", SHAPES)
def test_derivatives_are_those_of_autodiff(features, units, points, activation, loss):
    flat, inputs, targets = drawn(features, units, points, loss)
    got = calculus.derivatives(
        Weights.of(flat, features), inputs, targets, BENDS[activation], CRITERIA[loss]
    )
    with float64():
        value = lambda p: networks.loss(p, inputs, targets, activation, loss)
        # Both are right to rounding: some hundred operations of 1e-16 each.
        assert_close(got.loss, value(flat), rtol=1e-12)
        assert_close(got.gradient, jax.grad(value)(flat), rtol=1e-10, atol=1e-12)
        assert_close(got.hessian, dense.hessian(value, flat), rtol=1e-9, atol=1e-11)


def test_flat_weights_come_back_as_they_were():
    flat = np.arange(13.0)
    assert Weights.of(flat, 2).flat().tolist() == flat.tolist()
    assert Weights.of(flat, 2).units == 3


def test_rationals_go_through_the_same_lines():
    one = [np.array(each, object) for each in ([[Fraction(1, 3)]], [Fraction(1)], [Fraction(2)])]
    weights = Weights(*one, Fraction(1, 7))
    inputs = np.array([[Fraction(3)], [Fraction(-9)]], object)
    relu = lambda a: (np.where(a > 0, a, Fraction(0)), np.where(a > 0, 1, 0), 0 * a)
    assert calculus.outputs(weights, inputs, relu).tolist() == [Fraction(29, 7), Fraction(1, 7)]


@pytest.mark.parametrize("size", [1.0, 40.0, 800.0])
def test_no_float_overflows_however_far_out(size):
    a = np.array([[-size, size]])
    for bend in BENDS.values():
        assert all(np.isfinite(each).all() for each in bend(a))
    for criterion in CRITERIA.values():
        assert all(np.isfinite(each).all() for each in criterion(a, np.ones_like(a)))

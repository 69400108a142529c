"""Rectifiers in rationals, against loops; and the theorem: no nearby point is ever lower."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import networks

from curvkit.minima import _rationals as rationals
from curvkit.minima._calculus import Weights
from curvkit.minima._rationals import exact

small = st.fractions(-3, 3, max_denominator=4)


@st.composite
def problems(draw):
    features, units, points = (draw(st.integers(1, high)) for high in (2, 2, 4))
    numbers = lambda *shape: exact(
        np.array([draw(small) for _ in range(int(np.prod(shape)))], object).reshape(shape)
    )
    weights = Weights(numbers(units, features), numbers(units), numbers(units), draw(small))
    return weights, numbers(points, features), numbers(points)


@given(problems())
def test_the_loss_is_that_of_the_loop(problem):
    weights, inputs, targets = problem
    assert rationals.squared_loss(*problem) == networks.exact_loss(*weights, inputs, targets)


@given(problems(), st.integers(0, 10**6))
def test_where_slopes_and_kinks_hold_no_nearby_point_is_lower(problem, seed):
    weights, inputs, targets = problem
    near = rationals.settled(*problem) or weights
    found = rationals.pattern(near, inputs, targets, "squared")
    if any(rationals.balance(found, inputs)) or rationals.kinks_hold(found, near):
        return
    value = rationals.squared_loss(near, inputs, targets)
    random = np.random.default_rng(seed)
    for _ in range(20):
        step = exact(random.integers(-9, 10, len(near.flat()))) * Fraction(1, 10**5)
        other = Weights.of(near.flat() + step, inputs.shape[1])
        assert rationals.squared_loss(other, inputs, targets) >= value


@given(problems())
def test_the_settled_weights_balance_their_old_pattern(problem):
    weights, inputs, targets = problem
    near = rationals.settled(*problem)
    if near is None:
        assert 0 in weights.output.tolist()
        return
    old = rationals.pattern(weights, inputs, targets, "squared")
    new = rationals.pattern(near, inputs, targets, "squared")
    if np.array_equal(old.a > 0, new.a > 0):
        assert not any(rationals.balance(new, inputs))


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 99))
def test_least_squares_leaves_a_rest_at_right_angles(rows, columns, seed):
    random = np.random.default_rng(seed)
    A, b = exact(random.integers(-2, 3, (rows, columns))), exact(random.integers(-3, 4, rows))
    rest = A @ rationals.least_squares(A, b) - b
    assert not any(A.T @ rest)


def test_a_kink_that_can_only_add_holds_and_one_that_can_lower_does_not():
    inputs, targets = exact([[0]]), exact([1])
    one = exact([1])
    for output, holds in ((-1, True), (1, False), (0, False)):
        weights = Weights(exact([[1]]), exact([0]), exact([output]) * one, Fraction(0))
        found = rationals.pattern(weights, inputs, targets, "squared")
        assert found.kinks == [(0, 0)]
        assert (not rationals.kinks_hold(found, weights)) == holds


def test_units_that_are_off_and_scalings_are_named():
    weights = Weights(exact([[1], [1]]), exact([1, -9]), exact([1, 1]), Fraction(0))
    found = rationals.pattern(weights, exact([[1], [2]]), exact([0, 0]), "squared")
    one, two = rationals.flat_directions(found)
    assert one.startswith("scaling of unit 1") and two.startswith("unit 2 is off on every point")
    assert rationals.slack(found) == 2


@pytest.mark.parametrize("value", [0.1, 3, "2.8", Fraction(1, 3)])
def test_numbers_are_taken_as_what_they_are(value):
    assert exact([value])[0] == Fraction(value)


@pytest.mark.parametrize("rows, columns", [(6, 4), (3, 5), (4, 4)])
def test_least_squares_is_the_shortest_of_the_solutions(rows, columns):
    random = np.random.default_rng(rows)
    A = random.integers(-3, 4, (rows, columns))
    A[:, -1] = A[:, 0]  # of lower rank, so that there are many solutions
    b = random.integers(-5, 6, rows)
    found = rationals.least_squares(rationals.exact(A), rationals.exact(b))
    expected = np.linalg.lstsq(A.astype(float), b.astype(float), rcond=1e-12)[0]
    np.testing.assert_allclose(found.astype(float), expected, atol=1e-12)
    slope = rationals.exact(A).T @ (rationals.exact(A) @ found - rationals.exact(b))
    assert all(each == 0 for each in slope)

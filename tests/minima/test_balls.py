"""Balls enclose: against floats at random points of the box, and exact matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.minima import _balls as balls
from curvkit.minima import _calculus as calculus
from curvkit.minima._calculus import BENDS, CRITERIA, Weights

flint = pytest.importorskip("flint")


def holds(ball, value, slack=1e-9):
    """Whether a ball holds a float, give or take the float's own rounding."""
    low, high = balls.ends(ball)
    room = slack * (1 + abs(value))
    return low - room <= value <= high + room


@given(st.integers(0, 10**6), st.sampled_from(sorted(balls.BENDS)), st.sampled_from([0, 1e-3, 0.1]))
def test_what_is_true_anywhere_in_the_box_is_in_the_balls(seed, activation, radius):
    random = np.random.default_rng(seed)
    features, units, points = 2, 2, 3
    flat = random.normal(size=units * (features + 2) + 1)
    inputs = random.normal(size=(points, features))
    targets = random.integers(0, 2, points).astype(float)
    loss = ["logistic", "squared"][seed % 2]
    with balls.precision():
        data = balls.balls(inputs), balls.balls(targets)
        around = balls.derivatives(balls.balls(flat, radius), *data, activation, loss)
        for _ in range(3):
            inner = flat + radius * random.uniform(-1, 1, flat.size)
            at = calculus.derivatives(
                Weights.of(inner, features), inputs, targets, BENDS[activation], CRITERIA[loss]
            )
            assert holds(around.loss, at.loss)
            pairs = [(around.gradient, at.gradient), (around.hessian, at.hessian)]
            for enclosing, true in pairs:
                assert all(map(holds, enclosing.ravel(), true.ravel()))


def symmetric(values, seed=0):
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values),) * 2))[0]
    made = turn @ np.diag(values) @ turn.T
    return (made + made.T) / 2


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), st.integers(0, 99))
def test_eigenvalue_balls_hold_the_eigenvalues_of_every_matrix_in_the_box(values, seed):
    matrix, radius = symmetric(values, seed), 1e-3
    noise = np.random.default_rng(seed).uniform(-radius, radius, matrix.shape)
    inner = matrix + (noise + noise.T) / 2
    with balls.precision():
        found = balls.eigenvalues(balls.balls(matrix, radius))
        assert all(map(holds, found, np.linalg.eigvalsh(inner)))


def test_the_smallest_eigenvalue_is_enclosed_tightly_where_the_matrix_is_exact():
    with balls.precision():
        low, high = balls.ends(balls.eigenvalues(balls.balls(symmetric([1e-3, 1, 5])))[0])
    assert abs(low - 1e-3) < 1e-12 and abs(high - 1e-3) < 1e-12


@pytest.mark.parametrize("values", [[-1e-9, 1, 2], [0, 1], [-1, -1], [1, 0, 0]])
def test_a_matrix_with_an_eigenvalue_that_is_not_positive_is_not_called_definite(values):
    with balls.precision():
        diagonal = balls.balls(np.diag(np.array(values, float)))
        assert not balls.positive_definite(diagonal)
        assert not balls.positive_definite(balls.balls(symmetric(values), 1e-12))


def test_a_box_that_holds_a_matrix_that_is_not_definite_is_not_called_definite():
    with balls.precision():
        assert balls.positive_definite(balls.balls(symmetric([1e-3, 1, 5]), 1e-5))
        assert not balls.positive_definite(balls.balls(symmetric([1e-3, 1, 5]), 1e-2))


LINES = [(2.0, 1e-6, True), (0.0, 1e-6, False), (2.0, 1.0, False), (-2.0, 0.0, True)]


@pytest.mark.parametrize("curve, slope, certain", LINES)
def test_krawczyk_finds_the_root_of_a_line_only_if_it_is_in_the_box(curve, slope, certain):
    with balls.precision():
        gradient, hessian = balls.balls([slope]), balls.balls([[curve]])
        moved = balls.krawczyk(np.zeros(1), 1e-3, gradient, hessian)
        assert balls.inside(moved, 1e-3) == certain
        if certain:
            assert holds(moved[0], -slope / curve)


def test_a_ball_that_is_no_number_proves_nothing():
    with balls.precision():
        lost = balls.balls(np.full((2, 2), np.nan))
        assert not balls.positive_definite(lost)
        assert not balls.inside(balls.krawczyk(np.zeros(2), 1e-3, lost[0], lost), 1e-3)


def test_a_missing_flint_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "flint", None)
    with pytest.raises(ModuleNotFoundError, match="pip install python-flint"):
        balls.flint()


def test_the_precision_is_put_back():
    before = flint.ctx.prec
    with balls.precision(300):
        assert flint.ctx.prec == 300
    assert flint.ctx.prec == before


def test_a_product_of_balls_holds_the_product_of_any_of_their_numbers():
    random = np.random.default_rng(0)
    left, right = random.normal(size=(3, 4)), random.normal(size=(4, 2))
    with balls.precision():
        found = balls.product(balls.balls(left, 1e-3), balls.balls(right, 1e-3))
        for _ in range(50):
            moves = [random.uniform(-1e-3, 1e-3, each.shape) for each in (left, right)]
            true = (left + moves[0]) @ (right + moves[1])
            for ball, each in zip(found.ravel(), true.ravel(), strict=True):
                low, high = balls.ends(ball)
                assert low <= each <= high

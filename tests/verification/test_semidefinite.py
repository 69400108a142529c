"""Bounds beside convex programs of the same relaxation, solved by cvxpy with Clarabel."""

import numpy as np
import pytest
from helpers import float64

from curvkit.verification import SoftmaxSpec, crown, network, semidefinite
from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum

pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")

# Clarabel stops at 1e-8, relative and absolute; sums of some tens follow.
SOLVER = 1e-6
GROWTH = pendulum.falling().fit(3, 3)


@pytest.fixture(scope="module")
def boxes():
    """A model like the pendulum's, drawn and not trained, and boxes around states."""
    random = np.random.default_rng(0)
    layers = []
    for inner, outer in ((3, 8), (8, 8), (8, 3)):
        layers += [(random.normal(size=(outer, inner)) / inner**0.5, random.normal(size=outer) / 5)]
        layers += ["relu"]
    theta, omega = random.uniform(-3, 3, 4), random.uniform(-4, 4, 4)
    with float64():
        x = np.asarray(pendulum.features(theta, omega))
    return network(layers[:-1]), x - 0.1, x + 0.1


@pytest.fixture(scope="module")
def fast(boxes):
    """The bound by products, optimised, and an attack from below: (boxes,) each."""
    layers, low, high = boxes
    with float64():
        products = certify.program(steps=200)(layers, GROWTH, low, high).upper
        attack = certify.climb(layers, GROWTH, (low + high) / 2, low, high)[1]
    return [np.asarray(each) for each in (products, attack)]


@pytest.mark.full
def test_the_bound_by_squares_comes_near_the_quadratic_program_and_is_never_below(boxes, fast):
    from oracles import convex_programs

    layers, low, high = boxes
    with float64():
        found = certify.program(steps=200, last=3)(layers, GROWTH, low, high).upper
    squares, attack = np.asarray(found), fast[1]
    for at, (lower, upper) in enumerate(zip(low, high, strict=True)):
        ends = [each[2] for each in crown(layers, (lower, upper))]
        scale = 0.5 * pendulum.FASTEST**2
        program = convex_programs.energy_growth(layers, lower, upper, pendulum.GRAVITY, scale, ends)
        assert attack[at] - SOLVER <= program <= squares[at] + SOLVER
        # Three tangents of o², mixed, stand for all; the interval is 0.2 wide, so that a point is
        # at most 0.05 from one that is touched: 12.5 · 0.05².
        assert squares[at] - program < 0.035


@pytest.mark.full
def test_the_semidefinite_bound_lies_between_the_attack_and_the_products(boxes, fast):
    layers, low, high = boxes
    for at in range(2):
        within, q = (low[at], high[at]), pendulum.falling_matrix()
        lifted = semidefinite(layers, within, q)
        assert fast[1][at] - SOLVER <= lifted.value <= fast[0][at] + SOLVER
        # The moment matrix is one, up to the solver: ones in the corner, no eigenvalue below zero.
        assert abs(lifted.matrix[0, 0] - 1) < SOLVER and 0 <= lifted.second < 1
        looser = semidefinite(layers, within, q, products=False)
        assert looser.value >= lifted.value - SOLVER


@pytest.mark.full
def test_chords_and_tangents_come_near_the_program_over_exponential_cones(boxes):
    from oracles import convex_programs

    layers, low, high = boxes
    distance = np.array([0.0, 0.3, 1.0])
    spec = SoftmaxSpec(distance, 0, 0.4).fit(3, 3)
    rows, c = spec.from_outputs, spec.data[0]
    with float64():
        bounds = np.asarray(certify.program(steps=200)(layers, spec, low, high).upper)
        attack = np.asarray(certify.climb(layers, spec, (low + high) / 2, low, high)[1])
    for at, (lower, upper) in enumerate(zip(low, high, strict=True)):
        ends = crown([*layers[:-1], (rows @ layers[-1].weight, rows @ layers[-1].bias)],
                     (lower, upper))  # fmt: skip
        program = convex_programs.exponentials(layers, lower, upper, c, rows, ends)
        assert attack[at] - SOLVER <= program <= bounds[at] + SOLVER
        assert bounds[at] - program < 0.01 * (1 + abs(program))


def test_layers_that_are_no_relus_are_refused():
    layers = [([[1.0]], [0.0]), "tanh", ([[1.0]], [0.0])]
    with pytest.raises(ValueError, match="affine or relu"):
        semidefinite(layers, ([0.0], [1.0]), np.eye(3))

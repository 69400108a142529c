"""The steps of a smooth proof, and the polish before it."""

import numpy as np
import pytest

from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima._examples import ten_points

pytest.importorskip("flint")


def test_newton_finds_the_minimum_from_eight_digits_on():
    which = ten_points()
    data = which.inputs.astype(float), which.targets.astype(float)
    flat = np.array(which.weights.flat(), float)
    found = proofs_smooth.polish(np.round(flat, 4), *data, "sigmoid", "logistic")
    # The smallest eigenvalue is 2e-3, so rounding of 1e-15 in the gradient moves it by 1e-12.
    assert np.max(np.abs(found - flat)) < 1e-9


def test_the_steps_come_in_order_and_stop_at_the_first_that_fails():
    names = [step.name for step in proofs_smooth.prove(ten_points(), 1e-2).steps]
    assert names == [
        "critical point", "positive definite Hessian", "loss as claimed", "better point"
    ]  # fmt: skip
    assert [step.name for step in proofs_smooth.prove(ten_points(), 0.0).steps] == [names[0]]


def test_the_box_is_wider_than_the_distance_is_long():
    proof = proofs_smooth.prove(ten_points(), 1e-2)
    assert 1e-7 < proof.radius and proof.distance < 1e-8

"""The steps of an exact proof, kinks included."""

import numpy as np

from curvkit.minima import _proofs_exact as proofs_exact
from curvkit.minima._examples import example, rectifiers


def test_the_kinks_of_the_rectifier_examples_are_found_on_their_points():
    told = {each.name: proofs_exact.prove(each, 0).steps[1] for each in rectifiers()}
    assert all(step.name == "kinks" and step.holds for step in told.values())
    assert "unit 1 on point 3" in told["P1"].words
    assert "unit 2 on point 4" in told["P2"].words
    assert "unit 2 on point 4, unit 3 on point 5" in told["P3"].words


def test_a_kink_where_a_unit_can_only_add_is_proved_and_said_so():
    # Off at the kink of the first point, whose output is too high already.
    weights = (np.array([[-1.0]]), np.array([0.0]), np.array([1.0]), 1.0)
    which = example([0.0, 1.0], [0.0, 2.0], weights, activation="relu", loss="squared")
    proof = proofs_exact.prove(which, 0)
    assert all(step.holds for step in proof.steps) and proof.loss.text == "2"
    assert "can only add to the loss" in proof.steps[1].words


def test_it_reaches_no_further_than_it_is_told_to():
    weights = (np.array([[1.0]]), np.array([-3.0]), np.array([1.0]), 0.25)
    which = example([5, 4, 3, 1, -1], [2, 1, 0, -3, 3], weights, activation="relu", loss="squared")
    assert not all(step.holds for step in proofs_exact.prove(which, 0.01).steps)

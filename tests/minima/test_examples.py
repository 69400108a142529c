"""The counterexamples as data, and what a user's own must be."""

from fractions import Fraction

import numpy as np
import pytest
from oracles import networks

from curvkit.minima.examples import counterexamples, example

ONE = ([[1.0]], [0.0], [1.0], 0.0)


@pytest.mark.parametrize("which", counterexamples(), ids=lambda each: each.name)
def test_a_better_point_is_better_by_a_plain_loop(which):
    if which.loss == "squared":
        loss = lambda weights: networks.exact_loss(*weights, which.inputs, which.targets)
    else:
        inputs, targets = which.inputs.astype(float), which.targets.astype(float)
        loss = lambda weights: float(
            networks.loss(
                weights.flat().astype(float), inputs, targets, which.activation, "logistic"
            )
        )
    assert loss(which.better) < loss(which.weights)


def test_decimals_in_text_and_floats_are_taken_exactly():
    made = example(["0.1"], [Fraction(1, 3)], ONE, activation="tanh", loss="squared")
    assert made.inputs[0, 0] == Fraction(1, 10) and made.targets[0] == Fraction(1, 3)
    made = example([0.1], [1], ONE, activation="tanh", loss="squared")
    assert made.inputs[0, 0] == Fraction(0.1) != Fraction(1, 10)


@pytest.mark.parametrize(
    "turned, said",
    [
        (dict(activation="swish"), "There is no activation 'swish'"),
        (dict(loss="hinge"), "There is no loss 'hinge'"),
        (dict(targets=[1, 0]), "inputs, targets must be of shapes"),
        (dict(targets=[2], loss="logistic"), "targets must be 0 and 1"),
        (dict(inputs=[np.nan]), "inputs must be an array of finite numbers"),
        (dict(inputs=["one"]), "inputs must be an array of finite numbers"),
        (dict(weights=([[1.0, 2.0]], [0.0], [1.0], 0.0)), "weights must be"),
        (dict(better=([[1.0]], [0.0, 1.0], [1.0], 0.0)), "better must be"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(turned, said):
    given = dict(inputs=[0.5], targets=[1], weights=ONE, activation="tanh", loss="squared")
    with pytest.raises(ValueError) as refused:
        example(**given | turned)
    assert said in str(refused.value) and "\n" not in str(refused.value)

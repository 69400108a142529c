"""The counterexamples as data, and what a user's own must be."""

from fractions import Fraction

import numpy as np
import pytest
from oracles import networks

from curvkit.minima._certificate import certify
from curvkit.minima._examples import counterexamples, example, ten_points

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


X, Y = [[0.0, 1.0], [1.0, 0.5], [2.0, -1.0]], [0, 1, 0]
PARTS = ([[1.0, 0.5], [0.3, -2.0]], [0.1, 0.2], [1.0, -1.0], 0.3)
NAN, THREE = float("nan"), "must be (hidden, bias, output, offset), four arrays"


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "softplus", "relu"])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_network_of_one_s_own_gets_a_verdict(activation, loss, kind):
    weights = tuple(np.array(each, kind) for each in PARTS)
    found = certify(example(np.array(X, kind), np.array(Y, kind), weights,
                            activation=activation, loss=loss))  # fmt: skip
    assert found.verdict == "not proved" and found.words().startswith("**Not proved**: ")


@pytest.mark.parametrize(
    "turned, said",
    [
        (dict(weights=PARTS[:3]), THREE),
        (dict(weights=(*PARTS, 1.0)), THREE),
        (dict(weights=None), THREE),
        (dict(weights=dict(hidden=1)), THREE),
        (dict(weights=np.zeros(9)), THREE),
        (dict(weights=(PARTS[0], [0.1], *PARTS[2:])), "weights must be (hidden, bias, output"),
        (dict(weights=(PARTS[0], [0.1, NAN], *PARTS[2:])), "weights must be an array of finite"),
        (dict(weights=(PARTS[0], [0.1, 1e200], *PARTS[2:])), "weights must be of at most 1e+30"),
        (dict(better=PARTS[:2]), "better must be (hidden, bias, output, offset), four arrays"),
        (dict(inputs=[[NAN, 1.0]] * 3), "inputs must be an array of finite numbers"),
        (dict(inputs=[[1.0, 2.0], [3.0]]), "inputs must be an array of finite numbers"),
        (dict(inputs=np.zeros((3, 0))), "at least one point"),
        (dict(inputs=[], targets=[]), "at least one point"),
        (dict(targets=[[0, 1]] * 3), "one output"),
        (dict(targets=[0, 1, np.inf]), "targets must be an array of finite numbers"),
        (dict(targets=[0, 1, 3], loss="logistic"), "targets must be 0 and 1 for the logistic loss, "
         "but 3.0 was given."),
        (dict(activation=["tanh"]), "There is no activation ['tanh']"),
        (dict(activation=None), "There is no activation None"),
        (dict(loss="hinge"), "There is no loss 'hinge'"),
        (dict(claimed="much"), "claimed must be a number as text"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused_in_one_sentence(turned, said):
    given = dict(inputs=X, targets=Y, weights=PARTS, activation="tanh", loss="squared") | turned
    with pytest.raises(ValueError) as caught:
        example(**given)
    assert said in str(caught.value) and str(caught.value).endswith(".")


def test_a_proof_is_refused_of_what_is_no_example_and_within_no_reach():
    with pytest.raises(TypeError, match="example must be made by"):
        certify(np.zeros(3))
    for reach in (-1.0, NAN, "far"):
        with pytest.raises(ValueError, match="reach must be a number from 0 on"):
            certify(ten_points(), reach=reach)


@pytest.mark.parametrize(
    "claimed, holds",
    [("5.777", True), ("5.7773784e0", True), ("5.7764", False), ("52/9", False), ("5", False)],
)
def test_a_loss_is_held_to_the_digits_that_it_is_claimed_with(claimed, holds):
    given = ten_points()
    how = dict(activation="sigmoid", loss="logistic", claimed=claimed)
    found = certify(example(given.inputs, given.targets, given.weights, **how))
    assert [step.holds for step in found.steps if step.name == "loss as claimed"] == [holds]

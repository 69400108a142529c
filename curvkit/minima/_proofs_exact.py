"""The proof for a rectifier network with squared loss: exact, with kinks and flat symmetries named.

| symbol | name | source |
| --- | --- | --- |
| θ | weights, rationals | arXiv 1611.06310 |
| F | the loss inside one activation pattern, convex in (v w, v b, c) | `rationals` |
| ℓ′ v > 0 | at a kink: turning the unit on can only add | `rationals` |
"""

from curvkit.core.messages import known, number
from curvkit.minima import _balls as balls
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima import _rationals as rationals
from curvkit.minima._examples import Example
from curvkit.minima._proof import Ball, Proof


def prove(example: Example, reach: float) -> Proof:
    """All steps, up to the first that fails.

    Weights whose slopes are not exactly zero, as fp64 ones are, are first taken to the exact
    minimum of their own activation pattern, if that is within `reach`.
    """
    proof = Proof("exact rationals")
    weights, distance = _settle(example, reach)
    pattern = rationals.pattern(weights, example.inputs, example.targets, example.loss)
    proof.distance = float(distance)
    if _balanced(proof, example, pattern, distance) and _kinks(proof, pattern, weights):
        proof.flat = rationals.flat_directions(pattern)
        proof.step("flat symmetries named", True, f"{'; '.join(proof.flat)}.")
        _losses(proof, example, weights)
    return proof


def _settle(example, reach):
    """The weights to speak of, and how far they are from those given."""
    weights = example.weights
    if example.loss == "squared":
        pattern = rationals.pattern(weights, example.inputs, example.targets, "squared")
        if any(rationals.balance(pattern, example.inputs)):
            near = rationals.settled(weights, example.inputs, example.targets)
            if near is not None:
                distance = max(abs(each) for each in near.flat() - weights.flat())
                if distance <= rationals.Fraction(reach):
                    return near, distance
    return weights, 0


def _balanced(proof, example, pattern, distance):
    slopes = rationals.balance(pattern, example.inputs)
    largest = max(abs(each) for each in slopes)
    slack = rationals.slack(pattern)
    if largest == 0:
        words = "Inside the activation pattern the loss is convex in (v w, v b, c), and each of "
        words += f"its {len(slopes)} slopes is exactly 0; the pattern holds while no "
        words += f"preactivation moves by {slack}." if len(str(slack)) < 12 else (
            f"preactivation moves by about {number(known('the slack', slack))}.")  # fmt: skip
        if distance:
            words += f" This is at the exact minimum, at most {number(distance)} from the "
            words += "weights as given."
    else:
        words = f"The largest slope is {number(largest)}, not 0, and no exact minimum of the same "
        words += "pattern is within reach."
    return proof.step("slope zero in the pattern", largest == 0, words)


def _kinks(proof, pattern, weights):
    wrong = rationals.kinks_hold(pattern, weights)
    places = ", ".join(f"unit {j + 1} on point {i + 1}" for i, j in pattern.kinks)
    if wrong:
        i, j = wrong[0]
        words = f"Unit {j + 1} is exactly at its kink on point {i + 1}, where turning it on lowers "
        words += "the loss or may do so."
    elif pattern.kinks:
        still = all(pattern.slopes[i] == 0 for i, _ in pattern.kinks)
        words = f"At a kink: {places}. "
        words += "There the residual is 0, so both sides agree to first order and are convex."
        if not still:
            words = f"At a kink: {places}. Turning the unit on there can only add to the loss."
    else:
        words = "No unit is at its kink on any point."
    return proof.step("kinks", not wrong, words)


def _losses(proof, example, weights):
    at, proof.loss = _loss(example, weights)
    if example.claimed is not None:
        proofs_smooth.tell_claim(proof, example, at)
    if example.better is not None:
        lower, proof.better_loss = _loss(example, example.better)
        words = f"The loss there is {proof.better_loss.text}, here {proof.loss.text}."
        proof.step("better point", bool(lower < at), words)


def _loss(example, weights):
    """The loss as a rational, or as a ball where it is none; with how it is told."""
    if example.loss == "squared":
        value = rationals.squared_loss(weights, example.inputs, example.targets)
        return value, Ball.exactly(value)
    z = rationals.outputs(weights, example.inputs)
    with balls.precision():
        value = balls.CRITERIA["logistic"](balls.balls(z), balls.balls(example.targets))[0].sum()
        return value, Ball.around(value)

"""The proof for a smooth network: one critical point in a box, a definite Hessian, a lower loss.

| symbol | name | source |
| --- | --- | --- |
| θ | the weights as given | arXiv 1611.06310 |
| θ̂ | θ polished by Newton in floats: the centre of the box | (P,) |
| θ* | the one critical point in the box, proved by Krawczyk | (P,) balls |
| r | radius of the box, the first of `RADII` that works | float |
| λ₁ | smallest eigenvalue of the Hessian, wherever in the box | ball |
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from curvkit.core.messages import known, number
from curvkit.minima import _balls as balls
from curvkit.minima import _calculus as calculus
from curvkit.minima import _claims as claims
from curvkit.minima._calculus import Weights
from curvkit.minima._examples import Example
from curvkit.minima._proof import Ball, Proof

RADII = tuple(m * 10.0**-k for k in range(2, 12) for m in (3, 1))
SMOOTH = tuple(balls.BENDS)
NEWTON_STEPS = 12
TIGHTENINGS = 20
# That a ball of irrational numbers is one ratio is never shown: it is held to so much.
NEAREST = Fraction(1, 10**30)


def prove(example: Example, reach: float) -> Proof:
    """All steps, up to the first that fails."""
    proof = Proof(f"ball arithmetic, {balls.BITS} bits")
    with balls.precision():
        data = balls.balls(example.inputs), balls.balls(example.targets)
        centre = _polished(example)
        box = _critical_point(proof, example, data, centre, reach)
        if box is not None and _definite(proof, example, data, centre, box):
            _losses(proof, example, data, box)
    return proof


def _polished(example):
    flat = np.array([float(each) for each in example.weights.flat()])
    data = example.inputs.astype(float), example.targets.astype(float)
    return polish(flat, *data, example.activation, example.loss)


def polish(
    flat: np.ndarray, inputs: np.ndarray, targets: np.ndarray, activation: str, loss: str
) -> np.ndarray:
    """Weights (P,) after Newton steps in floats; nothing is proved of them yet."""
    bend, criterion = calculus.BENDS[activation], calculus.CRITERIA[loss]
    best = flat
    for _ in range(NEWTON_STEPS):
        weights = Weights.of(flat, inputs.shape[1])
        _, gradient, hessian = calculus.derivatives(weights, inputs, targets, bend, criterion)
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            break
        step = np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
        best, flat = flat, flat - step
        if np.max(np.abs(step)) < 1e-13 * (1 + np.max(np.abs(flat))):
            break
    return flat if np.isfinite(flat).all() else best


def _critical_point(proof: Proof, example: Example, data: tuple[Any, Any], centre, reach):
    """The critical point as balls, proved to be the only one in its box, or None."""
    name = "critical point"
    weights = balls.balls(example.weights.flat())
    at = balls.balls(centre)
    here = balls.derivatives(weights, *data, example.activation, example.loss)
    slope = _largest(here.gradient)
    off = float(_largest(at - weights))
    if not off <= reach:
        words = f"The gradient at the given weights is {_shown(slope)} in its largest entry, and "
        words += f"Newton's steps lead {number(off)} away, beyond the reach of {number(reach)}."
        proof.step(name, False, words)
        return None
    exact = balls.derivatives(at, *data, example.activation, example.loss)

    def moved_in(radius):
        box = balls.balls(centre, radius)
        hessian = balls.derivatives(box, *data, example.activation, example.loss).hessian
        return balls.krawczyk(centre, radius, exact.gradient, hessian)

    radius, moved = mapped_into_itself(moved_in)
    if moved is None:
        words = f"The gradient at the given weights is {_shown(slope)} in its largest entry, but "
        words += f"Krawczyk's operator maps no box of radius {RADII[0]:g} to {RADII[-1]:g} into "
        words += "itself: the Hessian is singular there, or too near to it."
        proof.step(name, False, words)
        return None
    tight = balls.balls(centre) + tightened(moved_in, moved)
    proof.radius = radius
    # A distance that the given digits cannot resolve is none worth telling.
    proof.distance = balls.ends(_largest(tight - weights))[1]
    words = f"Exactly one lies within {radius:g} of the polished weights in every coordinate "
    words += f"(Krawczyk maps the box to {number(float(_largest(moved)) / radius)} of its radius); "
    words += f"it is at most {number(proof.distance)} from the weights as given."
    if not proof.step(name, proof.distance <= reach, words):
        return None
    return tight


def mapped_into_itself(moved_in: Callable[[float], Any]) -> tuple[float, Any]:
    """The first of `RADII` whose box `moved_in`, Krawczyk's operator, maps into itself, and where.

    Where there is none, the second is None.
    """
    for radius in RADII:
        moved = moved_in(radius)
        if balls.inside(moved, radius):
            return radius, moved
    return RADII[-1], None


def tightened(moved_in: Callable[[float], Any], moved: Any) -> Any:
    """The critical point in smaller balls: Krawczyk's operator on its own image, repeatedly."""
    for _ in range(TIGHTENINGS):
        again = moved_in(balls.ends(_largest(moved))[1])
        if not balls.ends(_largest(again))[1] < balls.ends(_largest(moved))[1]:
            break
        moved = again
    return moved


def _definite(proof: Proof, example: Example, data: tuple[Any, Any], centre, tight):
    """Whether the Hessian is positive definite wherever in the box."""
    radius = known("the radius", proof.radius)
    around = balls.derivatives(balls.balls(centre, radius), *data, example.activation, example.loss)
    at = balls.derivatives(tight, *data, example.activation, example.loss)
    proof.eigenvalues = [Ball.around(each) for each in balls.eigenvalues(at.hessian)]
    lowest = proof.eigenvalues[0]
    words = f"The smallest eigenvalue at the critical point is {lowest.text}, the largest "
    words += f"{proof.eigenvalues[-1].text}; "
    whole = balls.positive_definite(around.hessian)
    if whole:
        words += f"the ball Cholesky factorisation succeeds on the whole box of {radius:g}."
    elif lowest.high < 0:
        words += "it is a saddle or a maximum, for certain."
    else:
        whole = balls.positive_definite(at.hessian)
        words += "the ball Cholesky factorisation "
        words += "succeeds at it, not on the whole box." if whole else "fails."
    return proof.step("positive definite Hessian", whole, words)


def _losses(proof: Proof, example: Example, data: tuple[Any, Any], tight):
    """The loss at the critical point, as claimed if it was, and a lower one if it is claimed."""
    at = balls.derivatives(tight, *data, example.activation, example.loss).loss
    if example.loss == "logistic":
        proof.right = _right(example, data, tight)
    lower = None
    if example.better is not None:
        flat = balls.balls(example.better.flat())
        lower = balls.derivatives(flat, *data, example.activation, example.loss).loss
    tell_losses(proof, example, at, lower)


def tell_losses(proof: Proof, example: Example, at: Any, lower: Any) -> None:
    """Adds what is claimed of the loss, a ball `at`, and of one that is `lower`, or None."""
    proof.loss = here = Ball.around(at)
    if example.claimed is not None:
        tell_claim(proof, example, at)
    if lower is not None:
        proof.better_loss = there = Ball.around(lower)
        words = f"The loss there is {there.text}, here {here.text}."
        proof.step("better point", bool(lower < at), words)


def tell_claim(proof: Proof, example: Example, at: Any) -> None:
    """Adds whether the loss, a rational or a ball `at`, is as claimed to the digits given."""
    claim = known("a claimed loss", example.claimed)
    claimed, tolerance = claims.value(claim), claims.tolerance(claim)
    if isinstance(at, Fraction):
        near = abs(at - claimed) <= tolerance
    else:
        tolerance = tolerance or NEAREST
        with balls.precision():
            near = bool(abs(at - balls.balls(claimed).item()) <= balls.balls(tolerance).item())
    words = f"It is {known('the loss', proof.loss).text}; claimed was {claim}"
    words += f", which is held to ±{number(tolerance)}." if tolerance else "."
    proof.step("loss as claimed", near, words)


def _right(example, data, tight):
    """How many points are on the right side at the critical point, for certain."""
    weights = Weights.of(tight, example.inputs.shape[1])
    z = calculus.outputs(weights, data[0], balls.BENDS[example.activation])
    return sum(bool(a > 0 if y else a < 0) for a, y in zip(z, example.targets, strict=True))


def _largest(values):
    """An upper bound of the largest entry in size."""
    largest = balls.flint().arb(0)
    for each in values:
        largest = largest.max(abs(each).upper())
    return largest


def _shown(ball) -> str:
    return number(float(ball))

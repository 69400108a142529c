"""The proof for a rectifier network with logistic loss: a zero slope exists, and F is convex.

Inside one activation pattern the outputs z = A (w, b, c) are linear for the output weights v as
they are, and F = Σ ℓ(z, y) is convex. Its slopes Aᵀ ℓ′ are no rational numbers, so that they are
zero somewhere is proved as for smooth networks, by Krawczyk; but only in coordinates whose columns
of A are independent, since in all others nothing changes. Their choice and their rank are exact.
Where every v is other than 0, a zero slope in (w, b, c) is one in (v w, v b, c), too, in which the
loss of the pattern is convex whatever v: then nothing with the same pattern is lower.

| symbol | name | shape or source |
| --- | --- | --- |
| on_ij | whether unit j is on at point i | (points, units) |
| A_i = (on_ij v_j x_i, on_ij v_j, 1) | `through` | (points, units (features + 1) + 1) |
| P | `pivots`: columns of A that span them all | exact |
| ℓ′, ℓ″ | slopes of the logistic loss, balls | (points,) |
| r | radius of the box in the coordinates of P | float |
"""

import numpy as np

from curvkit.core.messages import number
from curvkit.minima import _balls as balls
from curvkit.minima import _calculus as calculus
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima import _rationals as rationals
from curvkit.minima._calculus import Weights
from curvkit.minima._examples import Example
from curvkit.minima._proof import Proof

NAME = "slope zero in the pattern"


def prove(example: Example, reach: float) -> Proof:
    """All steps, up to the first that fails."""
    proof = Proof(f"exact rationals and ball arithmetic, {balls.BITS} bits")
    weights = example.weights
    pattern = rationals.pattern(weights, example.inputs, example.targets, example.loss)
    if any(each == 0 for each in weights.output):
        words = "Some unit has the output weight 0, so that its own slopes say nothing of its kind."
        proof.step(NAME, False, words)
    elif pattern.kinks:
        i, j = pattern.kinks[0]
        words = f"Unit {j + 1} is exactly at its kink on point {i + 1}; under the logistic loss "
        words += "that is treated only where every output is zero."
        proof.step(NAME, False, words)
    else:
        with balls.precision():
            _within(proof, example, pattern, reach)
    return proof


def through(weights: Weights, on: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """A, exactly: what each of (w, b) by unit, then c, adds to the outputs.

    >>> one = rationals.exact([1])
    >>> weights = Weights(rationals.exact([[2]]), one, rationals.exact([3]), 0 * one.item())
    >>> through(weights, np.array([[True]]), rationals.exact([[5]])).tolist()
    [[Fraction(15, 1), Fraction(3, 1), Fraction(1, 1)]]
    """
    wide = np.concatenate([inputs, rationals.exact(np.ones((len(inputs), 1), int))], axis=1)
    by_unit = np.where(on, rationals.exact(1), rationals.exact(0)) * weights.output
    columns = (by_unit[:, :, None] * wide[:, None, :]).reshape(len(inputs), -1)
    return np.concatenate([columns, wide[:, -1:]], axis=1)


def _within(proof, example, pattern, reach):
    on = pattern.a > 0
    whole = through(example.weights, on, example.inputs)
    pivots = rationals.pivots(whole)
    A = balls.balls(whole[:, pivots])
    targets, at = balls.balls(example.targets), balls.balls(pattern.z)
    centre = _polished(whole[:, pivots].astype(float), pattern.z.astype(float), example.targets)
    gradient = A.T @ _slopes(at + A @ balls.balls(centre), targets)[1]

    def moved_in(radius):
        bends = _slopes(at + A @ balls.balls(centre, radius), targets)[2]
        hessian = balls.product(A.T, A * bends[:, None])
        return balls.krawczyk(centre, radius, gradient, hessian)

    radius, moved = proofs_smooth.mapped_into_itself(moved_in)
    if moved is None:
        words = "Krawczyk's operator maps no box around the weights into itself: with this pattern "
        words += "the loss may fall for ever, as it does where the points can be told apart."
        return proof.step(NAME, False, words)
    tight = balls.balls(centre) + proofs_smooth.tightened(moved_in, moved)
    off = max(balls.ends(abs(each))[1] for each in tight)
    if not off <= reach:
        words = f"The slope is zero {number(off)} away, beyond the reach of {number(reach)}."
        return proof.step(NAME, False, words)
    proof.radius, proof.distance = radius, off
    words = "Inside the activation pattern the loss is convex in (v w, v b, c), and its slope is "
    words += f"zero within {radius:g} of the polished weights (Krawczyk, in the {len(pivots)} "
    words += f"coordinates that tell on the points); at most {number(off)} from those given."
    proof.step(NAME, True, words)
    if _same_pattern(proof, example, on, pivots, tight):
        free = whole.shape[1] - len(pivots)
        proof.flat = _flat(pattern, on, free, example.inputs.shape[1])
        proof.step("flat symmetries named", True, f"{'; '.join(proof.flat)}.")
        _losses(proof, example, at + A @ tight)
    return None


def _slopes(z, targets):
    return balls.CRITERIA["logistic"](z, targets)


def _polished(A, z, targets):
    """Where Newton's steps in floats lead, as a step in the coordinates of P; from none, at 0."""
    step, y = np.zeros(A.shape[1]), targets.astype(float)
    for _ in range(proofs_smooth.NEWTON_STEPS):
        _, slopes, bends = calculus.CRITERIA["logistic"](z + A @ step, y)
        hessian = (A.T * bends) @ A
        if not np.isfinite(hessian).all():
            return np.zeros(A.shape[1])
        step = step - np.linalg.lstsq(hessian, A.T @ slopes, rcond=1e-13)[0]
    return step if np.isfinite(step).all() else np.zeros(A.shape[1])


def _same_pattern(proof, example, on, pivots, tight):
    """Whether every unit is as it was, on every point, wherever the zero slope is."""
    weights, features = example.weights, example.inputs.shape[1]
    moved = balls.balls(np.zeros(weights.units * (features + 1) + 1))
    moved[pivots] = tight
    by_unit = moved[:-1].reshape(weights.units, features + 1)
    hidden = balls.balls(weights.hidden) + by_unit[:, :-1]
    bias = balls.balls(weights.bias) + by_unit[:, -1]
    a = balls.balls(example.inputs) @ hidden.T + bias
    still = all(bool(each > 0 if o else each < 0) for each, o in zip(a.flat, on.flat, strict=True))
    words = "No unit is at its kink on any point, and none turns on or off on the way."
    if not still:
        words = "On the way there some unit turns on or off, or cannot be told from its kink."
    return proof.step("kinks", still, words)


def _flat(pattern, on, free, features):
    directions = rationals.flat_directions(pattern)
    # Those of a unit that is off everywhere are named already.
    free -= int((~on.any(0)).sum()) * (features + 1)
    return [*directions, f"{free} directions of (w, b, c) change no output"] if free else directions


def _losses(proof, example, z):
    """The loss where the slope is zero, with outputs `z`, and at the better point."""
    targets = balls.balls(example.targets)
    proof.right = sum(bool(a > 0 if y else a < 0) for a, y in zip(z, example.targets, strict=True))
    lower = None
    if example.better is not None:
        lower = _slopes(balls.balls(rationals.outputs(example.better, example.inputs)), targets)
        lower = lower[0].sum()
    proofs_smooth.tell_losses(proof, example, _slopes(z, targets)[0].sum(), lower)

"""Rectifier networks in exact rationals: a local minimum without a Hessian, kinks included.

Inside one activation pattern z = Σ on_ij (v_j w_j · x_i + v_j b_j) + c is linear in (v w, v b, c),
so the loss there is a convex function F of those. Where F has slope zero, nothing with the same
pattern is lower. At a kink, where a preactivation is zero, v relu(δ) can only add to the loss if
ℓ′ v > 0: there the unit may be taken as off. Where ℓ′ = 0 the kink does not matter. Where ℓ′ v < 0
the unit can be turned on and the loss falls. No floating-point number is used.

| symbol | name | shape or source |
| --- | --- | --- |
| a_ij | preactivation of unit j on point i | rational |
| ℓ′_i | `slopes(...)`: derivative of the loss by the output | (points,) rationals |
| on_ij | whether a_ij > 0 | (points, units) |
| Σ_i on_ij ℓ′_i (x_i, 1) = 0 for all j, Σ_i ℓ′_i = 0 | `balance(...)`: slope zero of F | derived |
| t w, t b, v / t | a unit's scaling, which changes no output | arXiv 1611.06310 |
"""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from curvkit.core import messages
from curvkit.minima._balls import flint
from curvkit.minima._calculus import Weights, preactivations

HALF = Fraction(1, 2)


class Pattern(NamedTuple):
    """What the units do on the points, exactly.

    Attributes:
        a: preactivations, (points, units).
        z: outputs, (points,).
        slopes: ℓ′ of each point, or None where it is no rational number.
        kinks: pairs (point, unit) whose preactivation is exactly zero.
    """

    a: np.ndarray
    z: np.ndarray
    slopes: np.ndarray | None
    kinks: list[tuple[int, int]]


def exact(values: Any) -> np.ndarray:
    """An array of `fractions.Fraction` of the same values; floats are taken as what they are.

    >>> exact([0.5, "2.8"]).tolist()
    [Fraction(1, 2), Fraction(14, 5)]
    """
    plain = np.asarray(values)
    fractions = np.empty(plain.shape, dtype=object)
    for at in np.ndindex(plain.shape):
        value: Any = plain[at].item() if hasattr(plain[at], "item") else plain[at]
        fractions[at] = Fraction(value)
    return fractions


def outputs(weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """The rectifier network's outputs, exactly."""
    a = preactivations(weights, inputs)
    return np.where(a > 0, a, exact(0)) @ weights.output + weights.offset


def squared_loss(weights: Weights, inputs: np.ndarray, targets: np.ndarray) -> Fraction:
    """Σ (z − y)², exactly.

    >>> one = exact([1])
    >>> squared_loss(Weights(exact([[2]]), one, one, Fraction(0)), exact([[3]]), exact([5]))
    Fraction(4, 1)
    """
    return ((outputs(weights, inputs) - targets) ** 2).sum()


def pattern(weights: Weights, inputs: np.ndarray, targets: np.ndarray, loss: str) -> Pattern:
    """What the units do on the points; the logistic loss has rational slopes only where z = 0."""
    a = preactivations(weights, inputs)
    z = outputs(weights, inputs)
    slopes = 2 * (z - targets)
    if loss == "logistic":
        slopes = HALF - targets if all(each == 0 for each in z) else None
    kinks = [(int(i), int(j)) for i, j in np.argwhere(a == 0)]
    return Pattern(a, z, slopes, kinks)


def balance(pattern: Pattern, inputs: np.ndarray) -> np.ndarray:
    """The slope of F by (v w, v b) of each unit and by c; all zero exactly at F's minimum.

    Returns:
        (units, features + 1) rationals and, last, c's, in one vector.
    """
    wide = np.concatenate([inputs, exact(np.ones((len(inputs), 1), int))], axis=1)
    on = np.where(pattern.a > 0, exact(1), exact(0))
    slopes = messages.known("rational slopes", pattern.slopes)
    by_unit = (on * slopes[:, None]).T @ wide
    return np.concatenate([by_unit.ravel(), [slopes.sum()]])


def kinks_hold(pattern: Pattern, weights: Weights) -> list[tuple[int, int]]:
    """The kinks at which the loss is not bounded below by that of the unit being off.

    A kink with ℓ′ = 0 changes nothing to first order and its loss is convex in z; one with
    ℓ′ v > 0 can only add. The list holds all others; empty means that every kink holds.
    """
    slopes = messages.known("rational slopes", pattern.slopes)
    return [
        (i, j) for i, j in pattern.kinks if slopes[i] != 0 and slopes[i] * weights.output[j] <= 0
    ]


def flat_directions(pattern: Pattern) -> list[str]:
    """The directions in which nothing changes, by name."""
    directions = []
    for j in range(pattern.a.shape[1]):
        if all(each < 0 for each in pattern.a[:, j]):
            directions.append(f"unit {j + 1} is off on every point: its w, b and v are free")
        else:
            directions.append(f"scaling of unit {j + 1}: (w, b) → t (w, b), v → v / t")
    return directions


def slack(pattern: Pattern) -> Fraction | None:
    """The smallest preactivation in size that is no kink: how far the pattern is from changing."""
    strict = [abs(each) for each in pattern.a.ravel() if each != 0]
    return min(strict) if strict else None


def settled(weights: Weights, inputs: np.ndarray, targets: np.ndarray) -> Weights | None:
    """The exact minimum of F of the squared loss in the present pattern, with v as it is.

    For weights that are only near a minimum, as fp64 ones are. With v fixed the output is linear
    in (w, b, c): rational least squares, of which the solution near the present weights is taken.

    Returns:
        The weights, or None if some v is zero. The pattern may have changed on the way there.
    """
    if any(each == 0 for each in weights.output):
        return None
    units, features = weights.hidden.shape
    on = np.where(preactivations(weights, inputs) > 0, exact(1), exact(0))
    wide = np.concatenate([inputs, exact(np.ones((len(inputs), 1), int))], axis=1)
    through = (on * weights.output)[:, :, None] * wide[:, None, :]
    A = np.concatenate([through.reshape(len(inputs), -1), wide[:, -1:]], axis=1)
    step = least_squares(A, targets - outputs(weights, inputs))
    by_unit = step[:-1].reshape(units, features + 1)
    return Weights(
        weights.hidden + by_unit[:, :-1],
        weights.bias + by_unit[:, -1],
        weights.output,
        weights.offset + step[-1],
    )


def least_squares(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A solution of AᵀA s = Aᵀb in rationals; of many, the shortest.

    The shortest is Aᵀ u for a u with A Aᵀ A Aᵀ u = A Aᵀ b, by elimination; or, where that is the
    smaller system, AᵀA w for a w with AᵀA AᵀA w = Aᵀ b.

    >>> least_squares(exact([[1, 1]]), exact([4])).tolist()
    [Fraction(2, 1), Fraction(2, 1)]
    """
    if len(A) > A.shape[1]:
        gram = multiply(A.T, A)
        return gram @ solve(multiply(gram, gram), A.T @ b)
    gram = multiply(A, A.T)
    return A.T @ solve(multiply(gram, gram), gram @ b)


def solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """A solution of a consistent symmetric system in rationals; free unknowns are zero."""
    rows = _reduced(np.concatenate([matrix, right[:, None]], axis=1))
    solution = exact(np.zeros(len(matrix), int))
    for row in rows:
        pivots = np.flatnonzero(row != 0)
        if len(pivots):
            solution[pivots[0]] = row[-1]
    return solution


def pivots(matrix: np.ndarray) -> list[int]:
    """Columns that are independent and span all others, the first ones that do.

    >>> pivots(exact([[1, 2, 0], [2, 4, 1]]))
    [0, 2]
    """
    nonzero = (np.flatnonzero(row != 0) for row in _reduced(matrix))
    return [int(each[0]) for each in nonzero if len(each)]


def _reduced(rows):
    """The reduced row echelon form in rationals, by python-flint."""
    return _back(_matrix(rows).rref()[0])


def _matrix(rows):
    fmpq = flint().fmpq
    return flint().fmpq_mat(
        [[fmpq(each.numerator, each.denominator) for each in row] for row in rows]
    )


def _back(matrix):
    entries = [Fraction(int(each.p), int(each.q)) for each in matrix.entries()]
    return exact(entries).reshape(matrix.nrows(), matrix.ncols())


def multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The product of two rational matrices, by python-flint.

    >>> multiply(exact([[2, 1]]), exact([[3], [4]])).tolist()
    [[Fraction(10, 1)]]
    """
    return _back(_matrix(left) * _matrix(right))

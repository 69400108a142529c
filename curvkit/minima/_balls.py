"""Ball arithmetic: that a smooth network has exactly one critical point in a box, and what it is.

A ball is a number with a radius that encloses all rounding, so what is shown with balls is proved.
They are python-flint's; without it `flint()` says what to install.

| symbol | name | shape or source |
| --- | --- | --- |
| θ̂, r | `centre`, `radius` of the box θ̂ + r [−1, 1]^P | floats, taken as they are |
| g, H | gradient and Hessian of the loss, over a point or over the box | arXiv 1611.06310 |
| Y ≈ H(θ̂)⁻¹ | preconditioner, any floats | (P, P) |
| K = θ̂ − Y g(θ̂) + (I − Y H(box)) (box − θ̂) | `krawczyk`; K inside the box proves one root | (P,) |
| Q | approximate eigenvectors | (P, P) |
"""

import contextlib
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from curvkit.minima import _calculus as calculus
from curvkit.minima._calculus import Derivatives, Weights

BITS = 128


def flint() -> ModuleType:
    """python-flint, or one sentence on how to get it.

    Raises:
        ModuleNotFoundError: where it is not installed.
    """
    try:
        return importlib.import_module("flint")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "A proof in ball arithmetic needs python-flint, which is not installed; "
            "run `pip install python-flint`."
        ) from error


@contextlib.contextmanager
def precision(bits: int = BITS) -> Iterator[None]:
    """A block in which balls carry `bits` bits."""
    context = flint().ctx
    before, context.prec = context.prec, bits
    try:
        yield
    finally:
        context.prec = before


def balls(values: Any, radius: float = 0.0) -> np.ndarray:
    """An array of balls that hold `values` (floats, integers, rationals), each ± `radius`."""
    arb, fmpq = flint().arb, flint().fmpq

    def ball(value):
        if isinstance(value, arb):
            return value
        if isinstance(value, float):
            return arb(value, radius)
        exact = arb(fmpq(int(value.numerator), int(value.denominator)))
        return exact + arb(0, radius) if radius else exact

    plain = np.asarray(values)
    array = np.empty(plain.shape, dtype=object)
    for at in np.ndindex(plain.shape):
        array[at] = ball(plain[at].item() if hasattr(plain[at], "item") else plain[at])
    return array


def _each(function):
    """`function` of one ball, which gives a tuple, as a function of an array of them."""

    def all_of(*arrays):
        flat = [function(*each) for each in zip(*map(np.ravel, arrays), strict=True)]
        columns = zip(*flat, strict=True)
        return tuple(_boxed(column).reshape(arrays[0].shape) for column in columns)

    return all_of


def _boxed(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _sigmoid(a):
    s = 1 / (1 + (-a).exp())
    return s, s * (1 - s), s * (1 - s) * (1 - 2 * s)


def _tanh(a):
    t = a.tanh()
    return t, 1 - t * t, -2 * t * (1 - t * t)


def _softplus(a):
    s = 1 / (1 + (-a).exp())
    return a.exp().log1p(), s, s * (1 - s)


def _logistic(z, y):
    s = 1 / (1 + (-z).exp())
    return z.exp().log1p() - y * z, s - y, s * (1 - s)


def _squared(z, y):
    return (z - y) * (z - y), 2 * (z - y), 2 + 0 * z


BENDS = {"sigmoid": _each(_sigmoid), "tanh": _each(_tanh), "softplus": _each(_softplus)}
CRITERIA = {"logistic": _each(_logistic), "squared": _each(_squared)}


def derivatives(
    flat: np.ndarray, inputs: np.ndarray, targets: np.ndarray, activation: str, loss: str
) -> Derivatives:
    """Balls that hold loss, gradient and Hessian wherever in the balls `flat` the weights are."""
    weights = Weights.of(flat, inputs.shape[1])
    return calculus.derivatives(
        weights, inputs, targets, BENDS[activation], CRITERIA[loss], product
    )


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The product of two matrices of balls, by python-flint: ten times faster than by numpy.

    >>> product(balls([[2, 1]]), balls([[3], [4]]))[0, 0] == 10
    True
    """
    matrix = flint().arb_mat
    entries = (matrix(left.tolist()) * matrix(right.tolist())).entries()
    return _boxed(entries).reshape(left.shape[0], right.shape[1])


def krawczyk(centre: np.ndarray, radius: float, gradient: np.ndarray, hessian: np.ndarray):
    """The Krawczyk operator's distance from the centre, as balls; compare it with the radius.

    Args:
        centre: θ̂, (P,) floats.
        radius: r, exactly the float that it is.
        gradient: g(θ̂) as balls.
        hessian: balls that hold H everywhere in the box.

    Returns:
        K − θ̂, (P,) balls. If each is certainly smaller than r in size, then exactly one critical
        point lies in the box, and K holds it.
    """
    middle = np.array([[float(each.mid()) for each in row] for row in hessian])
    if not np.isfinite(middle).all():
        return None
    Y = balls(np.linalg.pinv(middle))
    defect = -product(Y, hessian)
    for i in range(len(centre)):
        defect[i, i] = 1 + defect[i, i]
    return defect @ balls(np.zeros(len(centre)), radius) - Y @ gradient


def inside(moved: np.ndarray | None, radius: float) -> bool:
    """Whether every entry of `moved` is certainly smaller than `radius` in size."""
    return moved is not None and all(bool(abs(each) < flint().arb(radius)) for each in moved)


def positive_definite(matrix: np.ndarray) -> bool:
    """Whether every symmetric matrix in the balls of `matrix` is positive definite, for certain.

    Q is any matrix near the inverse root. If Qᵀ M Q has a Cholesky factorisation for all M in the
    balls, then Q is regular and every M is positive definite.
    """
    middle = _middle(matrix)
    if not np.isfinite(middle).all():
        return False
    values, vectors = np.linalg.eigh(middle)
    if values[0] <= 0:
        return False
    Q = balls(vectors / np.sqrt(values))
    return _cholesky(product(product(Q.T, matrix), Q))


def _cholesky(matrix):
    """Whether all pivots of the ball Cholesky factorisation are certainly positive."""
    complement = matrix.copy()
    for k in range(len(complement)):
        pivot = complement[k, k]
        if not bool(pivot > 0):
            return False
        for i in range(k + 1, len(complement)):
            for j in range(k + 1, i + 1):
                # Only the lower half is touched: the matrices in the balls are symmetric.
                complement[i, j] = complement[i, j] - complement[i, k] * complement[j, k] / pivot
    return True


def eigenvalues(matrix: np.ndarray) -> list[Any]:
    """Balls that hold the eigenvalues, ascending, of every symmetric matrix in `matrix`.

    Ostrowski: the eigenvalues of Qᵀ M Q are those of M times factors within ‖QᵀQ − I‖ of 1; Weyl:
    they differ from the diagonal of Qᵀ M Q by at most the norm of the rest.
    """
    arb = flint().arb
    values, vectors = np.linalg.eigh(_middle(matrix))
    Q = balls(vectors)
    turned, gram = product(product(Q.T, matrix), Q), product(Q.T, Q)
    defect = _norm(gram - balls(np.eye(len(values))))
    if not bool(defect < 1):
        return [arb(0, np.inf)] * len(values)
    off = _norm(turned - np.diag(balls(values)))
    spread = arb(0, 1)
    return [(value + spread * off) / (1 + spread * defect) for value in balls(values)]


def _middle(matrix):
    midpoints = np.array([[float(each.mid()) for each in row] for row in matrix])
    return (midpoints + midpoints.T) / 2


def _norm(matrix):
    """An upper bound of the largest row sum, which bounds the largest eigenvalue in size."""
    zero = flint().arb(0)
    largest = zero
    for row in matrix:
        total: Any = sum((abs(each) for each in row), zero)
        largest = largest.max(total.upper())
    return largest


def ends(ball: Any) -> tuple[float, float]:
    """Floats below and above everything in the ball."""
    low, high = float(ball.lower()), float(ball.upper())
    return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))

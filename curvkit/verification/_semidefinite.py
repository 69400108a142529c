"""The semidefinite relaxation of a quadratic property, over a network's unstable neurons.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| a = [1; x; h] | the inputs and the unstable neurons | (1 + n,) | arXiv 1902.09592, section 3 |
| X = a aᵀ, relaxed to X ⪰ 0 | `Lifted.matrix` | (1 + n, 1 + n) | there; arXiv 1811.01057 |

Slow and tight: for people to see, and for tests to compare with. A solver's optimum is not a
certificate, since it keeps to its constraints up to a tolerance only. Needs the extra `verify`.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np

from curvkit.core.messages import refusal
from curvkit.core.tree import float64
from curvkit.verification import _certify as certify
from curvkit.verification._bounds import crown
from curvkit.verification._networks import network, pair, sizes
from curvkit.verification._quadratic import QuadraticSpec
from curvkit.verification._specifications import Specification, largest, row_planes

# A program of more neurons takes minutes.
MOST = 60


class Lifted(NamedTuple):
    """The optimum, the moment matrix at it, the number of unstable neurons, the solver's status.

    Of a matrix of rank one the optimum is exact: `second` is its second eigenvalue over its first.
    """

    value: float
    matrix: np.ndarray
    unstable: int
    status: str

    @property
    def second(self) -> float:
        """How far the moment matrix is from rank one."""
        values = np.linalg.eigvalsh(self.matrix)
        return float(values[-2] / values[-1])


def semidefinite(layers: Any, within: Any, q: Any, *, products: bool = True) -> Lifted:
    """The semidefinite bound of a quadratic property on a box, by cvxpy and Clarabel.

    Args:
        layers: as `networks.network` takes them, with ReLUs only.
        within: as `networks.box` makes it.
        q: as in `QuadraticSpec`, which it is the matrix of.
        products: whether products of the bounds are constraints (McCormick's).

    Raises:
        ModuleNotFoundError: with the extra to install, where cvxpy is absent.
        ValueError: with one sentence, for other layers or too many unstable neurons.

    >>> square = [[0, 0, 0], [0, 0, 0], [0, 0, 1.0]]  # of y, which is twice x
    >>> round(semidefinite([([[2.0]], [0.0])], ([-1.0], [0.5]), square).value, 4)
    4.0
    """
    try:
        import cvxpy
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "cvxpy is not installed; `pip install 'curvkit[verify]'` brings it."
        ) from None
    layers, spec = network(layers), QuadraticSpec(q, sizes(network(layers))[0])
    within = pair(within, sizes(layers)[0])
    spec = spec.fit(*sizes(layers))
    rows, neurons, low, high = _folded(layers, within)
    matrix = cvxpy.Variable((len(low) + 1, len(low) + 1), PSD=True)
    first, a = matrix[:, 0], matrix[1:, 0]
    limits = [matrix[0, 0] == 1, a >= low, a <= high]
    # The secant of each square: without any bound on squares there is none on the property.
    secants = cvxpy.multiply(low + high, a) - low * high
    limits += [cvxpy.diag(matrix)[1:] <= secants]
    for at, row, lower, upper in neurons:
        z, chord = row @ first, upper / (upper - lower)
        limits += [
            first[at] >= z,
            first[at] <= chord * (z - lower),
            matrix[at, at] == row @ matrix[:, at],
        ]
    parts: Any = [spec.from_inputs, spec.from_outputs]  # a fitted one has both
    views = np.concatenate(parts, 1) @ rows[1:]
    if products:
        limits += _products(matrix[1:, 1:], a, low, high)
        ends = _view_bounds(layers, spec, within)
        limits += _products(views @ matrix @ views.T, views @ first, *ends)
    q = (np.asarray(q, float) + np.asarray(q, float).T) / 2
    problem = cvxpy.Problem(cvxpy.Maximize(cvxpy.trace(rows.T @ q @ rows @ matrix)), limits)
    with warnings.catch_warnings():
        # That the optimum may be inaccurate is in `status`.
        warnings.simplefilter("ignore", UserWarning)
        problem.solve(solver=cvxpy.CLARABEL)
    optimum: Any = problem.value
    value = np.inf if matrix.value is None else float(optimum)
    moments: Any = matrix.value  # None, where the solver finds none
    return Lifted(value, moments, len(neurons), problem.status)


def _folded(layers, within):
    """Each of 1, x and y as a row over [1, x, h], the unstable neurons, and bounds of x and h."""
    inputs = len(within.lower)
    now, neurons = np.eye(inputs + 1)[1:], []
    low, high = list(within.lower), list(within.upper)
    for at, layer in enumerate(layers):
        if layer == "relu":
            lower, upper = crown(layers[:at], within)
            for i, (least, most) in enumerate(zip(lower, upper, strict=True)):
                if most <= 0:
                    now[i] = 0
                elif least < 0:
                    neurons.append((len(low) + 1, now[i].copy(), least, most))
                    low, high = [*low, 0.0], [*high, most]
                    now = np.pad(now, [(0, 0), (0, 1)])
                    now[i] = np.eye(len(low) + 1)[len(low)]
        elif isinstance(layer, str):
            raise ValueError(refusal("layers", "affine or relu", layer))
        else:
            now = layer.weight @ now
            now[:, 0] += layer.bias
        if len(neurons) > MOST:
            raise ValueError(
                refusal("within", f"a box with at most {MOST} unstable neurons", len(neurons))
            )
    count = len(low) + 1
    padded = [(at, np.pad(row, (0, count - len(row))), *ends) for at, row, *ends in neurons]
    rows = np.concatenate([np.eye(inputs + 1, count), now])
    return rows, padded, np.array(low), np.array(high)


def _products(moments, a, low, high):
    """McCormick's planes of all products of numbers `a`, of which `moments` are relaxed."""
    column = lambda each: each.reshape(-1, 1)
    a, low, high = a.reshape((-1, 1), order="C"), column(low), column(high)
    return [
        moments >= a @ low.T + low @ a.T - low @ low.T,
        moments >= a @ high.T + high @ a.T - high @ high.T,
        moments <= a @ high.T + low @ a.T - low @ high.T,
    ]


def _view_bounds(layers, spec, within):
    """Bounds of what the property reads, as the fast bound has them."""
    ends = []
    for sign in (-1, 1):
        bounds = []
        for views in zip(spec.from_inputs, spec.from_outputs, strict=True):
            pair = tuple(sign * each[None] for each in views)
            view_spec = Specification(pair, largest, row_planes, [np.zeros(1)]).fit(*sizes(layers))
            with float64():
                upper = certify.program()(
                    layers, view_spec, within.lower[None], within.upper[None]
                ).upper
            bounds.append(sign * float(upper[0]))
        ends.append(np.array(bounds))
    return ends

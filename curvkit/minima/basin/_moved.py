"""A chart whose data were moved by hand: the minimum is followed, and proved anew or not.

| symbol | name | shape |
| --- | --- | --- |
| (x, y) | `inputs`, `targets` of the moved data | (points, features), (points,) rationals |
| θ(s), s from 0 to 1 | `followed`: the minimum on the way from the old data to the new | (P,) |
| | `ChartData`: what of a chart a run reads, as arrays | |

Nothing is believed of the followed weights: `certify` proves what it can of them. What was moved is
to the proof exactly what it is to the runs, a number of single precision.
"""

from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.minima import _calculus as calculus
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima import _rationals as rationals
from curvkit.minima._calculus import Weights
from curvkit.minima._certificate import Certificate, certify
from curvkit.minima._examples import Example, example
from curvkit.minima.basin._names import STEPS
from curvkit.minima.basin._plane import Chart

# Parts of the way on which the minimum is followed, and how far it may go on one of them, in any
# coordinate: what goes farther is another one.
PARTS, FARTHEST = 32, 1.0
SOLVES = 4


class ChartData(NamedTuple):
    """Of a chart: data, minimum, and the numbers of its certificate; `failed` is 0 if it is whole,
    else 1 + the place in `STEPS` of the step that failed.
    """

    inputs: jax.Array
    targets: jax.Array
    minimum: jax.Array
    level: jax.Array
    better_loss: jax.Array
    eigenvalues: jax.Array
    radii: jax.Array
    box_radius: jax.Array
    failed: jax.Array


def known(chart: Chart, eigenvalues: int) -> ChartData:
    """What a run reads of a chart.

    Args:
        chart: of the data as they are.
        eigenvalues: how many there are; nan where no proof came to them.
    """
    proof = chart.certificate
    which = proof.example
    balls = np.array([(each.low, each.high) for each in proof.eigenvalues]).reshape(-1, 2)
    if len(balls) != eigenvalues:
        balls = np.full((eigenvalues, 2), np.nan)
    real = lambda value: jnp.asarray(value, float)
    better = messages.known("the better point", which.better)
    level = proof.loss.low if proof.loss else loss_at(which, which.weights)
    below = proof.better_loss.low if proof.better_loss else loss_at(which, better)
    return ChartData(
        jnp.asarray(chart.data.inputs), jnp.asarray(chart.data.targets),
        jnp.asarray(chart.minimum), real(level), real(below), real(balls.mean(1)),
        real((balls[:, 1] - balls[:, 0]) / 2), real(proof.radius or 0.0),
        jnp.asarray(failed(proof), int),
    )  # fmt: skip


def failed(proof: Certificate) -> int:
    """0 if the certificate is whole, else 1 + the place in `STEPS` of the step that failed."""
    if proof.proved:
        return 0
    first = next((step.name for step in proof.steps if not step.holds), STEPS[-1])
    return 1 + STEPS.index(first if first in STEPS else STEPS[-1])


def loss_at(which: Example, weights: Weights) -> float:
    """The loss of weights in floats; nothing is proved of it."""
    flat = np.array([float(each) for each in weights.flat()])
    inputs, targets = which.inputs.astype(float), which.targets.astype(float)
    criterion, bend = calculus.CRITERIA[which.loss], calculus.BENDS[which.activation]
    floats = Weights.of(flat, inputs.shape[1])
    return float(np.sum(criterion(calculus.outputs(floats, inputs, bend), targets)[0]))


def recharted(chart: Chart, state: ChartData, inputs: np.ndarray, targets: np.ndarray) -> Chart:
    """The chart of moved data: the minimum followed from a known one, with a certificate of it.

    Args:
        chart: as it was declared; what was not moved is taken from it exactly.
        state: data and minimum before.
        inputs, targets: fp32, as the runs will read them.
    """
    which = chart.certificate.example
    old = _exactly(which, np.asarray(state.inputs), np.asarray(state.targets))
    new = _exactly(which, inputs, targets)
    weights = followed(which, np.asarray(state.minimum, float), old, new)
    better = messages.known("the better point", which.better)
    moved = example(
        *new, tuple(weights), activation=which.activation, loss=which.loss,
        better=tuple(better), name=which.name, source=which.source,
    )  # fmt: skip
    proof = certify(moved)
    minimum = np.array([float(each) for each in moved.weights.flat()], np.float32)
    return Chart(minimum, chart.better, chart.data._replace(inputs=inputs, targets=targets),
                 chart.activation, proof)  # fmt: skip


def _exactly(which: Example, inputs: np.ndarray, targets: np.ndarray) -> tuple[Any, Any]:
    """Data in rationals: as they were declared where they are so, else as fp32 has them."""

    def of(declared: np.ndarray, values: np.ndarray) -> np.ndarray:
        pairs = zip(declared.ravel(), values.ravel(), strict=True)
        exact = [d if np.float32(d) == v else Fraction(float(v)) for d, v in pairs]
        array = np.empty(len(exact), object)
        array[:] = exact
        return array.reshape(declared.shape)

    return of(which.inputs, inputs), of(which.targets, targets)


def followed(which: Example, flat: np.ndarray, old: Any, new: Any) -> Weights:
    """The minimum on the way from the old data to the new; where it is lost, as far as it came."""
    features = which.inputs.shape[1]
    if which.activation == "relu":
        return _settled(which, Weights.of(flat, features), *new)
    (x0, y0), (x1, y1) = (tuple(part.astype(float) for part in data) for data in (old, new))
    for part in np.linspace(0, 1, PARTS + 1)[1:]:
        data = x0 + part * (x1 - x0), y0 + part * (y1 - y0)
        after = proofs_smooth.polish(flat, *data, which.activation, which.loss)
        if not np.max(np.abs(after - flat)) <= FARTHEST:
            break
        flat = after
    return Weights.of(flat, features)


def _settled(which: Example, weights: Weights, inputs: np.ndarray, targets: np.ndarray) -> Weights:
    """The exact minimum of a pattern near by: least squares, as long as the pattern changes."""
    declared = which.weights
    near = lambda a, b: a if np.float32(a) == np.float32(b) else Fraction(float(b))
    flat = [near(d, f) for d, f in zip(declared.flat(), weights.flat(), strict=True)]
    weights = first = Weights.of(np.array(flat, object), which.inputs.shape[1])
    for _ in range(SOLVES):
        pattern = rationals.pattern(weights, inputs, targets, which.loss)
        if not any(rationals.balance(pattern, inputs)):
            return weights
        after = rationals.settled(weights, inputs, targets)
        if after is None or max(abs(each) for each in after.flat() - first.flat()) > FARTHEST:
            break
        weights = after
    return weights

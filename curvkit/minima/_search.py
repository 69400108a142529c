"""A search for bad minima of one's own data: many seeds, polished by Newton, then certified.

| symbol | name | shape |
| --- | --- | --- |
| x, y | `points`, `labels` | (points, features), (points,) |
| θ̂ | a run's end, polished in fp64 | (P,) |
| g, H | gradient and Hessian there | (P,), (P, P) |
| θ₂ | the best run's end: the better point of all certificates | (P,) |
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.core.messages import counted, number
from curvkit.minima import _calculus as calculus
from curvkit.minima import _proofs_smooth as proofs_smooth
from curvkit.minima import _training as training
from curvkit.minima._calculus import Weights
from curvkit.minima._certificate import Certificate, certify
from curvkit.minima._examples import example

GRADIENT, SAME_LOSS, MOVED = 1e-9, 1e-6, 2.0
GRID, BATCH = 33, 100


@dataclass(frozen=True)
class Minimum:
    """A minimum that runs ended at: loss, how many did, points right there, and its certificate."""

    loss: float
    runs: int
    right: int
    certificate: Certificate
    surface: np.ndarray


@dataclass(frozen=True)
class Finding:
    """What a search found; `minima` has the most frequented first.

    Attributes:
        points, labels: what was searched on.
        minima: each a `Minimum` with a loss above the best one's.
        best_loss, best_right: of the best of all runs.
        runs: how many were made; unsettled: how many of them ended near no minimum.
        axes: coordinates of the minima's surfaces, for points in the plane.
    """

    points: np.ndarray
    labels: np.ndarray
    minima: tuple[Minimum, ...]
    best_loss: float
    best_right: int
    runs: int
    unsettled: int
    axes: tuple[np.ndarray, ...]

    @property
    def bad(self) -> tuple[Minimum, ...]:
        """The minima that are proved, with a better point that is proved to be better."""
        return tuple(each for each in self.minima if each.certificate.proved)

    def words(self) -> str:
        """What was found, in a few sentences."""
        total = len(self.labels)
        text = f"The best of {counted(self.runs, 'run')} has loss {number(self.best_loss)} and "
        text += f"{self.best_right} of {counted(total, 'point')} right. "
        if self.bad:
            worst = self.bad[0]
            many = "bad minima are" if len(self.bad) > 1 else "bad minimum is"
            text += f"**{len(self.bad)} {many} proved.** The most frequented has loss "
            loss = messages.known("the loss", worst.certificate.loss).text
            text += f"{loss}, {worst.right} of {counted(total, 'point')} right, and "
            text += f"{counted(worst.runs, 'run')} ended there. "
        else:
            text += "**No bad minimum is proved.** "
        return text + f"{counted(self.unsettled, 'run')} ended near no strict minimum."

    def _repr_markdown_(self) -> str:
        lines = [self.words(), "", "| loss | runs | right | verdict |", "| --- | --- | --- | --- |"]
        for each in self.minima:
            right = f"{each.right} of {len(self.labels)}"
            cells = [f"{each.loss:.10g}", str(each.runs), right, each.certificate.verdict]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)


def search(
    points: Any, labels: Any, *, activation: str = "sigmoid", width: int = 2,
    loss: str = "logistic", seeds: int = 500, steps: int = 5000, learning_rate: float = 0.05,
    most: int = 5, seed: int = 0, tell: Callable[[str], bool] | None = None,
) -> Finding:  # fmt: skip
    """Looks for bad minima on points of one's own, and certifies what it finds.

    Args:
        points: (points, features).
        labels: (points,), 0 and 1 for the logistic loss.
        activation: sigmoid, tanh or softplus; rectifiers have no strict minima to polish, so
            hand their weights to `certify`.
        width: hidden units, from 1 to 8.
        loss: logistic or squared.
        seeds: how many runs of Adam are made, each of `steps` steps.
        learning_rate: of Adam, on the mean loss.
        most: how many minima are certified, the most frequented first.
        seed: which random weights.
        tell: called now and then with words on how far it is; if it returns True, the search
            goes on with the runs that there are.

    Raises:
        ValueError: with one sentence, if a name is unknown, a number out of range, or points and
            labels do not fit.

    >>> finding = search([[0.0], [1.0], [2.0]], [0, 1, 1], width=2, seeds=8, steps=2000)
    >>> finding.runs, finding.best_right
    (8, 3)
    """
    width, seeds = (
        messages.whole("width", width, most=8),
        messages.whole("seeds", seeds, most=10_000),
    )
    steps = messages.whole("steps", steps, most=100_000)
    most, seed = messages.whole("most", most), messages.whole("seed", seed, 0)
    learning_rate = messages.real(
        "learning_rate", learning_rate, "a number above 0 and up to 100", above=0, most=100
    )
    points, labels = _checked(points, labels, activation, loss)
    how, tell = (points, labels, activation, loss), tell or (lambda words: False)
    train = _trained(points.shape[1], activation, width, loss)
    ends = _ends(lambda key: train(key, points, labels, steps, learning_rate), seed, seeds, tell)
    values, polished = _polished_all(ends, how, tell)
    if not np.isfinite(values).any():
        runs = counted(len(ends), "run")
        raise ValueError(f"All of {runs} diverged; take a smaller learning_rate or points.")
    best, lowest = ends[np.nanargmin(values)], float(np.nanmin(values))
    groups, unsettled = _grouped(polished, how)
    chosen = [each for each in groups if each[0] > lowest * (1 + SAME_LOSS)][:most]
    axes = _axes(points)
    minima = tuple(
        Minimum(value, runs, _right(end, how), _certified(end, best, how), _surface(end, how, axes))
        for value, runs, end in chosen
    )
    run_count = len(polished)
    return Finding(points, labels, minima, lowest, _right(best, how), run_count, unsettled, axes)


def _checked(points, labels, activation, loss):
    for kind, choice, known in (("activation", activation, proofs_smooth.SMOOTH),
                                ("loss", loss, calculus.CRITERIA)):  # fmt: skip
        if choice not in known:
            raise ValueError(messages.unknown(kind, choice, known))
    # The certificate's own checks of shapes and labels, before anything is trained.
    features = np.asarray(points, float).reshape(len(points), -1).shape[1]
    zero = (np.zeros((1, features)), np.zeros(1), np.zeros(1), 0.0)
    checked = example(points, labels, zero, activation=activation, loss=loss)
    return checked.inputs.astype(float), checked.targets.astype(float)


def _ends(train, seed, seeds, tell):
    """Where the runs end, as flat weights (runs, P); fewer than `seeds` if told to stop."""
    key, parts = jax.random.key(seed), []
    for finished in range(0, seeds, BATCH):
        parts.append(np.asarray(train(jax.random.fold_in(key, finished)), float))
        if tell(f"training: {min(finished + BATCH, seeds)} of {counted(seeds, 'run')}"):
            break
    return np.concatenate(parts)[:seeds]


@functools.lru_cache(maxsize=16)
def _trained(features, activation, width, loss):
    """The compiled training of a batch of runs, to flat weights (runs, P)."""

    @jax.jit
    def train(key, points, labels, steps, learning_rate):
        points, labels = points.astype(jnp.float32), labels.astype(jnp.float32)
        widths, data = jnp.full((BATCH,), width), training.LabelledPoints(points, labels, loss)
        drawn = training.draw(key, "normal_with_biases", features, widths, width)
        how = (data, activation, "adam", learning_rate, widths)
        runs = training.descend(training.start(drawn), steps, *how).runs
        parts = [each.reshape(-1, BATCH) for each in runs]
        return jnp.concatenate(parts).T

    return train


def _at(end, how):
    points, labels, activation, loss = how
    weights = Weights.of(end, points.shape[1])
    bend, criterion = calculus.BENDS[activation], calculus.CRITERIA[loss]
    return calculus.derivatives(weights, points, labels, bend, criterion)


def _polished_all(ends, how, tell):
    """The loss of each run, and the strict minimum next to it or None; fewer if told to stop."""
    values, polished = [], []
    for end in ends:
        if len(values) % BATCH == BATCH - 1:
            if tell(f"polishing: {len(values) + 1} of {counted(len(ends), 'run')}"):
                break
        values.append(float(_at(end, how).loss) if np.isfinite(end).all() else np.nan)
        polished.append(_polished(end, how) if np.isfinite(values[-1]) else None)
    return np.array(values), polished


def _grouped(polished, how):
    """The strict minima that runs ended at, as (loss, runs, weights), and how many at none."""
    minima = []
    for minimum in polished:
        if minimum is None:
            continue
        loss = float(_at(minimum, how).loss)
        same = [each for each in minima if abs(each[0] - loss) <= SAME_LOSS * (1 + abs(loss))]
        if same:
            same[0][1] += 1
        else:
            minima.append([loss, 1, minimum])
    unsettled = sum(each is None for each in polished)
    return sorted(minima, key=lambda each: -each[1]), unsettled


def _polished(end, how):
    """The strict minimum next to a run's end, or None."""
    polished = proofs_smooth.polish(end, *how)
    if np.max(np.abs(polished - end)) > MOVED:
        return None
    at = _at(polished, how)
    flat = np.max(np.abs(at.gradient)) > GRADIENT or np.linalg.eigvalsh(at.hessian)[0] <= 0
    return None if flat else polished


def _certified(end, best, how):
    points, labels, activation, loss = how
    parts = [Weights.of(each, points.shape[1]) for each in (end, best)]
    return certify(
        example(points, labels, parts[0], activation=activation, loss=loss, better=parts[1],
                name="found by search")
    )  # fmt: skip


def _right(end, how):
    points, labels, activation, loss = how
    z = calculus.outputs(Weights.of(end, points.shape[1]), points, calculus.BENDS[activation])
    good = np.abs(z - labels) < 0.5 if loss == "squared" else (z > 0) == (labels > 0.5)
    return int(np.sum(good))


def _axes(points):
    spread = np.maximum(np.abs(points[:, :2]).max(0), 1.0) * 1.25
    return tuple(np.linspace(-each, each, GRID) for each in spread)


def _surface(end, how, axes):
    """The output over the plane, (grid, grid); nothing for other than two features."""
    if how[0].shape[1] != 2:
        return np.zeros((0, 0))
    places = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    z = calculus.outputs(Weights.of(end, 2), places, calculus.BENDS[how[2]])
    return z.reshape(GRID, GRID)

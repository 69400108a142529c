"""The data sets that runs are made on, with what is proved about their losses.

| symbol | name | shape |
| --- | --- | --- |
| x, y | `problem(name)`, as fp32 arrays | (points, features), (points,) |
| L(θ*) | `proved_levels(...)`: losses of minima that `certify` proves | (levels,) |
| h | the width that a level belongs to | (levels,) |
"""

import functools
from typing import NamedTuple

import numpy as np

from curvkit.core import messages
from curvkit.minima import _examples as examples
from curvkit.minima._certificate import certify

PROBLEMS = ("ten_points", "xor", "jellyfish", "line_1", "line_2", "line_3", "digits")


class Problem(NamedTuple):
    """Points (points, features), targets (points,) and the loss that compares outputs with them."""

    inputs: np.ndarray
    targets: np.ndarray
    loss: str


class Level(NamedTuple):
    """The loss of a proved minimum, and the width of the network that it is of."""

    loss: float
    width: int
    name: str


def problem(name: str, digits: tuple[np.ndarray, np.ndarray] | None = None) -> Problem:
    """The data set of that name.

    Args:
        name: one of `PROBLEMS`; line_1 to line_3 are those of the rectifiers, with squared loss.
        digits: pixels (points, 64) and one-hot targets (points, 10), for `digits` only, which
            is odd (1) against even (0).

    Raises:
        ValueError: if there is none.

    >>> problem("xor").targets.tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    if name not in PROBLEMS:
        raise ValueError(messages.unknown("problem", name, PROBLEMS))
    if name == "digits":
        pixels, targets = messages.known("digits", digits)
        return Problem(pixels, np.asarray(targets.argmax(1) % 2, np.float32), "logistic")
    if name.startswith("line"):
        line = {"line_1": examples.LINE_1, "line_2": examples.LINE_2, "line_3": examples.LINE_3}
        x, y = zip(*line[name], strict=True)
        return Problem(np.asarray(x, np.float32)[:, None], np.asarray(y, np.float32), "squared")
    points, labels = {
        "ten_points": (examples.TEN_POINTS, examples.TEN_LABELS),
        "xor": (examples.XOR, examples.XOR_LABELS),
        "jellyfish": (examples.JELLYFISH, examples.JELLYFISH_LABELS),
    }[name]
    inputs, targets = np.array(points, float).astype(np.float32), np.asarray(labels, np.float32)
    return Problem(inputs, targets, "logistic")


@functools.cache
def proved_levels(name: str, activation: str, width: int) -> tuple[Level, ...]:
    """The losses of those counterexamples on this data set whose minimum is proved, just now.

    A level is marked only for networks that it was proved for: same activation, and its own width,
    which is `width` at most. Shifting the inputs moves a minimum and leaves its loss.

    >>> [(each.name, each.loss) for each in proved_levels("line_2", "relu", 2)]
    [('P2', 2.6666666666666665)]
    """
    if name == "digits":
        return ()
    data, levels = problem(name), []
    for each in examples.counterexamples():
        same = each.activation == activation and each.weights.units <= width
        same = same and each.inputs.shape == data.inputs.shape and each.loss == data.loss
        if not same or not np.array_equal(each.inputs.astype(np.float32), data.inputs):
            continue
        certificate = certify(each)
        if certificate.minimum_proved:
            loss = messages.known("the loss", certificate.loss).low
            levels.append(Level(loss, each.weights.units, each.name))
    return tuple(levels)

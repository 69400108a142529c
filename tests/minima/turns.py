"""Examples of the minima room's functions, and other values of their keywords."""

import dataclasses
import os
from unittest import mock

import numpy as np
from turning import Beside, Turn

from curvkit import minima
from curvkit.minima import _reproduction as table

X, Y = np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 0.0])
# Two units meet these in several ways, of which each is a minimum.
RANDOM = np.random.default_rng(12)
PLACES = RANDOM.normal(size=(12, 2)).round(2)
BENT = np.tanh(PLACES @ [1.0, -0.5]) - 0.8 * np.tanh(PLACES @ [0.5, 1.5])
NOISY = (BENT + 0.3 * RANDOM.normal(size=12)).round(2)
SIDES = (NOISY > 0).astype(int)
WEIGHTS = np.array([[1.0]]), np.array([0.5]), np.array([1.0]), 0.2


def stated(**given):
    given = {"activation": "tanh", "loss": "squared", **given}
    found = minima.example(X, Y, WEIGHTS, **given)
    return repr(dataclasses.astuple(found) if dataclasses.is_dataclass(found) else tuple(found))


def found(labels=NOISY, **given):
    """What a search comes to: the lowest loss, and of each minimum its loss and its runs."""
    given = {"activation": "tanh", "loss": "squared", "steps": 1500, "learning_rate": 0.1, **given}
    made = minima.search(PLACES, labels, **{"seeds": 100, "most": 3, **given})
    return made.best_loss, made.runs, [(each.loss, each.runs) for each in made.minima]


def built(**given):
    """The curves of the figure that is drawn where nobody watches."""
    with mock.patch.dict(os.environ, CURVKIT_HEADLESS="1"):
        given = {"points": [[0, 0], [1, 1]], "labels": [0, 1], **given}
        figure = minima.build(**given, seeds=4, steps=50)
    return [(each.x, each.y) for each in figure.data]


def counted(**given):
    given = {"rows": table.ROWS[1:2], "runs": 20, "steps": 5, **given}
    return [each.solved for each in minima.compare(**given).cells]


def proved(**given):
    """Whether a minimum is proved whose weights are off by a thousandth."""
    true = minima.counterexamples()[0]
    flat = np.array([float(each) for each in true.weights.flat()]) + 1e-3
    weights = flat[:4].reshape(2, 2), flat[4:6], flat[6:8], flat[8]
    off = minima.example(true.inputs, true.targets, weights, activation="sigmoid", loss="logistic")
    return minima.certify(off, **given).proved


TURNS = {
    "search": Turn(
        found,
        dict(
            activation="sigmoid", width=1, seeds=110, steps=1000, learning_rate=0.05, most=2,
            loss=Beside("squared", {"labels": SIDES, "loss": "logistic"}), seed=1,
            tell=Beside(lambda words: True, {"seeds": 110}),
        ),
        full=True, needs=("flint",),
    ),
    "build": Turn(
        built, dict(points=[[0, 0], [1, 2]], labels=[1, 0]), full=True, needs=("flint",)
    ),
    "certify": Turn(proved, dict(reach=1e-4), needs=("flint",)),
    "compare": Turn(counted, dict(rows=table.ROWS[2:3], runs=30, steps=50, seed=1), full=True),
    "example": Turn(
        lambda **given: np.frombuffer(stated(**given).encode(), np.uint8),
        dict(
            activation="sigmoid", loss="logistic", better=WEIGHTS, claimed="0.5", name="mine",
            source="a paper",
        ),
    ),
}  # fmt: skip

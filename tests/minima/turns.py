"""Examples of the minima room's functions, and other values of their keywords."""

import dataclasses

import numpy as np
from turning import Turn

from curvkit import minima

X, Y = np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 0.0])
WEIGHTS = np.array([[1.0]]), np.array([0.5]), np.array([1.0]), 0.2


def stated(**given):
    given = {"activation": "tanh", "loss": "squared", **given}
    found = minima.example(X, Y, WEIGHTS, **given)
    return repr(dataclasses.astuple(found) if dataclasses.is_dataclass(found) else tuple(found))


TURNS = {
    "example": Turn(
        lambda **given: np.frombuffer(stated(**given).encode(), np.uint8),
        dict(
            activation="sigmoid", loss="logistic", better=WEIGHTS, claimed="0.5", name="mine",
            source="a paper",
        ),
    ),
}  # fmt: skip
SEARCH = "Trains many networks and proves what they come to; held by its own tests."
LEFT = {
    f"search.{each}": SEARCH
    for each in (
        "activation", "width", "loss", "seeds", "steps", "learning_rate", "most", "seed", "tell",
    )
} | {
    f"compare.{each}": "Trains as many networks as a table has cells; held by its own tests."
    for each in ("rows", "runs", "steps", "seed")
} | {
    "build.points": "It opens widgets, which have tests of their own.",
    "build.labels": "It opens widgets, which have tests of their own.",
    "certify.reach": "It bounds a search in exact arithmetic; held by its own tests.",
}  # fmt: skip

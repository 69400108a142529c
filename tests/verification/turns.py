"""Examples of the verification room's functions, and other values of their keywords."""

import os
from unittest import mock

import numpy as np
from turning import Beside, Turn

from curvkit import verification

RANDOM = np.random.default_rng(0)
LAYERS = [
    (RANDOM.normal(size=(5, 2)), RANDOM.normal(size=5)), "relu",
    (RANDOM.normal(size=(2, 5)), RANDOM.normal(size=2)),
]  # fmt: skip
WITHIN = [-1.0, -1.0], [1.0, 1.0]
# Below the largest value but near it, so that a search has to split.
SPEC = verification.LinearSpec([1.0, -1.0], 4.0)


# So many inputs that climbs from random places end at several of its peaks.
HILLS = [
    (RANDOM.normal(size=(24, 10)), RANDOM.normal(size=24)), "relu",
    (RANDOM.normal(size=(24, 24)) / 2, RANDOM.normal(size=24)), "relu",
    (RANDOM.normal(size=(1, 24)), RANDOM.normal(size=1)),
]  # fmt: skip
PEAKS = {
    "problem": (HILLS, (-np.ones(10), np.ones(10)), verification.LinearSpec([1.0], 1e3)),
    "method": "interval",
}
# The square of the sum of two units that are not independent.
SUM = [([[1.0, 1.0], [1.0, -1.0]], [0.0, 0.1]), "relu", ([[1.0, 1.0]], [0.0])]
SQUARE = np.diag([0.0, 0.0, 0.0, 1.0])


def verified(problem=(LAYERS, WITHIN, SPEC), **given):
    return told(verification.verify(*problem, **{"method": "split", "gap": 0.01, **given}))


def progress(problem=(LAYERS, WITHIN, SPEC), **given):
    given = {"method": "split", "gap": 0.01, **given}
    return [told(each) for each in verification.progress(*problem, **given)]


def told(verdict):
    """All of a verdict but its seconds."""
    return verdict.upper_bound, verdict.attack_value, verdict.trace[:, 1:]


def taken(**given):
    """Whether a box of two inputs is taken."""
    try:
        return verification.box(*WITHIN, **given).lower
    except ValueError:
        return None


def followed(**given):
    found = verification.follow(**{"seconds": 1.0, "runs": 2, **given})
    return found.energy, found.angle, found.speed


def sampled(**given):
    found = verification.sample(**{"count": 50, **given})
    return found.growth, found.attack, found.bound, found.margin


def shares(name="energy", **given):
    given = {"radii": (0.05,), "points": 40, **given}
    found = verification.study(name, **given)
    return found.nominal, found.adversarial, found.verified


def drawn(**given):
    """The curves of the figure of a ladder where nobody watches."""
    with mock.patch.dict(os.environ, CURVKIT_HEADLESS="1"):
        figure = verification.explore_ladder(**given)
    return [each.x for each in figure.data]


SEARCH = dict(
    method="interval", boxes=Beside(3, {"gap": 1e-3}), gap=1.0, seed=Beside(1, PEAKS), budget=1e-9,
)  # fmt: skip
TURNS = {
    "LinearSpec": Turn(lambda **given: verification.LinearSpec([1.0], **given).data, dict(d=2.0)),
    "crown": Turn(
        lambda **given: verification.crown(LAYERS, WITHIN, **given), dict(choice="zero"), full=True
    ),
    "verify": Turn(verified, SEARCH, full=True),
    "progress": Turn(progress, SEARCH, full=True),
    "box": Turn(taken, dict(inputs=3)),
    "follow": Turn(followed, dict(seconds=2.0, runs=3, seed=1, on_circle=False), full=True),
    "sample": Turn(
        sampled,
        dict(theta=1.0, omega=2.0, radius=0.1, model="A", single=True, count=60, seed=1),
        full=True,
    ),
    "study": Turn(
        shares,
        dict(
            radii=(0.3,), points=50, seed=1, steps=20,
            together=Beside(3, {"name": "sums", "points": 3, "radii": (0.02,)}),
        ),
        full=True,
    ),
    "ladder": Turn(
        lambda **given: verification.ladder(**given).value,
        dict(theta=1.0, omega=2.0, radius=0.1, model="A", lifted=True, seed=1),
        full=True, needs=("cvxpy", "clarabel"),
    ),
    "explore_ladder": Turn(drawn, dict(theta=1.0, omega=2.0, radius=0.1, model="A"), full=True),
    "semidefinite": Turn(
        lambda **given: verification.semidefinite(SUM, ([-1, -1], [1, 1]), SQUARE, **given).value,
        dict(products=False), needs=("cvxpy", "clarabel"),
    ),
}  # fmt: skip

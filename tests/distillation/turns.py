"""Examples of the distillation room's functions, and other values of their keywords."""

import numpy as np
from turning import Turn

from curvkit import distillation

# Two states and two actions, in which the first is soon left.
MOVES = np.array([[[0.5, 0.3], [0.1, 0.6]], [[0.2, 0.2], [0.4, 0.4]]])
GAINS, FIRST = np.array([[1.0, 0.0], [0.3, 2.0]]), np.array([0.7, 0.3])


def made(**given):
    return distillation.decision_process(MOVES, GAINS, FIRST, **given)


TURNS = {
    "decision_process": Turn(made, dict(observed=[0, 0])),
    "best": Turn(lambda **given: distillation.best(made(), **given), dict(tolerance=0.9)),
}
STUDY = "Runs a study of many updates, whose numbers are held by its own tests."
LEFT = {
    f"{name}.{each}": STUDY
    for name, keywords in {
        "balance": ("variants", "rounds", "noise", "learning_rate", "seed"),
        "noise_by_actions": ("actions", "episodes", "seed"),
        "survey": ("processes", "seed"),
    }.items()
    for each in keywords
}

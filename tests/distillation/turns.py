"""Examples of the distillation room's functions, and other values of their keywords."""

import numpy as np
from turning import Turn

from curvkit import distillation

# Two states and two actions, in which the first is soon left.
MOVES = np.array([[[0.5, 0.3], [0.1, 0.6]], [[0.2, 0.2], [0.4, 0.4]]])
GAINS, FIRST = np.array([[1.0, 0.0], [0.3, 2.0]]), np.array([0.7, 0.3])


def made(**given):
    return distillation.decision_process(MOVES, GAINS, FIRST, **given)


def balanced(**given):
    """How long the pole stands at the end under each student, and under the teacher."""
    found = distillation.balance(**{"variants": ("on_policy",), "rounds": 2, **given})
    return [each.steps for each in found.rows], found.teacher


TURNS = {
    "decision_process": Turn(made, dict(observed=[0, 0])),
    "best": Turn(lambda **given: distillation.best(made(), **given), dict(tolerance=0.9)),
    "balance": Turn(
        balanced,
        dict(variants=("teacher_distill",), rounds=3, noise=0.5, learning_rate=0.1, seed=1),
        full=True,
        needs=("gymnasium",),
    ),
    "noise_by_actions": Turn(
        lambda **given: [
            each.noise
            for each in distillation.noise_by_actions(
                **{"actions": (2,), "episodes": 50, **given}
            ).rows
        ],
        dict(actions=(3,), episodes=100, seed=1),
        full=True,
    ),
    "survey": Turn(
        lambda **given: [
            (each.least, each.most)
            for each in distillation.survey(**{"processes": 1, **given}).rows
        ],
        dict(processes=2, seed=1),
        full=True,
    ),
}

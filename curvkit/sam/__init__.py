"""SAM: sharpness-aware minimisation, whose edge of stability lies below that of gradient descent.

SAM takes the gradient not where it is but at the worst point within ρ, and steps from where it is.
Along a direction of sharpness λ such a step is longer by the factor 1 + ρλ/‖g‖, so that it becomes
unstable at a sharpness below 2/η, which moves with the size of the gradient. Trained beside
gradient descent from the same weights, a network comes to that edge and stays there.

References: Foret et al. 2021 (arXiv 2010.01412); Long and Bartlett 2024 on its edge (arXiv
2309.12488); Bartlett, Long and Bousquet 2023 on a quadratic (arXiv 2210.01513).
"""

from curvkit.room import Room as _Room
from curvkit.sam import experiment as _experiment
from curvkit.sam import figures, scenes
from curvkit.sam._sharpness_aware import sam_bounce, sam_edge, sam_gradient, sam_perturbation
from curvkit.sam.settings import Settings
from curvkit.sam.trace import Trace

room = _Room(
    __name__, Settings, Trace,
    begin=_experiment.begin, reading=_experiment.reading, finished=_experiment.finished,
    last=_experiment.last, words=figures.words, steers=("rho", "learning_rate"),
    figures={"edge": figures.edge, "loss": figures.loss, "gradient": figures.gradient,
             "bounce": figures.bounce},
    scenes={"edge": (scenes.edge, dict(every=1, steps=900))},
    front=("rho", "learning_rate", "data", "steps", "width", "seed"),
)  # fmt: skip
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

__all__ = [
    "Settings", "Trace", "batch", "explore", "figures", "room", "run", "sam_bounce", "sam_edge",
    "sam_gradient", "sam_perturbation", "scenes", "stage", "stream", "tell",
]  # fmt: skip
__dir__ = lambda: __all__

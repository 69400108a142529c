"""The simplified model of learning rate and sharpness: why the edge is more than η·λ = 2.

Two numbers, the displacement x along the top eigenvector and the sharpness λ, and a rule for η.
A constant rate cycles about the edge; a rate that stays below 2/λ by ever so little lets x die
out and λ grow without end; CDAT keeps x alive, the more the closer σ is to 2.

References: V. Roulet et al. 2024 (arXiv 2407.06183); A. Damian, E. Nichani, J. D. Lee:
Self-Stabilization (arXiv 2209.15594).
"""

from curvkit.room import Room as _Room
from curvkit.tuners.model import experiment as _experiment
from curvkit.tuners.model import figures, scenes
from curvkit.tuners.model._balance import (
    Balance,
    alignment,
    rate,
    settled_alignment,
    step,
    turning_sharpness,
    undershooting_sharpness,
)
from curvkit.tuners.model.settings import Settings
from curvkit.tuners.model.trace import Trace
from curvkit.tuners.model.widget import beside

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    figures={
        "balance": figures.balance,
        "alignment": figures.alignment,
        "plane": figures.plane,
    },
    scenes={"balance": (scenes.balance, dict(steps=1500))},
    words=figures.words,
    steers=("sigma", "sharpening", "stabilizing", "fading", "bulk_curvature", "learning_rate"),
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

__all__ = [
    "Balance",
    "Settings",
    "Trace",
    "alignment",
    "batch",
    "beside",
    "explore",
    "figures",
    "rate",
    "room",
    "run",
    "scenes",
    "settled_alignment",
    "stage",
    "step",
    "stream",
    "tell",
    "turning_sharpness",
    "undershooting_sharpness",
]
__dir__ = lambda: __all__

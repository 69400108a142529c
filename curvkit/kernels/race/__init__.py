"""The race: one deep network trained plain, shaped by DKS and shaped by TAT, side by side.

Same weights, same batches, same learning rate: the three differ in four numbers of their
activation. They train in one compiled program to which the numbers are arguments. It shows that a
very deep network can be trained at all, and no benefit of depth: on these digits logistic
regression does as well.

References: Martens et al. 2021 on Deep Kernel Shaping (arXiv 2110.01765); Zhang, Botev, Martens
2022 on TAT (arXiv 2203.08120).
"""

from curvkit.core.batch import OPTIMISED as _OPTIMISED
from curvkit.kernels.race import experiment as _experiment
from curvkit.kernels.race import figures
from curvkit.kernels.race.experiment import linear_accuracy
from curvkit.kernels.race.settings import Settings
from curvkit.kernels.race.trace import Trace
from curvkit.room import Room as _Room

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    length=_experiment.length,
    figures={"race": figures.race, "spread": figures.spread},
    words=figures.words,
    steers=("learning_rate",),
    front=("activation", "depth", "learning_rate", "zeta", "tau", "orthogonal", "steps", "seed"),
    one_by_one=True,
    mixed="begin",
    options=_OPTIMISED,
)
stream = room.stream
run = room.run
explore = room.explore
tell = room.tell
batch = room.batch

__all__ = [
    "Settings",
    "Trace",
    "batch",
    "explore",
    "figures",
    "linear_accuracy",
    "room",
    "run",
    "stream",
    "tell",
]
__dir__ = lambda: __all__

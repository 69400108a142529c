"""The contest: shaped networks beside the standard ones, by SGD, Adam or K-FAC.

Residual networks with BatchNorm or LayerNorm are what everybody trains. Here they run beside the
same depth without normalisation, with rescaled sums or without any shortcut, plain and shaped by
Deep Kernel Shaping, each at four learning rates at once. Digits are named by dense layers or by
convolutions, or given back by an autoencoder through eight units, where gradient descent is slow
and K-FAC shows its worth. What the dial of `kernels.ways` shows runs here, too (`dialled`), and
beside each outcome stands what the network's maps foretold. The tasks are small: they show which
networks can be trained, and how fast, and no benefit of depth.

References: Martens et al. 2021 on Deep Kernel Shaping (arXiv 2110.01765); Martens and Grosse 2015
on K-FAC (arXiv 1503.05671); Grosse and Martens 2016 on it for convolutions (arXiv 1602.01407).
"""

from curvkit.kernels.contest import experiment as _experiment
from curvkit.kernels.contest import figures
from curvkit.kernels.contest._dial import dialled
from curvkit.kernels.contest._networks import contender
from curvkit.kernels.contest.settings import Settings
from curvkit.kernels.contest.trace import Standings, Trace, Verdicts
from curvkit.room import Room as _Room

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    opening=_experiment.opening,
    length=_experiment.length,
    figures={"contest": figures.contest, "prediction": figures.prediction},
    words=figures.words,
    steers=("learning_rate",),
    front=(
        "task",
        "network",
        "activation",
        "shaping",
        "optimizer",
        "learning_rate",
        "blocks",
        "steps",
    ),
    one_by_one=True,
    mixed="begin",
)
stream = room.stream
run = room.run
explore = room.explore
tell = room.tell
batch = room.batch

__all__ = [
    "Settings",
    "Standings",
    "Trace",
    "Verdicts",
    "batch",
    "contender",
    "dialled",
    "explore",
    "figures",
    "room",
    "run",
    "stream",
    "tell",
]
__dir__ = lambda: __all__

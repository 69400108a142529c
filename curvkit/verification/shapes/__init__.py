"""The shapes of relaxations: the triangle of a ReLU, a chord and a tangent, McCormick's planes.

What a verifier puts in the place of a function on an interval, to be drawn and dragged: how loose
it is depends on the interval first, and on the slopes that are free second.

Reference: Qin, Dvijotham, O'Donoghue, Bunel, Stanforth, Gowal, Uesato, Swirszcz, Kohli 2019 (arXiv
1902.09592).
"""

from curvkit.room import Room as _Room
from curvkit.verification.shapes import experiment as _experiment
from curvkit.verification.shapes import figures
from curvkit.verification.shapes.settings import Settings
from curvkit.verification.shapes.trace import Trace

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    length=_experiment.length,
    figures={
        "triangle": figures.triangle,
        "exponential": figures.exponential,
        "product": figures.product,
    },
    words=figures.words,
    front=("lower", "upper", "slope", "touch", "other", "blend"),
    capacity=200,
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
    "room",
    "run",
    "stream",
    "tell",
]
__dir__ = lambda: __all__

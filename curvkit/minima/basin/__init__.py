"""The basin of a bad minimum: from where does gradient descent fall into it?

A grid of starts in the plane through a proved minimum, a better point and a third direction; from
each gradient descent runs in all dimensions, and the map says where it ends. A run below the level
of the minimum cannot come back.

Reference: Swirszcz, Czarnecki, Pascanu 2016 (arXiv 1611.06310).
"""

from curvkit.minima.basin import experiment as _experiment
from curvkit.minima.basin import figures, scenes
from curvkit.minima.basin.settings import Settings
from curvkit.minima.basin.trace import Trace
from curvkit.room import Room as _Room

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    figures={
        "plane": figures.plane,
        "basin_map": figures.basin_map,
        "losses": figures.losses,
        "certificate": figures.certificate,
    },
    scenes={"marbles": (scenes.marbles, dict(every=8, steps=1200))},
    words=figures.words,
    steers=("learning_rate",),
    edit=_experiment.edit,
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
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
    "scenes",
    "stage",
    "stream",
    "tell",
]
__dir__ = lambda: __all__

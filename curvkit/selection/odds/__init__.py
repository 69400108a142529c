"""The odds: how often each method finds exactly the good groups, beside what theory proves.

One knob is swept, the others stand still, and at each place many random problems are solved at
once. The theorem's verdict is counted on the same problems: it is sufficient, and far from
necessary.

Reference: Lozano, Swirszcz, Abe 2009 (NeurIPS 2009).
"""

from curvkit.room import Room as _Room
from curvkit.selection.odds import experiment as _experiment
from curvkit.selection.odds import figures
from curvkit.selection.odds._cells import Recovered, compare
from curvkit.selection.odds.settings import Settings
from curvkit.selection.odds.trace import Trace

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    length=_experiment.length,
    figures={"recovery": figures.recovery, "meters": figures.meters},
    words=figures.words,
    front=(
        "against",
        "convex",
        "trials",
        "rows",
        "groups",
        "size",
        "good",
        "within",
        "between",
        "noise",
        "seed",
    ),
    capacity=_experiment.CAPACITY,
)
stream = room.stream
run = room.run
explore = room.explore
tell = room.tell
batch = room.batch

__all__ = [
    "Recovered",
    "Settings",
    "Trace",
    "batch",
    "compare",
    "explore",
    "figures",
    "room",
    "run",
    "stream",
    "tell",
]
__dir__ = lambda: __all__

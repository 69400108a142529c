"""Bad local minima: counterexamples with proofs, and what it takes to fall into them.

That a small network can have a local minimum far above its best point is often plotted. Here it is
proved: `certify(example)` shows in ball arithmetic or in exact rationals that a point is a minimum
and that a better one exists, and says "not proved" whenever a step fails. Then one falls into it:
hundreds of runs from random weights, and which of them end at a level that is proved.

The theory stands on its own: `certify(example(inputs, targets, weights, ...))` takes a network of
your own, `search(points, labels)` looks for bad minima on points of your own.

Reference: Swirszcz, Czarnecki, Pascanu 2016 (arXiv 1611.06310).
"""

from curvkit.minima import experiment as _experiment
from curvkit.minima import figures
from curvkit.minima._certificate import Certificate, certify
from curvkit.minima._dead_units import dead_chance
from curvkit.minima._examples import Example, counterexamples, example
from curvkit.minima._reproduction import ROWS
from curvkit.minima._search import Finding, search
from curvkit.minima.experiment import SeedComparison, compare
from curvkit.minima.settings import Settings
from curvkit.minima.trace import Trace
from curvkit.minima.widget import build
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
    figures={
        "histogram": figures.histogram,
        "success": figures.success,
        "dead": figures.dead,
        "surface": figures.surface,
    },
    words=figures.words,
    front=(
        "data",
        "activation",
        "width",
        "all_widths",
        "initialization",
        "optimizer",
        "learning_rate",
        "steps",
        "runs",
        "input_shift",
        "seed",
    ),
    capacity=64,
)
stream = room.stream
run = room.run
explore = room.explore
tell = room.tell
batch = room.batch

# The room within stands on this one.
from curvkit.minima import basin  # noqa: E402

__all__ = [
    "Certificate",
    "Example",
    "Finding",
    "ROWS",
    "SeedComparison",
    "Settings",
    "Trace",
    "basin",
    "batch",
    "build",
    "certify",
    "compare",
    "counterexamples",
    "dead_chance",
    "example",
    "explore",
    "figures",
    "room",
    "run",
    "search",
    "stream",
    "tell",
]
__dir__ = lambda: __all__

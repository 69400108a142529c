"""Other ways of shaping: gains and biases, normalisation, shortcuts, SELU; what each leaves undone.

Deep Kernel Shaping asks four things of a network at once. Others ask for some of them: the edge of
chaos for the slope, LayerNorm and SELU for the mean, shortcuts for less of everything. One dial has
them all; the plane of gain and bias has the edge of chaos on it; `ways()` is the table.

References: Martens et al. 2021 (arXiv 2110.01765); Poole et al. 2016 on transient chaos (arXiv
1606.05340); Schoenholz et al. 2017 on the edge (arXiv 1611.01232).
"""

from curvkit.core.batch import COLD as _COLD
from curvkit.kernels.ways import experiment as _experiment
from curvkit.kernels.ways import figures, scenes
from curvkit.kernels.ways._plans import Plain, Way, Ways, plain, ways
from curvkit.kernels.ways.settings import Settings
from curvkit.kernels.ways.trace import Trace
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
    figures={"plane": figures.plane, "map": figures.shape, "depth": figures.depth},
    scenes={"edge": (scenes.edge, {"bias": 0.1})},
    words=figures.words,
    front=("activation", "gain", "bias", "weights", "norm", "shortcut", "weight", "depth"),
    begin_options=_COLD,
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

__all__ = [
    "Plain",
    "Settings",
    "Trace",
    "Way",
    "Ways",
    "batch",
    "explore",
    "figures",
    "plain",
    "room",
    "run",
    "scenes",
    "stage",
    "stream",
    "tell",
    "ways",
]
__dir__ = lambda: __all__

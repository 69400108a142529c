"""Sobolev training: teach a network the derivatives of its target, not the values alone.

Where a slope is known as well as a value (a teacher network, a simulator, a price and its
sensitivities), every point says more: one value and as many slopes as there are inputs. Whether
that pays depends on the weight of the slopes; on targets that oscillate it can lose.

The theory stands on its own: `loss(model, x, y, slopes)` takes any differentiable callable, plain,
Flax or Equinox; `taught` reads the derivatives off a teacher, `draw` makes the random projections
of the cheap form, and `Scaling` puts inputs and targets on one scale, derivatives included.

Reference: W. M. Czarnecki, S. Osindero, M. Jaderberg, G. Swirszcz, R. Pascanu: Sobolev Training
for Neural Networks, NeurIPS 2017 (arXiv 1706.04859).
"""

from curvkit.room import Room as _Room
from curvkit.sobolev import experiment as _experiment
from curvkit.sobolev import figures, scenes
from curvkit.sobolev._comparison import WeightComparison
from curvkit.sobolev._functions import FUNCTIONS
from curvkit.sobolev._line import Fits, fits
from curvkit.sobolev._loss import Contracted, Projections, draw, loss, penalty, taught
from curvkit.sobolev._points import kinks
from curvkit.sobolev._policy import Distilled, distil
from curvkit.sobolev._scaling import Scaling
from curvkit.sobolev._synthetic import Synthetic, synthetic
from curvkit.sobolev.experiment import compare
from curvkit.sobolev.settings import Settings
from curvkit.sobolev.trace import Trace
from curvkit.sobolev.widget import edit

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
    figures={
        "surfaces": figures.surfaces,
        "errors": figures.errors,
        "sharpness": figures.sharpness,
        "pairs": figures.pairs,
    },
    scenes={"surfaces": (scenes.surfaces, {})},
    words=figures.words,
    steers=("slope_weight", "learning_rate"),
    edit=_experiment.edit,
    edited=_experiment.edited,
    front=("function", "points", "slope_weight", "slope_noise", "activation", "steps", "seed"),
    begin_only=("function",),
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

__all__ = [
    "Contracted",
    "Distilled",
    "FUNCTIONS",
    "Fits",
    "Projections",
    "Scaling",
    "Settings",
    "Synthetic",
    "Trace",
    "WeightComparison",
    "batch",
    "compare",
    "distil",
    "draw",
    "edit",
    "explore",
    "figures",
    "fits",
    "kinks",
    "loss",
    "penalty",
    "room",
    "run",
    "scenes",
    "stage",
    "stream",
    "synthetic",
    "taught",
    "tell",
]
__dir__ = lambda: __all__

"""Tuners of the learning rate: CDAT, everything it is compared with, and why it works.

A tuner that looks one step ahead wins every step and loses the race: it never lets the iterate
jump far enough across the valley to flatten it, so the sharpness grows and the rate shrinks. CDAT
scales the same rate by σ = 2, which keeps training on the edge of stability.

The theory stands on its own: `cdat(base)` is an `optax.GradientTransformationExtraArgs` for any
optax direction; so are `constant`, `warm_up`, `schedule`, `greedy`, `armijo`, `exact`, `polyak`,
`hypergradient` and `oracle`. The room within, `curvkit.tuners.model`, is the simplified model of
learning rate and sharpness that explains it.

Reference: V. Roulet, A. Agarwala, J.-B. Grill, G. Swirszcz, M. Blondel, F. Pedregosa: Stepping on
the Edge: Curvature Aware Learning Rate Tuners, NeurIPS 2024 (arXiv 2407.06183).
"""

from curvkit.room import Room as _Room
from curvkit.tuners import experiment as _experiment
from curvkit.tuners import figures, scenes
from curvkit.tuners._cdat import CDATState, cdat, greedy
from curvkit.tuners._choices import TUNERS
from curvkit.tuners._edge import oracle
from curvkit.tuners._line import curvature_along
from curvkit.tuners._rivals import constant, hypergradient, polyak, schedule, warm_up
from curvkit.tuners._searches import armijo, exact
from curvkit.tuners._tuned import Tuned
from curvkit.tuners._tuner import TunerState, unmasked
from curvkit.tuners.experiment import tune
from curvkit.tuners.settings import Settings
from curvkit.tuners.trace import Trace
from curvkit.tuners.widget import by_batch, constants, draw, play

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    figures={
        "race": figures.race,
        "edge": figures.edge,
        "valley": figures.valley,
        "statistics": figures.statistics,
        "batches": figures.batches,
        "sharpness": figures.sharpness,
        "flows": figures.flows,
    },
    scenes={"balls": (scenes.balls, dict(every=1, steps=600, rival="constant"))},
    words=figures.words,
    steers=(
        "sigma",
        "learning_rate",
        "ema",
        "max_learning_rate",
        "momentum",
        "second_moment_decay",
    ),
    front=(
        "tuner",
        "rival",
        "sigma",
        "learning_rate",
        "base",
        "task",
        "ema",
        "max_learning_rate",
        "batch",
        "steps",
        "initialization",
        "seed",
    ),
    begin_only=("initialization",),
    capacity=256,
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

# The room within stands on this one.
from curvkit.tuners import model  # noqa: E402

__all__ = [
    "CDATState",
    "Settings",
    "TUNERS",
    "Trace",
    "Tuned",
    "TunerState",
    "armijo",
    "batch",
    "by_batch",
    "cdat",
    "constant",
    "constants",
    "curvature_along",
    "draw",
    "exact",
    "explore",
    "figures",
    "greedy",
    "hypergradient",
    "model",
    "oracle",
    "play",
    "polyak",
    "room",
    "run",
    "scenes",
    "schedule",
    "stage",
    "stream",
    "tell",
    "tune",
    "unmasked",
    "warm_up",
]
__dir__ = lambda: __all__

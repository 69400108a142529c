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

from curvkit.core.lazy import lazily
from curvkit.tuners.cdat import CDATState, cdat, greedy
from curvkit.tuners.choices import TUNERS
from curvkit.tuners.edge import oracle
from curvkit.tuners.experiment import run, stream
from curvkit.tuners.line import curvature_along
from curvkit.tuners.rivals import constant, hypergradient, polyak, schedule, warm_up
from curvkit.tuners.searches import armijo, exact
from curvkit.tuners.settings import Settings
from curvkit.tuners.trace import Trace
from curvkit.tuners.tuner import TunerState, unmasked

__all__ = [
    "TUNERS",
    "CDATState",
    "Settings",
    "Trace",
    "TunerState",
    "armijo",
    "cdat",
    "constant",
    "curvature_along",
    "exact",
    "explore",
    "figures",
    "greedy",
    "hypergradient",
    "model",
    "oracle",
    "play",
    "polyak",
    "run",
    "schedule",
    "stream",
    "tell",
    "unmasked",
    "warm_up",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(
    __name__, explore="widget", tell="widget", play="widget", figures=None, model=None
)

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

from curvkit.core.lazy import lazily
from curvkit.sobolev.comparison import Comparison
from curvkit.sobolev.experiment import compare, run, stream
from curvkit.sobolev.functions import FUNCTIONS
from curvkit.sobolev.line import Fits, fits
from curvkit.sobolev.loss import Contracted, Projections, draw, loss, penalty, taught
from curvkit.sobolev.points import kinks
from curvkit.sobolev.policy import Distilled, distil
from curvkit.sobolev.scaling import Scaling
from curvkit.sobolev.settings import Settings
from curvkit.sobolev.synthetic import Synthetic, synthetic
from curvkit.sobolev.trace import Trace

__all__ = [
    "FUNCTIONS",
    "Comparison",
    "Contracted",
    "Distilled",
    "Fits",
    "Projections",
    "Scaling",
    "Settings",
    "Synthetic",
    "Trace",
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
    "run",
    "stream",
    "synthetic",
    "taught",
    "tell",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, edit="widget", explore="widget", tell="widget", figures=None)

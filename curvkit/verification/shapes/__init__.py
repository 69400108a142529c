"""The shapes of relaxations: the triangle of a ReLU, a chord and a tangent, McCormick's planes.

What a verifier puts in the place of a function on an interval, to be drawn and dragged: how loose
it is depends on the interval first, and on the slopes that are free second.

Reference: Qin, Dvijotham, O'Donoghue, Bunel, Stanforth, Gowal, Uesato, Swirszcz, Kohli 2019 (arXiv
1902.09592).
"""

from curvkit.core.lazy import lazily
from curvkit.verification.shapes.experiment import run, stream
from curvkit.verification.shapes.settings import Settings
from curvkit.verification.shapes.trace import Trace

__all__ = ["Settings", "Trace", "explore", "figures", "run", "stream", "tell"]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

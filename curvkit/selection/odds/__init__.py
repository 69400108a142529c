"""The odds: how often each method finds exactly the good groups, beside what theory proves.

One knob is swept, the others stand still, and at each place many random problems are solved at
once. The theorem's verdict is counted on the same problems: it is sufficient, and far from
necessary.

Reference: Lozano, Swirszcz, Abe 2009 (NeurIPS 2009).
"""

from curvkit.core.lazy import lazily
from curvkit.selection.odds.cells import Recovered, compare
from curvkit.selection.odds.experiment import run, stream
from curvkit.selection.odds.settings import Settings
from curvkit.selection.odds.trace import Trace

__all__ = [
    "Recovered",
    "Settings",
    "Trace",
    "compare",
    "explore",
    "figures",
    "run",
    "stream",
    "tell",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

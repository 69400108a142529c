"""Bad local minima: counterexamples with proofs, and what it takes to fall into them.

That a small network can have a local minimum far above its best point is often plotted. Here it is
proved: `certify(example)` shows in ball arithmetic or in exact rationals that a point is a minimum
and that a better one exists, and says "not proved" whenever a step fails. Then one falls into it:
hundreds of runs from random weights, and which of them end at a level that is proved.

The theory stands on its own: `certify(example(inputs, targets, weights, ...))` takes a network of
your own, `search(points, labels)` looks for bad minima on points of your own.

Reference: Swirszcz, Czarnecki, Pascanu 2016 (arXiv 1611.06310).
"""

from curvkit.core.lazy import lazily
from curvkit.minima.blind import dead_chance
from curvkit.minima.certificate import Certificate, certify
from curvkit.minima.examples import Example, counterexamples, example
from curvkit.minima.experiment import Comparison, compare, run, stream
from curvkit.minima.search import Finding, search
from curvkit.minima.settings import Settings
from curvkit.minima.table import ROWS
from curvkit.minima.trace import Trace

__all__ = [
    "ROWS",
    "Certificate",
    "Comparison",
    "Example",
    "Finding",
    "Settings",
    "Trace",
    "build",
    "certify",
    "compare",
    "counterexamples",
    "dead_chance",
    "example",
    "explore",
    "figures",
    "run",
    "search",
    "stream",
    "tell",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, build="widget", explore="widget", tell="widget", figures=None)

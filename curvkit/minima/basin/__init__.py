"""The basin of a bad minimum: from where does gradient descent fall into it?

A grid of starts in the plane through a proved minimum, a better point and a third direction; from
each gradient descent runs in all dimensions, and the map says where it ends. A run below the level
of the minimum cannot come back.

Reference: Swirszcz, Czarnecki, Pascanu 2016 (arXiv 1611.06310).
"""

from curvkit.core.lazy import lazily
from curvkit.minima.basin.experiment import run, stream
from curvkit.minima.basin.settings import Settings
from curvkit.minima.basin.trace import Trace

__all__ = ["Settings", "Trace", "explore", "figures", "run", "stream", "tell"]

__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

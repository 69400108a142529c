"""Grid worlds: how fast, and how far, students of a teacher come by four variants side by side.

The exact update of three states says which variant is a gradient; it does not say which one learns
from few episodes. Here students learn from single episodes in 32 random worlds at once, each by
four variants with the same chances: driven by the teacher, by the student or by nobody; with and
without the task's reward; and with a gate that listens to the teacher only where it knows better.

Reference: W. M. Czarnecki, R. Pascanu, S. Osindero, S. M. Jayakumar, G. Swirszcz, M. Jaderberg:
Distilling Policy Distillation, AISTATS 2019 (arXiv 1902.02186), section 4.
"""

from curvkit.core.lazy import lazily
from curvkit.distillation.grid.experiment import run, stream
from curvkit.distillation.grid.settings import Settings
from curvkit.distillation.grid.trace import Trace
from curvkit.distillation.grid.worlds import World, best, drawn, gained, play, table, world

__all__ = [
    "Settings",
    "Trace",
    "World",
    "best",
    "drawn",
    "explore",
    "figures",
    "gained",
    "play",
    "run",
    "stream",
    "table",
    "tell",
    "world",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

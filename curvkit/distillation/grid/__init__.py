"""Grid worlds: how fast, and how far, students of a teacher come by four variants side by side.

The exact update of three states says which variant is a gradient; it does not say which one learns
from few episodes. Here students learn from single episodes in 32 random worlds at once, each by
four variants with the same chances: driven by the teacher, by the student or by nobody; with and
without the task's reward; and with a gate that listens to the teacher only where it knows better.

Reference: W. M. Czarnecki, R. Pascanu, S. Osindero, S. M. Jayakumar, G. Swirszcz, M. Jaderberg:
Distilling Policy Distillation, AISTATS 2019 (arXiv 1902.02186), section 4.
"""

from curvkit.core.batch import OPTIMISED as _OPTIMISED
from curvkit.distillation.grid import experiment as _experiment
from curvkit.distillation.grid import figures, scenes
from curvkit.distillation.grid._worlds import World, best, drawn, gained, play, table, world
from curvkit.distillation.grid.settings import Settings
from curvkit.distillation.grid.trace import Trace
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
    figures={"grid": figures.grid, "curves": figures.curves, "race": figures.race},
    scenes={"worlds": (scenes.worlds, {"contest": "rewards", "teacher_noise": 0.4})},
    words=figures.words,
    steers=("learning_rate",),
    edit=_experiment.edit,
    edited=_experiment.edited,
    sound=_experiment.sound,
    front=(
        "contest",
        "teacher_noise",
        "temperature",
        "size",
        "walls",
        "goals",
        "pits",
        "noise",
        "ending",
        "learning_rate",
        "steps",
        "seed",
    ),
    begin_only=("contest",),
    options=_OPTIMISED,
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

__all__ = [
    "Settings",
    "Trace",
    "World",
    "batch",
    "best",
    "drawn",
    "explore",
    "figures",
    "gained",
    "play",
    "room",
    "run",
    "scenes",
    "stage",
    "stream",
    "table",
    "tell",
    "world",
]
__dir__ = lambda: __all__

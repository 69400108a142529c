"""Selection of groups: Group-OMP for scikit-learn, and when its greedy choice is right.

Columns often come in groups: the powers of one variable, the levels of a category, the knots of a
spline. Group-OMP takes a whole group at a time, the one that explains most of what is left.
`GroupOMP` does so as a scikit-learn estimator. Next to it stands the theory: a condition on the
data under which every pick is right, and how far it is from being needed. The room shows both on
problems whose good groups are known; `selection.odds` counts over many of them.

Reference: Lozano, Swirszcz, Abe: Grouped Orthogonal Matching Pursuit for Variable Selection and
Prediction, NeurIPS 2009.
"""

from typing import TYPE_CHECKING

from curvkit.core.lazy import lazily as _lazily
from curvkit.room import Room as _Room
from curvkit.selection import experiment as _experiment
from curvkit.selection import figures, scenes
from curvkit.selection._comparison import Comparison, compare
from curvkit.selection._datasets import table
from curvkit.selection._kernel import group_omp
from curvkit.selection._real_data import Practice, practise
from curvkit.selection._recovery import Condition, recovery
from curvkit.selection.settings import Settings
from curvkit.selection.trace import Trace

if TYPE_CHECKING:  # scikit-learn's selectors take seconds to import
    from curvkit.selection._estimator import GroupOMP
    from curvkit.selection._examples import trap
    from curvkit.selection._validated import GroupOMPCV

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    length=_experiment.length,
    figures={
        "scores": figures.scores,
        "path": figures.path,
        "rules": figures.rules,
        "whitening": figures.whitening,
    },
    scenes={"picks": (scenes.picks, {})},
    words=figures.words,
    front=(
        "data",
        "whiten",
        "rows",
        "groups",
        "size",
        "good",
        "within",
        "between",
        "noise",
        "picks",
        "seed",
    ),
    capacity=_experiment.MOST_PICKS + 1,
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

# The room within stands on this one.
from curvkit.selection import odds  # noqa: E402

__all__ = [
    "Comparison",
    "Condition",
    "GroupOMP",
    "GroupOMPCV",
    "Practice",
    "Settings",
    "Trace",
    "batch",
    "compare",
    "explore",
    "figures",
    "group_omp",
    "odds",
    "practise",
    "recovery",
    "room",
    "run",
    "scenes",
    "stage",
    "stream",
    "table",
    "tell",
    "trap",
]
__getattr__, __dir__ = _lazily(__name__)

"""Policy distillation: which of its variants converges, and why.

A student policy learns from a teacher. Most of the ways in use act by the student and add a loss
in each state that it visits; that looks like descent on the expected loss, but leaves out how the
visits change. So it is the gradient of nothing, and it can turn in cycles. One more reward term,
minus the loss of the next state, makes it a gradient again.

The theory stands on its own: `update` is the expected update of any variant on any table of
states, `sampled_update` that of one episode, `asymmetry(jacobian(...))` says whether it is a
gradient; `from_gymnasium` takes the table of an environment.

Reference: W. M. Czarnecki, R. Pascanu, S. Osindero, S. M. Jayakumar, G. Swirszcz, M. Jaderberg:
Distilling Policy Distillation, AISTATS 2019 (arXiv 1902.02186).
"""

from curvkit.distillation import experiment as _experiment
from curvkit.distillation import figures, scenes
from curvkit.distillation._control import Balanced, balance
from curvkit.distillation._field import (
    Teacher,
    asymmetry,
    boltzmann,
    jacobian,
    noisy,
    objective,
    teacher,
    update,
)
from curvkit.distillation._noise import Noise, noise_by_actions
from curvkit.distillation._process import (
    Process,
    best,
    decision_process,
    from_gymnasium,
    reachable,
    values,
    visits,
)
from curvkit.distillation._sampled import sampled as sampled_update
from curvkit.distillation._symmetry import Survey, survey
from curvkit.distillation._variants import VARIANTS, Variant
from curvkit.distillation.settings import Settings
from curvkit.distillation.trace import Trace
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
    figures={
        "portrait": figures.portrait,
        "gauge": figures.gauge,
        "logits": figures.logits,
        "learning": figures.learning,
        "tree": figures.tree,
    },
    scenes={"portrait": (scenes.portrait, {})},
    words=figures.words,
    steers=("learning_rate",),
    front=(
        "variant",
        "aliased",
        "reward_weight",
        "teacher_first",
        "teacher_second",
        "teacher_third",
        "learning_rate",
        "steps",
        "seed",
        "start_first",
        "start_second",
    ),
    begin_only=("variant",),
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

# The room within stands on this one.
from curvkit.distillation import grid  # noqa: E402

__all__ = [
    "Balanced",
    "Noise",
    "Process",
    "Settings",
    "Survey",
    "Teacher",
    "Trace",
    "VARIANTS",
    "Variant",
    "asymmetry",
    "balance",
    "batch",
    "best",
    "boltzmann",
    "decision_process",
    "explore",
    "figures",
    "from_gymnasium",
    "grid",
    "jacobian",
    "noise_by_actions",
    "noisy",
    "objective",
    "reachable",
    "room",
    "run",
    "sampled_update",
    "scenes",
    "stage",
    "stream",
    "survey",
    "teacher",
    "tell",
    "update",
    "values",
    "visits",
]
__dir__ = lambda: __all__

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

from curvkit.core.lazy import lazily
from curvkit.distillation.control import Balanced, balance
from curvkit.distillation.experiment import run, stream
from curvkit.distillation.field import (
    Teacher,
    asymmetry,
    boltzmann,
    jacobian,
    noisy,
    objective,
    teacher,
    update,
)
from curvkit.distillation.noise import Noise, noise_by_actions
from curvkit.distillation.process import (
    Process,
    best,
    decision_process,
    from_gymnasium,
    reachable,
    values,
    visits,
)
from curvkit.distillation.sampled import sampled as sampled_update
from curvkit.distillation.settings import Settings
from curvkit.distillation.symmetry import Survey, survey
from curvkit.distillation.trace import Trace
from curvkit.distillation.variants import VARIANTS, Variant

__all__ = [
    "VARIANTS",
    "Balanced",
    "Noise",
    "Process",
    "Settings",
    "Survey",
    "Teacher",
    "Trace",
    "Variant",
    "asymmetry",
    "balance",
    "best",
    "boltzmann",
    "decision_process",
    "explore",
    "figures",
    "from_gymnasium",
    "jacobian",
    "noise_by_actions",
    "noisy",
    "objective",
    "reachable",
    "run",
    "sampled_update",
    "stream",
    "survey",
    "teacher",
    "tell",
    "update",
    "values",
    "visits",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

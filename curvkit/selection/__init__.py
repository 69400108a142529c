"""Selection of groups: Group-OMP for scikit-learn, and when its greedy choice is right.

Columns often come in groups: the powers of one variable, the levels of a category, the knots of a
spline. Group-OMP takes a whole group at a time, the one that explains most of what is left.
`GroupOMP` does so as a scikit-learn estimator. Next to it stands the theory: a condition on the
data under which every pick is right, and how far it is from being needed. The room shows both on
problems whose good groups are known; `selection.odds` counts over many of them.

Reference: Lozano, Swirszcz, Abe: Grouped Orthogonal Matching Pursuit for Variable Selection and
Prediction, NeurIPS 2009.
"""

from curvkit.core.lazy import lazily
from curvkit.selection.comparison import Comparison, compare
from curvkit.selection.datasets import table
from curvkit.selection.experiment import run, stream
from curvkit.selection.kernel import group_omp
from curvkit.selection.practice import Practice, practise
from curvkit.selection.recovery import Condition, recovery
from curvkit.selection.settings import Settings
from curvkit.selection.trace import Trace

__all__ = [
    "Comparison",
    "Condition",
    "GroupOMP",
    "GroupOMPCV",
    "Practice",
    "Settings",
    "Trace",
    "compare",
    "explore",
    "figures",
    "group_omp",
    "practise",
    "recovery",
    "run",
    "stream",
    "table",
    "tell",
    "trap",
]

# Drawing is not needed to compute, and scikit-learn's selectors take seconds to import.
__getattr__ = lazily(
    __name__,
    GroupOMP="estimator",
    GroupOMPCV="validated",
    trap="examples",
    explore="widget",
    tell="widget",
    figures=None,
)

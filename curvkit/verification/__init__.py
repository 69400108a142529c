"""Verification: prove that a network keeps to a property that is not linear, on a whole box.

That an attack finds nothing proves nothing. A relaxation bounds the property from above: where the
bound is at most zero it holds for every input of the box, and where the attack is above zero it
does not. The gap between both is what is not known.

`verify(layers, box, spec)` takes any list of affine and elementwise layers, so weights of Flax or
Equinox fit; `LinearSpec`, `QuadraticSpec`, `SoftmaxSpec` and `DigitSumSpec` are specifications, and
`Specification` makes one's own from three functions. All is computed in float64.

Reference: C. Qin, K. Dvijotham, B. O'Donoghue, R. Bunel, R. Stanforth, S. Gowal, J. Uesato,
G. Swirszcz, P. Kohli: Verification of Non-Linear Specifications for Neural Networks, ICLR 2019
(arXiv 1902.09592).
"""

from curvkit.room import Room as _Room
from curvkit.verification import experiment as _experiment
from curvkit.verification import figures, scenes
from curvkit.verification._bounds import crown, interval
from curvkit.verification._exponentials import DigitSumSpec, Exponentials, SoftmaxSpec
from curvkit.verification._networks import BRISK as _BRISK
from curvkit.verification._networks import AffineLayer, Box, box, network, side_by_side
from curvkit.verification._quadratic import QuadraticSpec
from curvkit.verification._semidefinite import semidefinite
from curvkit.verification._specifications import LinearSpec, Specification
from curvkit.verification._verdict import Verdict, progress, verify
from curvkit.verification.experiment import STUDIES, follow, ladder, sample, study
from curvkit.verification.settings import Settings
from curvkit.verification.trace import Ladder, Rollouts, Samples, Shares, Trace
from curvkit.verification.widget import explore_ladder

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    figures={"region": figures.region, "closing": figures.closing, "shares": figures.shares},
    scenes={"region": (scenes.region, {})},
    words=figures.words,
    front=("model", "relaxation", "tolerance", "worst_first", "steps", "seed"),
    begin_only=("model",),
    capacity=16,
    options=_BRISK,
    mixed=True,
    steers=("box_angle", "box_speed", "box_size"),
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

# The room within stands on this one.
from curvkit.verification import shapes  # noqa: E402

__all__ = [
    "AffineLayer",
    "Box",
    "DigitSumSpec",
    "Exponentials",
    "Ladder",
    "LinearSpec",
    "QuadraticSpec",
    "Rollouts",
    "STUDIES",
    "Samples",
    "Settings",
    "Shares",
    "SoftmaxSpec",
    "Specification",
    "Trace",
    "Verdict",
    "batch",
    "box",
    "crown",
    "explore",
    "explore_ladder",
    "figures",
    "follow",
    "interval",
    "ladder",
    "network",
    "progress",
    "room",
    "run",
    "sample",
    "scenes",
    "semidefinite",
    "shapes",
    "side_by_side",
    "stage",
    "stream",
    "study",
    "tell",
    "verify",
]
__dir__ = lambda: __all__

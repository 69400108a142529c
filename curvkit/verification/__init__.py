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

from curvkit.core.lazy import lazily
from curvkit.verification.bounds import crown, interval
from curvkit.verification.experiment import STUDIES, follow, ladder, run, sample, stream, study
from curvkit.verification.exponentials import DigitSumSpec, Exponentials, SoftmaxSpec
from curvkit.verification.networks import Affine, Box, box, network, side_by_side
from curvkit.verification.quadratic import QuadraticSpec
from curvkit.verification.semidefinite import semidefinite
from curvkit.verification.settings import Settings
from curvkit.verification.specifications import LinearSpec, Specification
from curvkit.verification.trace import Ladder, Rollouts, Samples, Shares, Trace
from curvkit.verification.verdict import Verdict, progress, verify

__all__ = [
    "STUDIES",
    "Affine",
    "Box",
    "DigitSumSpec",
    "Exponentials",
    "Ladder",
    "LinearSpec",
    "QuadraticSpec",
    "Samples",
    "Settings",
    "Rollouts",
    "Shares",
    "SoftmaxSpec",
    "Specification",
    "Trace",
    "Verdict",
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
    "run",
    "sample",
    "semidefinite",
    "side_by_side",
    "stream",
    "study",
    "tell",
    "verify",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(
    __name__, explore="widget", explore_ladder="widget", tell="widget", figures=None
)

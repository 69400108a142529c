"""The simplified model of learning rate and sharpness: why the edge is more than η·λ = 2.

Two numbers, the displacement x along the top eigenvector and the sharpness λ, and a rule for η.
A constant rate cycles about the edge; a rate that stays below 2/λ by ever so little lets x die
out and λ grow without end; CDAT keeps x alive, the more the closer σ is to 2.

References: V. Roulet et al. 2024 (arXiv 2407.06183), section 3; A. Damian, E. Nichani, J. D. Lee:
Self-Stabilization (arXiv 2209.15594).
"""

from curvkit.core.lazy import lazily
from curvkit.tuners.model.balance import (
    Balance,
    alignment,
    rate,
    settled_alignment,
    step,
    turning_sharpness,
    undershooting_sharpness,
)
from curvkit.tuners.model.experiment import run, stream
from curvkit.tuners.model.settings import Settings
from curvkit.tuners.model.trace import Trace

__all__ = [
    "Balance",
    "Settings",
    "Trace",
    "alignment",
    "explore",
    "figures",
    "rate",
    "run",
    "settled_alignment",
    "step",
    "stream",
    "tell",
    "turning_sharpness",
    "undershooting_sharpness",
]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

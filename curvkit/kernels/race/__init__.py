"""The race: one deep network trained plain, shaped by DKS and shaped by TAT, side by side.

Same weights, same batches, same learning rate: the three differ in four numbers of their
activation. They train in one compiled program to which the numbers are arguments. It shows that a
very deep network can be trained at all, and no benefit of depth: on these digits logistic
regression does as well.

References: Martens et al. 2021 on Deep Kernel Shaping (arXiv 2110.01765); Zhang, Botev, Martens
2022 on TAT (arXiv 2203.08120).
"""

from curvkit.core.lazy import lazily
from curvkit.kernels.race.experiment import linear_accuracy, run, stream
from curvkit.kernels.race.settings import Settings
from curvkit.kernels.race.trace import Trace

__all__ = ["Settings", "Trace", "explore", "figures", "linear_accuracy", "run", "stream", "tell"]

# Drawing is not needed to compute, and may not be installed where runs are made.
__getattr__ = lazily(__name__, explore="widget", tell="widget", figures=None)

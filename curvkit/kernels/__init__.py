"""Deep Kernel Shaping and TAT: four numbers in the activation make a very deep network trainable.

A deep network forgets what it is given: layer by layer all inputs become alike, or all unlike, and
gradients with them. Scaling and shifting the activation, inside and out, keeps the network's kernel
near the identity at any depth. This room shows the kernel move as depth grows, before and after;
the room within, `curvkit.kernels.race`, trains both, `curvkit.kernels.ways` has the dial of other
ways of shaping, and `curvkit.kernels.contest` trains shaped networks beside the standard ones.

The theory stands on its own: `shape("softplus", depth=50)` is a function to use in your own
network, for any architecture that `feed_forward`, `residual`, `Chain` and `Sum` can say;
`network.build(shaped, width=64)` is that network, with each branch in the order that the theory
needs; `check` holds your own model against it; `network_maps` says what any architecture does,
shaped or not; `orthogonal()` and `delta_orthogonal()` initialise weights; `kfac` trains, by
Kronecker factors, what `build` made.

References: Martens et al. 2021 on Deep Kernel Shaping (arXiv 2110.01765); Zhang, Botev, Martens
2022 on TAT, Deep Learning without Shortcuts (arXiv 2203.08120); Jacot et al. 2018 on the tangent
kernel (arXiv 1806.07572).
"""

from curvkit.core.batch import COLD as _COLD
from curvkit.kernels import experiment as _experiment
from curvkit.kernels import figures, scenes
from curvkit.kernels._activations import ACTIVATIONS, activation
from curvkit.kernels._build import Built, build
from curvkit.kernels._check import Checked, check
from curvkit.kernels._initializers import delta_orthogonal, normalize_locations, orthogonal
from curvkit.kernels._kernel import network_maps
from curvkit.kernels._kfac import kfac, kronecker_factors
from curvkit.kernels._limits import dks_limit, tat_limit
from curvkit.kernels._maps import c_map, hermite_weights, network_c_map, q_map
from curvkit.kernels._networks import (
    feed_forward,
    residual,
    residual_block,
    resnet_v1,
    resnet_v2,
)
from curvkit.kernels._ntk import condition_number, ntk
from curvkit.kernels._parts import (
    Affine,
    BatchNorm,
    Chain,
    Concatenation,
    Elementwise,
    LayerNorm,
    MaxPool,
    MeanPool,
    Nonlinear,
    Sum,
)
from curvkit.kernels._shaping import Shaped, shape
from curvkit.kernels.settings import Settings
from curvkit.kernels.trace import Trace
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
        "depth": figures.depth,
        "activation": figures.activation,
        "local": figures.local,
        "paths": figures.paths,
        "lengths": figures.lengths,
        "tangent": figures.tangent,
        "architecture": figures.architecture,
        "roots": figures.roots,
        "sampled": figures.sampled,
    },
    scenes={"circle": (scenes.circle, {})},
    words=figures.words,
    front=("activation", "method", "depth", "zeta", "tau", "eta", "wiring", "blocks", "weight"),
    one_by_one=True,
    mixed="begin",
    begin_options=_COLD,
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

# The rooms within stand on this one.
from curvkit.kernels import contest, race, ways  # noqa: E402

__all__ = [
    "ACTIVATIONS",
    "Affine",
    "BatchNorm",
    "Built",
    "Chain",
    "Checked",
    "Concatenation",
    "Elementwise",
    "LayerNorm",
    "MaxPool",
    "MeanPool",
    "Nonlinear",
    "Settings",
    "Shaped",
    "Sum",
    "Trace",
    "activation",
    "batch",
    "build",
    "c_map",
    "check",
    "condition_number",
    "contest",
    "delta_orthogonal",
    "dks_limit",
    "explore",
    "feed_forward",
    "figures",
    "hermite_weights",
    "kfac",
    "kronecker_factors",
    "network_c_map",
    "network_maps",
    "normalize_locations",
    "ntk",
    "orthogonal",
    "q_map",
    "race",
    "residual",
    "residual_block",
    "resnet_v1",
    "resnet_v2",
    "room",
    "run",
    "scenes",
    "shape",
    "stage",
    "stream",
    "tat_limit",
    "tell",
    "ways",
]
__dir__ = lambda: __all__

"""Curvature along training: sharpness, its climb to the edge of stability, and what happens there.

A network trained by full-batch gradient descent grows sharper until its largest Hessian
eigenvalue λ reaches 2/η, and then stays there, though on a quadratic it would diverge. This room
shows it on real data, for eight rules, each with its own edge: those that go a way of one length,
as Muon, have it in a norm of their own. On batches it is another sharpness that climbs there.

The theory stands on its own: `sharpness(loss, params, key=key)` takes any scalar function of any
pytree; `stability_threshold("adam", 1e-3)` says where the edge is.

References: Cohen et al. 2021 (arXiv 2103.00065); Cohen et al. 2022 (arXiv 2207.14484); Lewkowycz
et al. 2020 on the catapult (arXiv 2003.02218); Roulet et al. 2024 (arXiv 2407.06183); on batches
arXiv 2412.20553, on sharpness in a norm arXiv 2603.05002.
"""

from curvkit.curvature import acts as _acts
from curvkit.curvature import experiment as _experiment
from curvkit.curvature import figures, scenes
from curvkit.curvature._blocks import block_sharpness
from curvkit.curvature._chunks import over_batches
from curvkit.curvature._eigenpairs import EigenPairs, hvp, sharpness, top_eigenpairs
from curvkit.curvature._gauss_newton import gauss_newton_eigenvalues, gauss_newton_product
from curvkit.curvature._operator import Operator, of_operator
from curvkit.curvature._spectrum import SpectralDensity, hessian_trace, spectral_density
from curvkit.curvature._tasks import Task, task
from curvkit.curvature._thresholds import critical, stability_threshold
from curvkit.curvature.settings import Settings
from curvkit.curvature.trace import Trace
from curvkit.room import Room as _Room

room = _Room(
    __name__,
    Settings,
    Trace,
    begin=_experiment.begin,
    reading=_experiment.reading,
    finished=_experiment.finished,
    last=_experiment.last,
    figures={
        "edge": figures.edge,
        "scaled": figures.scaled,
        "alignment": figures.alignment,
        "valley": figures.valley,
        "flows": figures.flows,
        "plane": figures.plane,
        "batches": figures.batches,
    },
    scenes={
        "edge": (scenes.edge, dict(every=1, steps=1500, valley_points=25)),
        "throw": (scenes.throw, dict(data="quadratic", every=1, steps=60)),
        "flows": (_acts.flows, dict(flow="both", every=1, steps=1001)),
    },
    words=figures.words,
    steers=("learning_rate", "momentum", "second_moment_decay"),
    front=(
        "learning_rate",
        "rule",
        "momentum",
        "task",
        "batch",
        "steps",
        "width",
        "depth",
        "activation",
        "seed",
    ),  # fmt: skip
    begin_only=("initialization",),
)
stream = room.stream
run = room.run
explore = room.explore
stage = room.stage
tell = room.tell
batch = room.batch

__all__ = [
    "EigenPairs",
    "Operator",
    "Settings",
    "SpectralDensity",
    "Task",
    "Trace",
    "batch",
    "block_sharpness",
    "critical",
    "explore",
    "figures",
    "gauss_newton_eigenvalues",
    "gauss_newton_product",
    "hessian_trace",
    "hvp",
    "of_operator",
    "over_batches",
    "room",
    "run",
    "scenes",
    "sharpness",
    "spectral_density",
    "stage",
    "stability_threshold",
    "stream",
    "task",
    "tell",
    "top_eigenpairs",
]
__dir__ = lambda: __all__

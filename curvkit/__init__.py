"""curvkit: see and turn what seven papers found about how neural networks train.

Each room of the house is one topic, and every room has the same files: `settings`
(what can be turned), theory (the mathematics), `trace` (what is recorded), `experiment`
(how they meet), `figures` (how it looks). Start with
`notebooks/00_start_here.ipynb`, or type `python -m curvkit --help`.
"""

from typing import TYPE_CHECKING

from curvkit import _moved
from curvkit._rooms import rooms
from curvkit.core.lazy import lazily

if TYPE_CHECKING:  # all but `rooms` needs jax, and `curvkit --help` does not
    from curvkit import (
        claims,
        curvature,
        data,
        distillation,
        kernels,
        minima,
        report,
        sam,
        selection,
        sobolev,
        sweep,
        tuners,
        verification,
    )
    from curvkit.watching import watch

__all__ = [
    "claims",
    "curvature",
    "data",
    "distillation",
    "kernels",
    "minima",
    "report",
    "rooms",
    "sam",
    "selection",
    "sobolev",
    "sweep",
    "tuners",
    "verification",
    "watch",
]

__version__ = "0.1.0"

__getattr__, __dir__ = lazily(__name__)

_moved.install()

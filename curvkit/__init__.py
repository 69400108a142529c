"""curvkit: see and turn what seven papers found about how neural networks train.

Each room of the house is one topic, and every room has the same files: `settings`
(what can be turned), theory (the mathematics), `trace` (what is recorded), `experiment`
(how they meet), `figures` (how it looks), `widget` (how it is turned). Start with
`notebooks/00_start_here.ipynb`, or type `python -m curvkit --help`.
"""

from curvkit import _moved
from curvkit.core.lazy import lazily
from curvkit.rooms import rooms

__all__ = ["rooms", "watch"]

__version__ = "0.1.0"

# `curvkit.watch(loss_fn, ...)`: watching needs jax, and `curvkit --help` does not.
__getattr__ = lazily(__name__, watch="watching")

_moved.install()

"""curvkit: see and turn what seven papers found about how neural networks train.

Each room of the house is one topic, and every room has the same files: `settings`
(what can be turned), theory (the mathematics), `trace` (what is recorded), `experiment`
(how they meet), `figures` (how it looks), `widget` (how it is turned). Start with
`notebooks/00_start_here.ipynb`, or type `python -m curvkit --help`.
"""

from curvkit.rooms import rooms

__all__ = ["rooms"]

__version__ = "0.1.0"

"""Sweep: a room's experiment at every combination of some settings, on one machine or on many.

dask.distributed does the scheduling. What is run is a `plan`; `make` runs it into a folder, where
`table/` is a Parquet dataset of one row a run and `traces/` holds what each run recorded. A room
is known here by its contract only: its `Settings`, its `stream`, and the `merits` of its trace.
"""

from typing import TYPE_CHECKING

from curvkit.core.lazy import lazily

if TYPE_CHECKING:  # dask and pyarrow come with an extra, and take a while to import
    from curvkit.sweep.figure import draw
    from curvkit.sweep.plan import Plan
    from curvkit.sweep.run import make
    from curvkit.sweep.store import read

__all__ = ["Plan", "draw", "make", "read"]

__getattr__, __dir__ = lazily(__name__)

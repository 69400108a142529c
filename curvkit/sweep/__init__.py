"""Sweep: a room's experiment at every combination of some settings, on one machine or on many.

dask.distributed does the scheduling. What is run is a `plan`; `make` runs it into a folder, where
`table/` is a Parquet dataset of one row a run and `traces/` holds what each run recorded. A room
is known here by its contract only: its `Settings`, its `stream`, and the `merits` of its trace.
"""

from curvkit.core.lazy import lazily

__all__ = ["Plan", "draw", "make", "read"]

# Dask and pyarrow come with an extra, and take a while to import.
__getattr__ = lazily(__name__, Plan="plan", make="whole", read="store", draw="figure")

"""Report: notebooks run without a screen, and the pages that come of it.

`make` runs notebooks through papermill, with parameters that were checked before anything runs,
and writes one self-contained page per notebook and an index of them all. What a notebook is about
is not known here: a room is found by its name and asked for its `Settings`, nothing more.
"""

from curvkit.core import swift
from curvkit.core.lazy import lazily

__all__ = ["choose", "make"]

# Before nbformat, which imports it.
swift.import_jsonschema()

# Papermill and nbconvert take a second to import, which `curvkit --help` should not pay.
__getattr__ = lazily(__name__, make="make", choose="notebooks")

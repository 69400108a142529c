"""Report: notebooks run without a screen, and the pages that come of it.

`make` runs notebooks through papermill, with parameters that were checked before anything runs,
and writes one self-contained page per notebook and an index of them all. What a notebook is about
is not known here: a room is found by its name and asked for its `Settings`, nothing more.
"""

from typing import TYPE_CHECKING

from curvkit.core import imports
from curvkit.core.lazy import lazily

if TYPE_CHECKING:  # papermill and nbconvert take a second to import
    from curvkit.report.notebooks import choose
    from curvkit.report.run import make

__all__ = ["choose", "make"]

# Before nbformat, which imports it.
imports.import_jsonschema()

__getattr__, __dir__ = lazily(__name__)

"""Whole runs where nobody watches: a stage and a panel of the same settings share one."""

import os
from typing import Any

from IPython import get_ipython

from curvkit.core import finished
from curvkit.core.stream import Stream


def run(stream: Stream[Any], settings: Any) -> Any:
    """The trace of a whole run, with a progress bar; made once for the newest settings."""
    trace = finished.held(stream, settings)
    if trace is None:
        trace = stream.run(settings, progress=True)
        finished.keep(stream, settings, trace)
    return trace


def headless() -> bool:
    """Whether nobody is there to turn a knob: no kernel, or one that a program runs.

    A front end lets a cell ask for input; papermill, nbconvert and nbclient do not. The variable
    `CURVKIT_HEADLESS` (1 or 0) decides where that is wrong.
    """
    setting = os.environ.get("CURVKIT_HEADLESS")
    if setting in ("0", "1"):
        return setting == "1"
    shell = get_ipython()
    return not (hasattr(shell, "kernel") and getattr(shell.kernel, "_allow_stdin", True))

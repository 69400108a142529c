"""The selection room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.selection.experiment import stream
from curvkit.selection.figures import FIGURES, words
from curvkit.selection.settings import Settings
from curvkit.selection.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("data", "whiten", "rows", "groups", "size", "good", "within", "between", "noise")
FRONT += ("picks", "seed")


def explore(figure: str = "scores", **values: Any):
    """Opens the room: knobs, and the search they make, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first, one of `figures.FIGURES`.
        values: where knobs stand at first, such as `within=0.9`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

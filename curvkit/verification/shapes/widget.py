"""The room of shapes as a person drags it."""

from typing import Any

from IPython.display import Markdown

from curvkit.show.panel import panel
from curvkit.show.told import told
from curvkit.verification.shapes.experiment import stream
from curvkit.verification.shapes.figures import FIGURES, words
from curvkit.verification.shapes.settings import Settings
from curvkit.verification.shapes.trace import Trace

FRONT = ("lower", "upper", "slope", "touch", "other", "blend")


def explore(figure: str = "triangle", **values: Any):
    """Opens the room: an interval to drag, and what takes a function's place on it.

    Args:
        figure: the figure to show first: triangle, exponential or product.
        values: where knobs stand at first, such as `upper=3.0`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

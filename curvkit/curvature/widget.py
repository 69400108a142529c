"""The curvature room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.curvature.experiment import stream
from curvkit.curvature.figures import FIGURES, words
from curvkit.curvature.settings import Settings
from curvkit.curvature.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("learning_rate", "rule", "momentum", "steps", "width", "depth", "activation", "seed")


def explore(figure: str = "edge", **values: Any):
    """Opens the room: knobs, and the run they make, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: edge, scaled, alignment or valley.
        values: where knobs stand at first, such as `learning_rate=0.2`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

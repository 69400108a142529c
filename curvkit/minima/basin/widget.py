"""The basin room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.minima.basin.experiment import stream
from curvkit.minima.basin.figures import FIGURES, words
from curvkit.minima.basin.settings import Settings
from curvkit.minima.basin.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told


def explore(figure: str = "plane", **values: Any):
    """Opens the room: knobs, and the descents they make, live; a static figure where none watches.

    Args:
        figure: the figure to show first: plane, basin_map, losses or certificate.
        values: where knobs stand at first, such as `example="P2"`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

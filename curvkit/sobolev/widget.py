"""The Sobolev room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.show.panel import panel
from curvkit.show.told import told
from curvkit.sobolev.experiment import stream
from curvkit.sobolev.figures import FIGURES, words
from curvkit.sobolev.settings import Settings
from curvkit.sobolev.trace import Trace

FRONT = ("function", "points", "slope_weight", "slope_noise", "activation", "steps", "seed")


def explore(figure: str = "surfaces", **values: Any):
    """Opens the room: knobs, and the runs they make, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: surfaces, errors, sharpness or pairs.
        values: where knobs stand at first, such as `function="ackley"`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

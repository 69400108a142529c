"""The minima room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.core import knob, say
from curvkit.minima.experiment import stream
from curvkit.minima.figures import FIGURES, words
from curvkit.minima.settings import Settings
from curvkit.minima.trace import Trace
from curvkit.show.panel import panel

FRONT = ("data", "activation", "width", "all_widths", "initialization", "optimizer")
FRONT += ("learning_rate", "steps", "runs", "input_shift", "seed")


def explore(figure: str = "histogram", **values: Any):
    """Opens the room: knobs, and the runs they make, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: histogram, success, dead or surface.
        values: where knobs stand at first, such as `data="xor"`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    if figure not in FIGURES:
        raise ValueError(say.unknown("figure", figure, FIGURES))
    settings = knob.read(Settings, values)
    return panel(stream, settings, FIGURES, words, front=FRONT, views={"figure": figure})


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return Markdown(words(trace))

"""The kernels room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.kernels.experiment import stream
from curvkit.kernels.figures import FIGURES, words
from curvkit.kernels.settings import Settings
from curvkit.kernels.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("activation", "method", "depth", "zeta", "tau", "eta", "wiring", "blocks", "weight")


def explore(figure: str = "depth", **values: Any):
    """Opens the room: knobs, and the kernel they shape, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first, one of `figures.FIGURES`.
        values: where knobs stand at first, such as `depth=100`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

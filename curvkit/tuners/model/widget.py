"""The model of learning rate and sharpness as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.show.panel import panel
from curvkit.show.told import told
from curvkit.tuners.model.experiment import stream
from curvkit.tuners.model.figures import FIGURES, words
from curvkit.tuners.model.settings import Settings
from curvkit.tuners.model.trace import Trace


def explore(figure: str = "balance", **values: Any):
    """Opens the model: knobs, and the run they make, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: balance or alignment.
        values: where knobs stand at first, such as `sigma=1.9`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

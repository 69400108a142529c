"""The tuners room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.show.panel import panel
from curvkit.show.player import animate
from curvkit.show.told import told
from curvkit.tuners.experiment import stream
from curvkit.tuners.figures import FIGURES, valley, words
from curvkit.tuners.settings import Settings
from curvkit.tuners.trace import Trace

FRONT = (
    "tuner", "rival", "sigma", "learning_rate", "base", "ema", "max_learning_rate", "batch",
    "steps", "initialization", "seed",
)  # fmt: skip


def explore(figure: str = "race", **values: Any):
    """Opens the room: knobs, and the run they make, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: race, edge, valley, statistics or sharpness.
        values: where knobs stand at first, such as `sigma=1.9`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def play(trace: Trace, frames: int = 120):
    """The valley of a run as a figure that plays by itself: the iterate bounces, η and λ follow."""
    return animate(valley, trace, frames)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

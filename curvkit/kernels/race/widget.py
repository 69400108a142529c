"""The race as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.kernels.race.experiment import stream
from curvkit.kernels.race.figures import FIGURES, words
from curvkit.kernels.race.settings import Settings
from curvkit.kernels.race.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("activation", "depth", "learning_rate", "zeta", "tau", "orthogonal", "steps", "seed")


def explore(figure: str = "race", **values: Any):
    """Opens the race: knobs, and three networks trained live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: race or spread.
        values: where knobs stand at first, such as `depth=100`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

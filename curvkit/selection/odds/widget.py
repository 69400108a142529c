"""The odds as a person turns them."""

from typing import Any

from IPython.display import Markdown

from curvkit.selection.odds.experiment import stream
from curvkit.selection.odds.figures import FIGURES, words
from curvkit.selection.odds.settings import Settings
from curvkit.selection.odds.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("against", "convex", "trials", "rows", "groups", "size", "good", "within", "between")
FRONT += ("noise", "seed")


def explore(figure: str = "recovery", **values: Any):
    """Opens the room: knobs, and the odds they give, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first, recovery or meters.
        values: where knobs stand at first, such as `against="within"`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

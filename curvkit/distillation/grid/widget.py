"""The grid worlds as a person turns them."""

from typing import Any

from IPython.display import Markdown

from curvkit.distillation.grid.experiment import stream
from curvkit.distillation.grid.figures import FIGURES, words
from curvkit.distillation.grid.settings import Settings
from curvkit.distillation.grid.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("contest", "teacher_noise", "temperature", "size", "walls", "goals", "pits", "noise")
FRONT += ("ending", "learning_rate", "steps", "seed")


def explore(figure: str = "grid", **values: Any):
    """Opens the room: knobs, and students that learn, live; a static figure where nobody watches.

    Args:
        figure: the figure to show first: grid, curves or race.
        values: where knobs stand at first, such as `contest="rewards", teacher_noise=0.4`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

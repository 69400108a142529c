"""The distillation room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.distillation.experiment import stream
from curvkit.distillation.figures import FIGURES, words
from curvkit.distillation.settings import Settings
from curvkit.distillation.trace import Trace
from curvkit.show.panel import panel
from curvkit.show.told import told

FRONT = ("variant", "aliased", "reward_weight", "teacher_first", "teacher_second", "teacher_third")
FRONT += ("learning_rate", "steps", "seed")


def explore(figure: str = "portrait", **values: Any):
    """Opens the room: knobs, and students that they move, live; static where nobody watches.

    Args:
        figure: the figure to show first: portrait, gauge, logits, learning or tree.
        values: where knobs stand at first, such as `variant="n_distill_reward"`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)

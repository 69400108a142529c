"""The Sobolev room as a person turns it."""

from typing import Any

from IPython.display import Markdown, display

from curvkit.draw.theme import remark
from curvkit.show.panel import headless, panel
from curvkit.show.told import told
from curvkit.show.workbench import Workbench
from curvkit.sobolev.experiment import STEPS, example, fits, stream
from curvkit.sobolev.figures import FIGURES, line, words
from curvkit.sobolev.settings import Settings
from curvkit.sobolev.trace import Trace

LONG = 10 * STEPS
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


def edit(rows: Any = None, *, weight: float = 1.0):
    """Opens a table of points (x, value, slope); both fits follow as it is edited.

    Where nobody watches, the figure of the table as it stands is returned.

    Args:
        rows: points to start with; six points of a curve if None.
        weight: λ of squared slopes, with x on [-1, 1] and values of variance one.

    Raises:
        ValueError: with one sentence, if the points or the weight are wrong.
    """
    rows = [[*map(float, row)] for row in (example() if rows is None else rows)]
    first = fits(rows, weight=weight)
    if headless():
        display(Markdown(first.words()))
        return line(rows, first)

    def sketch(rows):
        try:
            return line(rows, fits(rows, weight=weight))
        except ValueError as error:  # a table half edited: its points are drawn, and why no more
            made = line(rows, None)
            remark(made, str(error).split(", but")[0])
            return made

    def act(rows, tell):
        found = fits(rows, weight=weight, steps=LONG)
        return found.words(), line(rows, found)

    return Workbench(("x", "value", "slope"), rows, act, sketch, "Train ten times longer")

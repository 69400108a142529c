"""The Sobolev room as a person edits its points."""

from typing import Any

from curvkit.draw.theme import remark
from curvkit.sobolev.experiment import STEPS, example, fits
from curvkit.sobolev.figures import line

LONG = 10 * STEPS


def edit(rows: Any = None, *, weight: float = 1.0) -> Any:
    """Opens a table of points (x, value, slope); both fits follow as it is edited.

    Where nobody watches, the figure of the table as it stands is returned.

    Args:
        rows: points to start with; six points of a curve if None.
        weight: λ of squared slopes, with x on [-1, 1] and values of variance one.

    Raises:
        ValueError: with one sentence, if the points or the weight are wrong.
    """
    from IPython.display import Markdown, display

    from curvkit.show.once import headless
    from curvkit.show.workbench import Workbench

    rows = [[*map(float, row)] for row in (example() if rows is None else rows)]
    first = fits(rows, weight=weight)
    if headless():
        display(Markdown(first.words()))
        return line(rows, first)

    def sketch(rows):
        try:
            return line(rows, fits(rows, weight=weight))
        except ValueError as error:  # a table half edited: its points are drawn, and why no more
            figure = line(rows, None)
            remark(figure, str(error).split(", but")[0])
            return figure

    def act(rows, tell):
        fitted = fits(rows, weight=weight, steps=LONG)
        return fitted.words(), line(rows, fitted)

    return Workbench(("x", "value", "slope"), rows, act, sketch, "Train ten times longer")

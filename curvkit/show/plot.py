"""A plotly figure in a notebook, drawn whole by plotly's own program each time it is given anew.

plotly's `FigureWidget` is brought to another figure piece by piece, and keeps what the other one
does not name: an axis of its own, a stack, a margin. Here the page gets the figure as it is.
"""

import functools
from pathlib import Path

import anywidget
import plotly.graph_objects as go
import plotly.offline
from traitlets import Dict, Int, List, Unicode

from curvkit.draw import theme
from curvkit.draw.config import CONFIG
from curvkit.show import follow


class Library(anywidget.AnyWidget):
    """plotly's program for the page: one for all plots of a kernel, since it is 5 MB."""

    _esm = "export default {};"
    source = Unicode().tag(sync=True)


class Plot(anywidget.AnyWidget):
    """One figure on the page.

    Attributes:
        figure: the figure as plotly's JSON.
        number: counts the figures given; the page draws the newest.
        wanted: how many places of a notebook file want a picture of what is shown.
        pairs: colours of a light page and of a dark one, by which the page brings figures to its
            own, those of other cells too, unless a look was chosen by hand.
        still: the picture that the page made of it: url, width and height in pixels.
        picked: where the figure was clicked at last, as x and y of the point, and how often it was.
    """

    _esm = follow.PROGRAM + Path(__file__).with_name("plot.js").read_text(encoding="utf-8")

    figure = Unicode("{}").tag(sync=True)
    number = Int(0).tag(sync=True)
    config = Dict().tag(sync=True)
    pairs = List().tag(sync=True)
    library = Unicode().tag(sync=True)
    version = Unicode().tag(sync=True)
    wanted = Int(0).tag(sync=True)
    still = Dict().tag(sync=True)
    picked = Dict().tag(sync=True)

    def __init__(self, figure: go.Figure):
        library = _library()
        name = f"IPY_MODEL_{library.model_id}"
        super().__init__(
            figure=figure.to_json(), config=CONFIG, library=name, pairs=theme.pairs(),
            version=plotly.offline.get_plotlyjs_version(),
        )  # fmt: skip

    def show(self, figure: go.Figure) -> None:
        """Gives the page another figure."""
        with self.hold_sync():
            self.figure, self.number = figure.to_json(), self.number + 1


def _library() -> Library:
    library = _held()
    if library.comm is None:  # its kernel's widgets were all closed
        _held.cache_clear()
        library = _held()
    return library


@functools.cache
def _held() -> Library:
    return Library(source=plotly.offline.get_plotlyjs())

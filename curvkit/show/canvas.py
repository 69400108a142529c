"""The canvas: the place of one figure, which is drawn whole whenever there is another."""

import threading
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.draw import theme
from curvkit.show.plot import Plot
from curvkit.show.still import Stills

# One height for all figures of a canvas, so that nothing below it jumps.
HEIGHT = 540


class Canvas(widgets.VBox):
    """A figure as wide as its place.

    Attributes:
        figure: the newest figure.
        plot: the widget that shows it.
        stills: its pictures in the saved notebook.
    """

    def __init__(self, height: int = HEIGHT):
        self._pen, self._height = threading.RLock(), height
        self.figure = theme.figure("…", height=height)
        self.plot = Plot(self.figure)
        self.stills = Stills(self.plot)
        super().__init__([self.plot], layout=widgets.Layout(overflow="hidden", width="100%"))
        self.add_class("curvkit-canvas")

    def paint(self, figure: go.Figure) -> None:
        """Shows `figure`, and nothing of the figure before."""
        with self._pen:
            self.figure = figure.update_layout(height=self._height)
            self.plot.show(self.figure)

    def _ipython_display_(self, **options: Any) -> None:
        self.stills.show(self)


class CanvasBox(widgets.VBox):
    """A box of widgets with a `canvas`, of which a picture stays in the saved notebook."""

    canvas: Canvas

    def _ipython_display_(self, **options: Any) -> None:
        self.canvas.stills.show(self)

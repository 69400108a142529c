"""The canvas: one figure widget that is brought to ever new figures in place."""

import threading
from collections.abc import Sequence

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.show import fit, theme
from curvkit.show.config import CONFIG

# One height for all figures of a canvas: plotly stops fitting the width once a height is changed.
HEIGHT = 540


class Canvas(widgets.VBox):
    """A `FigureWidget` as wide as its place; `figure` is the widget."""

    def __init__(self):
        self._pen = threading.RLock()
        self.fit = fit.Fit()
        self.figure = _responsive(theme.figure("…", height=HEIGHT))
        self.fit.observe(lambda _: self.renew(), "missing")
        super().__init__([self.figure, self.fit], layout=widgets.Layout(overflow="hidden"))
        self.add_class("curvkit-canvas")

    def paint(self, made: go.Figure) -> None:
        """Brings the widget to `made` in place, so that it neither flickers nor loses its size."""
        with self._pen:
            self._paint(made.update_layout(height=HEIGHT))
            self.fit.curves = len(made.data)

    def _paint(self, made):
        same = [each.type for each in made.data] == [each.type for each in self.figure.data]
        if not same:
            self.figure.data = ()
            self.figure.add_traces(made.data)
        with self.figure.batch_update():
            if same:
                for old, new in zip(self.figure.data, made.data, strict=True):
                    old.update(new.to_plotly_json(), overwrite=False)
            # What the last figure remarked upon, and this one does not, is taken away.
            bare = dict(annotations=[], shapes=[])
            self.figure.layout.update(bare | made.layout.to_plotly_json(), overwrite=True)

    def renew(self) -> None:
        """Puts a new widget with the same figure into the place of one that stayed empty."""
        with self._pen:
            stayed, self.figure = self.figure, _responsive(go.Figure(self.figure))
            self.children = [self.figure, self.fit]
            stayed.close()


def _responsive(figure: go.Figure) -> go.FigureWidget:
    made = go.FigureWidget(figure)
    made._config = dict(CONFIG)
    return made


def overlay(made: go.Figure, kept: Sequence[tuple[str, go.Figure]]) -> go.Figure:
    """`made` with the curves of the figures in `kept` behind it, faded, one legend entry each."""
    for number, (name, figure) in enumerate(kept, 1):
        for at, each in enumerate(figure.data):
            faded = dict(opacity=0.45, name=f"{number}: {name}", showlegend=at == 0)
            made.add_trace(each.update(legendgroup=f"kept {number}", line_width=1.6, **faded))
    return made

"""What a panel draws: its newest run, whole or as it grew, with kept runs, and told in words."""

import html
import threading
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.core import messages
from curvkit.core.trace import Record
from curvkit.draw import pandas_race, theme
from curvkit.show import player
from curvkit.show.canvas import Canvas
from curvkit.show.kept import KeptRuns
from curvkit.show.summary import bold
from curvkit.show.views import Draw, Views


class Drawing:
    """The newest trace on a canvas.

    Args:
        figures: a room's figures by name, see `panel`.
        words: what a trace shows, in a sentence or two.
        figure: the name of the figure to show first.
        clock: what is along the x-axis: "step" or "time".
        failed: called with a sentence where a figure cannot be drawn.

    Attributes:
        trace: the newest trace, or None before there is one.
        canvas: the `Canvas`; views: the `Views`; kept_runs: the `KeptRuns`; transport: the player's
            `Transport`; words: the widget of the words.
    """

    def __init__(
        self, figures: Mapping[str, Draw], words: Callable[[Any], str], figure: str, clock: str,
        failed: Callable[[str], None],
    ):  # fmt: skip
        self.trace: Record | None = None
        self.words_of, self._failed = words, failed
        self._pen, self.kept_runs = threading.RLock(), KeptRuns()
        self._ranges: dict[str, dict[str, Any]] | None = None
        self.canvas, self.transport = Canvas(), player.Transport(self._scrub)
        self.views = Views(figures, figure, clock, self.draw)
        self.words = widgets.HTML(layout=widgets.Layout(min_height="48px"))

    def show(self, trace: Record) -> None:
        """Draws a newer trace."""
        self.trace = trace
        self.draw()

    def draw(self) -> None:
        """Draws the newest trace whole."""
        if self.trace is None:
            return
        with self._pen:
            self.transport.load(self.trace)
            self._ranges = None
            trace = self.trace
            self._paint(lambda: self.figure(trace))
            try:
                words = bold(self.words_of(trace))
            except Exception as error:
                words = html.escape(messages.failure(error))
            self.words.value = f"<p style='font-size:15px'>{words}</p>"

    def figure(self, trace: Record) -> go.Figure:
        """The figure of `trace` as the views ask for it, with the kept runs behind or below it."""
        return self.kept_runs.compare(self.views.draw(trace), self.views.draw, self.views.chosen)

    def _paint(self, draw: Callable[[], go.Figure]):
        """Paints what `draw` makes; where it fails, the sentence instead of an older figure."""
        try:
            pandas_race.patiently(lambda: self.canvas.paint(draw()))
        except Exception as error:
            self.canvas.paint(theme.figure(""))
            name = self.views.figure.value
            self._failed(f"The figure {name} failed: {messages.failure(error)}")

    def _scrub(self, reading: int):
        if self.trace is None:
            return
        with self._pen:
            trace = self.trace
            if (ranges := self._ranges) is None:
                self._ranges = ranges = player.ranges(self.figure(trace))
            self._paint(lambda: player.within(self.figure(trace.head(reading)), ranges))

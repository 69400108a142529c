"""The panel: a room's knobs beside its figures; turn one, and the run streams in anew."""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go
from IPython.display import display

from curvkit.core import knob as knobs
from curvkit.core import messages
from curvkit.core.stream import Stream
from curvkit.core.trace import Record
from curvkit.show import once, player
from curvkit.show.bar import Bar
from curvkit.show.canvas import CanvasBox
from curvkit.show.drawing import Drawing
from curvkit.show.knobs import Knobs
from curvkit.show.live import Live
from curvkit.show.standing import Standing
from curvkit.show.summary import markdown
from curvkit.show.views import Draw


def panel(
    stream: Stream[Any],
    settings: type,
    figures: Mapping[str, Draw],
    words: Callable[[Record], str],
    values: Mapping[str, Any],
    *,
    figure: str,
    front: Sequence[str] = (),
) -> "Panel | go.Figure":
    """A room's `explore`: a live `Panel` in a notebook, its static twin where nobody watches.

    Args:
        stream: the room's experiment.
        settings: the room's `Settings`.
        figures: the room's figures by name; each a pure function of a trace, with an optional
            keyword `clock` ("step" or "time").
        words: what a trace shows, in a sentence or two.
        values: where knobs stand at first, by name.
        figure: the figure to show first.
        front: the knobs in front; the others are under "more knobs".

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    if figure not in figures:
        raise ValueError(messages.unknown("figure", figure, figures))
    chosen = knobs.read(settings, values)
    if not once.headless():
        return Panel(stream, chosen, figures, words, front=front, figure=figure)
    trace = once.run(stream, chosen)
    display(markdown(words(trace), trace))
    return player.animate(figures[figure], trace)


class Panel(CanvasBox):
    """Knobs above, figure below, in one widget; arguments as in `panel`, but `settings`, which are
    read already.

    Attributes:
        canvas: the `Canvas` that the figure is on.
        knobs: the `Knobs` that a person turns.
        kept_runs: the `KeptRuns` for comparison.
        transport: the player's `Transport`.
        figures: the room's figures by name.
        figure_choice, clock, x_scale, y_scale, dark, words: widgets.
    """

    def __init__(
        self, stream: Stream[Any], settings: knobs.BaseSettings, figures: Mapping[str, Draw],
        words: Callable[[Any], str], *, front: Sequence[str] = (), figure: str | None = None,
        clock: str = "step",
    ):  # fmt: skip
        self._standing, self._advice = Standing(settings), widgets.HTML()
        self._advice.add_class("curvkit-advice")
        first = figure or next(iter(figures))
        self._drawing = drawing = Drawing(figures, words, first, clock, self._say)
        self.canvas, self.kept_runs, self.transport = (
            drawing.canvas,
            drawing.kept_runs,
            drawing.transport,
        )
        self.words, views = drawing.words, drawing.views
        self.figures, self.figure_choice, self.clock = views.figures, views.figure, views.clock
        self.x_scale, self.y_scale, self.dark = views.x_scale, views.y_scale, views.dark
        self.live = Live(stream, drawing.show, self._said)
        declared = self._standing.declared
        order = front or list(declared)
        self.knobs = Knobs(declared, self.values, order, self._turned, views.themed)
        self.bar = Bar(
            run=self.start, stop=self.stop, keep=self.keep, clear=self.clear, reset=self.reset
        )
        super().__init__(
            [self.bar, self.knobs, self._advice, self.figure_choice, self.canvas,
             self.transport.box, self.words, self.kept_runs.box, views.box]
        )  # fmt: skip
        self.add_class("curvkit-panel")
        self.start()

    @property
    def trace(self) -> Record | None:
        """The newest trace, or None before the first chunk."""
        return self._drawing.trace

    @property
    def values(self) -> dict[str, Any]:
        """Where the knobs stand, by name."""
        return self._standing.values

    # -- what a person can do -----------------------------------------------------------------

    def turn(self, **values: Any) -> None:
        """Turns knobs from code, through the same gate as the sliders, and runs.

        Raises:
            ValueError: with one sentence, if a name is unknown or a value out of range.
        """
        self._standing.turn(**values)
        self.knobs.show(self.values)
        self.start()

    def reset(self) -> None:
        """Turns all knobs back to where they stood when the panel was opened."""
        self.turn(**self._standing.first)

    def start(self) -> None:
        """Starts a run; one in flight gives way at the end of its chunk."""
        self.transport.pause()
        self.live.start(self._standing.settings())

    def stop(self) -> None:
        """Stops the run at the end of its chunk, and the player; what is there stays."""
        self.transport.pause()
        self.live.stop()

    def keep(self) -> None:
        """Leaves the present run for comparison with later ones: on the figure, or below it."""
        try:
            if self.trace is None:
                raise ValueError("There is no run to keep yet; wait for its first figure.")
            self.kept_runs.keep(self._standing.name(self.trace), self.trace)
        except ValueError as refused:
            self._say(str(refused))
        self.draw()

    def clear(self) -> None:
        """Takes the kept runs away."""
        self._advice.value = ""
        self.kept_runs.clear()
        self.draw()

    def wait(self, seconds: float = 600) -> Record | None:
        """Blocks until the run in flight has ended, and returns its trace; for code and tests."""
        self.live.wait(seconds)
        return self.trace

    def draw(self) -> None:
        """Draws the newest trace whole."""
        self._drawing.draw()

    def figure(self, trace: Record) -> go.Figure:
        """The figure of `trace` as the views ask for it, with the kept runs behind or below it."""
        return self._drawing.figure(trace)

    # -- what happens then --------------------------------------------------------------------

    def _turned(self, name: str, value: Any):
        self._standing.values[name] = value
        self._advice.value = ""
        self.start()

    def _say(self, sentence: str):
        self._advice.value = f"<div style='color:#B3261E'>{html.escape(sentence)}</div>"

    def _said(self, words: str, style: str, share: float):
        self.bar.say(words, style, share)
        if style == "danger" and self.trace is not None:
            name = html.escape(self._standing.name(self.trace))
            self.words.value = f"<p>The figure is of the run before, {name}.</p>"

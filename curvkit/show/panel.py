"""The panel: a room's knobs beside its figures; turn one, and the run streams in anew."""

import html
import inspect
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go
from IPython import get_ipython
from IPython.display import display

from curvkit.core import knob as knobs
from curvkit.core import messages
from curvkit.core.stream import Stream
from curvkit.core.trace import Record
from curvkit.draw import pandas_race, theme
from curvkit.show import once, player
from curvkit.show.bar import Bar
from curvkit.show.canvas import Canvas, Shown
from curvkit.show.kept import Kept
from curvkit.show.knobs import Knobs
from curvkit.show.live import Live
from curvkit.show.summary import bold, told

Draw = Callable[..., go.Figure]


def headless() -> bool:
    """Whether nobody is there to turn a knob: no kernel, or one that a program runs.

    A front end lets a cell ask for input; papermill, nbconvert and nbclient do not. The variable
    `CURVKIT_HEADLESS` (1 or 0) decides where that is wrong.
    """
    setting = os.environ.get("CURVKIT_HEADLESS")
    if setting in ("0", "1"):
        return setting == "1"
    shell = get_ipython()
    return not (hasattr(shell, "kernel") and getattr(shell.kernel, "_allow_stdin", True))


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
    if not headless():
        return Panel(stream, chosen, figures, words, front=front, figure=figure)
    trace = once.run(stream, chosen)
    display(told(words(trace), trace))
    return player.animate(figures[figure], trace)


def _with_clock(draw: Draw, clock: str) -> Draw:
    takes_clock = "clock" in inspect.signature(draw).parameters
    return (lambda trace: draw(trace, clock=clock)) if takes_clock else draw


class Panel(Shown):
    """Knobs above, figure below, in one widget; arguments as in `panel`, but `settings`, which are
    read already.

    Attributes:
        trace: the newest trace, or None before the first chunk.
        canvas: the `Canvas` that the figure is on.
        knobs: the `Knobs` that a person turns.
        kept: the runs `Kept` for comparison.
    """

    def __init__(
        self, stream: Stream[Any], settings: knobs.BaseSettings, figures: Mapping[str, Draw],
        words: Callable[[Any], str], *, front: Sequence[str] = (), figure: str | None = None,
        clock: str = "step",
    ):  # fmt: skip
        self.figures, self.words_of = dict(figures), words
        self.settings_class, self.values = type(settings), knobs.as_dict(settings)
        self._first = dict(self.values)
        self.trace: Record | None = None
        self._pen, self.kept = threading.RLock(), Kept()
        self._ranges: dict[str, dict[str, Any]] | None = None
        self._by_page = False
        self.live = Live(stream, self._shown, self._said)
        self.canvas, self.transport = Canvas(), player.Transport(self._scrub)
        declared = knobs.knobs(self.settings_class)
        self._advice = widgets.HTML()
        self._advice.add_class("curvkit-advice")
        self._make_views(figure or next(iter(figures)), clock)
        order = front or list(declared)
        self.knobs = Knobs(declared, self.values, order, self._turned, self._themed)
        self.bar = Bar(
            run=self.start, stop=self.stop, keep=self.keep, clear=self.clear, reset=self.reset
        )
        self.words = widgets.HTML(layout=widgets.Layout(min_height="48px"))
        super().__init__(
            [self.bar, self.knobs, self._advice, self.figure_choice, self.canvas,
             self.transport.box, self.words, self.kept.box, self._views]
        )  # fmt: skip
        self.add_class("curvkit-panel")
        self.start()

    # -- what it is made of -------------------------------------------------------------------

    def _make_views(self, figure: str, clock: str):
        self.figure_choice = widgets.ToggleButtons(
            options=[(name.replace("_", " "), name) for name in self.figures], value=figure,
            style=widgets.ToggleButtonsStyle(button_width="auto"),
        )  # fmt: skip
        narrow = dict(style=dict(description_width="60px"), layout=widgets.Layout(width="250px"))
        self.clock = widgets.Dropdown(
            options=[("steps", "step"), ("η·steps", "time")],
            value=clock,
            description="x is",
            **narrow,
        )
        self.x_scale = widgets.Dropdown(
            options=["as drawn", "linear", "log"], description="x axis", **narrow
        )
        self.y_scale = widgets.Dropdown(
            options=["as drawn", "linear", "log"], description="y axes", **narrow
        )
        self.dark = widgets.Checkbox(theme.mode() == "dark", description="dark page", indent=False)
        for each in (self.figure_choice, self.clock, self.x_scale, self.y_scale):
            each.observe(lambda _: self.draw(), "value")
        self.dark.observe(self._darken, "value")
        wrap = widgets.Layout(flex_flow="row wrap")
        views = widgets.HBox([self.clock, self.x_scale, self.y_scale, self.dark], layout=wrap)
        self._views = widgets.Accordion([views], selected_index=None)
        self._views.set_title(0, "axes and page")

    # -- what a person can do -----------------------------------------------------------------

    def turn(self, **values: Any) -> None:
        """Turns knobs from code, through the same gate as the sliders, and runs.

        Raises:
            ValueError: with one sentence, if a name is unknown or a value out of range.
        """
        settings = knobs.read(self.settings_class, {**self.values, **values})
        self.values = knobs.as_dict(settings)
        self.knobs.show(self.values)
        self.start()

    def reset(self) -> None:
        """Turns all knobs back to where they stood when the panel was opened."""
        self.turn(**self._first)

    def start(self) -> None:
        """Starts a run; one in flight gives way at the end of its chunk."""
        self.transport.pause()
        self.live.start(knobs.read(self.settings_class, self.values))

    def stop(self) -> None:
        """Stops the run at the end of its chunk, and the player; what is there stays."""
        self.transport.pause()
        self.live.stop()

    def keep(self) -> None:
        """Leaves the present run for comparison with later ones: on the figure, or below it."""
        try:
            if self.trace is None:
                raise ValueError("There is no run to keep yet; wait for its first figure.")
            self.kept.keep(self._name(self.trace), self.trace)
        except ValueError as refused:
            self._say(str(refused))
        self.draw()

    def clear(self) -> None:
        """Takes the kept runs away."""
        self._advice.value = ""
        self.kept.clear()
        self.draw()

    def wait(self, seconds: float = 600) -> Record | None:
        """Blocks until the run in flight has ended, and returns its trace; for code and tests."""
        self.live.wait(seconds)
        return self.trace

    # -- what happens then --------------------------------------------------------------------

    def _turned(self, name: str, value: Any):
        self.values[name] = value
        self._advice.value = ""
        self.start()

    def _say(self, sentence: str):
        self._advice.value = f"<div style='color:#B3261E'>{html.escape(sentence)}</div>"

    def _said(self, words: str, style: str, share: float):
        self.bar.say(words, style, share)
        if style == "danger" and self.trace is not None:
            name = html.escape(self._name(self.trace))
            self.words.value = f"<p>The figure is of the run before, {name}.</p>"

    def _shown(self, trace: Record):
        self.trace = trace
        self.draw()

    def _name(self, trace: Record):
        turned = [
            f"{each.label} = {trace.settings[name]}"
            for name, each in knobs.knobs(self.settings_class).items()
            if trace.settings[name] != self._first[name]
        ]
        return ", ".join(turned) or "as at first"

    def _themed(self, mode: str):
        self._by_page = True
        try:
            self.dark.value = mode == "dark"
        finally:
            self._by_page = False

    def _darken(self, change: Any):
        theme.use("dark" if change["new"] else "light", by_page=self._by_page)
        self.draw()

    def figure(self, trace: Record) -> go.Figure:
        """The figure of `trace` as the views ask for it, with the kept runs behind or below it."""
        chosen, clock = str(self.figure_choice.value), str(self.clock.value)
        draw = _with_clock(self.figures[chosen], clock)
        views = (self.figure_choice, self.clock, self.x_scale, self.y_scale, self.dark)
        view = tuple(each.value for each in views)
        return self.kept.compare(self._scaled(draw(trace)), lambda t: self._scaled(draw(t)), view)

    def _scaled(self, made: Any):
        for scale, update in ((self.x_scale, made.update_xaxes), (self.y_scale, made.update_yaxes)):
            if scale.value != "as drawn":
                update(type=scale.value, range=None)
        return made

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

    def _paint(self, draw: Callable[[], go.Figure]):
        """Paints what `draw` makes; where it fails, the sentence instead of an older figure."""
        try:
            pandas_race.patiently(lambda: self.canvas.paint(draw()))
        except Exception as error:
            self.canvas.paint(theme.figure(""))
            self._say(f"The figure {self.figure_choice.value} failed: {messages.failure(error)}")

    def _scrub(self, reading: int):
        if self.trace is None:
            return
        with self._pen:
            trace = self.trace
            if (ranges := self._ranges) is None:
                self._ranges = ranges = player.ranges(self.figure(trace))
            self._paint(lambda: player.within(self.figure(trace.head(reading)), ranges))

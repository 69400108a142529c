"""The player: a figure of a trace, drawn as it grew, live in a notebook or static in a page.

Any figure that is a pure function of a trace can be played: a frame is that function of the
trace's first readings, within the axes of the whole.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go

from curvkit.core.trace import Record
from curvkit.draw import theme
from curvkit.draw.traces_only import only_curves

Trace = TypeVar("Trace", bound=Record)

# A run plays in this many seconds at speed 1, whatever its length.
DURATION = 8.0
FRAMES_PER_SECOND = 30


def freeze(figure: go.Figure) -> go.Figure:
    """Fixes every axis that has no range of its own to what its data need, with some air."""
    return within(figure, ranges(figure))


def ranges(figure: go.Figure) -> dict[str, dict[str, Any]]:
    """What fixes a figure's axes, by their names; nothing where they are to move."""
    if (theme.untyped(figure).layout.meta or {}).get("axes") == "move":
        return {}
    shown = theme.untyped(figure)
    axes = [*shown.select_xaxes(), *shown.select_yaxes()]
    return {axis.plotly_name: _fixed(figure, axis) for axis in axes}


def within(figure: go.Figure, fixed: dict[str, dict[str, Any]]) -> go.Figure:
    """The figure with its axes as another's `ranges` say."""
    for name, options in fixed.items():
        figure.layout[name].update(options)
    return figure


def _fixed(figure: go.Figure, axis: Any) -> dict[str, Any]:
    if axis.range is not None:
        return dict(range=axis.range)
    letter = axis.plotly_name[0]
    identity = letter + axis.plotly_name[len("xaxis") :]
    drawn = [
        each for each in theme.curves(figure)
        if f"{letter}axis" in each and (each[f"{letter}axis"] or letter) == identity
        and letter in each and each[letter] is not None
    ]  # fmt: skip
    values = [np.asarray(each[letter]) for each in drawn]
    if any(each.dtype.kind not in "biufO" for each in values) or axis.type == "category":
        # Of names: all of them stay in their places.
        names = list(dict.fromkeys(str(name) for each in values for name in each))
        return dict(type="category", categoryorder="array", categoryarray=names,
                    range=[-0.5, len(names) - 0.5])  # fmt: skip
    values += [end for each in drawn for end in _bars(each, letter)]
    limits = _limits(axis, np.concatenate([np.ravel(e).astype(float) for e in values] or [[]]))
    return {} if limits is None else dict(range=limits)


def _bars(curve: Any, letter: str) -> list[np.ndarray]:
    """How far the bars of errors about the points of a curve reach, up and down."""
    bars = curve[f"error_{letter}"] if f"error_{letter}" in curve else None
    if bars is None or bars.array is None:
        return []
    up = np.asarray(bars.array, float)
    down = up if bars.arrayminus is None else np.asarray(bars.arrayminus, float)
    points = np.asarray(curve[letter], float)
    return [points + up, points - down]


def _limits(axis: Any, values: np.ndarray) -> list[float] | None:
    if axis.type == "log":
        values = np.log10(values[values > 0])
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = float(values.min()), float(values.max())
    if axis.rangemode == "tozero" and axis.type != "log":
        low, high = min(low, 0.0), max(high, 0.0)
    air = 0.04 * (high - low) if high > low else 0.5
    below = air if axis.plotly_name[0] == "y" and low != 0 else 0
    above = air if axis.plotly_name[0] == "y" or high == low else 0
    return [low - below, high + above]


def animate(draw: Callable[[Trace], go.Figure], trace: Trace, frames: int = 50) -> go.Figure:
    """The static twin: a plain plotly figure with frames, its own play button and a slider.

    Args:
        draw: a room's figure, a pure function of a trace.
        trace: the trace to play.
        frames: how many pictures.

    Returns:
        The whole figure; played it starts from the first reading. It needs no kernel. With one
        picture there is nothing to play, and no button.
    """
    figure = freeze(draw(trace))
    ends = np.unique(np.linspace(1, trace.readings, min(frames, trace.readings)).astype(int))
    if len(ends) < 2:
        return figure
    curves = theme.curves(figure)
    moving = [i for i, each in enumerate(curves) if each.x is not None]
    drawn = [_moving(draw, trace, end, moving) for end in ends]
    # Of pictures such as heatmaps only those that change; plotly moves no other kind than scatter
    # without drawing all anew.
    pictures = {
        at for now in drawn for at, each in zip(moving, now, strict=True)
        if _values(each, "z") and not np.array_equal(each.z, curves[at].z, equal_nan=True)
    }  # fmt: skip
    redraw = bool(pictures) or any(curves[at].type == "bar" for at in moving)
    redraw = redraw or not ranges(figure)
    figure.frames = [
        go.Frame(
            name=str(end),
            data=[
                dict(type=each.type) | _values(each, "xyz" if at in pictures else "xy")
                for at, each in zip(moving, now, strict=True)
            ],
            traces=moving,
        )
        for end, now in zip(ends, drawn, strict=True)
    ]
    labels = {str(end): str(_step(trace, end)) for end in ends}
    return _with_transport(figure, trace.COUNTED, labels, redraw)


def _values(curve: Any, names: str) -> dict[str, Any]:
    """What a curve has of these, by name."""
    return {name: curve[name] for name in names if name in curve and curve[name] is not None}


def _with_transport(
    whole: go.Figure, counted: str, labels: dict[str, str], redraw: bool
) -> go.Figure:
    """Puts a play button and a slider below a figure; `labels` say the count by frame name."""
    now = dict(duration=0, redraw=redraw)
    still = dict(mode="immediate", frame=now, transition=dict(duration=0))
    each_frame = dict(duration=1000 * DURATION / len(labels), redraw=redraw)
    buttons = [
        dict(label="▶ Play", method="animate", args=[None, {**still, "frame": each_frame}]),
        dict(label="❚❚", method="animate", args=[[None], still]),
    ]
    steps = [
        dict(method="animate", label=step, args=[[name], still]) for name, step in labels.items()
    ]
    layout = theme.untyped(whole).layout
    ink = layout.template.layout.font.color
    whole.update_layout(
        height=layout.height + 90,
        margin_b=150,
        updatemenus=[
            dict(
                type="buttons", direction="right", buttons=buttons, showactive=False,
                x=0, xanchor="left", y=0, yanchor="top", pad=dict(t=72, r=10),
            )
        ],
        sliders=[
            dict(
                steps=steps, active=len(steps) - 1, x=0.2, len=0.8, y=0, yanchor="top",
                pad=dict(t=60), ticklen=0, minorticklen=0, font=dict(color="rgba(0,0,0,0)", size=1),
                currentvalue=dict(
                    prefix=f"{counted} ", xanchor="right", font=dict(size=15, color=ink)
                ),
            )
        ],
    )  # fmt: skip
    return whole


def _moving(
    draw: Callable[[Trace], go.Figure], trace: Trace, end: int, moving: Sequence[int]
) -> list[Any]:
    with only_curves():
        drawn = theme.curves(draw(trace.head(end)))
    return [drawn[i] for i in moving]


def _step(trace: Record, reading: int) -> int:
    return int(trace.arrays()["step"][reading - 1]) if "step" in trace.__series__ else reading


class Transport:
    """Play, scrubber, speed and a readout of the step, as widgets.

    Args:
        show: called with the number of readings to show, from a thread while playing.

    Attributes:
        box: the row of widgets.
    """

    def __init__(self, show: Callable[[int], None]):
        self._show, self._steps, self._counted = show, [0], Record.COUNTED
        self._playing = threading.Event()
        self._quiet = False
        self.play = widgets.Button(
            description="Play", icon="play", tooltip="Draw the run as it grew",
            layout=widgets.Layout(width="90px"),
        )  # fmt: skip
        self.scrubber = widgets.IntSlider(
            1,
            1,
            1,
            readout=False,
            layout=widgets.Layout(flex="1 1 120px"),
        )
        speeds = [("¼×", 0.25), ("½×", 0.5), ("1×", 1.0), ("2×", 2.0), ("4×", 4.0)]
        narrow = widgets.Layout(width="70px")
        self.speed = widgets.Dropdown(options=speeds, value=1.0, layout=narrow)
        self.readout = widgets.Label(f"{self._counted} 0", layout=widgets.Layout(width="110px"))
        self.readout.add_class("curvkit-readout")
        self.play.on_click(lambda _: self.pause() if self._playing.is_set() else self.start())
        self.scrubber.observe(self._scrubbed, "value")
        parts = [self.play, self.scrubber, self.readout, self.speed]
        self.box = widgets.HBox(parts, layout=widgets.Layout(align_items="center", width="100%"))

    def load(self, trace: Record) -> None:
        """Takes a new trace, shown whole."""
        self._steps = [_step(trace, i + 1) for i in range(trace.readings)] or [0]
        self._counted = trace.COUNTED
        self._quiet = True
        try:
            self.scrubber.max = max(1, trace.readings)
            self.scrubber.value = self.scrubber.max
        finally:
            self._quiet = False
        self._read_out()

    def start(self) -> None:
        """Plays from the scrubber's place, or from the start if it stands at the end."""
        self._playing.set()
        self.play.description, self.play.icon = "Pause", "pause"
        threading.Thread(target=self._run, daemon=True).start()

    def pause(self) -> None:
        """Stops playing where it is."""
        self._playing.clear()
        self.play.description, self.play.icon = "Play", "play"

    def _run(self):
        last = self.scrubber.max
        at = 1.0 if self.scrubber.value >= last else float(self.scrubber.value)
        then = time.perf_counter()
        while self._playing.is_set() and at < last:
            now = time.perf_counter()
            # By the clock, not by the frame: a slow picture skips readings instead of lagging.
            speed: Any = self.speed.value
            at, then = min(last, at + (now - then) * speed * last / DURATION), now
            self.scrubber.value = int(at)
            time.sleep(max(0, 1 / FRAMES_PER_SECOND - (time.perf_counter() - now)))
        self.pause()

    def _scrubbed(self, change: Any):
        if not self._quiet:
            self._read_out()
            self._show(change["new"])

    def _read_out(self):
        at = self._steps[min(self.scrubber.value, len(self._steps)) - 1]
        self.readout.value = f"{self._counted} {at}"

"""The tuners room as it plays, and as a person asks it for more."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from curvkit.core.messages import counted, number
from curvkit.core.stream import Stream
from curvkit.draw import theme
from curvkit.tuners import experiment
from curvkit.tuners.experiment import Tuned, tune
from curvkit.tuners.figures import race, valley
from curvkit.tuners.settings import Settings
from curvkit.tuners.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

BASES = ("gd", "heavy_ball", "rmsprop", "adam")
# What the button asks for: minutes, not seconds.
LONG: dict[str, Any] = dict(steps=2000, seeds=5)
DECADE = 1.0
# Pictures in which the run of a cell is played.
PICTURES = 24


def play(trace: Trace, frames: int = 120) -> go.Figure:
    """The valley of a run as a figure that plays by itself: the iterate bounces, η and λ follow.

    Args:
        trace: as `run` returns it.
        frames: the most pictures, at least 2.
    """
    from curvkit.show.player import animate

    return animate(valley, trace, frames)


def constants(*tuned: Tuned) -> go.Figure:
    """The loss near the end against the constant rate, the methods that find their own as levels.

    Medians over the seeds, with the band between the lowest and the highest; a cross stands where
    a rate diverges with some seed.

    Args:
        tuned: as `tune` returns them; a panel for each of them and each size of batches.

    Raises:
        ValueError: if there are none.
    """
    panels = [(one, at) for one in tuned for at in range(len(one.batches))]
    if not panels:
        raise ValueError("There is nothing to draw; give what `tuners.tune` returns.")
    # Each panel has rates of its own.
    figure = theme.figure(
        "How low the training loss gets, by the rate it is trained with", len(panels),
        height=170 + 250 * len(panels), shared_xaxes=False, vertical_spacing=0.3 / len(panels),
    )  # fmt: skip
    for row, (one, at) in enumerate(panels, 1):
        _constant(figure, one, at, row)
        _levels(figure, one, at, row)
        title = f"constant rate η on {one.label(at)}"
        texts = [f"{rate:g}" for rate in one.rates]
        figure.update_xaxes(
            title_text=title, type="log", tickvals=one.rates, ticktext=texts, row=row, col=1
        )
        ticks = theme.log_ticks(one.constants[at].ravel())
        figure.update_yaxes(title_text="late loss L", type="log", **ticks, row=row, col=1)
    return figure


def _constant(figure: go.Figure, one: Tuned, at: int, row: int) -> None:
    """The curve of the rates with which no seed diverges, its band, and crosses at the others."""
    import plotly.graph_objects as go

    rates, losses = one.curve(at)
    look = theme.apart(0)
    if len(rates) and losses.shape[1] > 1:
        around, band = [*rates, *rates[::-1]], [*losses.max(1), *losses.min(1)[::-1]]
        figure.add_trace(
            go.Scatter(
                x=around, y=band, fill="toself", hoverinfo="skip", mode="lines", line=dict(width=0),
                fillcolor=theme.faint(look["color"]), showlegend=False,
            ),
            row=row, col=1,
        )  # fmt: skip
    middle = [statistics.median(each) for each in losses.tolist()]
    shown = dict(legendgroup="constant", showlegend=row == 1)
    curve = go.Scatter(x=rates, y=middle, name="constant", mode="lines+markers",
                       line=dict(width=2.2, **look), **shown)  # fmt: skip
    figure.add_trace(curve, row=row, col=1)
    lost = {rate: n for rate, n in zip(one.rates, one.diverged[at], strict=True) if n}
    if lost:
        first = not any(each.name == "diverges" for each in theme.curves(figure))
        crosses = go.Scatter(
            x=list(lost), y=[max([*middle, *one.first])] * len(lost), mode="markers",
            name="diverges", marker=dict(symbol="x", size=10, color=theme.color("plain")),
            hovertext=[f"of {counted(len(one.first), 'seed')} {n} diverged" for n in lost.values()],
            hoverinfo="x+text", legendgroup="diverges", showlegend=first,
        )  # fmt: skip
        figure.add_trace(crosses, row=row, col=1)


def _levels(figure: go.Figure, one: Tuned, at: int, row: int) -> None:
    """A horizontal line for each method that finds its own rate."""
    import plotly.graph_objects as go

    for place, name in enumerate(one.levels, 1):
        level = one.level(name, at)
        if not math.isfinite(level):
            continue
        line = dict(width=1.8, **(theme.apart(place) | {"dash": "dash"}))
        ends = [one.rates.min(), one.rates.max()]
        curve = go.Scatter(x=ends, y=[level] * 2, name=name, mode="lines", line=line,
                           legendgroup=name, showlegend=row == 1)  # fmt: skip
        figure.add_trace(curve, row=row, col=1)


def by_batch(tuned: Tuned) -> go.Figure:
    """How many times higher than the best constant each method ends, for each size of batches.

    Blue is lower than the constant, red is higher; in the cells the late loss itself.

    Args:
        tuned: as `tune` returns it, of several sizes of batches.
    """
    import plotly.graph_objects as go

    names = ["best constant", *(name.replace(", ", ",<br>") for name in tuned.levels)]
    figure = theme.figure("Late loss by size of batches", 1, height=260 + 42 * len(names))
    rows, texts = [], []
    for at in range(len(tuned.batches)):
        rows.append([0.0, *(min(each, DECADE) for each in tuned.decades(at).values())])
        best = tuned.best(at)
        middle = statistics.median(tuned.constants[at, best].tolist()) if best >= 0 else math.inf
        levels = [middle, *(tuned.level(name, at) for name in tuned.levels)]
        texts.append([number(each) if math.isfinite(each) else "diverges" for each in levels])
    low, high = theme.color("loss"), theme.color("sharpness")
    # Towards the middle each of the two colours fades by itself.
    shades = [(0, low), (0.5, theme.faint(low, 0)), (0.5, theme.faint(high, 0)), (1, high)]
    sizes = [str(each) if each else "all" for each in tuned.batches]
    figure.add_trace(
        go.Heatmap(
            x=sizes, y=names, z=list(zip(*rows, strict=True)), text=list(zip(*texts, strict=True)),
            texttemplate="%{text}", textfont=dict(color=theme.color("threshold"), size=12),
            zmin=-DECADE, zmax=DECADE, colorscale=shades,
            hovertemplate="%{y}, batches of %{x}: %{text}<extra></extra>",
            colorbar=dict(title=dict(text="× best constant", side="top"), thickness=12,
                          tickvals=[-1, -0.5, 0, 0.5, 1], orientation="h", y=-0.2, yanchor="top",
                          ticktext=["0.1", "0.32", "1", "3.2", "10"]),
        )
    )  # fmt: skip
    # A line of the grid would strike the numbers out.
    figure.update_xaxes(title_text="examples a step sees", type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", automargin=True, showgrid=False)
    return figure


def draw(
    *tuned: Tuned | Mapping[str, Any], heat: bool = False, then: Callable[..., Any] | None = None
) -> Any:
    """The figure of tuned constants below its sentences; where somebody watches, with a button.

    The button runs every base for longer and from more starts, which takes minutes. Of knobs the
    button first runs `tune`; where nobody watches that is done at once.

    Args:
        tuned: as `tune` returns them, or the knobs that it is to be given, for each.
        heat: whether to draw batches against methods, of one of them.
        then: is given what `tune` returned, of each, once it is there.

    Raises:
        ValueError: if there are none.
    """
    from IPython.display import DisplayHandle, Markdown, display

    from curvkit.show.on_demand import asked
    from curvkit.show.once import headless

    shown: list[Tuned] = []

    def drawn() -> go.Figure:
        return by_batch(shown[0]) if heat else constants(*shown)

    def finished() -> Markdown:
        shown[:] = [each if isinstance(each, Tuned) else tune(**each) for each in tuned]
        if then is not None:
            then(*shown)
        return Markdown("\n\n".join(each.words() for each in shown))

    def longer() -> go.Figure:
        shown[:] = _long(tuned[0], heat)
        return drawn()

    text = "more sizes, 500 digits, longer" if heat else "all bases, five starts, longer"
    played = (lambda size, name: _played(shown[0], name, size)) if heat else None
    if headless() or all(isinstance(each, Tuned) for each in tuned):
        display(finished())
        return asked(drawn(), f"{text[0].upper()}{text[1:]} (minutes)", longer, played)
    place, pressed = DisplayHandle(), []
    place.display(Markdown("*Nothing is trained yet.*"))

    def press():
        if pressed:
            return longer()
        pressed.append(place.update(finished()))
        return drawn()

    empty = theme.figure("Late losses, once they are trained", 1, height=240)
    label = f"Train them (a minute or less); again: {text} (minutes)"
    return asked(empty, label, press, played)


def _long(one: Tuned | Mapping[str, Any], heat: bool) -> list[Tuned]:
    """What the button asks for, with what else the first run is set to."""
    if heat:
        return [_longer(one, batches=(8, 32, 128, 0), examples=500)]
    return [_longer(one, base=base) for base in BASES]


def _longer(
    one: Tuned | Mapping[str, Any], batches: tuple[int, ...] = (0,), **turned: Any
) -> Tuned:
    given = one.settings if isinstance(one, Tuned) else one
    given = {name: value for name, value in given.items() if name not in ("rates", "batches")}
    return tune(batches=batches, **(given | LONG | turned))


def of_cell(tuned: Tuned, name: str, size: str) -> dict[str, Any]:
    """The knobs of the run that a cell of the figure of batches stands for, of its first start.

    Args:
        tuned: as `tune` returns it.
        name: of the row, as the figure has it.
        size: of the column, a number or `all`.

    >>> import numpy as np
    >>> losses = np.full((2, 1, 1), 0.5)
    >>> one = Tuned({"base": "gd"}, (8, 0), np.array([0.1]), np.ones(1), losses, {})
    >>> knobs = of_cell(one, "CDAT σ = 1.5, average 0.9", "8")
    >>> knobs["tuner"], knobs["sigma"], knobs["ema"], knobs["batch"]
    ('cdat', 1.5, 0.9, 8)
    >>> of_cell(one, "best constant", "all")["learning_rate"]
    0.1
    """
    batch = 0 if size == "all" else int(size)
    shared = tuned.settings | {"batch": batch, "rival": "none", "seeds": 1, "handover": 0}
    best = tuned.best(tuned.batches.index(batch))
    rate = {"learning_rate": float(tuned.rates[best])} if best >= 0 else {}
    if name.startswith("CDAT"):
        sigma, *average = name.removeprefix("CDAT σ = ").split(", average ")
        given = {"ema": float(average[0])} if average else {}
        return shared | {"tuner": "cdat", "sigma": float(sigma)} | given
    called = {"Armijo": "armijo", "Prodigy": "prodigy", "schedule-free": "schedule_free"}
    return shared | rate | {"tuner": called.get(name, "constant")}


@functools.cache
def _stream() -> Stream[Trace]:
    """The room's experiment; one, so that what a click has compiled serves the next."""
    return Stream(
        "tuners", begin=experiment.begin, reading=experiment.reading, finished=experiment.finished,
        last=experiment.last, length=lambda settings: settings.steps // settings.every + 2,
        trace=Trace,
    )  # fmt: skip


def _played(tuned: Tuned, name: str, size: str) -> Iterator[go.Figure]:
    """The run of a cell as it grew."""
    trace = _stream().run(Settings.read(of_cell(tuned, name.replace("<br>", " "), size)))
    for picture in range(1, PICTURES + 1):
        yield race(trace.head(max(2, trace.readings * picture // PICTURES)))

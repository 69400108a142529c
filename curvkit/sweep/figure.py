"""The picture of a sweep: a figure of merit over one swept knob, or over two of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.knob import Knob
from curvkit.core.messages import counted
from curvkit.draw import theme
from curvkit.sweep import steered

if TYPE_CHECKING:
    import plotly.graph_objects as go

BAND = (25, 75)


def draw(
    table: Mapping[str, list[Any]],
    merit: str,
    knobs: Mapping[str, Knob],
    over: Sequence[str] = (),
    *,
    order: Sequence[str] = (),
) -> go.Figure:
    """Draws the median of `merit`, over one knob with a band of quartiles, over two as a map.

    Args:
        table: as `store.read` returns it; runs that failed, or did not come to the merit, are
            left out.
        merit: the name of its column.
        knobs: the room's knobs by name; columns as `learning_rate@300` are knobs, too, and of what
            is an axis only the runs count that it was turned in.
        over: which knobs are the axes, one or two; by default the first two that were swept, and
            `seed` only where nothing else was. The median is over all runs at the same values,
            and the title says over which other knobs.
        order: the knobs that come first, in this order, where `over` is not given.

    Raises:
        ValueError: if there is no such merit, or `over` names what is no knob.
    """
    for name in (merit, *over):
        if name not in table:
            raise ValueError(f"The table of the sweep has no column {name!r}.")
    knobs = steered.known(knobs, table)
    axes = list(over[:2]) or axes_of(table, knobs, order)[:2]
    table = _with(table, axes)
    pooled = [name for name in swept_of(table, knobs, order) if name not in axes]
    values = np.array([math.nan if v is None else v for v in table[merit]], float)
    words = merit.replace("_", " ")
    if not axes:
        figure = _over_one(words, "", ["all runs"] * len(values), values, None)
    elif len(axes) == 1:
        knob = knobs[axes[0]]
        figure = _over_one(words, knob.label, table[knob.name], values, knob)
    else:
        figure = _over_two(words, [knobs[name] for name in axes], table, values)
    if pooled:
        names = " and ".join(name.replace("_", " ") for name in pooled)
        figure.update_layout(title_text=f"{figure.layout.title.text}: median over {names}")
    return _remarked(figure, values)


def swept_of(
    table: Mapping[str, list[Any]], knobs: Mapping[str, Knob], order: Sequence[str] = ()
) -> list[str]:
    """The knobs that take several values in the table; those of `order` first."""
    knobs = steered.known(knobs, table)
    names = [*dict.fromkeys([*(each for each in order if each in knobs), *knobs])]
    return [name for name in names if len({*table.get(name, ())} - {None}) > 1]


def _with(table: Mapping[str, list[Any]], axes: Sequence[str]) -> dict[str, list[Any]]:
    """The rows that have a value on each of the axes."""
    columns = zip(*(table[name] for name in axes), strict=True)
    complete = [all(each is not None for each in row) for row in columns]
    if not axes or all(complete):
        return dict(table)
    pick = lambda column: [each for each, here in zip(column, complete, strict=True) if here]
    return {name: pick(column) for name, column in table.items()}


def axes_of(
    table: Mapping[str, list[Any]], knobs: Mapping[str, Knob], order: Sequence[str] = ()
) -> list[str]:
    """As `swept_of`, and `seed` only if there is no other."""
    swept = swept_of(table, knobs, order)
    return [name for name in swept if name != "seed"] or swept


def medians(places: Sequence[Any], values: np.ndarray) -> dict[Any, np.ndarray]:
    """By place the low quartile, the median and the high quartile of what is finite there."""
    quartiles, there = {}, {}
    for place, value in zip(places, values, strict=True):
        there.setdefault(place, []).append(value)
    for place in sorted(there):
        here = np.array(there[place])
        here = here[np.isfinite(here)]
        quartiles[place] = (
            np.percentile(here, [BAND[0], 50, BAND[1]]) if here.size else [np.nan] * 3
        )
    return {place: np.asarray(each, float) for place, each in quartiles.items()}


def _over_one(words: str, label: str, places: Sequence[Any], values: np.ndarray, knob: Knob | None):
    figure = theme.figure(f"{words.capitalize()} over {label}" if label else words.capitalize())
    quartiles = medians(places, values)
    x = [str(each) if _named(knob) else each for each in quartiles]
    low, middle, high = np.array(list(quartiles.values()), float).reshape(-1, 3).T
    if _named(knob):
        bars = dict(array=high - middle, arrayminus=middle - low)
        figure.add_trace(theme.curve("loss", "median", x, middle, mode="markers", error_y=bars))
    else:
        band = dict(line=dict(width=0), showlegend=False, hoverinfo="skip")
        figure.add_trace(theme.curve("loss", "low quartile", x, low, **_copied(band)))
        filled = dict(fill="tonexty", fillcolor=theme.faint(theme.color("loss")))
        band["showlegend"] = True
        figure.add_trace(theme.curve("loss", "middle half", x, high, **_copied(band), **filled))
        figure.add_trace(theme.curve("loss", "median", x, middle, mode="lines+markers"))
    figure.update_xaxes(title_text=label, type=_scale(knob))
    figure.update_yaxes(title_text=words, row=1, col=1)
    return figure


def _over_two(
    words: str, knobs: Sequence[Knob], table: Mapping[str, list[Any]], values: np.ndarray
):
    import plotly.graph_objects as go

    across, up = knobs
    figure = theme.figure(f"{words.capitalize()} over {across.label} and {up.label}")
    quartiles = medians(list(zip(table[across.name], table[up.name], strict=True)), values)
    x, y = sorted(set(table[across.name])), sorted(set(table[up.name]))
    cells = [[quartiles[a, b][1] if (a, b) in quartiles else np.nan for a in x] for b in y]
    # As categories: the places were chosen by hand, and stand apart whatever lies between them.
    names = [[exact(each) for each in axis] for axis in (x, y)]
    drawn = go.Heatmap(
        x=names[0], y=names[1], z=cells, colorscale="Cividis", colorbar=dict(title=words),
        name=words, hoverongaps=False,
    )  # fmt: skip
    figure.add_trace(drawn)
    figure.update_xaxes(title_text=across.label, type="category")
    figure.update_yaxes(title_text=up.label, type="category", row=1, col=1)
    figure.update_layout(hovermode="closest", showlegend=False)
    return figure


def exact(value: Any) -> str:
    """A setting in full, as short as it can be: another value is another run.

    >>> exact(2.0), exact(0.10000001), exact("gd"), exact(None)
    ('2', '0.10000001', 'gd', '–')
    """
    if value is None:
        return "–"
    short = f"{value:g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else str(value)


def _copied(options: dict[str, Any]) -> dict[str, Any]:
    return {name: dict(v) if isinstance(v, dict) else v for name, v in options.items()}


def _named(knob: Knob | None) -> bool:
    return knob is None or bool(knob.choices) or knob.kind is bool


def _scale(knob: Knob | None) -> str:
    if knob is None or _named(knob):
        return "category"
    return "log" if knob.scale == "log" else "linear"


def _remarked(figure: go.Figure, values: np.ndarray) -> go.Figure:
    absent = int((~np.isfinite(values)).sum())
    if absent:
        theme.remark(figure, f"{absent} of {counted(len(values), 'run')} did not come to it")
        # Above the panel, where no curve and no cell of a map lies beneath it.
        figure.layout.annotations[-1].update(x=1, y=1.02, xanchor="right", yanchor="bottom")
    return figure

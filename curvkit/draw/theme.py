"""One look for all rooms: a colour per role, type for the last row, light or dark.

The colours are those of Okabe and Ito, which stay apart for colour-blind eyes; where two curves
share a panel they differ in dash as well.
"""

from __future__ import annotations

import contextlib
import contextvars
import copy
import functools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from curvkit.core import messages
from curvkit.draw import pandas_race, traces_only
from curvkit.draw.config import CONFIG

if TYPE_CHECKING:  # plotly is needed only to draw, and may not be installed where runs are made
    import plotly.graph_objects as go

Mode = Literal["light", "dark"]

# role: (on a light page, on a dark page, dash)
ROLES = {
    "loss": ("#0072B2", "#56B4E9", "solid"),
    "sharpness": ("#D55E00", "#FF8A3D", "solid"),
    "second": ("#E69F00", "#F0C14B", "dot"),
    "threshold": ("#444444", "#DDDDDD", "dash"),
    "alignment": ("#AA4499", "#E28BC6", "solid"),
    "curvature": ("#009E73", "#2FD6A3", "solid"),
    "learning_rate": ("#117733", "#7FCB8B", "solid"),
    "gradient": ("#332288", "#9F93F2", "solid"),
    "plain": ("#666666", "#AAAAAA", "solid"),
}
# Many of a kind: the roles whose colours stand furthest apart, in this order, then with a dash.
SERIES = ("sharpness", "loss", "curvature", "alignment", "second", "gradient")
DASHES = ("solid", "dash", "dot")
PAPER = {"light": "#FFFFFF", "dark": "#16181D"}
INK = {"light": "#1B1F24", "dark": "#E8EAED"}
GRID = {"light": "#E3E6EA", "dark": "#33383F"}
FONT = "Source Sans Pro, Open Sans, Segoe UI, Helvetica, Arial, sans-serif"

# How figures are drawn, and whether that was chosen by hand; else a page gives them its own look.
_mode: Mode = "light"
_chosen = False


def use(mode: Mode, *, by_page: bool = False) -> None:
    """Draws all figures made from now on for a light or a dark page.

    Args:
        mode: which.
        by_page: whether a page says so of itself; then its figures follow it when it changes.

    Raises:
        ValueError: if `mode` is neither.
    """
    global _mode, _chosen
    if mode not in PAPER:
        raise ValueError(messages.unknown("mode", mode, PAPER))
    _mode, _chosen = mode, not by_page


def mode() -> Mode:
    """Whether figures are drawn for a light or a dark page."""
    return _mode


def pairs() -> list[tuple[str, str]]:
    """The colours of a light page and of a dark one, by which a page brings one to the other.

    >>> pairs()[0]
    ('#0072B2', '#56B4E9')
    """
    both = [(light, dark) for light, dark, _ in ROLES.values()]
    return [*both, *((each["light"], each["dark"]) for each in (PAPER, INK, GRID))]


def color(role: str) -> str:
    """The colour of a role on the page in use.

    Raises:
        ValueError: if there is no such role.
    """
    if role not in ROLES:
        raise ValueError(messages.unknown("role", role, ROLES))
    return ROLES[role][_mode == "dark"]


def apart(number: int) -> dict[str, str]:
    """The colour and the dash of the curve of that number, where many of a kind are compared."""
    name = SERIES[number % len(SERIES)]
    return dict(color=color(name), dash=DASHES[number // len(SERIES) % len(DASHES)])


def faint(colour: str, opacity: float = 0.18) -> str:
    """A colour as it fills a band: `#RRGGBB` seen through.

    >>> faint("#0072B2", 0.5)
    'rgba(0,114,178,0.5)'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def template() -> go.layout.Template:
    """The plotly template of the page in use."""
    return _template(_mode, _chosen)


@functools.cache
def _template(mode: Mode, chosen: bool) -> go.layout.Template:
    import plotly.graph_objects as go

    ink, grid, paper = INK[mode], GRID[mode], PAPER[mode]
    axis = dict(
        gridcolor=grid, linecolor=ink, zeroline=False, ticks="outside", showline=True,
        title_standoff=8, automargin=True, tickformat="~g",
    )  # fmt: skip
    layout = dict(
        font=dict(family=FONT, size=15, color=ink),
        title=dict(font_size=18, x=0.01, xanchor="left", y=1, yanchor="top", pad=dict(t=14)),
        paper_bgcolor=paper, plot_bgcolor=paper, xaxis=axis, yaxis=axis,
        legend=dict(
            orientation="h", y=1.01, yanchor="bottom", x=0, xanchor="left",
            bgcolor="rgba(0,0,0,0)", font_size=13,
        ),
        margin=dict(l=80, r=24, t=92, b=58), hovermode="x unified",
        hoverlabel=dict(font_size=13, bgcolor=paper, font_color=ink),
        # Also where a notebook shows a figure with plotly's own configuration.
        modebar=dict(remove=CONFIG["modeBarButtonsToRemove"]),
    )  # fmt: skip
    # By this the page knows what it fits to narrow places; what has its colours follows it, also
    # what was drawn before it said how it looks.
    colors = "chosen" if chosen else "page"
    return go.layout.Template(layout=layout | dict(meta=dict(colors=colors)))


def figure(
    title: str,
    rows: int = 1,
    *,
    height: int = 0,
    shares: list[float] | None = None,
    **panels: Any,
) -> go.Figure:
    """An empty figure of `rows` panels above one another that share their x axis.

    Args:
        title: what stands above it.
        rows: how many panels.
        height: in pixels; by default as the rows want.
        shares: how the rows share the height.
        panels: further options of plotly's `make_subplots`, for panels side by side.
    """
    if traces_only.asked():
        drawn: Any = traces_only.Sketch()  # has of a figure what a room draws with
        return drawn
    pandas_race.settle()
    options = dict(shared_xaxes=True, vertical_spacing=0.06, row_heights=shares) | panels
    if (noted := _noted.get()) is not None:
        noted.append((rows, options))
    blank = copy.deepcopy(_empty(_mode, _chosen, rows, json.dumps(options)))
    blank.update_layout(title_text=title, height=height or 200 + 210 * rows)
    return blank


_noted: contextvars.ContextVar[list[Any] | None] = contextvars.ContextVar("noted", default=None)


@contextlib.contextmanager
def noting() -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Within the block, notes the rows and the options of the panels of each figure begun."""
    noted: list[tuple[int, dict[str, Any]]] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def frame(rows: int, options: dict[str, Any]) -> dict[str, Any]:
    """An empty figure as JSON: `layout`, but for the template, and the axes of its `cells`.

    Args:
        rows: how many panels are above one another.
        options: those of its panels, as `noting` tells them.
    """
    blank: Any = _empty("light", False, rows, json.dumps(options))
    layout = json.loads(blank.to_json())["layout"]
    layout.pop("template", None)
    cells = []
    for row, places in enumerate(blank._grid_ref or ((),), 1):
        for col, each in enumerate(places, 1):
            ref = each[0] if each else None
            if ref is None:
                continue
            keys = ref.layout_keys
            named = dict(scene=keys[0]) if len(keys) == 1 else dict(xaxis=keys[0], yaxis=keys[1])
            cells.append({"row": row, "col": col, **named})
    return {"rows": rows, "options": options, "layout": layout, "cells": cells}


@functools.cache
def _empty(mode: Mode, chosen: bool, rows: int, options: str) -> go.Figure:
    from plotly.subplots import make_subplots

    # Made once and copied: plotly takes longer over an empty figure than over all curves in it.
    blank = make_subplots(rows=rows, **json.loads(options))
    blank.update_layout(template=_template(mode, chosen), showlegend=True, autosize=True)
    return blank


def curve(role: str, name: str, x: Any, y: Any, **options: Any) -> go.Scatter:
    """A line in the colour and dash of its role; `options` are those of `go.Scatter`."""
    import plotly.graph_objects as go

    line = dict(color=color(role), dash=ROLES[role][2], width=2.5) | options.pop("line", {})
    return go.Scatter(x=x, y=y, name=name, mode=options.pop("mode", "lines"), line=line, **options)


def bars(role: str, name: str, x: Any, y: Any, *, opacity: float = 1.0, **options: Any) -> go.Bar:
    """Bars in the colour of their role; `options` are those of `go.Bar`."""
    import plotly.graph_objects as go

    colour = color(role) if opacity == 1 else faint(color(role), opacity)
    return go.Bar(x=x, y=y, name=name, marker_color=colour, **options)


def untyped(figure: go.Figure) -> Any:
    """`figure` itself, of whose properties Plotly makes no type that a checker could read."""
    return figure


def curves(figure: go.Figure) -> tuple[Any, ...]:
    """The curves of a figure, in the order they were added."""
    return tuple(untyped(figure).data)


def moves(figure: go.Figure) -> go.Figure:
    """Says of a figure that its axes follow what is shown, also while it plays."""
    return figure.update_layout(meta=dict(axes="move"))


def log_ticks(values: np.ndarray) -> dict[str, Any]:
    """What gives a logarithmic axis of such `values` some numbers, and not too many.

    Of 1, 2 and 5 times the powers of ten a range of less than a factor 4 may hold one alone, or
    none: there plotly finds steps by itself, which over longer ranges crowd at the top.

    >>> log_ticks(np.array([0.3, 2.0])), log_ticks(np.array([0.11, 0.25]))
    ({'dtick': 'D2'}, {'nticks': 4})
    """
    values = values[np.isfinite(values) & (values > 0)]
    decades = np.log10(values.max()) - np.log10(values.min()) if values.size else 1.0
    return dict(dtick="D2") if 0.6 < decades < 1.6 else dict(nticks=4)


def nothing(figure: go.Figure, x: np.ndarray) -> None:
    """Draws nothing along `x` into the first panel, of several, of a figure.

    For one that stays empty: plotly draws no axes where there is no curve, and a remark there would
    be counted on those of the next panel, which would be stretched to it.
    """
    empty = curve("plain", "nothing", x, np.full(len(x), np.nan), showlegend=False)
    figure.add_trace(empty, row=1, col=1)
    figure.update_yaxes(range=[0, 1], row=1, col=1)


def remark(figure: go.Figure, text: str) -> None:
    """Writes `text` into the upper left corner of the figure's first panel.

    In ink: in the colour of a curve it would be taken for a word on that curve.
    """
    figure.add_annotation(
        text=text, xref="x domain", yref="y domain", x=0.01, y=0.98, xanchor="left", yanchor="top",
        showarrow=False, font=dict(size=16, color=INK[_mode]), bgcolor=PAPER[_mode],
        bordercolor=color("plain"), borderpad=5,
    )  # fmt: skip

"""A small picture of a plotly figure, drawn without a browser: its curves, as they lie, in SVG.

It is a sketch for an index and not a rendering: curves, points, bars and maps in their panels and
colours, with neither numbers nor words. What it does not know it leaves out.
"""

import base64
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

WIDTH, HEIGHT = 240, 150
MOST_TRACES, MOST_POINTS, MOST_CELLS = 40, 160, 24
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|rgba?\([\d., %]+\)|[a-z]{3,20}")
COLORS = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#332288")


def svg(figure: Mapping[str, Any]) -> str:
    """The sketch of a figure, given as plotly's JSON.

    Nothing but numbers and colours goes into it, whatever text the figure holds.

    >>> svg({"data": [{"x": [0, 1], "y": [0, 1]}]}).count("<polyline")
    1
    """
    drawn, panels = [], {}
    layout = figure.get("layout") or {}
    traces = [each for each in figure.get("data") or () if isinstance(each, Mapping)]
    traces = [each for each in traces if each.get("visible", True) is True][:MOST_TRACES]
    spans = _spans(traces, layout)
    for number, each in enumerate(traces):
        box = [_axis(layout, each, letter, spans) for letter in "xy"]
        panels[tuple(domain for domain, *_ in box)] = None
        drawn.extend(_mark(each, box, _color(each, number)))
    frames = "".join(_frame(*domains) for domains in panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{frames}{"".join(drawn)}</svg>'
    )


def numbers(values: Any) -> np.ndarray:
    """A row of plotly's as numbers: packed arrays unpacked, what is no number as nan or a rank."""
    if isinstance(values, Mapping) and "bdata" in values:
        try:
            packed = base64.b64decode(values["bdata"], validate=True)
            return np.frombuffer(packed, np.dtype(values["dtype"])).astype(float)
        except (ValueError, TypeError, KeyError):
            return np.empty(0)
    if not isinstance(values, list | tuple):
        return np.empty(0)
    if any(isinstance(each, str) for each in values):
        ranks = {each: rank for rank, each in enumerate(dict.fromkeys(map(str, values)))}
        return np.array([ranks[str(each)] for each in values], float)
    return np.array([each if isinstance(each, int | float) else math.nan for each in values], float)


def _points(each: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    x, y = numbers(each.get("x")), numbers(each.get("y"))
    if each.get("type") == "histogram" and len(x):
        counts, edges = np.histogram(x[np.isfinite(x)], 24)
        return (edges[1:] + edges[:-1]) / 2, counts.astype(float)
    x = x if len(x) else np.arange(len(y), dtype=float)
    size = min(len(x), len(y))
    return x[:size], y[:size]


def _name(each: Mapping[str, Any], letter: str) -> str:
    return letter + "axis" + str(each.get(f"{letter}axis") or letter)[1:]


def _spans(traces: list, layout: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """From where to where each axis goes: as the layout says, or as far as its data."""
    found: dict[str, list[np.ndarray]] = {}
    for each in traces:
        for letter, values in zip("xy", _points(each), strict=True):
            name = _name(each, letter)
            log = (layout.get(name) or {}).get("type") == "log"
            with np.errstate(all="ignore"):
                found.setdefault(name, []).append(np.log10(values) if log else values)
    spans = {}
    for name, parts in found.items():
        values = np.concatenate(parts)
        values = values[np.isfinite(values)]
        span = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        given = numbers((layout.get(name) or {}).get("range"))
        spans[name] = tuple(given) if len(given) == 2 and np.isfinite(given).all() else span
    return spans


def _axis(layout: Mapping, each: Mapping, letter: str, spans: Mapping) -> tuple:
    """The domain of a trace's axis in the picture, its span, and whether it is logarithmic."""
    name = _name(each, letter)
    axis = layout.get(name) or {}
    over = axis.get("overlaying")
    home = layout.get(f"{letter}axis{str(over)[1:]}") or {} if over else axis
    domain = numbers(home.get("domain"))
    domain = tuple(domain) if len(domain) == 2 and np.isfinite(domain).all() else (0.0, 1.0)
    return domain, spans[name], axis.get("type") == "log"


def _place(values: np.ndarray, box: tuple, letter: str) -> np.ndarray:
    """Where values of an axis lie in the picture, in its pixels."""
    (start, end), (low, high), log = box
    with np.errstate(all="ignore"):
        values = np.log10(values) if log else values
        share = (values - low) / (high - low) if high != low else np.full(len(values), 0.5)
    share = np.clip(start + share * (end - start), -0.05, 1.05)
    return 8 + share * (WIDTH - 16) if letter == "x" else HEIGHT - 8 - share * (HEIGHT - 16)


def _mark(each: Mapping, box: list, color: str) -> Iterator[str]:
    kind = each.get("type") or "scatter"
    if kind in ("heatmap", "contour"):
        yield from _map(each, box)
    elif kind in ("bar", "histogram", "scatter", "scattergl"):
        x, y = _points(each)
        x, y = _place(x, box[0], "x"), _place(y, box[1], "y")
        there = np.isfinite(x) & np.isfinite(y)
        x, y = x[there], y[there]
        keep = np.unique(np.linspace(0, max(len(x) - 1, 0), MOST_POINTS).astype(int))[: len(x)]
        x, y = x[keep], y[keep]
        if kind in ("bar", "histogram"):
            floor = HEIGHT - 8 - box[1][0][0] * (HEIGHT - 16)
            wide = max(1.0, 0.7 * (np.ptp(x) if len(x) > 1 else 20) / max(len(x) - 1, 1))
            for at, top in zip(x, y, strict=True):
                yield _rect(at - wide / 2, min(top, floor), wide, abs(floor - top), color)
        elif "lines" in str(each.get("mode") or "lines"):
            path = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
            yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        else:
            for a, b in zip(x, y, strict=True):
                yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.8" fill="{color}"/>'


def _map(each: Mapping, box: list) -> Iterator[str]:
    """A map as cells from pale to dark, in its own panel."""
    given = each.get("z")
    rows = [numbers(row) for row in given] if isinstance(given, list | tuple) else []
    if not rows or not min(map(len, rows)):
        return
    grid = np.array([row[: min(map(len, rows))] for row in rows])
    grid = grid[:: -(-len(grid) // MOST_CELLS), :: -(-grid.shape[1] // MOST_CELLS)]
    low, high = (np.nanmin(grid), np.nanmax(grid)) if np.isfinite(grid).any() else (0, 1)
    (x0, x1), (y0, y1) = box[0][0], box[1][0]
    wide = (x1 - x0) * (WIDTH - 16) / grid.shape[1]
    tall = (y1 - y0) * (HEIGHT - 16) / len(grid)
    for row, values in enumerate(grid):
        for column, value in enumerate(values):
            if math.isfinite(value):
                share = float(np.clip((value - low) / ((high - low) or 1), 0, 1))
                shade = f"#{round(230 - 200 * share):02x}{round(240 - 120 * share):02x}f0"
                left = 8 + x0 * (WIDTH - 16) + column * wide
                top = HEIGHT - 8 - y0 * (HEIGHT - 16) - (row + 1) * tall
                yield _rect(left, top, wide + 0.3, tall + 0.3, shade)


def _rect(x: float, y: float, wide: float, tall: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{color}"/>'


def _frame(across: tuple[float, float], up: tuple[float, float]) -> str:
    left, right = (8 + share * (WIDTH - 16) for share in across)
    low, high = (HEIGHT - 8 - share * (HEIGHT - 16) for share in up)
    return f'<path d="M{left:.1f} {high:.1f}V{low:.1f}H{right:.1f}" fill="none" stroke="#b8bec6"/>'


def _color(each: Mapping[str, Any], number: int) -> str:
    for part in ("line", "marker"):
        found = (each.get(part) or {}).get("color") if isinstance(each.get(part), Mapping) else None
        if isinstance(found, str) and COLOR.fullmatch(found):
            return found
    return COLORS[number % len(COLORS)]

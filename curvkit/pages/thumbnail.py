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
MOST_TRACES, MOST_POINTS, MOST_PARTS, MOST_CELLS = 40, 160, 120, 24
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|rgba?\([\d., %]+\)|[a-z]{3,20}")
COLORS = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#332288")


def svg(figure: Mapping[str, Any]) -> str:
    """The sketch of a figure, given as plotly's JSON.

    Nothing but numbers and colours goes into it, whatever text the figure holds.

    >>> svg({"data": [{"x": [0, 1], "y": [0, 1]}]}).count("<polyline")
    1
    """
    drawn, panels, last = [], {}, {}
    layout = figure.get("layout") or {}
    traces = [each for each in figure.get("data") or () if isinstance(each, Mapping)]
    traces = [each for each in traces if each.get("visible", True) is True][:MOST_TRACES]
    spans = _spans(traces, layout)
    for number, each in enumerate(traces):
        box = [_axis(layout, each, letter, spans) for letter in "xy"]
        panels[tuple(domain for domain, *_ in box)] = None
        axes = tuple(_name(each, letter) for letter in "xy")
        drawn.extend(_mark(each, box, _color(each, number), last.get(axes, (None, None))))
        last[axes] = _points(each)
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


def _spans(traces: list[Any], layout: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """From where to where each axis goes: as the layout says, or as far as its data."""
    by_axis: dict[str, list[np.ndarray]] = {}
    for each in traces:
        sides = _points(each) if "z" not in each else [numbers(each.get(letter)) for letter in "xy"]
        for letter, values in zip("xy", sides, strict=True):
            name = _name(each, letter)
            log = (layout.get(name) or {}).get("type") == "log"
            with np.errstate(all="ignore"):
                by_axis.setdefault(name, []).append(np.log10(values) if log else values)
    spans = {}
    for name, parts in by_axis.items():
        values = np.concatenate(parts)
        values = values[np.isfinite(values)]
        span = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        bounds = numbers((layout.get(name) or {}).get("range"))
        spans[name] = tuple(bounds) if len(bounds) == 2 and np.isfinite(bounds).all() else span
    return spans


def _axis(
    layout: Mapping[str, Any], each: Mapping[str, Any], letter: str, spans: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The domain of a trace's axis in the picture, its span, and whether it is logarithmic."""
    name = _name(each, letter)
    axis = layout.get(name) or {}
    over = axis.get("overlaying")
    home = layout.get(f"{letter}axis{str(over)[1:]}") or {} if over else axis
    domain = numbers(home.get("domain"))
    domain = tuple(domain) if len(domain) == 2 and np.isfinite(domain).all() else (0.0, 1.0)
    return domain, spans[name], axis.get("type") == "log"


def _place(values: np.ndarray, box: tuple[Any, ...], letter: str) -> np.ndarray:
    """Where values of an axis lie in the picture, in its pixels."""
    (start, end), (low, high), log = box
    with np.errstate(all="ignore"):
        values = np.log10(values) if log else values
        share = (values - low) / (high - low) if high != low else np.full(len(values), 0.5)
    share = np.clip(start + share * (end - start), -0.05, 1.05)
    return 8 + share * (WIDTH - 16) if letter == "x" else HEIGHT - 8 - share * (HEIGHT - 16)


def _mark(
    each: Mapping[str, Any], box: list[Any], color: str, last: tuple[Any, ...]
) -> Iterator[str]:
    """What a trace looks like; `last` are the points of the one before it in its panel."""
    kind = each.get("type") or "scatter"
    if kind in ("heatmap", "contour"):
        yield from _map(each, box)
    elif kind in ("bar", "histogram", "scatter", "scattergl"):
        x, y = _points(each)
        x, y = _place(x, box[0], "x"), _place(y, box[1], "y")
        mode = str(each.get("mode") or "lines")
        if kind in ("bar", "histogram"):
            yield from _bars(x, y, box, color)
        elif "lines" in mode:
            yield from _filled(each, x, y, box, color, last)
            yield from _lines(each, x, y, color)
        if "markers" in mode and "lines" not in mode:
            there = _some(np.flatnonzero(np.isfinite(x) & np.isfinite(y)), MOST_POINTS)
            for a, b in zip(x[there], y[there], strict=True):
                yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="1.8" fill="{color}"/>'


def _some(values: np.ndarray, most: int) -> np.ndarray:
    """So many of them at most, evenly spread, the first and the last among them."""
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).astype(int)]


def _parts(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """The places of the points of each piece of a curve, which has gaps where it has no numbers."""
    there = np.concatenate([[False], np.isfinite(x) & np.isfinite(y), [False]])
    ends = np.flatnonzero(np.diff(there.astype(int))).reshape(-1, 2)
    pieces = [np.arange(start, stop) for start, stop in ends]
    share = MOST_POINTS / max(1, sum(map(len, pieces)))
    chosen = [pieces[at] for at in _some(np.arange(len(pieces)), MOST_PARTS)]
    return [_some(each, max(8, int(share * len(each)))) for each in chosen]


def _path(x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def _lines(each: Mapping[str, Any], x: np.ndarray, y: np.ndarray, color: str) -> Iterator[str]:
    """A curve, piece by piece; one of no width is the edge of what is filled and is not drawn."""
    line = each.get("line")
    width: Any = line.get("width") if isinstance(line, Mapping) else None
    width = float(np.clip(0.6 * width, 0, 1.5)) if _number(width) else 1.5
    pieces = [_path(x[part], y[part]) for part in _parts(x, y) if len(part) > 1]
    if width and pieces:
        drawn = "".join(f'<polyline points="{points}"/>' for points in pieces)
        yield f'<g fill="none" stroke="{color}" stroke-width="{width:.1f}">{drawn}</g>'


def _filled(
    each: Mapping[str, Any], x, y, box: list[Any], color: str, last: tuple[Any, ...]
) -> Iterator[str]:
    """The area of a curve: within itself, down to zero, or back to the curve before it."""
    fill, shade = each.get("fill"), each.get("fillcolor")
    known = isinstance(shade, str) and COLOR.fullmatch(shade)
    shown = f'fill="{shade}"' if known else f'fill="{color}" fill-opacity="0.3"'
    for part in _parts(x, y) if fill in ("toself", "tozeroy", "tonexty") else ():
        across, up = x[part], y[part]
        if fill == "tozeroy":
            floor = _place(np.zeros(1), box[1], "y")[0]
            across = np.concatenate([across, across[[-1, 0]]])
            up = np.concatenate([up, np.full(2, floor)])
        elif fill == "tonexty" and last[0] is not None:
            back, low = _place(last[0], box[0], "x"), _place(last[1], box[1], "y")
            edge = [piece[::-1] for piece in _parts(back, low)][::-1]
            across = np.concatenate([across, *(back[piece] for piece in edge)])
            up = np.concatenate([up, *(low[piece] for piece in edge)])
        yield f'<polygon points="{_path(across, up)}" {shown}/>'


def _bars(x: np.ndarray, y: np.ndarray, box: list[Any], color: str) -> Iterator[str]:
    there = _some(np.flatnonzero(np.isfinite(x) & np.isfinite(y)), MOST_POINTS)
    x, y = x[there], y[there]
    floor = HEIGHT - 8 - box[1][0][0] * (HEIGHT - 16)
    wide = max(1.0, 0.7 * (np.ptp(x) if len(x) > 1 else 20) / max(len(x) - 1, 1))
    for at, top in zip(x, y, strict=True):
        yield _rect(at - wide / 2, min(top, floor), wide, abs(floor - top), color)


def _grid(given: Any) -> np.ndarray:
    """The rows of a map, packed or not; of rows of unlike length as much as all have."""
    if isinstance(given, Mapping):
        flat, shape = numbers(given), re.findall(r"\d+", str(given.get("shape") or ""))
        rows, columns = map(int, shape) if len(shape) == 2 else (0, 0)
        return flat.reshape(rows, columns) if flat.size == rows * columns else np.empty((0, 0))
    rows = [numbers(row) for row in given] if isinstance(given, list | tuple) else []
    least = min(map(len, rows), default=0)
    return np.array([row[:least] for row in rows]).reshape(len(rows), least)


def _map(each: Mapping[str, Any], box: list[Any]) -> Iterator[str]:
    """A map as cells in its own colours, in its own panel."""
    grid = _grid(each.get("z"))
    if not grid.size:
        return
    grid = grid[:: -(-len(grid) // MOST_CELLS), :: -(-grid.shape[1] // MOST_CELLS)]
    finite = grid[np.isfinite(grid)] if np.isfinite(grid).any() else np.zeros(1)
    low, high = (
        float(each[name] if _number(each.get(name)) else end)
        for name, end in (("zmin", finite.min()), ("zmax", finite.max()))
    )
    (x0, x1), (y0, y1) = box[0][0], box[1][0]
    wide = (x1 - x0) * (WIDTH - 16) / grid.shape[1]
    tall = (y1 - y0) * (HEIGHT - 16) / len(grid)
    scale = _scale(each.get("colorscale"))
    for row, values in enumerate(grid):
        for column, value in enumerate(values):
            if math.isfinite(value):
                share = float(np.clip((value - low) / ((high - low) or 1), 0, 1))
                shade = "#" + "".join(
                    f"{round(np.interp(share, scale[0], part)):02x}" for part in scale[1]
                )
                left = 8 + x0 * (WIDTH - 16) + column * wide
                top = HEIGHT - 8 - y0 * (HEIGHT - 16) - (row + 1) * tall
                yield _rect(left, top, wide + 0.3, tall + 0.3, shade)


def _scale(given: Any) -> tuple[list[float], np.ndarray]:
    """Shares from 0 to 1, and the red, green and blue there; pale to dark where none is said."""
    stops = [(0.0, "#e6f0f0"), (1.0, "#1e78f0")]
    if isinstance(given, list | tuple) and given and all(map(_stop, given)):
        stops = given
    colors = [[int(color[at : at + 2], 16) for at in (1, 3, 5)] for _, color in stops]
    return [float(share) for share, _ in stops], np.array(colors).T


def _stop(given: Any) -> bool:
    if not isinstance(given, list | tuple) or len(given) != 2:
        return False
    return _number(given[0]) and bool(re.fullmatch("#[0-9a-fA-F]{6}", str(given[1])))


def _number(given: Any) -> bool:
    return isinstance(given, int | float) and math.isfinite(given)


def _rect(x: float, y: float, wide: float, tall: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{color}"/>'


def _frame(across: tuple[float, float], up: tuple[float, float]) -> str:
    left, right = (8 + share * (WIDTH - 16) for share in across)
    low, high = (HEIGHT - 8 - share * (HEIGHT - 16) for share in up)
    return f'<path d="M{left:.1f} {high:.1f}V{low:.1f}H{right:.1f}" fill="none" stroke="#b8bec6"/>'


def _color(each: Mapping[str, Any], number: int) -> str:
    for part in ("line", "marker"):
        color = (each.get(part) or {}).get("color") if isinstance(each.get(part), Mapping) else None
        if isinstance(color, str) and COLOR.fullmatch(color):
            return color
    return COLORS[number % len(COLORS)]

"""The pictures of the Sobolev room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.sobolev.trace import METHODS, Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROLES = {"values": "loss", "sobolev": "sharpness"}
NAMES = {"values": "values alone", "sobolev": "values and slopes"}
# How long an arrow is, and how high a surface stands, in the units of its square.
ARROW, HEIGHT = 0.3, 1.4


def _about(trace: Trace) -> str:
    run = trace.settings
    name = run["function"].replace("_", "-").title()
    points = counted(run["points"], "point")
    return f"{name}, {points}, {run['activation']}, λ = {number(run['slope_weight'])}"


def _finish(figure: go.Figure, trace: Trace, rows: int) -> go.Figure:
    figure.update_xaxes(title_text="training steps", row=rows, col=1)
    figure.update_xaxes(range=[0, trace.settings["steps"]])
    if trace.finite < trace.readings:
        theme.remark(figure, f"diverged at step {int(trace.step[trace.finite])}")
    return figure


def errors(trace: Trace) -> go.Figure:
    """Errors of values and of slopes on the test grid: medians over the pairs, and all pairs."""
    finite = trace.head(trace.finite)
    figure = theme.figure(f"Errors on the test grid: {_about(trace)}", 2)
    panels = (("value_error", "error of values"), ("slope_error", "error of slopes"))
    for row, (name, title) in enumerate(panels, 1):
        values = getattr(finite, name)
        for at, method in enumerate(METHODS):
            low, mid, high = np.quantile(values[:, at], [0, 0.5, 1], axis=1)
            colour, legend = theme.color(ROLES[method]), row == 1
            band = dict(
                fill="toself", fillcolor=theme.faint(colour), line=dict(width=0), hoverinfo="skip"
            )
            around = [
                np.concatenate([finite.step, finite.step[::-1]]),
                np.concatenate([low, high[::-1]]),
            ]
            all_pairs = theme.curve(ROLES[method], f"all pairs, {NAMES[method]}", *around, **band)
            figure.add_trace(all_pairs.update(showlegend=False), row=row, col=1)
            median = theme.curve(ROLES[method], NAMES[method], finite.step, mid)
            figure.add_trace(median.update(showlegend=legend), row=row, col=1)
        ends = [0, trace.settings["steps"]]
        nothing = theme.curve("threshold", "a constant", ends, [1, 1])
        figure.add_trace(nothing.update(showlegend=row == 1), row=row, col=1)
        figure.update_yaxes(title_text=title, type="log", **theme.log_ticks(values), row=row, col=1)
    return _finish(figure, trace, 2)


def sharpness(trace: Trace) -> go.Figure:
    """How curved the two losses are along training: slopes make a loss steep."""
    finite = trace.head(trace.finite)
    figure = theme.figure(f"Sharpness of the loss trained on: {_about(trace)}", 2)
    for at, method in enumerate(METHODS):
        curve = theme.curve(ROLES[method], NAMES[method], finite.step, finite.sharpness[:, at])
        figure.add_trace(curve, row=1, col=1)
        mid = np.median(finite.trained_error[:, at], axis=1)
        curve = theme.curve(ROLES[method], f"{NAMES[method]} (points)", finite.step, mid)
        figure.add_trace(curve.update(showlegend=False), row=2, col=1)
    figure.update_yaxes(title_text="sharpness λ<sub>max</sub>", type="log", nticks=4, row=1, col=1)
    figure.update_yaxes(title_text="error on the points", type="log", nticks=4, row=2, col=1)
    return _finish(figure, trace, 2)


def surfaces(trace: Trace) -> go.Figure:
    """The function and both fits of the first pair as they grow, with slopes as arrows."""
    finite = trace.head(trace.finite)
    titles = ["the function", *(NAMES[method] for method in METHODS)]
    figure = theme.figure(f"What is learnt: {_about(trace)}", 1, cols=3, subplot_titles=titles,
                          horizontal_spacing=0.02, height=430)  # fmt: skip
    span = np.ptp(trace.truth) if np.isfinite(trace.truth).all() else 0.0
    tall = HEIGHT / span if 0 < span < 1e20 else 0.0
    bottom = -tall * np.min(trace.truth) if tall else 0.0
    shown: list[tuple[str, Any, Any, Any]] = []
    shown.append(("plain", trace.truth, trace.targets, trace.slopes))
    for at, method in enumerate(METHODS):
        newest = [getattr(finite, name)[-1:, at] for name in ("surface", "at_points")]
        newest.append(finite.slopes_at_points[-1:, at])
        surface, values, slopes = (each[0] if len(each) else None for each in newest)
        shown.append((ROLES[method], surface, values, slopes))
    for col, (role, surface, values, slopes) in enumerate(shown, 1):
        lift = lambda places, z: _seen(places, bottom + tall * z)
        net, marks, arrows = _drawn(trace, surface, values, slopes, lift, tall)
        name = titles[col - 1]
        thin = dict(width=1.2, dash="solid")
        line = theme.curve(role, name, *net, line=thin, hoverinfo="skip")
        figure.add_trace(line.update(showlegend=False), row=1, col=col)
        line = theme.curve("curvature", f"slopes, {name}", *arrows, hoverinfo="skip")
        figure.add_trace(line.update(showlegend=False), row=1, col=col)
        dots = theme.curve("curvature", f"points, {name}", *marks, mode="markers",
                           marker=dict(size=6), hoverinfo="skip")  # fmt: skip
        figure.add_trace(dots.update(showlegend=False), row=1, col=col)
    figure.update_xaxes(visible=False, range=[-1.9, 1.9])
    figure.update_yaxes(visible=False, range=[-1.3, 1.9 + HEIGHT])
    figure.update_layout(hovermode=False)
    return figure


def _seen(places, heights):
    """Places (..., 2) at heights (...) as they are seen from a corner above: x and y."""
    x1, x2 = places[..., 0], places[..., 1]
    return 0.87 * (x1 - x2), 0.5 * (x1 + x2) + heights


def _drawn(trace, surface, values, slopes, lift, tall):
    """The net of a surface, its points, and arrows along its slopes, as curves with gaps."""
    if surface is None:
        return ([], []), ([], []), ([], [])
    x1, x2 = np.meshgrid(trace.axis, trace.axis)
    x, y = lift(np.stack([x1, x2], -1), surface)
    gaps = lambda lines: np.pad(lines, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
    net = [np.concatenate([gaps(each), gaps(each.T)]) for each in (x, y)]
    length = np.linalg.norm(slopes, axis=1, keepdims=True)
    # Uphill on the tangent plane; as long in the picture whether flat or steep.
    move = ARROW * slopes / np.maximum(length * np.sqrt(1 + (tall * length) ** 2), 1e-9)
    ends = lift(trace.points + move, values + np.sum(move * slopes, 1))
    marks = lift(trace.points, values)
    arrows = [gaps(np.stack([a, b], 1)) for a, b in zip(marks, ends, strict=True)]
    return net, marks, arrows


def pairs(trace: Trace) -> go.Figure:
    """Each pair's two errors at the end: below the diagonal slopes have helped."""
    figure = theme.figure(f"Did slopes help? {_about(trace)}", height=470)
    values = trace.last().astype(float)
    good = values[:, np.all((values > 0) & (values < 1e20), axis=0)]
    low, high = (good.min(), good.max()) if good.size else (0.1, 1.0)
    ends = [low / 1.5, high * 1.5]
    figure.add_trace(theme.curve("threshold", "the same error", ends, ends))
    figure.add_trace(
        theme.curve("sharpness", "a pair: same points, same first weights", *good, mode="markers",
                    marker=dict(size=11))
    )  # fmt: skip
    log: dict[str, Any] = dict(type="log", **theme.log_ticks(np.array(ends)))
    figure.update_xaxes(title_text="error of values, values alone", **log)
    figure.update_yaxes(title_text="error of values, with slopes", **log)
    figure.update_layout(hovermode="closest")
    return figure


def weights(comparison: Any) -> go.Figure:
    """Errors of values and of slopes against λ for a comparison at several weights.

    One column a function, titled with what slopes do there at the weight nearest to 1.
    """
    names = list(dict.fromkeys(row.function for row in comparison.rows))
    titles = [_card([row for row in comparison.rows if row.function == name]) for name in names]
    figure = theme.figure("Errors against the weight of slopes", 2, cols=max(len(names), 1),
                          subplot_titles=titles, horizontal_spacing=0.1, height=560)  # fmt: skip
    for col, name in enumerate(names, 1):
        rows = sorted((row for row in comparison.rows if row.function == name), key=_weight)
        x = np.array([row.weight for row in rows])
        for at, title in enumerate(("values", "slopes"), 1):
            pairs = [(row.values, row.sobolev) if at == 1 else row.slopes for row in rows]
            alone, taught = np.swapaxes(np.array(pairs, float), 0, 1)
            for key, errors in (("values", alone), ("sobolev", taught)):
                curves = _quantiles(ROLES[key], NAMES[key], x, errors, legend=col == at == 1)
                figure.add_traces(curves, rows=at, cols=col)
            inner = np.quantile([alone, taught], [0.25, 0.75], axis=2)
            ticks = theme.log_ticks(inner)
            title = f"error of {title}"
            figure.update_yaxes(type="log", title_text=title, **ticks, row=at, col=col)
            figure.update_xaxes(type="log", dtick=1, row=at, col=col)
        figure.update_xaxes(title_text="weight λ", row=2, col=col)
    figure.update_layout(legend_y=1.13, margin_t=140)
    return figure


def _weight(row):
    return row.weight


def _card(rows):
    """A function's name, and what slopes do there at the weight nearest to 1."""
    name = rows[0].function.replace("_", "-").title()
    row = min(rows, key=lambda row: abs(np.log(row.weight)))
    verdict = {"helps": "slopes help", "harms": "slopes harm", "open": "undecided"}[row.verdict]
    ratio = number(np.median(row.sobolev) / np.median(row.values))
    return f"{name}: {verdict}<br>error × {ratio} at λ = {number(row.weight)}"


def _quantiles(role, name, x, errors, legend):
    """The median of errors (weights, pairs) as a curve in the band of its middle half."""
    low, mid, high = np.quantile(errors, [0.25, 0.5, 0.75], axis=1)
    edge = np.concatenate
    band = dict(fill="toself", fillcolor=theme.faint(theme.color(role)), line=dict(width=0),
                hoverinfo="skip", showlegend=False)  # fmt: skip
    around = theme.curve(role, f"half of the pairs, {name}", edge([x, x[::-1]]),
                         edge([low, high[::-1]]), **band)  # fmt: skip
    marks = dict(mode="lines+markers", showlegend=legend)
    return [around, theme.curve(role, name, x, mid, **marks)]


def line(rows: Any, fits: Any) -> go.Figure:
    """Points (x, value, slope) on a line, their slopes as strokes, and the two fits."""
    figure = theme.figure("Values alone, or values and slopes", height=470)
    table = np.array(rows, float).reshape(-1, 3)
    if fits is not None:
        for method, values in zip(METHODS, fits.values, strict=True):
            figure.add_trace(theme.curve(ROLES[method], NAMES[method], fits.at, values))
    x, y, slopes = table.T
    # As long on the screen whether flat or steep, where the picture is about as wide as high.
    wide, tall = (np.ptp(each) or 1.0 for each in (x, y))
    reach = 0.05 / np.hypot(1 / wide, slopes / (2 * tall))
    ends = [np.stack([a - reach * b, a + reach * b, np.full_like(a, np.nan)], 1).ravel()
            for a, b in ((x, np.ones_like(x)), (y, slopes))]  # fmt: skip
    figure.add_trace(theme.curve("curvature", "slopes", *ends, line=dict(width=4)))
    dots = dict(mode="markers", marker=dict(size=10, color=theme.color("threshold")))
    figure.add_trace(theme.curve("threshold", "points", x, y, **dots))
    figure.update_xaxes(title_text="x")
    figure.update_yaxes(title_text="value")
    return figure.update_layout(hovermode="closest")


def words(trace: Trace) -> str:
    """What the run shows, in words, with its own numbers."""
    if not trace.finite:
        return "Nothing was read, or nothing of it is finite."
    merits, finite = trace.merits(), trace.head(trace.finite)
    before, after = merits["values_error"], merits["sobolev_error"]
    won = round(merits["share_helped"] * finite.value_error.shape[2])
    text = (
        f"After {counted(int(finite.step[-1]), 'step')} ({_about(trace)}) the median test error of "
        f"values is **{number(before)}** without slopes and **{number(after)}** with them, that of "
        f"slopes {number(merits['values_slope_error'])} and "
        f"{number(merits['sobolev_slope_error'])}. "
        f"Slopes helped in **{won} of {finite.value_error.shape[2]}** pairs."
    )
    if after > before:
        trained_error = float(np.median(finite.trained_error[-1, 1]))
        text += (
            " Here they **do harm**: even on the points trained on the error is "
            f"{number(trained_error)}; try a smaller weight."
        )
    text += f" The sharpness is {number(finite.sharpness[-1, 0])} without and "
    text += f"{number(finite.sharpness[-1, 1])} with slopes."
    if trace.finite < trace.readings:
        text += f" From step {int(trace.step[trace.finite])} on, not all is finite."
    return text

"""The pictures of the tuners room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.tuners.overlays import Clock, beside, clocked, drawn, flows, name_of, of_flows
from curvkit.tuners.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "batches", "edge", "flows", "name_of", "race", "sharpness", "statistics", "valley", "words",
]  # fmt: skip
# How many readings back the jumps in the valley are shown.
TRAIL = 9


def _draw(figure: go.Figure, trace: Trace, series: str, clock: Clock, row: int, col: int = 1):
    """The median over the seeds of every contender, and the band between the extremes."""
    import plotly.graph_objects as go

    for contender in range(len(trace.contenders)):
        values, x = drawn(trace, series, contender), clocked(trace, clock, contender)
        look, name = theme.apart(contender), name_of(trace, contender)
        shown = dict(name=name, legendgroup=name, showlegend=row == 1)
        finite = np.isfinite(values).any(axis=1)
        x, values = x[finite], values[finite]
        if values.shape[1] > 1 and len(x):
            band = np.concatenate([np.nanmax(values, axis=1), np.nanmin(values, axis=1)[::-1]])
            figure.add_trace(
                go.Scatter(
                    x=np.concatenate([x, x[::-1]]), y=band, fill="toself", hoverinfo="skip",
                    fillcolor=theme.faint(look["color"]), line=dict(width=0), mode="lines",
                    legendgroup=name, showlegend=False,
                ),
                row=row, col=col,
            )  # fmt: skip
        middle = np.nanmedian(values, axis=1) if len(x) else np.empty(0)
        line = go.Scatter(x=x, y=middle, mode="lines", line=dict(width=2.2, **look), **shown)
        figure.add_trace(line, row=row, col=col)


def _level(figure, trace, clock, name, value, row, col=1):
    """A dashed horizontal line from the start to the end of the run."""
    ends = [0, max(1, float(np.max(clocked(trace, clock, 0), initial=1)))]
    if clock == "step":
        ends[1] = trace.settings["steps"]
    figure.add_trace(theme.curve("threshold", name, ends, [value] * 2), row=row, col=col)


def _title(trace: Trace) -> str:
    base = trace.settings["base"].replace("_", " ")
    batch = trace.settings["batch"]
    return f"on {'gradient descent' if base == 'gd' else base}" + (
        f", batches of {batch}" if batch else ""
    )


def _finish(figure: go.Figure, trace: Trace, clock: Clock) -> go.Figure:
    title = "training steps" if clock == "step" else "time Σ η"
    figure.update_xaxes(title_text=title, row=len(list(figure.select_yaxes())), col=1)
    _remark(figure, trace)
    return figure


def _remark(figure: go.Figure, trace: Trace) -> None:
    lines = []
    for contender in range(len(trace.contenders)):
        at = trace.diverged_at[contender]
        if (at >= 0).any():
            count = f" ({(at >= 0).sum()} of {counted(len(at), 'seed')})" if len(at) > 1 else ""
            first = f"diverged at step {at[at >= 0].min()}"
            lines.append(f"{name_of(trace, contender)}: {first}{count}")
    if lines:
        theme.remark(figure, "<br>".join(lines))


def race(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """Loss, learning rate, and η·λ beside its threshold, one curve a tuner."""
    figure = theme.figure(f"Loss, rate and edge {_title(trace)}", 3, shares=[0.4, 0.3, 0.3])
    for row, series in enumerate(("loss", "learning_rate", "scaled_sharpness"), 1):
        _draw(figure, trace, series, clock, row)
    beside(figure, trace, "flow_loss", clock, 1)
    critical = float(trace.critical)
    _level(figure, trace, clock, f"threshold {critical:.4g}", critical, 3)
    _log_axis(figure, trace, "loss", "loss L", 1)
    _log_axis(figure, trace, "learning_rate", "rate η", 2)
    _edge_axis(figure, trace, 3, 1)
    return _finish(figure, trace, clock)


def _log_axis(figure, trace, series, title, row, col=1):
    """A logarithmic axis that has some numbers on it, and not too many."""
    values = [drawn(trace, series, c) for c in range(len(trace.contenders))]
    step = theme.log_ticks(np.concatenate([each.ravel() for each in values]))
    figure.update_yaxes(title_text=title, type="log", **step, row=row, col=col)


def _edge_axis(figure, trace, row, col):
    """The axis of η·λ, cut where a first transient would flatten the rest, and said to be so."""
    figure.update_yaxes(title_text="η·λ", rangemode="tozero", row=row, col=col)
    values = [drawn(trace, "scaled_sharpness", c) for c in range(len(trace.contenders))]
    values = np.concatenate([each[np.isfinite(each)].ravel() for each in values])
    limit = 2.2 * float(trace.critical)
    if values.size and values.max() > limit:
        title = f"η·λ, cut at {limit:.3g}"
        figure.update_yaxes(title_text=title, range=[0, limit], row=row, col=col)


def edge(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """Sharpness, η·λ, and what tells them apart: how much of the gradient lies along the top."""
    figure = theme.figure(f"Sharpness and alignment {_title(trace)}", 3, shares=[0.36, 0.32, 0.32])
    kind = "preconditioned_sharpness"
    for row, series in enumerate((kind, "scaled_sharpness", "alignment"), 1):
        _draw(figure, trace, series, clock, row)
    beside(figure, trace, "flow_sharpness", clock, 1)
    critical = float(trace.critical)
    _level(figure, trace, clock, f"threshold {critical:.4g}", critical, 2)
    shaped = trace.settings["base"] in ("rmsprop", "adam")
    axis = "λ(P⁻¹H)" if shaped else "sharpness λ"
    _log_axis(figure, trace, kind, axis, 1)
    _edge_axis(figure, trace, 2, 1)
    figure.update_yaxes(title_text="alignment cos²", range=[-0.02, 1.02], row=3, col=1)
    return _finish(figure, trace, clock)


def statistics(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """What CDAT divides: the slope along the direction, and the curvature along it."""
    figure = theme.figure(f"Slope and curvature along the step {_title(trace)}", 2)
    for row, series in enumerate(("numerator", "denominator"), 1):
        _draw(figure, trace, series, clock, row)
    _log_axis(figure, trace, "numerator", "slope −gᵀu", 1)
    _log_axis(figure, trace, "denominator", "curvature uᵀHu", 2)
    return _finish(figure, trace, clock)


def batches(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """η times the sharpness of all data above, times the curvature along batches' steps below."""
    figure = theme.figure(f"Sharpness of all data and of batches {_title(trace)}", 2)
    critical = float(trace.critical)
    for row, series, title, name, level in (
        (1, "scaled_sharpness", "η·λ", f"threshold {critical:.4g}", critical),
        (2, "scaled_batch_sharpness", "η·uᵀHu / −gᵀu", "2", 2.0),
    ):
        _draw(figure, trace, series, clock, row)
        _level(figure, trace, clock, name, level, row)
        figure.update_yaxes(title_text=title, rangemode="tozero", row=row, col=1)
    _edge_axis(figure, trace, 1, 1)
    return _finish(figure, trace, clock)


def sharpness(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """The sharpness of the Hessian itself, whatever the base divides by."""
    figure = theme.figure(f"Raw sharpness {_title(trace)}", height=430)
    _draw(figure, trace, "sharpness", clock, 1)
    beside(figure, trace, "flow_sharpness", clock, 1)
    _log_axis(figure, trace, "sharpness", "sharpness λ of H", 1)
    return _finish(figure, trace, clock)


def valley(trace: Trace) -> go.Figure:
    """The valley and the step of the first tuner, beside η, λ and η·λ; made to be played."""
    figure = theme.figure(
        f"The valley that {name_of(trace, 0)} jumps in {_title(trace)}", 3, height=680, cols=2,
        specs=[[{"rowspan": 2}, {}], [None, {}], [{}, {}]], shared_xaxes=False,
        column_widths=[0.5, 0.5], vertical_spacing=0.16, horizontal_spacing=0.14,
    )  # fmt: skip
    head = trace.head(trace.finite_at(0, 0))
    _across(figure, head)
    _along(figure, head)
    rows = (("learning_rate", "rate η"), ("preconditioned_sharpness", "sharpness λ"))
    for row, (series, title) in enumerate(rows, 1):
        values = drawn(head, series, 0)[:, 0]
        role = "learning_rate" if row == 1 else "sharpness"
        figure.add_trace(theme.curve(role, title, head.step, values), row=row, col=2)
        _log_axis(figure, trace, series, title, row, 2)
    scaled = drawn(head, "scaled_sharpness", 0)[:, 0]
    figure.add_trace(theme.curve("curvature", "η·λ", head.step, scaled), row=3, col=2)
    _level(
        figure, trace, "step", f"threshold {float(trace.critical):.4g}", float(trace.critical), 3, 2
    )
    _edge_axis(figure, trace, 3, 2)
    for row in (1, 2, 3):
        figure.update_xaxes(range=[0, trace.settings["steps"]], row=row, col=2)
        figure.update_xaxes(title_text="training steps" if row == 3 else " ", row=row, col=2)
        figure.update_xaxes(showticklabels=row == 3, row=row, col=2)
    figure.update_layout(hovermode="closest")
    _remark(figure, trace)
    return figure


def _share(values: np.ndarray) -> np.ndarray:
    """Loss above the lowest place, as a share of the highest."""
    low, high = (np.min(values), np.max(values)) if len(values) else (0.0, 1.0)
    return (values - low) / (high - low) if np.isfinite(high - low) and high > low else 0 * values


def _across(figure: go.Figure, trace: Trace) -> None:
    """The loss along the top eigenvector, where the iterate stands in it, and where it was."""
    recorded = trace.readings > 0
    values = trace.across[-1, 0] if recorded else np.zeros(25)
    places = np.linspace(-2, 2, len(values))
    heights = _share(np.where(np.isfinite(values), values, 0.0))
    reach = float(trace.reach[-1, 0, 0]) if recorded else 1.0
    trail = trace.offset[-TRAIL:, 0, 0] / (reach if reach > 0 else 1.0)
    trail = trail[np.isfinite(trail)] if recorded else np.empty(0)
    at = np.interp(trail, places, heights)
    figure.add_trace(theme.curve("loss", "loss across the valley", places, heights), row=1, col=1)
    was = theme.curve("plain", f"last {TRAIL} readings", trail, at, mode="lines+markers",
                      line=dict(width=1, dash="dot"), marker=dict(size=6), opacity=0.6)  # fmt: skip
    figure.add_trace(was, row=1, col=1)
    now = theme.curve("sharpness", "now", trail[-1:], at[-1:], mode="markers", marker_size=15)
    figure.add_trace(now, row=1, col=1)
    figure.update_xaxes(
        title_text="across the valley, in units of reach", range=[-2.05, 2.05], row=1, col=1
    )
    figure.update_yaxes(title_text="loss, share of the rim", range=[-0.06, 1.05], row=1, col=1)


def _along(figure: go.Figure, trace: Trace) -> None:
    """The loss along the step, in units of what the slope promises, and the parabola in it."""
    recorded = trace.readings > 0
    values = trace.along[-1, 0] if recorded else np.zeros(25)
    ways = np.linspace(0, 3, len(values))
    rate, slope, bend = (
        float(getattr(trace, name)[-1, 0, 0]) if recorded else 1.0
        for name in ("learning_rate", "numerator", "denominator")
    )
    promise = rate * slope
    fine = np.isfinite(promise) and 0 < promise < 1e30 and np.isfinite(values).all()
    rise = (values - values[0]) / promise if fine else 0 * ways
    model = -ways + 0.5 * ways**2 * (rate * bend / slope if fine else 0.0)
    rise, model = (np.clip(np.nan_to_num(each), -9, 9) for each in (rise, model))
    figure.add_trace(theme.curve("loss", "loss along the step", ways, rise, showlegend=False),
                     row=3, col=1)  # fmt: skip
    figure.add_trace(theme.curve("second", "its parabola", ways, model), row=3, col=1)
    here = np.interp(1.0, ways, rise)
    now = theme.curve("sharpness", "step", [1.0], [here], mode="markers", marker_size=12,
                      showlegend=False)  # fmt: skip
    figure.add_trace(now, row=3, col=1)
    figure.update_xaxes(title_text="along the step, in units of η", range=[0, 3], row=3, col=1)
    figure.update_yaxes(title_text="rise / ηn", range=[-1.1, 1.6], row=3, col=1)


def words(trace: Trace) -> str:
    """What the run shows, in a sentence or two for each tuner, with its own numbers."""
    sentences = [_told(trace, contender) for contender in range(len(trace.contenders))]
    return " ".join([*sentences, *of_flows(trace)])


def _told(trace: Trace, contender: int) -> str:
    name, at = name_of(trace, contender), trace.diverged_at[contender]
    losses = drawn(trace, "loss", contender)
    ended = ""
    if (at >= 0).any():
        count = f" for {(at >= 0).sum()} of {counted(len(at), 'seed')}" if len(at) > 1 else ""
        ended = f"**{name}** **diverged at step {at[at >= 0].min()}**{count}. "
        if (at >= 0).all():
            return ended.strip()
    if not losses.size or not np.isfinite(losses).any():
        return f"{ended}No reading of **{name}** is finite."
    best = trace.best(contender)
    if np.isfinite(best).any():
        spread = f" ({number(np.nanmin(best))} to {number(np.nanmax(best))})"
        spread = spread if len(best) > 1 else ""
        ended += f"The least loss of the last steps with **{name}** is {number(np.nanmedian(best))}"
        ended += f"{spread}. "
    settled = {
        series: number(trace.settled(series, contender))
        for series in ("learning_rate", "preconditioned_sharpness", "scaled_sharpness", "alignment")
    }
    first = number(drawn(trace, "preconditioned_sharpness", contender)[0, 0])
    return (
        f"{ended}Its λ went from {first} at the start to {settled['preconditioned_sharpness']} in "
        f"the last half, where η is {settled['learning_rate']} and η·λ is "
        f"**{settled['scaled_sharpness']}** (the edge is at {float(trace.critical):.4g}); the "
        f"squared alignment is {settled['alignment']}."
    )

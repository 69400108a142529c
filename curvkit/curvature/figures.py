"""The pictures of the curvature room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.curvature.overlays import batched, beside, diverging, flows, of_flows, plane
from curvkit.curvature.trace import Trace
from curvkit.draw import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["alignment", "edge", "flows", "plane", "scaled", "valley", "words"]
Clock = Literal["step", "time"]


def _clock(trace: Trace, clock: Clock) -> tuple[np.ndarray, str]:
    if clock != "time":
        return trace.step, "training steps"
    if not trace.turns:
        return trace.step * trace.settings["learning_rate"], "time η·steps"
    rates = trace.over_readings("learning_rate")
    gone = np.cumsum(np.diff(trace.step, prepend=0) * np.r_[rates[:1], rates[:-1]])
    return gone, "time η·steps"


def _ends(trace: Trace, clock: Clock) -> list[float]:
    """Where the x axis begins and ends, also while the run is still going on."""
    last = int(trace.diverged_at) if trace.diverged else trace.settings["steps"]
    if clock != "time":
        return [0, last]
    if not trace.turns or not trace.readings:
        return [0, last * trace.settings["learning_rate"]]
    rate = trace.over_readings("learning_rate")[-1]
    return [0, float(_clock(trace, clock)[0][-1] + rate * (last - trace.step[-1]))]


def _threshold(
    trace: Trace, clock: Clock, name: str, levels: np.ndarray, level: float
) -> go.Scatter:
    """A threshold along the whole x axis; where knobs were turned, at each reading's own level."""
    ends = _ends(trace, clock)
    if not trace.turns or not trace.readings:
        return theme.curve("threshold", name, ends, [level] * len(ends))
    x = np.append(_clock(trace, clock)[0], ends[1])
    curve = theme.curve("threshold", name, x, np.append(levels, levels[-1]))
    return curve.update(line_shape="hv")


def _eta(trace: Trace) -> str:
    """The learning rate in words, with those that it was turned to."""
    rates = [trace.settings["learning_rate"]]
    rates += [knobs["learning_rate"] for _, knobs in trace.turns if "learning_rate" in knobs]
    return "η = " + ", then ".join(f"{rate:.3g}" for rate in rates)


def _rule(trace: Trace) -> str:
    return trace.settings["rule"].replace("_", " ")


def _in_a_norm(trace: Trace) -> bool:
    return trace.settings["rule"] in ("sign_descent", "lion", "muon")


def _has_raw(trace: Trace) -> bool:
    """Whether the sharpness that decides is another than the largest eigenvalue of the Hessian."""
    return trace.settings["rule"] in ("rmsprop", "adam") or _in_a_norm(trace)


def _label(trace: Trace, name: str) -> str:
    return trace.__series__[name].label


def _finish(figure: go.Figure, trace: Trace, title: str) -> go.Figure:
    """Titles the x axis below, and says so where the run diverged."""
    figure.update_xaxes(title_text=title, row=len(list(figure.select_yaxes())), col=1)
    return diverging(figure, trace)


def edge(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """Loss above, sharpness below with the threshold it climbs to."""
    head = trace.head(trace.finite)
    x, x_title = _clock(head, clock)
    title = f"Loss and sharpness, {_rule(trace)} at {_eta(trace)}"
    figure = theme.figure(title, 2, shares=[0.42, 0.58])
    figure.add_trace(theme.curve("loss", "loss", x, head.loss), row=1, col=1)
    followed, name = head.preconditioned_sharpness, "sharpness λ"
    if _has_raw(trace):
        name = "preconditioned sharpness λ(P⁻¹H)"
    if _in_a_norm(trace):
        name = "generalised sharpness, at least"
    if not _in_a_norm(trace):
        second = theme.curve("second", "second λ₂", x, head.second_eigenvalue)
        figure.add_trace(second, row=2, col=1)
    figure.add_trace(theme.curve("sharpness", name, x, followed), row=2, col=1)
    if _has_raw(trace):
        raw = theme.curve("plain", "sharpness λ (raw)", x, head.sharpness)
        figure.add_trace(raw, row=2, col=1)
    beside(figure, head, x)
    name = f"threshold {float(trace.critical):.4g}/η"
    limit = _threshold(trace, clock, name, trace.edge, trace.threshold)
    figure.add_trace(limit, row=2, col=1)
    figure.update_yaxes(title_text="loss L", type="log", nticks=3, row=1, col=1)
    figure.update_yaxes(title_text="sharpness λ", rangemode="tozero", row=2, col=1)
    if _has_raw(trace):  # decades lie between the two kinds of sharpness
        figure.update_yaxes(type="log", nticks=4, rangemode="normal", row=2, col=1)
    else:
        _cut(figure, trace, followed, trace.threshold, 2)
    return _finish(figure, trace, x_title)


def _cut(figure: go.Figure, trace: Trace, values: np.ndarray, edge_at: float, row: int) -> None:
    """Cuts the y axis of a row where a first transient would flatten the rest.

    Where a divergence would, the axis is made logarithmic instead.
    """
    if not len(values):
        return
    began = 1.3 * float(values[0])
    # A start a little beyond the edge is to be seen; one far beyond would hide what comes after.
    limit = max(3 * edge_at, began if began < 10 * edge_at else 0)
    if np.max(values) <= limit:
        return
    if trace.diverged:
        figure.update_yaxes(type="log", nticks=3, rangemode="normal", row=row, col=1)
    elif np.median(values) < 2 * edge_at:
        figure.update_yaxes(range=[0, limit], row=row, col=1)
        if row == 1 and values[0] > limit:  # where a remark stands
            theme.remark(figure, f"the start, at {number(values[0])}, is above this axis")


def scaled(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """Learning rate times sharpness against its critical value, in which all rules are alike."""
    head = trace.head(trace.finite)
    x, x_title = _clock(head, clock)
    critical = float(trace.critical)
    figure = theme.figure(f"How far from the edge, {_rule(trace)}", height=430)
    second = head.second_eigenvalue * head.over_readings("learning_rate")
    if not _in_a_norm(trace):
        figure.add_trace(theme.curve("second", "second, ηλ₂", x, second))
    figure.add_trace(theme.curve("sharpness", "ηλ", x, head.scaled_sharpness))
    levels = trace.edge * trace.over_readings("learning_rate")
    figure.add_trace(_threshold(trace, clock, f"critical {critical:.4g}", levels, critical))
    figure.update_yaxes(title_text=_label(trace, "scaled_sharpness"), rangemode="tozero")
    _cut(figure, trace, head.scaled_sharpness, critical, 1)
    return _finish(figure, trace, x_title)


def alignment(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """How much of the gradient lies along the top eigenvector, and the curvature that it meets."""
    head = trace.head(trace.finite)
    x, x_title = _clock(head, clock)
    figure = theme.figure(f"Where the gradient points, {_rule(trace)}", 2)
    figure.add_trace(
        theme.curve("alignment", "alignment", x, head.alignment, line=dict(width=1.5)), row=1, col=1
    )
    along = theme.curve(
        "curvature",
        "curvature along the gradient",
        x,
        head.directional_curvature,
        line=dict(width=1.5),
    )
    figure.add_trace(along, row=2, col=1)
    figure.add_trace(
        theme.curve("sharpness", "sharpness", x, head.preconditioned_sharpness), row=2, col=1
    )
    figure.update_yaxes(title_text="alignment cos²", range=[-0.02, 1.02], row=1, col=1)
    figure.update_yaxes(title_text="curvature", rangemode="tozero", row=2, col=1)
    _cut(figure, trace, head.preconditioned_sharpness, trace.threshold, 2)
    return _finish(figure, trace, x_title)


def batches(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """The sharpness of all data above, that of batches along their own gradients below."""
    head = trace.head(trace.finite)
    x, x_title = _clock(head, clock)
    size = trace.settings.get("batch", 0)
    data = f"batches of {size}" if size else "all data"
    figure = theme.figure(f"Sharpness on {data}, {_rule(trace)}", 2)
    critical = float(trace.critical)
    levels = trace.edge * trace.over_readings("learning_rate")
    rates = head.over_readings("learning_rate")
    for row, name, values, title in (
        (1, "all data, ηλ", head.scaled_sharpness, "ηλ"),
        (
            2,
            f"{data}, along their gradients" if size else "along the gradient",
            rates * head.batch_sharpness,
            "η E gᵀHg/gᵀg",
        ),
    ):
        role = "sharpness" if row == 1 else "curvature"
        figure.add_trace(theme.curve(role, name, x, values), row=row, col=1)
        # Of other rules it is not known where the sharpness of batches settles.
        if row == 1 or trace.settings["rule"] == "gd":
            limit = _threshold(trace, clock, f"critical {critical:.4g}", levels, critical)
            figure.add_trace(limit.update(showlegend=row == 1), row=row, col=1)
        figure.update_yaxes(title_text=title, rangemode="tozero", row=row, col=1)
    _cut(figure, trace, head.scaled_sharpness, critical, 1)
    return _finish(figure, trace, x_title)


def valley(trace: Trace) -> go.Figure:
    """The valley along the top eigenvector at the last reading, and how the iterate stands in it.

    The valley is the parabola ½ λ x² that the top eigenpair makes; the iterate of a reading is at
    x = gᵀu / λ of that reading, where the parabola has the gradient's slope.
    """
    head = trace.head(trace.finite)
    places = head.top_gradient / np.where(
        head.preconditioned_sharpness > 0, head.preconditioned_sharpness, np.nan
    )
    figure = theme.figure("The valley along the top eigenvector", height=460)
    recent = slice(max(0, len(places) - 40), None)
    # Seen from as near as what is drawn allows; a ball at rest is not looked at ever closer.
    far, near = (np.nanmax(np.abs(each), initial=1e-12) for each in (places, places[recent]))
    wide = max(near, 0.02 * far) * 1.15
    across = np.linspace(-wide, wide, 101)
    curved = float(head.preconditioned_sharpness[-1]) if len(places) else 1.0
    heights = 0.5 * curved * places[recent] ** 2
    figure.add_trace(theme.curve("sharpness", "½ λ x²", across, 0.5 * curved * across**2))
    figure.add_trace(
        theme.curve("plain", "last 40 readings", places[recent], heights, mode="lines+markers",
                    line=dict(width=1, dash="dot"), marker=dict(size=6), opacity=0.6)
    )  # fmt: skip
    now = theme.curve(
        "loss", "now", places[-1:], heights[-1:], mode="markers", marker=dict(size=15)
    )
    figure.add_trace(now)
    figure.update_xaxes(title_text="distance x along the top eigenvector")
    figure.update_yaxes(title_text="rise of the loss ½ λ x²")
    # In the frame of a divergence's end there would be nothing to see of its beginning.
    theme.moves(figure).update_layout(hovermode="closest")
    return diverging(figure, trace)


def _went(trace: Trace) -> str:
    """From where to where the sharpness went; where there are two kinds, both by their names."""
    first, last = (number(each) for each in trace.preconditioned_sharpness[[0, -1]])
    if not _has_raw(trace):
        return f"Sharpness went from {first} to **{last}**"
    raw = " to ".join(number(each) for each in trace.sharpness[[0, -1]])
    kind = (
        "Generalised sharpness (a lower bound)" if _in_a_norm(trace) else "Preconditioned sharpness"
    )
    return f"{kind} went from {first} to **{last}**, raw sharpness from {raw}"


def words(trace: Trace) -> str:
    """What the run shows, in a few short sentences, with its own numbers."""
    head, edge_at = trace.head(trace.finite), f"{float(trace.critical):.4g}"
    if not head.readings:
        return f"The run **diverged at step {int(trace.diverged_at)}**, before its first reading."
    first = f"{number(head.scaled_sharpness[0])} of {edge_at}"
    if trace.diverged:
        return f"The run **diverged at step {int(trace.diverged_at)}**. η·λ started at {first}."
    sentences = [
        f"{_went(head)} and loss from {number(head.loss[0])} to {number(head.loss[-1])} in "
        f"{counted(int(head.step[-1]), 'step')}."
    ]
    peak = int(np.argmax(head.loss))
    if head.loss[peak] > 1.5 * head.loss[0]:
        times = number(head.loss[peak] / head.loss[0], 2)
        sentences.append(
            f"On the way the loss rose to {times} times its start, at step {head.step[peak]}."
        )
    crossing = trace.crossing()
    if crossing is None:
        sentences.append(
            f"η·λ stayed below its edge: it reached {number(np.max(head.scaled_sharpness))}"
        )
        sentences[-1] += f" of {edge_at}.{batched(head)}"
        return " ".join([*sentences, *of_flows(head)])
    beyond = head.scaled_sharpness[0] >= 0.99 * float(trace.critical)
    sentences.append(
        f"η·λ began at or beyond its edge, at {first}." if beyond
        else f"η·λ came to its edge at step **{crossing}**."
    )  # fmt: skip
    sentences.append(f"Its median over the last half of the run is **{number(trace.settled())}**")
    sentences[-1] += f" ({edge_at} is the edge).{batched(head)}"
    return " ".join([*sentences, *of_flows(head)])

"""What is drawn and told of the flows beside a run, and the plane of displacement and sharpness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.flows import CALLED, NOT_CHOSEN, ended, none_for
from curvkit.core.messages import number
from curvkit.curvature.trace import Trace
from curvkit.draw import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

# What a flow is drawn as.
ROLE = {"gradient": "plain", "central": "curvature"}


def beside(figure: go.Figure, head: Trace, x: np.ndarray) -> None:
    """Draws each flow into a figure with the loss above, at row 1, and the sharpness below."""
    for at, name in enumerate(head.flows):
        for row, values in ((1, head.flow_loss), (2, head.flow_sharpness)):
            known = np.where(np.isfinite(values[:, at]), values[:, at], np.nan)
            curve = theme.curve(ROLE[name], CALLED[name], x, known, legendgroup=name,
                                showlegend=row == 2, line=dict(width=2))  # fmt: skip
            figure.add_trace(curve, row=row, col=1)


def flows(trace: Trace) -> go.Figure:
    """How far each flow is from the run's average, and what the run oscillates by."""
    head = trace.head(trace.finite)
    figure = theme.figure("How far the flows are from the run's average", 2)
    for name in head.flows:
        curve = theme.curve(ROLE[name], CALLED[name], head.step, head.astray(name))
        figure.add_trace(curve, row=1, col=1)
    if not head.flows:
        theme.nothing(figure, head.step)
    square = theme.curve("loss", "x² of the run", head.step, _square(head), line=dict(width=1))
    figure.add_trace(square, row=2, col=1)
    if "central" in head.flows:
        said = head.flow_variance[:, head.flows.index("central")]
        curve = theme.curve("second", "tr X of the central flow", head.step, said)
        figure.add_trace(curve, row=2, col=1)
    figure.update_xaxes(title_text="training steps", row=2, col=1)
    figure.update_yaxes(title_text="distance / way", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="x², tr X", rangemode="tozero", row=2, col=1)
    if not trace.diverged and not trace.flows:
        theme.remark(figure, no_flow(trace))
    return diverging(figure, trace)


def diverging(figure: go.Figure, trace: Trace) -> go.Figure:
    """The figure, with a remark where the run diverged."""
    if trace.diverged:
        theme.remark(figure, f"diverged at step {int(trace.diverged_at)}")
    return figure


def _square(head: Trace) -> np.ndarray:
    """x² at each reading, no number where it would be too large to be drawn."""
    far = np.array(head.distance, float)
    return np.where(np.abs(far) < 1e15, far, np.nan) ** 2


def no_flow(trace: Trace) -> str:
    """Why there is no flow beside a run."""
    if trace.settings["flow"] == "none":
        return NOT_CHOSEN
    rule = trace.settings["rule"].replace("_", " ")
    return none_for("batches" if rule == "gd" else rule)


def plane(trace: Trace) -> go.Figure:
    """The run in the plane of squared displacement and ηλ, with the lines where each stands still.

    Where a central flow is beside it, the displacement is in units of that at rest, x² b / a.
    """
    head, critical = trace.head(trace.finite), float(trace.critical)
    rise, fall = trace.balance()
    known = rise > 0
    square = _square(head) * (fall / rise if known else 1.0)
    figure = theme.figure("The run in the plane of displacement and sharpness", height=480)
    near = np.isfinite(square) & (head.scaled_sharpness >= 0.8 * critical)
    square, scaled = square[near], head.scaled_sharpness[near]
    wide = 1.08 * max(float(np.max(square, initial=0)), 1.5 if known else 1e-6)
    path = theme.curve("sharpness", "the run", square, scaled, mode="lines+markers",
                       line=dict(width=1), marker=dict(size=4), opacity=0.7)  # fmt: skip
    figure.add_trace(path)
    line = theme.curve("threshold", "x stands still: the edge", [0, wide], [critical, critical])
    figure.add_trace(line)
    if known:
        low, high = np.min(scaled, initial=critical), np.max(scaled, initial=critical)
        still = theme.curve("curvature", "λ stands still: a/b", [1, 1], [low, high],
                            line=dict(dash="dot"))  # fmt: skip
        figure.add_trace(still)
    title = "squared displacement x² b/a" if known else "squared displacement x²"
    figure.update_xaxes(title_text=title, range=[-0.03 * wide, wide])
    figure.update_yaxes(title_text=trace.__series__["scaled_sharpness"].label)
    figure.update_layout(hovermode="closest")
    if not trace.diverged and not len(square):
        theme.remark(figure, f"not near the edge: ηλ stays below {number(0.8 * critical)}")
    return diverging(figure, trace)


def of_flows(head: Trace) -> list[str]:
    """How far the flows are from the run's average at the end, and the cubic term, in sentences."""
    if head.settings["flow"] != "none" and not head.flows:
        return [f"{no_flow(head)[0].upper()}{no_flow(head)[1:]}."]
    sentences = []
    for at, name in enumerate(head.flows):
        away, level = float(head.astray(name)[-1]), float(head.flow_sharpness[-1, at])
        sentences.append(ended(name, away, level))
    rise, fall = head.balance()
    if rise > 0:
        slopes = np.abs(head.flow_cubic[:, head.flows.index("central")])
        cubic = np.median(slopes[np.isfinite(slopes)])
        sentences.append(
            f"At its edge λ would grow by a = {number(rise)} in a unit of time, and falls by "
            f"b = {number(fall)} times x²: it rests at a displacement of "
            f"{number((rise / fall) ** 0.5)}. Along the top direction its slope, the cubic term, "
            f"is {number(cubic)}."
        )
    return sentences


def batched(head: Trace) -> str:
    """Where both kinds of sharpness are in the last half, where steps see batches."""
    size = head.settings.get("batch", 0)
    if not size:
        return ""
    late = slice(head.readings // 2, None)
    scaled = (head.over_readings("learning_rate") * head.batch_sharpness)[late]
    if not np.isfinite(scaled).any():
        return ""
    median = number(float(np.nanmedian(scaled)))
    return f" Of batches of {size}, along their own gradients, η times it is **{median}** then."

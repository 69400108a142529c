"""The pictures of the model; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.tuners.model.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAMES = {"constant": "a constant rate", "oracle": "the oracle σ/λ", "cdat": "CDAT"}
PREDICTED = {"constant": "2/η", "oracle": "√ law", "cdat": "λ*"}


def _title(trace: Trace) -> str:
    name, sigma = NAMES[trace.settings["rule"]], trace.settings["sigma"]
    return name if trace.settings["rule"] == "constant" else f"{name}, σ = {sigma:g}"


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    figure.update_xaxes(range=[0, trace.settings["steps"]])
    figure.update_xaxes(title_text="steps", row=len(list(figure.select_yaxes())), col=1)
    if trace.finite < trace.readings or 0 < trace.readings <= trace.settings["steps"]:
        last = int(trace.step[trace.finite - 1]) if trace.finite else 0
        if _ended(trace):
            theme.remark(figure, f"the model ends after step {last}")
    return figure


def _ended(trace: Trace) -> bool:
    """Whether the run broke off: at a number that is not finite, or at a sharpness of zero."""
    head = trace.head(trace.finite)
    broke = trace.finite < trace.readings
    return broke or (head.readings > 0 and head.sharpness[-1] + _drop(head) <= 0)


def _drop(trace: Trace) -> float:
    """The change of the sharpness that the next step brings."""
    a, b = (trace.settings[name] for name in ("sharpening", "stabilizing"))
    with np.errstate(over="ignore"):
        after = (1 + float(trace.distance[-1])) * float(trace.offset[-1])
        return float(trace.learning_rate[-1]) * (a - b * min(after**2, 1e30))


def balance(trace: Trace) -> go.Figure:
    """The distance y = ηλ − 2, λ with what is predicted of it, and η."""
    head = trace.head(trace.finite)
    figure = theme.figure(f"Distance from the edge, sharpness and rate: {_title(trace)}", 3)
    zero = [0, trace.settings["steps"]]
    figure.add_trace(theme.curve("curvature", "y = ηλ − 2", head.step, head.distance), row=1, col=1)
    figure.add_trace(theme.curve("threshold", "edge", zero, [0, 0]), row=1, col=1)
    figure.add_trace(
        theme.curve("sharpness", "sharpness λ", head.step, head.sharpness), row=2, col=1
    )
    predicted = np.where(np.abs(head.predicted_sharpness) < 1e20, head.predicted_sharpness, np.nan)
    name = f"predicted: {PREDICTED[trace.settings['rule']]}"
    dashed = theme.curve("threshold", name, head.step, predicted, line=dict(dash="dot"))
    figure.add_trace(dashed, row=2, col=1)
    figure.add_trace(
        theme.curve("learning_rate", "rate η", head.step, head.learning_rate), row=3, col=1
    )
    figure.update_yaxes(title_text="y", row=1, col=1)
    figure.update_yaxes(title_text="λ", rangemode="tozero", row=2, col=1)
    ticks = theme.log_ticks(head.learning_rate)
    figure.update_yaxes(title_text="η", type="log", **ticks, row=3, col=1)
    return _finish(figure, trace)


def alignment(trace: Trace) -> go.Figure:
    """The share of the gradient along the top eigenvector, and the displacement that makes it."""
    head = trace.head(trace.finite)
    figure = theme.figure(f"Alignment and displacement: {_title(trace)}", 2)
    figure.add_trace(
        theme.curve("alignment", "alignment²", head.step, head.alignment), row=1, col=1
    )
    if trace.settings["rule"] == "cdat":
        level, ends = float(trace.predicted_alignment), [0, trace.settings["steps"]]
        figure.add_trace(theme.curve("threshold", "predicted σ/2", ends, [level] * 2), row=1, col=1)
    figure.add_trace(theme.curve("loss", "displacement x", head.step, head.offset), row=2, col=1)
    figure.update_yaxes(title_text="alignment cos²", range=[-0.02, 1.02], row=1, col=1)
    figure.update_yaxes(title_text="x", row=2, col=1)
    return _finish(figure, trace)


def plane(trace: Trace) -> go.Figure:
    """The plane of squared displacement and sharpness, with the lines where each stands still."""
    head = trace.head(trace.finite)
    figure = theme.figure(f"Displacement and sharpness: {_title(trace)}", height=480)
    rest = trace.over_readings("sharpening")[-1:] / trace.over_readings("stabilizing")[-1:]
    square = np.minimum(np.abs(np.array(head.offset, float)), 1e15) ** 2
    wide = 1.08 * max(float(np.max(square, initial=0)), *(1.5 * rest), 1e-6)
    path = theme.curve("loss", "the model", square, head.sharpness, line=dict(width=1.5))
    figure.add_trace(path)
    if trace.settings["rule"] == "constant":
        edge = 2 / trace.over_readings("learning_rate")[-1:]
        ends = [0, wide], [*edge, *edge]
        figure.add_trace(theme.curve("threshold", "x stands still: 2/η", *ends))
    low = np.min(head.sharpness, initial=1e20)
    ends = [*rest, *rest], [min(low, 1e19), np.max(head.sharpness, initial=0)]
    dotted = dict(line=dict(dash="dot"))
    figure.add_trace(theme.curve("curvature", "λ stands still: a/b", *ends, **dotted))
    figure.update_xaxes(title_text="squared displacement x²", range=[-0.03 * wide, wide])
    figure.update_yaxes(title_text="sharpness λ")
    figure.update_layout(hovermode="closest")
    if _ended(trace):
        last = int(trace.step[trace.finite - 1]) if trace.finite else 0
        theme.remark(figure, f"the model ends after step {last}")
    return figure


def words(trace: Trace) -> str:
    """What the run shows, in two sentences, with its own numbers."""
    head = trace.head(trace.finite)
    if not head.readings:
        return "No reading is finite."
    half = head.head(head.readings).readings // 2
    level = float(np.median(head.distance[half:]))
    text = (
        f"With {_title(trace)}, λ went from {number(head.sharpness[0])} to "
        f"**{number(head.sharpness[-1])}** in {counted(int(head.step[-1]), 'step')}; "
        f"y = ηλ − 2 has a median "
        f"of **{number(level)}** over the last half, alignment² one of "
        f"{number(np.median(head.alignment[half:]))}."
    )
    if trace.settings["rule"] == "cdat":
        text += f" At the edge σ/2 = {number(trace.predicted_alignment)} is predicted"
        turning = float(head.predicted_sharpness[-1])
        text += f", and λ* = {number(turning)}." if abs(turning) < 1e20 else ", and no λ*."
    else:
        predicted = float(head.predicted_sharpness[-1])
        text += f" Predicted is λ = {number(predicted)}." if np.isfinite(predicted) else ""
    return text + (" There **the model ends**." if _ended(trace) else "")

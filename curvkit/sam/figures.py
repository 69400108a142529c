"""The pictures of sharpness-aware minimisation; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.sam.trace import METHODS, Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

# SAM and gradient descent, wherever they are drawn.
ROLES = ("sharpness", "loss")
# What is SAM's own, beside what is dashed for gradient descent.
DOTTED = dict(dash="dot", width=2)


def _title(trace: Trace) -> str:
    return f"at ρ = {trace.settings['rho']:.3g}, η = {trace.settings['learning_rate']:.3g}"


def _draw(figure: go.Figure, trace: Trace, name: str, row: int = 1, **options) -> None:
    """One curve of a series for each method, gradient descent behind, as far as it is finite."""
    for method in (1, 0):
        x, y = _curve(trace, name, method)
        drawn = theme.curve(ROLES[method], METHODS[method], x, y, showlegend=row == 1, **options)
        figure.add_trace(drawn, row=row, col=1)


def _curve(trace: Trace, name: str, method: int) -> tuple[np.ndarray, np.ndarray]:
    finite = trace.finite_at(method)
    return trace.step[:finite], getattr(trace, name)[:finite, method]


def _level(figure: go.Figure, trace: Trace, name: str, height: float, row: int = 1) -> None:
    ends, shown = [0, trace.settings["steps"]], dict(showlegend=row == 1)
    figure.add_trace(theme.curve("threshold", name, ends, [height] * 2, **shown), row=row, col=1)


def _finish(figure: go.Figure, trace: Trace, rows: int = 1) -> go.Figure:
    """Titles the x axis below, and says so where a run diverged."""
    figure.update_xaxes(title_text="training steps", row=rows, col=1)
    lost = [
        f"{name} diverged at step {at}"
        for name, at in zip(METHODS, trace.diverged_at, strict=True)
        if at >= 0
    ]
    if lost:
        theme.remark(figure, "<br>".join(lost))
    return figure


def _roof(figure: go.Figure, trace: Trace, name: str, level: float, row: int) -> None:
    """Draws an axis from 0 to above what is of interest: a level, and what settles about it."""
    drawn = [each for method in (0, 1) for each in _curve(trace, name, method)[1]]
    highest = float(np.fmax.reduce(drawn, initial=level))
    # Above what diverges a remark has to find its place, and it would flatten all before it.
    room = 1.6 if np.any(trace.diverged_at >= 0) else 1.05
    figure.update_yaxes(range=[0, room * min(highest, 3 * level)], row=row, col=1)


def edge(trace: Trace) -> go.Figure:
    """Sharpness of SAM and of gradient descent with the edge of each; below, their ratios."""
    figure = theme.figure(f"Sharpness and edge {_title(trace)}", 2, shares=[0.6, 0.4])
    level = 2 / trace.settings["learning_rate"]
    _level(figure, trace, "edge 2/η", level)
    _draw(figure, trace, "sharpness")
    own = theme.curve("threshold", "edge of SAM λ*", *_curve(trace, "edge", 0), line=DOTTED)
    figure.add_trace(own, row=1, col=1)
    _level(figure, trace, "its own edge", 1.0, 2)
    _draw(figure, trace, "ratio", 2, line=dict(width=1.5))
    figure.update_yaxes(title_text="sharpness λ", row=1, col=1)
    figure.update_yaxes(title_text="λ over its edge", row=2, col=1)
    _roof(figure, trace, "sharpness", level, 1)
    _roof(figure, trace, "ratio", 1.2, 2)
    return _finish(figure, trace, 2)


def loss(trace: Trace) -> go.Figure:
    """The loss of both above; below, by how much it rises at the distance ρ uphill."""
    figure = theme.figure(f"Loss and its rise {_title(trace)}", 2)
    _draw(figure, trace, "loss")
    _draw(figure, trace, "rise", 2)
    figure.update_yaxes(title_text="loss L", type="log", nticks=4, row=1, col=1)
    figure.update_yaxes(title_text="rise within ρ", type="log", nticks=4, row=2, col=1)
    return _finish(figure, trace, 2)


def gradient(trace: Trace) -> go.Figure:
    """The length of the gradient, and how much of it lies along the top eigenvector."""
    figure = theme.figure(f"The gradient {_title(trace)}", 2)
    _draw(figure, trace, "gradient_norm")
    _draw(figure, trace, "alignment", 2, line=dict(width=1.5))
    figure.update_yaxes(title_text="length ‖g‖", type="log", nticks=4, row=1, col=1)
    figure.update_yaxes(title_text="alignment cos²", range=[-0.02, 1.02], row=2, col=1)
    return _finish(figure, trace, 2)


def _leaves(figure: go.Figure, trace: Trace) -> int | None:
    """Where a run diverges: the step at which the iterate leaves the picture, and its frame."""
    began = float(np.abs(trace.offset[:1]).max(initial=0.0))
    if not np.any(trace.diverged_at >= 0) or not 0 < began < np.inf:
        return None
    figure.update_yaxes(range=[-20 * began, 20 * began])
    out = np.flatnonzero(~np.all(np.abs(trace.offset) <= 20 * began, axis=1))
    return int(trace.step[out[0]]) if out.size else None


def bounce(trace: Trace) -> go.Figure:
    """Where each stands across the valley, reading by reading, and the bounce of a parabola."""
    figure = theme.figure(f"Across the valley {_title(trace)}", height=460)
    head = trace.head(trace.finite_at(0))
    for name, side in (("bounce ±ρηλ/(2 − ηλ)", head.bounce), ("other side", -head.bounce)):
        shown = dict(line=DOTTED, showlegend=name != "other side")
        curve = theme.curve("threshold", name, head.step, side, **shown)
        figure.add_trace(curve, row=1, col=1)
    _draw(figure, trace, "offset", mode="markers+lines", line=dict(width=0.7), marker=dict(size=4))
    last = _leaves(figure, trace) or trace.settings["steps"]
    figure.update_xaxes(range=[-0.01 * last, 1.01 * last])
    figure.update_yaxes(title_text="distance x from the bottom")
    return _finish(figure, trace)


def words(trace: Trace) -> str:
    """What the run shows, in a few sentences, with its own numbers."""
    sentences = [_told(trace, method) for method in (0, 1)]
    losses = [trace.settled("loss", method) for method in (0, 1)]
    rises = [trace.settled("rise", method) for method in (0, 1)]
    if np.isfinite(losses).all():
        with_sam, without = (number(each) for each in losses)
        sentences.append(
            f"The median loss of that half is {with_sam} with SAM and {without} without"
        )
        if np.isfinite(rises).all():
            with_sam, without = (number(each) for each in rises)
            sentences[-1] += (
                f"; at the distance ρ uphill it is higher by {with_sam} and by {without}"
            )
        sentences[-1] += "."
    return " ".join(sentences)


def _told(trace: Trace, method: int) -> str:
    """Where the sharpness of a method went, beside its edge."""
    name, finite = METHODS[method], trace.finite_at(method)
    name = name[0].upper() + name[1:]
    if trace.diverged_at[method] >= 0:
        return f"{name} **diverged at step {trace.diverged_at[method]}**."
    settled = {each: trace.settled(each, method) for each in ("sharpness", "edge", "ratio")}
    if not np.isfinite(settled["sharpness"]):
        return (
            f"{name} has numbers in {counted(finite, 'reading')}, and none in the last half "
            "of the run."
        )
    crossed = trace.crossing(method)
    came = f" and came to its edge at step {crossed}" if crossed else ", at its edge or beyond"
    came = " and stayed below its edge" if crossed is None else came
    sharpness, edge, ratio = (number(each) for each in settled.values())
    return (
        f"The sharpness of {METHODS[method]} began at {number(trace.sharpness[0, method])}{came}; "
        f"over the last half of the run its median is **{sharpness}**, {ratio} times its edge, "
        f"whose median is {edge}."
    )

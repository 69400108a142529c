"""The pictures of the distillation room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.distillation.trace import WILD, Trace
from curvkit.draw import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

# What rounding leaves of the asymmetry of a gradient in single precision, about.
ROUNDING = 1e-5
# The questions of the decision tree: where a box stands, and what is answered before it.
QUESTIONS = {
    "counts where the<br>student never goes?": (1.2, 3.0),
    "may it beat<br>the teacher?": (2.5, 2.0),
    "a guarantee<br>wanted?": (1.1, 1.0),
    "is the teacher's<br>value known?": (3.85, 1.0),
}
LEAVES = {
    "teacher distill": (0.0, 2.0, ("teacher_distill", "uniform_distill")),
    "expected entropy<br>or N-distill": (0.5, 0.0, (
        "expected_entropy", "entropy_regularised", "n_distill")),
    "on-policy distill": (1.7, 0.0, ("on_policy", "one_step_entropy", "one_step_divergence")),
    "N-distill or expected<br>entropy, with reward": (3.1, 0.0, (
        "n_distill_reward", "expected_entropy_reward", "on_policy_reward", "reward_alone",
        "entropy_bonus")),
    "teacher's value as<br>reward, or as gate": (4.6, 0.0, (
        "teacher_value", "teacher_bootstrap", "value_gate")),
}  # fmt: skip
BRANCHES = [(0, "L0", "yes"), (0, 1, "no"), (1, 2, "no"), (1, 3, "yes"), (2, "L1", "yes"),
            (2, "L2", "no"), (3, "L3", "no"), (3, "L4", "yes")]  # fmt: skip


def _name(trace: Trace) -> str:
    aliased = "two states alike" if trace.settings["aliased"] else "all states apart"
    return f"{trace.settings['variant'].replace('_', ' ')}, {aliased}"


def _series(trace: Trace, values: np.ndarray) -> np.ndarray:
    return np.where(trace.alive & (np.abs(values) < WILD), values, np.nan).astype(float)


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    figure.update_layout(hovermode="closest")
    if trace.readings and not trace.alive.all():
        theme.remark(figure, "not finite from here on")
    return figure


def _joined(rows: np.ndarray) -> np.ndarray:
    """Columns (reading, run) one after the other, with a gap between two."""
    return np.concatenate([rows, np.full((1, rows.shape[1]), np.nan)]).T.ravel()


def _arrows(trace: Trace) -> go.Scatter:
    """The update at each second place of the plane, all arrows of nearly one length."""
    axis, flow = trace.axis[::2].astype(float), trace.flow[::2, ::2].astype(float)
    x, y = np.meshgrid(axis, axis)
    size = np.linalg.norm(flow, axis=2)
    long = 0.9 * (axis[1] - axis[0]) * np.tanh(4 * size) / np.maximum(size, 1e-12)
    gap = np.full(x.size, np.nan)
    ends = [
        np.stack([at.ravel(), (at + long * flow[..., k]).ravel(), gap], 1).ravel()
        for k, at in enumerate((x, y))
    ]
    marker = dict(symbol="arrow", angleref="previous", size=np.tile([0, 8, 0], x.size))
    return theme.curve("plain", "expected update", *ends, mode="lines+markers", marker=marker,
                       line=dict(width=1.1), opacity=0.8, hoverinfo="skip")  # fmt: skip


def portrait(trace: Trace) -> go.Figure:
    """The plane of the two logits: where the update points, how it turns, where students go."""
    import plotly.graph_objects as go

    figure = theme.figure(f"Where students go: {_name(trace)}", height=600)
    most = max(float(np.abs(trace.curl).max()), 1e-6)
    paper = theme.PAPER[theme.mode()]
    shades = [[0, theme.color("loss")], [0.5, paper], [1, theme.color("second")]]
    figure.add_trace(
        go.Heatmap(x=trace.axis, y=trace.axis, z=trace.curl / max(most, 1e-3), zmin=-1.6, zmax=1.6,
                   colorscale=shades, showscale=False, zsmooth="best", showlegend=False,
                   name="curl", hovertemplate="turning %{z:.2f} of the most<extra></extra>")
    )  # fmt: skip
    figure.add_trace(_arrows(trace))
    x, y = (_series(trace, trace.logits[:, :, k]) for k in (0, 1))
    figure.add_trace(theme.curve("sharpness", "students", _joined(x), _joined(y)))
    marker = dict(size=10, line=dict(width=1.5, color=paper))
    figure.add_trace(theme.curve("sharpness", "now", x[-1:].ravel(), y[-1:].ravel(),
                                 mode="markers", marker=marker))  # fmt: skip
    first, second, third = trace.teacher_logits.astype(float)
    marker = dict(size=15, symbol="star", line=dict(width=1.5, color=paper))
    text = ["as in the first state", "as in the last state"]
    name = "teacher (first, last state)"
    figure.add_trace(theme.curve("gradient", name, [first, third], [second] * 2, mode="markers",
                                 marker=marker, text=text))  # fmt: skip
    ends = [float(trace.axis[0]), float(trace.axis[-1])]
    word = "first and last state" if trace.settings["aliased"] else "first state"
    figure.update_xaxes(title_text=f"logit of action 0, {word}", range=ends)
    figure.update_yaxes(title_text="logit of action 0, second state", range=ends)
    return _finish(figure, trace)


def gauge(trace: Trace) -> go.Figure:
    """How far the update is from being a gradient, along the way of each student."""
    figure = theme.figure(f"Is it a gradient? {_name(trace)}", height=470)
    shown = np.maximum(_series(trace, trace.asymmetry), 1e-9)
    x = np.tile(np.append(trace.step, 0), shown.shape[1])
    figure.add_trace(theme.curve("sharpness", "students", x, _joined(shown), opacity=0.7))
    ends = [0, trace.settings["steps"]]
    name = "below: rounding, a gradient"
    figure.add_trace(theme.curve("threshold", name, ends, [ROUNDING] * 2))
    figure.update_xaxes(title_text="steps", range=ends)
    figure.update_yaxes(
        title_text="asymmetry ‖J − Jᵀ‖/‖J‖", type="log", range=[-9.2, 0.5], nticks=6
    )
    return _finish(figure, trace)


def _over_time(figure: go.Figure, trace: Trace, panels: list[Any]) -> go.Figure:
    x = np.tile(np.append(trace.step, 0), trace.logits.shape[1])
    for row, (title, role, name, values, level) in enumerate(panels, 1):
        figure.add_trace(
            theme.curve(role, name, x, _joined(_series(trace, values)), opacity=0.75),
            row=row,
            col=1,
        )
        if level is not None:
            ends = [0, trace.settings["steps"]]
            figure.add_trace(theme.curve("threshold", "teacher", ends, [float(level)] * 2,
                                         showlegend=row == 1), row=row, col=1)  # fmt: skip
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_xaxes(range=[0, trace.settings["steps"]])
    figure.update_xaxes(title_text="steps", row=len(panels), col=1)
    return _finish(figure, trace)


def logits(trace: Trace) -> go.Figure:
    """The logits over time: a cycle swings for ever."""
    figure = theme.figure(f"Logits of action 0: {_name(trace)}", 2, height=560)
    alone = ("first and last state" if trace.settings["aliased"] else "first state", "second state")
    panels = [
        (f"logit θ{'₀₁'[k]}", role, f"students, {alone[k]}", trace.logits[:, :, k], None)
        for k, role in enumerate(("sharpness", "loss"))
    ]
    return _over_time(figure, trace, panels)


def learning(trace: Trace) -> go.Figure:
    """What the students gain, and how far they are from the teacher."""
    figure = theme.figure(f"What is learnt: {_name(trace)}", 2, height=560)
    panels = [
        ("return", "curvature", "return of the students", trace.value, trace.teacher_value),
        ("divergence", "alignment", "divergence from the teacher", trace.divergence, None),
    ]
    return _over_time(figure, trace, panels)


def tree(trace: Trace) -> go.Figure:
    """Which variant to take: the questions to ask, and where the one in use stands."""
    figure = theme.figure(f"Which one to take: {_name(trace)}", height=520)
    ask, ends = list(QUESTIONS.values()), [each[:2] for each in LEAVES.values()]
    x, y, paper = [], [], theme.PAPER[theme.mode()]
    for start, end, answer in BRANCHES:
        there = ends[int(end[1:])] if isinstance(end, str) else ask[end]
        middle = [(a + b) / 2 for a, b in zip(ask[start], there, strict=True)]
        x += [ask[start][0], there[0], None]
        y += [ask[start][1], there[1], None]
        figure.add_annotation(x=middle[0], y=middle[1], text=f"<i>{answer}</i>", showarrow=False,
                              bgcolor=paper, font_size=14)  # fmt: skip
    figure.add_trace(theme.curve("plain", "answers", x, y, hoverinfo="skip"))
    variant = trace.settings["variant"]
    boxes = [(text, at, "plain", 1) for text, at in QUESTIONS.items()]
    for text, (across, up, variants) in LEAVES.items():
        chosen = variant in variants
        boxes.append((text, (across, up), "sharpness" if chosen else "loss", 3 if chosen else 1))
    for text, (across, up), role, width in boxes:
        figure.add_annotation(x=across, y=up, text=f"<b>{text}</b>" if width > 1 else text,
                              showarrow=False, bgcolor=paper, borderpad=6,
                              bordercolor=theme.color(role), borderwidth=width,
                              font_size=13)  # fmt: skip
    figure.update_xaxes(visible=False, range=[-0.5, 5.4])
    figure.update_yaxes(visible=False, range=[-0.5, 3.4])
    figure.update_layout(showlegend=False, hovermode=False)
    return figure


def words(trace: Trace) -> str:
    """What the run shows, in a few short sentences, with its own numbers."""
    if not trace.readings:
        return "No step has been taken yet."
    named = trace.settings["variant"].replace("_", " ")
    if not trace.alive[-1].all():
        lost = counted(int((~trace.alive[-1]).sum()), "student")
        return f"With {named}, not finite any more: {lost}."
    middle = float(np.median(trace.asymmetry[-1].astype(float)))
    verdict = "as of a gradient, but for rounding" if middle < ROUNDING else "so of no gradient"
    sentences = [f"The update of {named} has asymmetry **{number(middle)}** ({verdict})."]
    swing = trace.swing()
    turning = int(np.sum(swing > 0.1))
    sentences.append(
        f"After {counted(int(trace.step[-1]), 'step')} **{turning}** of "
        f"{counted(len(swing), 'student')} went back and "
        "forth in the second half, "
        f"the first logit by {number(float(np.median(swing)))} in the median."
    )
    sentences.append(
        f"Their return is **{number(trace.end('value'))}**, the teacher's "
        f"{number(trace.teacher_value)}."
    )
    return " ".join(sentences)

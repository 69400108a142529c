"""The pictures of the grid worlds; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.distillation.grid._names import NAMES
from curvkit.distillation.grid.trace import SHARES, SPREAD, Trace
from curvkit.draw import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

WALL, GOAL, PIT = 1, 2, 3
# Of a mean over worlds, 95 of 100 lie within so many standard errors.
ERRORS = 1.96
ROLES = (("sharpness", "solid"), ("loss", "dash"), ("curvature", "dot"), ("alignment", "dashdot"))


def _names(trace: Trace) -> tuple[str, ...]:
    return NAMES[trace.settings["contest"]]


def _about(trace: Trace) -> str:
    share = trace.settings["teacher_noise"]
    taught = f"teacher at random in {100 * share:.0f} %" if share else "good teacher"
    return f"{counted(len(trace.teacher_value), 'world')}, {taught}"


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    figure.update_layout(hovermode="closest")
    if trace.finite < trace.readings:
        theme.remark(figure, "not finite from here on")
    return figure


def _band(figure, role, x, rows, row):
    """The mean of rows (reading, world) with two standard errors around it, as one outline."""
    import plotly.graph_objects as go

    middle = rows.mean(1)
    half = ERRORS * rows.std(1) / max(rows.shape[1] - 1, 1) ** 0.5
    edge = np.concatenate([middle - half, (middle + half)[::-1]])
    figure.add_trace(
        go.Scatter(x=np.concatenate([x, x[::-1]]), y=edge, fill="toself", mode="lines",
                   fillcolor=theme.faint(theme.color(role)), line_width=0, hoverinfo="skip",
                   showlegend=False, name=f"band of {role}"), row=row, col=1)  # fmt: skip
    return middle


def curves(trace: Trace) -> go.Figure:
    """How far the students are above their teachers, and from them; bands over the worlds."""
    figure = theme.figure(f"What is learnt in {_about(trace)}", 2, height=640, shares=[0.62, 0.38])
    x = trace.step[: trace.finite]
    panels = ((trace.ahead(), 1), (trace.divergence[: trace.finite].astype(float), 2))
    for at, (name, (role, dash)) in enumerate(zip(_names(trace), ROLES, strict=True)):
        for each, row in panels:
            middle = _band(figure, role, x, each[:, at], row)
            figure.add_trace(theme.curve(role, name, x, middle, line=dict(dash=dash),
                                         showlegend=row == 1), row=row, col=1)  # fmt: skip
    ends = [0, trace.settings["steps"]]
    figure.add_trace(theme.curve("threshold", "teacher", ends, [0, 0]), row=1, col=1)
    top = float((trace.best_value - trace.teacher_value).mean())
    figure.add_trace(
        theme.curve("threshold", "best policy", ends, [top] * 2, line=dict(dash="dot")),
        row=1, col=1,
    )  # fmt: skip
    figure.update_xaxes(range=ends)
    figure.update_xaxes(title_text="episodes", row=2, col=1)
    figure.update_yaxes(title_text="return above the teacher's", row=1, col=1)
    figure.update_yaxes(title_text="divergence", rangemode="tozero", row=2, col=1)
    return _finish(figure, trace)


def race(trace: Trace) -> go.Figure:
    """After how many episodes each variant comes to 80, 90 and 95 per cent of the teacher."""
    figure = theme.figure(
        f"Episodes to a share of the teacher's return: {_about(trace)}", height=480
    )
    reached = [trace.episodes_to(share) for share in SHARES]
    middle = np.stack([episodes for episodes, _ in reached])
    bars = np.stack([_spread(drawn) for _, drawn in reached])
    for at, (name, (role, _)) in enumerate(zip(_names(trace), ROLES, strict=True)):
        x, (low, high) = middle[:, at], bars[:, :, at].T
        # What some draws of the worlds never come to has a bar that leaves the picture.
        high = np.where(np.isfinite(high), high, 2 * trace.settings["steps"])
        error = dict(type="data", symmetric=False, array=np.maximum(high - x, 0),
                     arrayminus=np.maximum(x - low, 0), thickness=1.8, width=6)  # fmt: skip
        y = np.arange(len(SHARES)) + 0.15 * (1.5 - at)
        figure.add_trace(theme.curve(role, name, x, y, mode="markers", error_x=error,
                                     marker=dict(size=11, symbol=("circle", "square", "diamond",
                                                                  "triangle-up")[at])))  # fmt: skip
    figure.update_xaxes(title_text="episodes", range=[0, trace.settings["steps"]])
    figure.update_yaxes(title_text="share of the teacher's return", range=[-0.5, 2.5],
                        tickvals=list(range(len(SHARES))),
                        ticktext=[f"{100 * share:.0f} %" for share in SHARES])  # fmt: skip
    return _finish(figure, trace)


def _spread(drawn: np.ndarray) -> np.ndarray:
    """The ends of an interval that nineteen of twenty drawn values lie in, (2, method).

    What is never reached counts as later than all; an end there is nan.
    """
    late = np.where(np.isfinite(drawn), drawn, np.inf)
    ends = np.quantile(late, SPREAD, axis=0, method="nearest")
    return np.where(np.isfinite(ends), ends, np.nan)


def _places(cells: int) -> tuple[np.ndarray, np.ndarray]:
    side = round(cells**0.5)
    y, x = np.divmod(np.arange(cells), side)
    return x.astype(float), y.astype(float)


def _arrows(moves: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines through the free cells along mean moves (cell, 2), shorter where these are unsure."""
    places, size = _places(len(moves)), np.linalg.norm(moves, axis=1)
    shown = free & (size > 0.1)
    half = 0.42 * np.where(shown, np.tanh(3 * size), np.nan) / np.maximum(size, 1e-9)
    half = half[:, None] * moves
    gap = np.full(len(moves), np.nan)
    x, y = (
        np.stack([at - half[:, k], at + half[:, k], gap], 1).ravel() for k, at in enumerate(places)
    )
    return x, y


def _squares(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The outlines of chosen cells, (cell,) booleans, one after the other."""
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (np.nan, np.nan)])
    places = np.stack(_places(len(chosen)), 1)[chosen]
    x, y = (places[:, None] + corners).reshape(-1, 2).T
    return x, y


def _filled(figure, name, chosen, fill, place, legend):
    import plotly.graph_objects as go

    x, y = _squares(chosen)
    figure.add_trace(go.Scatter(x=x, y=y, fill="toself", mode="lines", fillcolor=fill, line_width=0,
                                hoverinfo="skip", name=name, legendgroup=name, showlegend=legend),
                     **place)  # fmt: skip


def grid(trace: Trace) -> go.Figure:
    """One world, a panel for each variant: where the student goes, the teacher, and the gate."""
    titles = list(_names(trace))
    figure = theme.figure("One of the worlds, and where its students go", 1, height=460, cols=4,
                          subplot_titles=titles, horizontal_spacing=0.02)  # fmt: skip
    free, side = trace.kinds == 0, round(len(trace.kinds) ** 0.5)
    kinds = {
        "wall": (WALL, theme.faint(theme.color("plain"), 0.55)),
        "goal": (GOAL, theme.color("curvature")),
        "pit": (PIT, theme.color("gradient")),
    }
    sizes = np.tile([0, 1, 0], side**2)
    head = lambda size: dict(symbol="arrow", angleref="previous", size=size * sizes, line_width=0)
    for at in range(len(titles)):
        legend = at == 0
        place: dict[str, Any] = dict(row=1, col=1 + at)
        known = trace.finite > 0
        gate = trace.gate[trace.finite - 1, at] > 0 if known else np.zeros(side**2, bool)
        _filled(figure, "teacher's value above the student's", gate & free,
                theme.faint(theme.color("second"), 0.35), place, legend)  # fmt: skip
        for name, (kind, fill) in kinds.items():
            _filled(figure, name, trace.kinds == kind, fill, place, legend)
        both = (("teacher", "plain", trace.teacher_arrows, 13, 4.0, 0.4),
                ("student", "sharpness", trace.arrows[trace.finite - 1, at] if known
                 else np.zeros((side**2, 2)), 11, 2.0, 1.0))  # fmt: skip
        for name, role, moves, size, width, opacity in both:
            x, y = _arrows(moves.astype(float), free)
            figure.add_trace(theme.curve(role, name, x, y, mode="lines+markers", marker=head(size),
                                         line=dict(width=width), opacity=opacity, hoverinfo="skip",
                                         legendgroup=name, showlegend=legend), **place)  # fmt: skip
    figure.update_xaxes(visible=False, range=[-0.6, side - 0.4])
    figure.update_yaxes(visible=False, range=[-0.6, side - 0.4])
    for at in range(4):
        x = f"x{at + 1}" if at else "x"
        figure.update_yaxes(scaleanchor=x, constrain="domain", constraintoward="top", col=1 + at)
    figure.update_layout(margin=dict(t=136, b=16, l=16, r=16), legend_y=1.1)
    return _finish(figure, trace)


def words(trace: Trace) -> str:
    """What was learnt, in a few short sentences, with its own numbers."""
    if not trace.finite:
        return "No student has learnt anything yet."
    ahead, names = trace.ahead()[-1], _names(trace)
    sentences = []
    every = zip(names, ahead.mean(1), ahead.std(1) / (ahead.shape[1] - 1) ** 0.5, strict=True)
    parts = [f"{name} **{number(mean)}** ± {number(ERRORS * error)}" for name, mean, error in every]
    when = f"After {counted(int(trace.step[trace.finite - 1]), 'episode')} the mean return in"
    sentences.append(
        f"{when} {counted(ahead.shape[1], 'world')} is above the teacher's by {', '.join(parts)}."
    )
    reached, _ = trace.episodes_to(SHARES[1], draws=0)
    spread = np.full((len(reached), 2), np.nan)
    if np.any(np.isfinite(reached)):  # else the draws, which take a page its time, tell nothing
        spread = _spread(trace.episodes_to(SHARES[1])[1]).T
    for name, when, (low, high) in zip(names, reached, spread, strict=True):
        if np.isfinite(when):
            far = f"{low:.0f} to {high:.0f}" if np.isfinite(high) else f"at least {low:.0f}"
            sentences.append(
                f"{name.capitalize()} comes to 90 % of it after **{when:.0f}** ({far})."
            )
        else:
            sentences.append(f"{name.capitalize()} does not come to 90 % of it.")
    return " ".join(sentences)

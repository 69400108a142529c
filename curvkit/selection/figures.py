"""The pictures of the selection room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.selection.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

UNREACHED = 1e8
MOST_NAMES = 12


def _rule(trace: Trace, other: bool = False) -> str:
    return "paper's rule" if trace.settings["whiten"] != other else "raw rule"


def _about(trace: Trace) -> str:
    chosen = trace.settings
    if not trace.known:
        return f"{chosen['data'].replace('_', ' ')}, {trace.count} variables, n = {chosen['rows']}"
    return f"{counted(trace.count, 'group')} of {chosen['size']}, {int(trace.good.sum())} good, " \
        f"n = {chosen['rows']}"  # fmt: skip


def _cut(trace: Trace) -> Trace:
    """The readings before anything is not finite."""
    return trace.head(trace.finite)


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    if trace.finite < trace.readings:
        theme.remark(figure, f"not finite from pick {int(trace.step[trace.finite])} on")
    return figure


def _colour(trace: Trace, group: int) -> str:
    return theme.apart(np.flatnonzero(trace.good).tolist().index(group))["color"]


def _bars(figure, trace, scores, panel):
    """A bar for each group, by kind, with gaps for the others; crosses for what is taken."""
    groups = np.arange(trace.count)
    now = _cut(trace)
    level = scores[: now.readings][-1][: trace.count] if now.readings else np.zeros(trace.count)
    taken = np.isin(groups, now.taken)
    good = trace.good[: trace.count] > 0
    kinds = {"good groups": ("curvature", good), "other groups": ("second", ~good)}
    if not trace.known:
        kinds = {"variables": ("loss", good | True)}
    for name, (role, chosen) in kinds.items():
        figure.add_trace(
            theme.bars(role, name, groups, np.where(chosen & ~taken, level, np.nan), width=0.8,
                       hovertext=trace.names, marker_line_width=0, showlegend=panel == 1),
            row=1, col=panel,
        )  # fmt: skip
    for name, (role, chosen) in kinds.items():
        marker = dict(symbol="x-thin", size=9, line=dict(width=2.5, color=theme.color(role)))
        at = np.where(chosen & taken, 0.0, np.nan)
        crosses = theme.curve(role, f"taken {name}", groups, at, mode="markers", marker=marker,
                              cliponaxis=False, showlegend=panel == 1)  # fmt: skip
        figure.add_trace(crosses, row=1, col=panel)
    return now, level


def _next(figure, now, level):
    """A star over the group that is taken next; nothing after the last pick."""
    more = now.readings and (now.step[-1] < now.settings["picks"])
    at = int(now.best[-1]) if more else 0
    # Of groups that do not count none is taken: nothing is left to explain.
    x, y = ([at], [1.06 * level[at]]) if more and at < len(level) else ([], [])
    marker = dict(symbol="star", size=14, color=theme.color("sharpness"))
    star = theme.curve("sharpness", "taken next", x, y, mode="markers", marker=marker)
    figure.add_trace(star, row=1, col=1)


def scores(trace: Trace) -> go.Figure:
    """Step by step: the scores of all groups by the rule in use, and what is left to explain."""
    chosen = trace.scores if trace.settings["whiten"] else trace.raw_scores
    title = f"Which group is next? {_rule(trace).capitalize()}: {_about(trace)}"
    figure = theme.figure(title, 2, height=620, shared_xaxes=False, vertical_spacing=0.17,
                          shares=[0.62, 0.38])  # fmt: skip
    now, level = _bars(figure, trace, chosen, 1)
    _next(figure, now, level)
    ends = [-0.7, trace.count - 0.3]
    if trace.known and trace.settings["whiten"]:
        noise = float(trace.noise_level)
        figure.add_trace(theme.curve("threshold", "noise alone", ends,
                                     [noise, noise]), row=1, col=1)  # fmt: skip
    tol = float(trace.settings["tolerance"])
    figure.add_trace(
        theme.curve("learning_rate", "stop level ε", ends, [tol, tol], showlegend=tol > 0,
                    visible=tol > 0), row=1, col=1,
    )  # fmt: skip
    figure.add_trace(
        theme.curve("gradient", "what is left of y", now.step, now.residual_norm,
                    mode="lines+markers", showlegend=False), row=2, col=1,
    )  # fmt: skip
    finite = chosen[: trace.finite, : trace.count]
    tops = [np.max(finite, initial=0.0), float(trace.noise_level) if trace.known else 0.0, tol]
    figure.update_xaxes(range=ends, title_text="group", row=1, col=1)
    if trace.count <= MOST_NAMES and not trace.known:
        figure.update_xaxes(tickvals=list(range(trace.count)), ticktext=trace.names, row=1, col=1)
    name = "score ‖Qᵀr‖" if trace.settings["whiten"] else "score ‖Xᵀr‖"
    figure.update_yaxes(range=[0, 1.15 * max(*tops, 1e-9)], title_text=name, row=1, col=1)
    _steps(figure, trace, 2)
    figure.update_yaxes(title_text="‖r‖", rangemode="tozero", row=2, col=1)
    figure.update_layout(hovermode="closest", barmode="overlay", margin_t=112)
    return _finish(figure, trace)


def _steps(figure, trace, row, col=1):
    span = [-0.3, max(trace.settings["picks"], 1) + 0.3]
    figure.update_xaxes(title_text="groups taken t", range=span, dtick=1, row=row, col=col)


def path(trace: Trace) -> go.Figure:
    """The coefficient path by group: what each adds to the fit, ‖Xβ‖, after each pick."""
    figure = theme.figure(f"What each group adds: {_about(trace)}", height=520)
    now = _cut(trace)
    other = 0
    for group in range(trace.count):
        lengths = _from_its_pick(now.lengths[:, group])
        if trace.known and not trace.good[group]:
            line = dict(color=theme.faint(theme.color("plain"), 0.6), width=1.2, dash="dot")
            figure.add_trace(theme.curve("plain", "other groups", now.step, lengths, line=line,
                                         showlegend=other == 0))  # fmt: skip
            other += 1
            continue
        shown = trace.known or bool(np.any(now.lengths[:, group] > 0))
        look = theme.apart(int(trace.good[:group].sum()) if trace.known else group)
        name = f"good group {group}" if trace.known else trace.names[group]
        figure.add_trace(theme.curve("loss", name, now.step, lengths, line=look, showlegend=shown,
                                     mode="lines+markers"))  # fmt: skip
    if trace.known:
        good = np.flatnonzero(trace.good)
        marker = dict(symbol="diamond-open", size=11, line=dict(width=2))
        end = np.full(len(good), trace.settings["picks"] + 0.25)
        figure.add_trace(theme.curve("threshold", "the truth", end, trace.true_lengths[good],
                                     mode="markers", marker=marker))  # fmt: skip
    figure.update_xaxes(title_text="groups taken t", dtick=1,
                        range=[-0.2, trace.settings["picks"] + 0.6])  # fmt: skip
    figure.update_yaxes(title_text="its part of the fit ‖Xβ‖", rangemode="tozero")
    figure.update_layout(hovermode="closest", margin_t=112)
    return _finish(figure, trace)


def _from_its_pick(lengths: np.ndarray) -> np.ndarray:
    """The lengths from the last zero before the group is taken: many lines on the axis hide it."""
    later = np.append(lengths[1:], 0.0) > 0
    return np.where((lengths > 0) | later, lengths, np.nan)


def rules(trace: Trace) -> go.Figure:
    """The whitening switch: the same residual judged by both rules, each over its largest score."""
    figure = theme.figure(f"One residual, two rules: {_about(trace)}", height=480, cols=2,
                          shared_xaxes=False, horizontal_spacing=0.12)  # fmt: skip
    for panel, (name, each) in enumerate((("paper's rule ‖Qᵀr‖", trace.scores),
                                          ("raw rule ‖Xᵀr‖", trace.raw_scores)), 1):  # fmt: skip
        magnitudes = np.nan_to_num(np.abs(each), posinf=0, neginf=0)
        top = np.max(magnitudes, axis=1, initial=1e-30, keepdims=True)
        _bars(figure, trace, each / top, panel)
        figure.update_yaxes(title_text=f"{name}, of the largest", range=[0, 1.08], col=panel)
        figure.update_xaxes(title_text="group", range=[-0.7, trace.count - 0.3], col=panel)
    figure.update_layout(hovermode="closest", barmode="overlay")
    return _finish(figure, trace)


def whitening(trace: Trace) -> go.Figure:
    """Both rules on the same problem: how many good groups each has found, and its test error."""
    figure = theme.figure(
        f"The whitening switch: {_about(trace)}", 2, height=560, shares=[0.4, 0.6]
    )
    now = _cut(trace)
    own, other = ("sharpness", "loss") if trace.settings["whiten"] else ("loss", "sharpness")
    # A search that has stopped early has no further reading, and neither has the other one.
    for role, name, hits, error in (
        (own, _rule(trace), now.hits, now.test_error),
        (other, _rule(trace, True), now.other_hits, now.other_test_error),
    ):
        options = dict(mode="lines+markers", line=dict(dash="solid" if role == own else "dash"))
        figure.add_trace(theme.curve(role, name, now.step, hits, **options), row=1, col=1)
        options |= dict(showlegend=False)
        figure.add_trace(theme.curve(role, name, now.step, error, **options), row=2, col=1)
    total = int(trace.good.sum()) if trace.known else 1
    figure.update_yaxes(title_text="good groups", range=[-0.2, total + 0.4], row=1, col=1)
    figure.update_yaxes(title_text="test error, of the variance", rangemode="tozero", row=2, col=1)
    _steps(figure, trace, 2)
    return _finish(figure, trace)


def _found(step, hits):
    """When the last of the good groups that were found was picked, in a clause."""
    most = int(hits[-1])
    return f", the last by pick {int(step[np.argmax(hits == most)])}" if most else ""


def words(trace: Trace) -> str:
    """What the search shows, in a few short sentences, with its own numbers."""
    now = _cut(trace)
    if not now.readings:
        return "No group has been looked at yet."
    picks = counted(int(now.step[-1]), "pick")
    sentences = [f"After {picks} by the {_rule(trace)} the error on the test is"]
    sentences[0] += f" **{number(now.test_error[-1])}** of its variance"
    sentences[0] += f", and by the {_rule(trace, True)} **{number(now.other_test_error[-1])}**."
    least = int(np.argmin(now.test_error))
    sentences.append(f"It was least after {int(now.step[least])}: {number(now.test_error[least])}.")
    if not trace.known:
        names = ", ".join(trace.names[each] for each in now.taken if each < len(trace.names))
        return " ".join([*sentences, f"Taken were {names}."] if names else sentences)
    ours, others = (_found(now.step, hits) for hits in (now.hits, now.other_hits))
    sentences.append(
        f"The {_rule(trace)} took **{int(now.hits[-1])}** of the "
        f"{counted(int(trace.good.sum()), 'good group')}{ours};"
    )
    sentences[-1] += f" the other rule **{int(now.other_hits[-1])}**{others}."
    sentences.append(f"The bound on μ is **{number(trace.mu)}**, and ρ is **{number(trace.rho)}**:")
    if trace.mu < 1 and trace.epsilon < UNREACHED:
        shortest = np.min(trace.true_lengths[trace.good > 0], initial=np.inf)
        sentences[-1] += (
            f" without noise recovery is proved, and with it ε = {number(trace.epsilon)}"
        )
        sentences[-1] += (
            f" is a level to stop at (the shortest good group is {number(shortest)} long)."
        )
    else:
        sentences[-1] += " nothing is proved, whatever happens."
    return " ".join(sentences)

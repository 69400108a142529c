"""The pictures of the odds; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.core.statistics import wilson
from curvkit.draw import theme
from curvkit.selection.odds.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

# The methods in the order of `solved`: name, role, dash, and whether it gets any point of a path.
METHODS = (
    ("Group-OMP", "sharpness", "solid"),
    ("raw rule", "second", "dash"),
    ("OMP, at its best", "loss", "dot"),
    ("Group Lasso, at its best", "gradient", "dash"),
    ("Group Lasso, whitened, at its best", "gradient", "solid"),
    ("Lasso, at its best", "plain", "dot"),
)
VERDICTS = (
    ("proved without noise", "curvature", "solid"),
    ("proved with this noise", "curvature", "dot"),
)
WORDS = {"rows": "rows n", "within": "correlation within groups w", "noise": "noise σ",
         "between": "correlation between groups b", "size": "columns of a group m",
         "good": "good groups k", "groups": "groups J"}  # fmt: skip


def _about(trace: Trace) -> str:
    chosen = dict(trace.settings)
    swept = chosen.pop("against")
    groups = counted(chosen["groups"], "group")
    phrases = [f"{groups} of {chosen['size']}", f"{chosen['good']} good"]
    phrases += [f"n = {chosen['rows']}", counted(trace.trials, "trial")]
    hidden = {"groups": 0, "size": 0, "good": 1, "rows": 2}.get(swept)
    plain = {"groups": f"groups of {chosen['size']}", "size": groups}
    if hidden is not None:
        phrases[hidden] = plain.get(swept, "")
    return ", ".join(filter(None, phrases))


def _cut(trace: Trace) -> Trace:
    return trace.head(trace.finite)


def _axis(figure: go.Figure, trace: Trace, row: int) -> None:
    ends = float(np.min(trace.sweep)), float(np.max(trace.sweep))
    air = 0.03 * (ends[1] - ends[0])
    figure.update_xaxes(
        title_text=WORDS[trace.settings["against"]], range=[ends[0] - air, ends[1] + air], row=row,
        col=1,
    )  # fmt: skip


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    if trace.finite < trace.readings:
        theme.remark(figure, "not finite from here on")
    return figure


def _shares(figure, trace, name, role, dash, counts, row, shift):
    """Shares in per cent with Wilson's intervals."""
    counts = np.clip(counts, 0, trace.trials)
    low, high = wilson(counts, np.full(len(counts), trace.trials))
    share = 100 * counts / trace.trials
    bars = dict(type="data", symmetric=False, array=np.maximum(100 * high - share, 0),
                arrayminus=np.maximum(share - 100 * low, 0), thickness=1.2, width=3)  # fmt: skip
    width = float(np.ptp(trace.sweep)) if len(trace.sweep) else 1.0
    x = _cut(trace).value + 0.004 * width * shift
    figure.add_trace(
        theme.curve(role, name, x, share, mode="lines+markers", error_y=bars, line=dict(dash=dash)),
        row=row, col=1,
    )  # fmt: skip


def recovery(trace: Trace) -> go.Figure:
    """How often exactly the good groups are found, and how often theory proves it beforehand."""
    figure = theme.figure(f"All good groups and no other: {_about(trace)}", 2, height=680,
                          shares=[0.66, 0.34])  # fmt: skip
    now, convex = _cut(trace), trace.settings["convex"]
    shown = METHODS if convex else METHODS[:3]
    for at, (name, role, dash) in enumerate(shown):
        _shares(figure, trace, name, role, dash, now.solved[:, at], 1, at - 2)
    for at, (name, role, dash) in enumerate(VERDICTS):
        _shares(figure, trace, name, role, dash, now.proved[:, at], 2, at)
    _axis(figure, trace, 2)
    figure.update_yaxes(title_text="solved, per cent", range=[-3, 103], row=1, col=1)
    figure.update_yaxes(title_text="proved, per cent", range=[-3, 103], row=2, col=1)
    figure.update_layout(hovermode="closest", margin_t=132 if convex else 112)
    return _finish(figure, trace)


def meters(trace: Trace) -> go.Figure:
    """The theorem's two meters: the bound on μ, which has to be below 1, and ρ, above 0."""
    figure = theme.figure(f"The condition: {_about(trace)}", 2, height=560)
    now = _cut(trace)
    for row, (name, role, each) in enumerate(
        (("bound on μ, quartiles", "alignment", now.mu), ("ρ, quartiles", "loss", now.rho)), 1
    ):
        low, middle, high = np.clip(each, -1e6, 1e6).T
        bars = dict(type="data", symmetric=False, array=np.maximum(high - middle, 0),
                    arrayminus=np.maximum(middle - low, 0), thickness=1.5, width=5)  # fmt: skip
        curve = theme.curve(role, name, now.value, middle, mode="lines+markers", error_y=bars)
        figure.add_trace(curve, row=row, col=1)
    ends = [float(np.min(trace.sweep)), float(np.max(trace.sweep))]
    figure.add_trace(theme.curve("threshold", "proved below", ends, [1.0, 1.0]), row=1, col=1)
    _axis(figure, trace, 2)
    figure.update_yaxes(title_text="bound on μ", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="ρ", rangemode="tozero", row=2, col=1)
    return _finish(figure, trace)


def words(trace: Trace) -> str:
    """What was counted, in a few short sentences, with its own numbers."""
    now = _cut(trace)
    total = trace.trials * now.readings
    if not total:
        return "No trial has ended yet."
    shown = METHODS if trace.settings["convex"] else METHODS[:3]
    every = [f"{name} **{int(now.solved[:, at].sum())}**" for at, (name, *_) in enumerate(shown)]
    tried = counted(total, "trial")
    sentences = [f"Of {tried} these found all good groups and no other: {', '.join(every)}."]
    noiseless, noisy = (int(each) for each in now.proved.sum(0))
    sentences.append(
        f"Recovery was **proved** without noise in **{noiseless}**, with it in {noisy}"
    )
    sentences[-1] += (
        f" (the bound on μ is {number(now.mu[-1, 1])} in the middle of the last place)."
    )
    return " ".join(sentences)

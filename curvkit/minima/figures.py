"""The pictures of the minima room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.core.statistics import wilson
from curvkit.draw import theme
from curvkit.minima.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROLES = {"solved": "curvature", "stuck": "sharpness", "not there yet": "second"}
ROLES |= {"diverged": "plain"}
BINS = 60


def _about(trace: Trace) -> str:
    chosen = trace.settings
    units = f"up to {chosen['width']}" if chosen["all_widths"] else str(chosen["width"])
    activation = chosen["activation"].replace("_", " ")
    plural = "s" * (units != "1")
    return f"{units} {activation} unit{plural} on {chosen['data'].replace('_', ' ')}"


def _edges(trace: Trace) -> np.ndarray:
    """The edges of the histogram's bins: from 0 to the largest loss that is not absurd."""
    values = trace.runs("later_loss").astype(float)
    values = values[np.isfinite(values) & (values >= 0) & (values < 1e20)]
    marks = trace.levels[np.isfinite(trace.levels)].astype(float)
    # One run in a hundred may be off the scale: it would flatten all the others.
    high = np.quantile(values, 0.99) if len(values) else 1.0
    return np.linspace(0, 1.08 * max(high, marks.max(initial=0.0), 1e-3), BINS + 1)


def histogram(trace: Trace) -> go.Figure:
    """Where the runs ended: their losses at the second look, by fate, with the proved levels."""
    edges = _edges(trace)
    losses = trace.runs("later_loss").astype(float)
    clipped = np.clip(np.nan_to_num(losses, nan=edges[-1]), 0, edges[-1] * (1 - 1e-9))
    figure = theme.figure(f"Where {counted(len(losses), 'run')} ended: {_about(trace)}", height=470)
    heights, drawn = np.zeros(BINS), []
    for name, chosen in trace.fates.items():
        heights = heights + np.histogram(clipped[chosen], edges)[0]
        drawn.append((name, heights.copy()))
    for name, tops in reversed(drawn):
        # Steps from bin to bin; the lower layers are drawn over the higher ones.
        x, y = np.repeat(edges, 2)[1:-1], np.repeat(tops, 2)
        colour = theme.color(ROLES[name])
        figure.add_trace(
            theme.curve(ROLES[name], name, x, y, fill="tozeroy", fillcolor=colour,
                        line=dict(width=0.5, dash="solid"), hoverinfo="skip",
                        showlegend=bool(trace.fates[name].any()))
        )  # fmt: skip
    top = 1.08 * max(heights.max(), 1.0)
    for at, level in enumerate(trace.levels):
        units = int(trace.level_widths[at])
        name = f"proved minimum, loss {number(level, 6)}"
        if units != trace.settings["width"]:
            name += f" ({units} unit{'s' * (units > 1)})"
        figure.add_trace(theme.curve("threshold", name, [level, level], [0, top]))
    figure.update_xaxes(title_text="loss L at the second look", range=[0, edges[-1]])
    figure.update_yaxes(title_text="runs", range=[0, top])
    # Up to three rows of names are above it.
    figure.update_layout(hovermode="closest", legend_traceorder="reversed", margin_t=112)
    return figure


def success(trace: Trace) -> go.Figure:
    """The share of runs that get every point right, against width, with Wilson's intervals."""
    widths, counts = list(trace.success()), np.array(list(trace.success().values())).reshape(-1, 2)
    figure = theme.figure(f"Every point right: {_about(trace)}", height=470)
    solved, runs = counts.T
    _share(figure, "curvature", "solved, with its 95 % interval", widths, solved, runs)
    figure.update_xaxes(title_text="hidden units h", range=_units(trace), dtick=1)
    figure.update_yaxes(title_text="share of runs, per cent", range=[-2, 102])
    return figure


def _units(trace: Trace) -> list[float]:
    return [0.4, trace.settings["width"] + 0.6]


def _share(figure, role, name, x, successes, trials, shift=0.0):
    """Points with Wilson's intervals, in per cent."""
    low, high = wilson(successes, trials)
    share = 100 * successes / np.maximum(trials, 1)
    bars = dict(
        type="data", symmetric=False, array=np.maximum(100 * high - share, 0),
        arrayminus=np.maximum(share - 100 * low, 0), thickness=2, width=7,
    )  # fmt: skip
    figure.add_trace(
        theme.curve(role, name, np.array(x, float) + shift, share, mode="lines+markers",
                    marker=dict(size=10), error_y=bars)
    )  # fmt: skip


def dead(trace: Trace) -> go.Figure:
    """The share of units that are off on every point, at the start and at the end, by width."""
    widths, started, ended = (trace.runs(name) for name in ("width", "dead_at_start", "dead"))
    each = np.unique(widths)
    units = np.array([(widths == h).sum() * h for h in each])
    figure = theme.figure(f"Units off on every point: {_about(trace)}", height=470)
    for role, name, values, shift in (("sharpness", "at the end", ended, 0.06),
                                      ("loss", "at the start", started, -0.06)):  # fmt: skip
        silent = np.array([values[widths == h].sum() for h in each])
        _share(figure, role, name, each, silent, units, shift)
    level = 100 * float(trace.predicted_dead)
    ends = _units(trace)
    figure.add_trace(theme.curve("threshold", "predicted for the start, by sampling units", ends,
                                 [level] * 2))  # fmt: skip
    figure.update_xaxes(title_text="hidden units h", range=ends, dtick=1)
    figure.update_yaxes(title_text="share of units, per cent", range=[-2, 102])
    return figure


def surface(trace: Trace) -> go.Figure:
    """The data, and what is learnt of them: by the best run, and by a median failure."""
    figure = theme.figure(f"What is learnt: {_about(trace)}", height=470)
    losses = {name: getattr(trace, f"{name}_loss") for name in ("best", "typical")}
    finite = {name: np.isfinite(each) & (np.abs(each) < 1e20) for name, each in losses.items()}
    for panel, (name, title) in enumerate((("best", "the best run"), ("typical", "a failure")), 1):
        figure.add_trace(_empty(panel))
        if not finite[name].any():
            continue
        usable = np.where(finite[name], losses[name], np.inf)
        # The best of all batches; of the failures the one of the newest batch.
        at = int(np.argmin(usable)) if name == "best" else int(np.flatnonzero(finite[name])[-1])
        _learnt(figure, trace, getattr(trace, f"{name}_surface")[at], panel)
        text, axis = f"{title}: loss {number(losses[name][at])}", panel if panel > 1 else ""
        figure.add_annotation(
            text=text, xref=f"x{axis} domain", yref=f"y{axis} domain", x=0.02, y=1.02,
            yanchor="bottom", xanchor="left", showarrow=False,
        )  # fmt: skip
    figure.update_layout(
        xaxis=dict(domain=[0, 0.45]), hovermode="closest", legend=dict(y=1.08),
        xaxis2=dict(domain=[0.55, 1], anchor="y2"), yaxis2=dict(anchor="x2"),
    )  # fmt: skip
    _name_axes(figure, trace)
    return figure


def _empty(panel):
    import plotly.graph_objects as go

    return go.Scatter(x=[], y=[], xaxis=f"x{panel}", yaxis=f"y{panel}", showlegend=False)


def _is_line(trace):
    return trace.settings["data"].startswith("line")


def _name_axes(figure, trace):
    names = {"digits": ("first main direction", "second main direction")}
    x_title, y_title = names.get(trace.settings["data"], ("x₁", "x₂"))
    if _is_line(trace):
        x_title, y_title = "x", "output z and target y"
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(title_text=y_title)


def _learnt(figure, trace, values, panel):
    """One panel: the probability over the plane with the points on it, or a function of x."""
    where = dict(xaxis=f"x{panel}", yaxis=f"y{panel}", showlegend=panel == 1)
    values = np.clip(np.nan_to_num(values.astype(float)), -30, 30)
    if _is_line(trace):
        figure.add_trace(theme.curve("loss", "output", trace.axis_1, values[0], **where))
        options = dict(mode="markers", marker=dict(size=11), **where)
        figure.add_trace(
            theme.curve("sharpness", "points", trace.points[:, 0], trace.targets, **options)
        )
        return
    figure.add_trace(
        _probability(trace.axis_1, trace.axis_2, values, f"probability {panel}", **where)
    )
    for each in _labelled(trace.points, trace.targets, **where):
        figure.add_trace(each)


def _probability(one, two, values, name, **where):
    """1 / (1 + exp(−z)) over the plane, in the colours of the labels."""
    import plotly.graph_objects as go

    colours = [[0, theme.color("second")], [0.5, theme.PAPER[theme.mode()]]]
    colours += [[1, theme.color("loss")]]
    values = 1 / (1 + np.exp(-np.clip(values, -30, 30)))
    return go.Contour(
        x=one, y=two, z=values, zmin=0, zmax=1, colorscale=colours, line=dict(width=0.5),
        contours=dict(start=0, end=1, size=0.1), name=name, showscale=False,
        **where | dict(showlegend=False),
    )  # fmt: skip


def _labelled(points, labels, **where):
    """The points of either label, as markers."""
    for label, role, symbol in ((1, "loss", "circle"), (0, "sharpness", "square")):
        x, y = points[labels == label][:, :2].T
        marker = dict(size=11, symbol=symbol, line=dict(width=1.5, color="white"))
        yield theme.curve(role, f"label {label}", x, y, mode="markers", marker=marker, **where)


def bad_minimum(finding: Any) -> go.Figure:
    """What a search found: the points, and the output at its most frequented bad minimum."""
    chosen = (*finding.bad, *finding.minima)[:1]
    figure = theme.figure("No minimum above the best was found", height=470)
    if chosen and chosen[0].surface.size:
        verdict = chosen[0].certificate.verdict
        figure.update_layout(title_text=f"Bad minimum, loss {number(chosen[0].loss, 6)}: {verdict}")
        x1, x2 = finding.axes
        figure.add_trace(_probability(x1, x2, chosen[0].surface, "probability"))
    for curve in _labelled(finding.points, finding.labels):
        figure.add_trace(curve)
    figure.update_layout(hovermode="closest", xaxis_title_text="x₁", yaxis_title_text="x₂")
    return figure


def scattered(points: list[list[float]], labels: list[float]) -> go.Figure:
    """Points of two labels, before anything is learnt of them."""
    figure = theme.figure("The points as they stand", height=470)
    for each in _labelled(np.array(points, float).reshape(-1, 2), np.array(labels)):
        figure.add_trace(each)
    figure.update_layout(hovermode="closest", xaxis_title_text="x₁", yaxis_title_text="x₂")
    return figure


def words(trace: Trace) -> str:
    """What the runs show, in a few short sentences, with their own numbers."""
    total = len(trace.runs("loss"))
    if not total:
        return "No run has ended yet."
    fates = {name: int(chosen.sum()) for name, chosen in trace.fates.items()}
    sentences = [f"Of {counted(total, 'run')} **{fates['solved']} got every point right**."]
    sentences.append(f"**Stuck**, with a gradient below the tolerance: {fates['stuck']}, for which")
    sentences[-1] += f" a second look won nothing; **not there yet**: {fates['not there yet']}."
    if fates["diverged"]:
        sentences.append(f"**{fates['diverged']}** diverged.")
    for at, level in enumerate(trace.levels):
        ended = int(trace.at_level(at).sum())
        of = int((trace.runs("width") == trace.level_widths[at]).sum())
        sentences.append(
            f"At the proved minimum with loss {number(level, 6)} ended **{ended}** of {of}."
        )
    if "relu" in trace.settings["activation"]:
        units = max(int(trace.runs("width").sum()), 1)
        share = 100 * trace.runs("dead").sum() / units
        sentences.append(f"At the end {number(share)} % of all units are off on every point.")
    return " ".join(sentences)

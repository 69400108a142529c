"""What is drawn and told of the flows beside the runs of the tuners, and how a run is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from curvkit.core.flows import CALLED, NOT_CHOSEN, ended, none_for
from curvkit.draw import theme
from curvkit.tuners._names import FREE, NAMES
from curvkit.tuners.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

Clock = Literal["step", "time"]
# What a flow is drawn as; those of one tuner and of another are told apart by their dashes.
ROLE = {"gradient": "plain", "central": "curvature"}
DASHES = ("solid", "dash", "dot")


def name_of(trace: Trace, contender: int) -> str:
    """A contender in words, CDAT with its σ."""
    name = trace.contenders[contender]
    return f"{NAMES[name]} σ = {trace.settings['sigma']:g}" if name == "cdat" else NAMES[name]


def drawn(trace: Trace, series: str, contender: int) -> np.ndarray:
    """A series of a contender, (reading, seed), with nan from the first non-finite reading on."""
    return _cut(trace, getattr(trace, series), contender)


def _cut(trace: Trace, whole: np.ndarray, contender: int) -> np.ndarray:
    """Of (reading, contender, seed) what is drawn of a contender."""
    values = np.array(whole[:, contender], float)
    for seed in range(values.shape[1]):
        values[trace.finite_at(contender, seed) :, seed] = np.nan
    # Beyond what a double can draw is as good as not finite.
    return np.where(np.abs(values) < 1e30, values, np.nan)


def clocked(trace: Trace, clock: Clock, contender: int) -> np.ndarray:
    """Where each reading of a contender is drawn, in steps or in the time of its rates."""
    if clock == "step" or not trace.readings:
        return trace.step
    rates = np.nan_to_num(drawn(trace, "learning_rate", contender)[:, 0])
    return np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff(trace.step))])


def _middle(x: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The median over the seeds of (reading, seed), at the readings that have one."""
    known = np.isfinite(values).any(axis=1)
    x, values = x[known], values[known]
    return x, np.nanmedian(values, axis=1) if len(x) else np.empty(0)


def _curve(role: str, name: str, x: np.ndarray, values: np.ndarray, contender: int, **options):
    """A curve of a flow, or of what is compared with it, of one contender."""
    line = dict(width=1.8, dash=DASHES[contender % len(DASHES)])
    return theme.curve(role, name, *_middle(x, values), line=line, **options)


def beside(figure: go.Figure, trace: Trace, series: str, clock: Clock, row: int) -> None:
    """Draws a series of each flow into a row: of each contender the median over the seeds."""
    for at, flow in enumerate(trace.flows):
        for contender in range(len(trace.contenders)):
            values = _cut(trace, getattr(trace, series)[:, :, :, at], contender)
            if not np.isfinite(values).any():
                continue
            name = f"{CALLED[flow]} of {name_of(trace, contender)}"
            x = clocked(trace, clock, contender)
            figure.add_trace(_curve(ROLE[flow], name, x, values, contender), row=row, col=1)


def flows(trace: Trace, *, clock: Clock = "step") -> go.Figure:
    """How far each flow is from each run's average, and what the runs oscillate by."""
    figure = theme.figure("How far the flows are from the runs' averages", 2)
    for contender in range(len(trace.contenders)):
        x, name = clocked(trace, clock, contender), name_of(trace, contender)
        for flow in trace.flows:
            called, share = f"{CALLED[flow]} of {name}", _cut(trace, trace.astray(flow), contender)
            figure.add_trace(_curve(ROLE[flow], called, x, share, contender), row=1, col=1)
        offset = drawn(trace, "offset", contender)
        square = np.where(np.abs(offset) < 1e15, offset, np.nan) ** 2
        figure.add_trace(_curve("loss", f"x² of {name}", x, square, contender), row=2, col=1)
        if "central" in trace.flows:
            spread = trace.flow_variance[:, :, :, trace.flows.index("central")]
            spread = _cut(trace, spread, contender)
            curve = _curve("second", f"tr X of {name}", x, spread, contender)
            figure.add_trace(curve, row=2, col=1)
    title = "training steps" if clock == "step" else "time Σ η"
    figure.update_xaxes(title_text=title, row=2, col=1)
    figure.update_yaxes(title_text="distance / way", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="x², tr X", rangemode="tozero", row=2, col=1)
    if not trace.flows:
        theme.nothing(figure, clocked(trace, clock, 0))
        theme.remark(figure, no_flow(trace))
    return figure


def no_flow(trace: Trace) -> str:
    """Why there is no flow beside the runs."""
    if trace.settings["flow"] == "none":
        return NOT_CHOSEN
    base = trace.settings["base"]
    return none_for("batches" if base == "gd" else base.replace("_", " "))


def of_flows(trace: Trace) -> list[str]:
    """How far the flows are from the average of each run in the end, in sentences."""
    if trace.settings["flow"] != "none" and not trace.flows:
        return [f"{no_flow(trace)[0].upper()}{no_flow(trace)[1:]}."]
    sentences = []
    for contender in range(len(trace.contenders)):
        name, at = name_of(trace, contender), trace.diverged_at[contender]
        if not trace.flows or (at >= 0).all():
            continue
        if trace.contenders[contender] in FREE:
            sentences.append(f"No flow is known of {name}, whose steps are not along the gradient.")
            continue
        for number, flow in enumerate(trace.flows):
            level = _last(trace, trace.flow_sharpness[:, :, :, number], contender)
            away = _last(trace, trace.astray(flow), contender)
            sentences.append(ended(flow, away, level, name))
    return sentences


def _last(trace: Trace, whole: np.ndarray, contender: int) -> float:
    """Of (reading, contender, seed) the median of a contender's seeds at the last reading."""
    values = _cut(trace, whole, contender)[-1:]
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan

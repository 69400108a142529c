"""The pictures of other ways of shaping; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.kernels.ways.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAMES = {"relu": "ReLU", "selu": "SELU", "elu": "ELU", "looks_linear": "looks-linear"}
WEIGHTS = {"lecun": "LeCun", "he": "He", "dirac": "Dirac"}
NORMS = {
    "layer_before": "LayerNorm before φ",
    "layer_after": "LayerNorm after φ",
    "batch": "BatchNorm",
}
SHORTCUTS = {
    "growing": "growing shortcuts",
    "plain": "plain shortcuts",
    "zeroed": "branches zero at first",
}
SHOWN = (-1.0, -0.5, 0.0, 0.5, 0.875)
# A factor of the slope per layer nearer to 1 than this is the edge.
EDGE = 0.02


def _about(trace: Trace) -> str:
    knobs = trace.settings
    dial = f"σ<sub>w</sub> = {number(trace.at[0])}, σ<sub>b</sub> = {number(trace.at[1])}"
    phrases = [
        NAMES.get(knobs["activation"], knobs["activation"]),
        WEIGHTS.get(knobs["weights"], dial),
    ]
    mixed = knobs["weights"] != "dirac"
    phrases += [NORMS[knobs["norm"]]] if mixed and knobs["norm"] in NORMS else []
    if knobs["shortcut"] == "rescaled":
        phrases.append(f"shortcuts w = {number(knobs['weight'])}")
    elif knobs["shortcut"] in SHORTCUTS:
        phrases.append(SHORTCUTS[knobs["shortcut"]])
    return ", ".join(phrases)


def _plain(trace: Trace) -> str:
    """The same for a sentence, which has no markup."""
    return _about(trace).replace("<sub>", "_").replace("</sub>", "")


def _slopes(trace: Trace) -> np.ndarray:
    return 10.0 ** np.clip(np.asarray(trace.log_slope, float), -300, 300)


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    if trace.finite < trace.readings:
        theme.remark(figure, f"not finite from layer {int(trace.step[trace.finite])} on")
    return figure


def shape(trace: Trace) -> go.Figure:
    """The network's C map, and its slope and lengths on their way down."""
    figure = theme.figure(f"What the network does to angles: {_about(trace)}", height=520)
    figure.add_trace(
        theme.curve("plain", "no layer", [-1, 1], [-1, 1], line=dict(dash="dot", width=1))
    )
    finite = trace.head(trace.finite)
    # As many curves however few readings there are.
    places = {"after 2 layers": 1, "a quarter of the way": len(finite.c) // 4, "at the end": -1}
    for role, width, (name, place) in zip(
        ("loss", "second", "sharpness"), (1.2, 1.2, 2.5), places.items(), strict=True
    ):
        known = len(finite.c) > max(place, 0)
        c = finite.c[place] if known else np.full(trace.cosine.shape, np.nan)
        figure.add_trace(theme.curve(role, name, trace.cosine, c, line=dict(width=width)))
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1])
    figure.update_yaxes(title_text="cosine of two outputs C(c)", range=[-1.05, 1.05])
    return _finish(figure, trace)


def depth(trace: Trace) -> go.Figure:
    """Cosines, the slope at 1 and the mean square, as depth grows."""
    figure = theme.figure(f"As depth grows: {_about(trace)}", 3, height=760)
    finite = trace.head(trace.finite)
    for at, cosine in enumerate(SHOWN):
        column = int(np.argmin(np.abs(trace.cosine - cosine)))
        label = f"c = {number(trace.cosine[column], 2)}"
        curve = theme.curve("loss", label, finite.step, finite.c[:, column],
                            line=theme.apart(at))  # fmt: skip
        figure.add_trace(curve, row=1, col=1)
    slopes = np.clip(_slopes(finite), 1e-30, 1e30)
    slope = theme.curve("sharpness", "slope at 1", finite.step, slopes, showlegend=False)
    figure.add_trace(slope, row=2, col=1)
    q = np.clip(finite.q, 1e-30, 1e30)
    figure.add_trace(
        theme.curve("curvature", "mean square", finite.step, q, showlegend=False), row=3, col=1
    )
    figure.update_yaxes(title_text="cosine", range=[-1.05, 1.05], row=1, col=1)
    for row, title, values in (
        (2, "slope C′(1)", slopes),
        (3, "mean square q", q),
    ):
        low, high = (np.log10(values.min()), np.log10(values.max())) if values.size else (0, 0)
        low, high = min(low, -0.5), max(high, 0.5)
        # Whole powers, and not too many of them.
        every = max(1, int(np.ceil((high - low) / 4)))
        room: dict[str, Any] = dict(range=[low - 0.1, high + 0.1], dtick=every, tickformat="~e")
        figure.update_yaxes(title_text=title, type="log", row=row, col=1, **room)
    figure.update_xaxes(range=[0, trace.settings["depth"]])
    figure.update_xaxes(title_text="layers", row=3, col=1)
    return _finish(figure, trace)


def plane(trace: Trace) -> go.Figure:
    """Gains and biases: ordered left of the edge of chaos, chaotic right of it; this network."""
    import plotly.graph_objects as go

    name = NAMES.get(trace.settings["activation"], trace.settings["activation"])
    figure = theme.figure(f"The slope χ of one plain {name} layer, by gain and bias", height=500)
    log = np.log10(np.clip(trace.chi, 1e-2, 1e2))
    cold, warm, paper = theme.color("loss"), theme.color("sharpness"), theme.PAPER[theme.mode()]
    ticks = [-1, -0.5, 0, 0.5, 1]
    labels = [number(10.0**each, 2) for each in ticks]
    heat = go.Heatmap(
        x=trace.plane_gain, y=trace.plane_bias, z=log, zmid=0, zmin=-1, zmax=1,
        colorscale=[[0, cold], [0.5, paper], [1, warm]],
        colorbar=dict(title="χ", tickvals=ticks, ticktext=labels),
        name="χ", showlegend=False, hovertemplate="σ_w %{x:.2f}, σ_b %{y:.2f}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(heat)
    line = theme.curve("threshold", "edge of chaos, χ = 1", trace.edge, trace.plane_bias,
                       line=dict(width=2.5), hoverinfo="skip")  # fmt: skip
    figure.add_trace(line)
    dot = dict(mode="markers", marker=dict(size=13, color=theme.color("curvature"),
               line=dict(color=theme.INK[theme.mode()], width=2)))  # fmt: skip
    # Of Dirac weights the plane, whose weights mix units, says nothing.
    place = trace.at if trace.settings["weights"] != "dirac" else np.full(2, np.nan)
    figure.add_trace(theme.curve("curvature", "this network", [place[0]], [place[1]], **dot))
    figure.update_xaxes(title_text="gain σ<sub>w</sub>", range=[0.5, 3.0])
    figure.update_yaxes(title_text="bias σ<sub>b</sub>", range=[-0.02, 1.0])
    return figure


def _verdict(trace: Trace) -> str:
    factor = trace.per_layer
    if not np.isfinite(factor):
        return "nothing can be said of its slope"
    if abs(factor - 1) < EDGE:
        return "each layer now keeps the slope at 1, as at the edge of chaos"
    if factor < 1:
        return f"each layer now multiplies the slope at 1 by {number(factor)}: ordered"
    return f"each layer now multiplies the slope at 1 by {number(factor)}: chaotic"


def _cosine(value: float) -> str:
    return "0" if abs(value) < 5e-4 else number(value)


def words(trace: Trace) -> str:
    """What the network does to angles and lengths, in words, with its own numbers."""
    if not trace.finite:
        return "Nothing was read, or nothing of it is finite."
    layers = int(trace.step[trace.finite - 1])
    ends = [_cosine(trace.ends(each)) for each in (-1.0, 0.0, 0.5)]
    last = trace.finite - 1
    sentences = [
        f"{_plain(trace)}: after {counted(layers, 'layer')} cosines −1, 0 and 0.5 are at "
        f"**{ends[0]}, {ends[1]} and {ends[2]}**.",
        f"The slope at 1 is {number(_slopes(trace)[last])}, the mean square "
        f"{number(trace.q[last])}; {_verdict(trace)}.",
    ]
    if trace.finite < trace.readings:
        sentences.append(f"From layer {int(trace.step[trace.finite])} on, not all is finite.")
    return " ".join(sentences)

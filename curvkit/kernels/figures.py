"""The pictures of the kernels room; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import counted, number
from curvkit.draw import theme
from curvkit.kernels.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go

TARGETS = {"zeta": "ζ", "tau": "τ", "eta": "η"}
POWERS: dict[str, Any] = dict(type="log", dtick=2, tickformat="~e")


def _name(trace: Trace) -> str:
    """The activation as a title names it."""
    plain = {"leaky_relu": "leaky ReLU"}
    name: str = trace.settings["activation"]
    return plain.get(name, name)


def _method(trace: Trace) -> str:
    goal = f"{TARGETS[trace.target]} = {number(trace.goal)}"
    return f"{trace.settings['method'].upper()} at {goal}"


def _last(trace: Trace, name: str) -> np.ndarray:
    """The last reading of a series before anything is not finite; nothing if there is none."""
    values = getattr(trace, name)[: trace.finite]
    return values[-1] if len(values) else np.full(values.shape[1:], np.nan)


def _depth(trace: Trace) -> int:
    return int(trace.step[trace.finite - 1]) if trace.finite else 0


def _beside(title: str) -> go.Figure:
    """An empty figure of two panels beside one another."""
    return theme.figure(title, height=480, cols=2, horizontal_spacing=0.15, shared_xaxes=False)


def _diagonal(name: str, end: float) -> go.Scatter:
    ends = [-end, end]
    return theme.curve("plain", name, ends, ends, line=dict(dash="dot", width=1))


def _finish(figure: go.Figure, trace: Trace) -> go.Figure:
    """Says so where numbers end, and where less was attained than asked for."""
    asked = trace.settings[trace.target]
    if trace.finite < trace.readings:
        theme.remark(figure, f"not finite from layer {int(trace.step[trace.finite])} on")
    elif abs(float(trace.goal) - asked) > 1e-5 * asked:
        symbol = TARGETS[trace.target]
        theme.remark(
            figure, f"{symbol} = {number(asked)} is out of reach here: {symbol} = "
            f"{number(trace.goal)} is shown"
        )  # fmt: skip
    return figure


def depth(trace: Trace) -> go.Figure:
    """The network's C map as depth grows, plain and shaped, with the limit that deep ones share."""
    title = f"The network's C map as depth grows: {_name(trace)}, {_method(trace)}"
    figure = theme.figure(title, height=520)
    c = trace.cosine
    figure.add_trace(_diagonal("no layer", 1))
    # From b ≥ 0: what the map of a network whose target is attained lies between.
    bound = dict(line=dict(width=0.6), hoverinfo="skip")
    figure.add_trace(
        theme.curve("curvature", "lower bound", c, trace.lower, showlegend=False, **bound)
    )
    fill = dict(fill="tonexty", fillcolor=theme.faint(theme.color("curvature")))
    figure.add_trace(
        theme.curve("curvature", "proved to lie within", c, trace.upper, **fill, **bound)
    )
    name = "its end" if trace.settings["activation"] == "leaky_relu" else "infinite depth"
    figure.add_trace(theme.curve("threshold", name, c, trace.limit))
    figure.add_trace(theme.curve("loss", "plain", c, _last(trace, "plain_c")))
    figure.add_trace(theme.curve("sharpness", "shaped", c, _last(trace, "shaped_c")))
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1])
    figure.update_yaxes(title_text="cosine of two outputs C(c)", range=[-1.05, 1.05])
    return _finish(figure, trace)


def paths(trace: Trace) -> go.Figure:
    """The cosines of a few pairs of inputs, layer by layer, plain above and shaped below."""
    finite = trace.head(trace.finite)
    figure = theme.figure(f"Pairs of inputs on their way down: {_name(trace)}, {_method(trace)}", 2)
    for row, name in enumerate(("plain", "shaped"), 1):
        role = ("loss", "sharpness")[row - 1]
        for at in (0, 20, 40, 60, 76):
            values = getattr(finite, f"{name}_c")[:, at]
            label = f"{name}, c = {number(trace.cosine[at], 2)}"
            shade = dict(width=1 + 1.6 * at / 76)
            curve = theme.curve(role, label, finite.step, values, line=shade, showlegend=at == 0)
            figure.add_trace(curve.update(name=name if at == 0 else label), row=row, col=1)
        figure.update_yaxes(title_text=f"{name} cosine", range=[-1.05, 1.05], row=row, col=1)
    figure.update_xaxes(title_text="layers", range=[0, trace.settings["depth"]], row=2, col=1)
    figure.update_xaxes(range=[0, trace.settings["depth"]], row=1, col=1)
    return _finish(figure, trace)


def activation(trace: Trace) -> go.Figure:
    """The activation before and after, and how well its four conditions are met."""
    title = f"The activation before and after: {_name(trace)}, {_method(trace)}"
    apart = dict(vertical_spacing=0.17, shared_xaxes=False)
    figure = theme.figure(title, 2, height=600, shares=[0.64, 0.36], **apart)
    figure.add_trace(_diagonal("identity", 4))
    figure.add_trace(theme.curve("loss", "plain φ", trace.input, trace.plain_output))
    figure.add_trace(theme.curve("sharpness", "shaped φ̂", trace.input, trace.shaped_output))
    figure.update_xaxes(title_text="input x", range=[-4, 4], row=1, col=1)
    figure.update_yaxes(title_text="output", range=[-4.2, 6.2], row=1, col=1)
    gauges = np.maximum(np.abs(trace.missed), 1e-17)
    labels = [
        f"{name.replace(' of', '<br>of')} = {number(value, 4) if abs(value) > 1e-9 else '0'}"
        for name, value in zip(trace.conditions, trace.achieved, strict=True)
    ]
    places = np.arange(len(labels))
    bars = theme.bars(
        "curvature", "missed by", gauges, places, orientation="h", base=1e-18,
        text=[number(abs(each), 2) for each in trace.missed], textposition="outside",
        cliponaxis=False,
    )  # fmt: skip
    figure.add_trace(bars, row=2, col=1)
    figure.add_trace(
        theme.curve("threshold", "tolerance", [1e-8, 1e-8], [-0.5, len(labels) - 0.5]), row=2, col=1
    )
    figure.update_xaxes(
        title_text="missed by", type="log", range=[-18, -5], dtick=4, tickformat="~e", row=2, col=1
    )
    figure.update_yaxes(
        title_text="condition", range=[len(labels) - 0.5, -0.5], tickvals=places, ticktext=labels,
        row=2, col=1,
    )  # fmt: skip
    return _finish(figure, trace)


def local(trace: Trace) -> go.Figure:
    """One layer's C map, and the Hermite weights it is a power series of."""
    figure = _beside(f"One layer's C map and its weights: {_name(trace)}, {_method(trace)}")
    figure.add_trace(_diagonal("identity", 1))
    powers = np.arange(len(trace.plain_weights))
    for role, name in (("loss", "plain"), ("sharpness", "shaped")):
        figure.add_trace(
            theme.curve(role, f"{name} map", trace.cosine, getattr(trace, f"{name}_local"))
        )
        heights = np.maximum(getattr(trace, f"{name}_weights"), 1e-12)
        figure.add_trace(theme.bars(role, f"{name} weights", powers, heights), row=1, col=2)
    figure.update_xaxes(title_text="cosine before c", range=[-1, 1], row=1, col=1)
    figure.update_yaxes(title_text="cosine after C(c)", range=[-1.05, 1.05], row=1, col=1)
    figure.update_xaxes(title_text="power k of c", row=1, col=2)
    figure.update_yaxes(title_text="weight b", range=[-8, 0.2], **POWERS, row=1, col=2)
    return _finish(figure, trace)


def lengths(trace: Trace) -> go.Figure:
    """The mean square of what passes, layer by layer, from three starts."""
    finite = trace.head(trace.finite)
    figure = theme.figure(
        f"Lengths on their way down: {_name(trace)}, {_method(trace)}", height=430
    )
    for role, name in (("loss", "plain"), ("sharpness", "shaped")):
        values = getattr(finite, f"{name}_q")
        for at in range(values.shape[1]):
            label = name if at == 1 else f"{name}, start {at}"
            line = dict(width=2.5 if at == 1 else 1.2)
            curve = theme.curve(role, label, finite.step, values[:, at], line=line)
            figure.add_trace(curve.update(showlegend=at == 1))
    every = np.concatenate([finite.plain_q.ravel(), finite.shaped_q.ravel()])
    every = np.log10(every[(every > 0) & np.isfinite(every)])
    low, high = (max(every.min(), -30), min(every.max(), 6)) if every.size else (-1, 1)
    figure.update_xaxes(title_text="layers", range=[0, trace.settings["depth"]])
    air = 0.1 * (high - low) + 0.05
    ends = [low - air, high + air]
    figure.update_yaxes(title_text="mean square q", type="log", range=ends, nticks=6)
    return _finish(figure, trace)


def tangent(trace: Trace) -> go.Figure:
    """The tangent kernel over its value at c = 1, and its condition number as depth grows."""
    title = f"The neural tangent kernel as depth grows: {_name(trace)}, {_method(trace)}"
    figure = _beside(title)
    finite = trace.head(trace.finite)
    for role, name in (("loss", "plain"), ("sharpness", "shaped")):
        figure.add_trace(theme.curve(role, name, trace.cosine, _last(trace, f"{name}_ntk")))
        kappa = getattr(finite, f"{name}_kappa")
        curve = theme.curve(role, name, finite.step, kappa, showlegend=False)
        figure.add_trace(curve, row=1, col=2)
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1], row=1, col=1)
    figure.update_yaxes(title_text="kernel Θ(c)/Θ(1)", range=[-1.05, 1.05], row=1, col=1)
    figure.update_xaxes(title_text="layers", range=[0, trace.settings["depth"]], row=1, col=2)
    figure.update_yaxes(
        title_text="condition number κ, up to 1e8", range=[-0.3, 8.6], **POWERS, row=1, col=2
    )
    return _finish(figure, trace)


def roots(trace: Trace) -> go.Figure:
    """All roots of the conditions: the shaped activations, and what the network makes of them."""
    count = 1 + int((trace.roots[1:, 1] != trace.roots[0, 1]).sum())
    figure = _beside(f"Roots of the conditions, {count} of them: {_name(trace)}, {_method(trace)}")
    for at, (row, output, deep) in enumerate(
        zip(trace.roots, trace.root_output, trace.root_c, strict=True)
    ):
        if at >= count:
            break
        name = f"β = {number(row[1])}" + (", taken" if at == 0 else "")
        line = dict(line=theme.apart(at) | dict(width=2.5 if at == 0 else 1.6))
        figure.add_trace(theme.curve("loss", name, trace.input, output, **line))
        again = theme.curve("loss", name, trace.cosine, deep, showlegend=False, **line)
        figure.add_trace(again, row=1, col=2)
    figure.update_xaxes(title_text="input x", range=[-4, 4], row=1, col=1)
    figure.update_yaxes(title_text="output φ̂(x)", range=[-4.2, 6.2], row=1, col=1)
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1], row=1, col=2)
    figure.update_yaxes(title_text="network C(c)", range=[-1.05, 1.05], row=1, col=2)
    return _finish(figure, trace)


def architecture(trace: Trace) -> go.Figure:
    """The architecture of the knobs: its C map, and which of its sub-networks meets the target."""
    knobs, symbol = trace.settings, TARGETS[trace.target]
    wiring = {"resnet_v2": "ResNet V2"}.get(knobs["wiring"], knobs["wiring"])
    shortcuts = "" if knobs["wiring"] == "chain" else f", w = {number(knobs['weight'], 3)}"
    title = (
        f"{wiring}, {counted(knobs['blocks'], 'block')}{shortcuts}, "
        f"{counted(int(trace.built_layers), 'layer')}: "
        f"{_name(trace)}, {knobs['method'].upper()} at {symbol} = {number(trace.built_goal)}"
    )
    figure = _beside(title)
    for role, name in (("loss", "plain"), ("sharpness", "shaped")):
        values = getattr(trace, f"built_{name}")
        figure.add_trace(theme.curve(role, f"{name}, whole network", trace.cosine, values))
    parts = trace.built_parts[trace.built_parts > 0]
    places = np.arange(len(parts))
    bars = theme.bars(
        "curvature", "sub-networks", places, parts, text=[number(each) for each in parts],
        textposition="outside", cliponaxis=False,
    )  # fmt: skip
    figure.add_trace(bars, row=1, col=2)
    goal, ends = float(trace.built_goal), [-0.5, len(parts) - 0.5]
    figure.add_trace(theme.curve("threshold", f"target {symbol}", ends, [goal, goal]), row=1, col=2)
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1], row=1, col=1)
    figure.update_yaxes(title_text="cosine of two outputs C(c)", range=[-1.05, 1.05], row=1, col=1)
    names = ["whole", *(f"branch {at}" for at in places[1:])]
    figure.update_xaxes(title_text="sub-network", tickvals=places, ticktext=names, row=1, col=2)
    of = {"zeta": "slope C′(1)", "tau": "curvature C″(1)", "eta": "C(0)"}[trace.target]
    figure.update_yaxes(title_text=of, range=[0, 1.25 * max(goal, *parts)], row=1, col=2)
    return figure


def sampled(trace: Trace) -> go.Figure:
    """Sampled networks of finite width over the theory of infinite width."""
    law = "orthogonal" if trace.settings["orthogonal"] else "Gaussian"
    title = f"Sampled networks, {law} weights, width {trace.settings['width']}: {_name(trace)}"
    figure = theme.figure(title, height=500)
    figure.add_trace(theme.curve("sharpness", "theory", trace.cosine, _last(trace, "shaped_c")))
    cosines = _last(trace, "sampled")
    x = np.tile(trace.pair, len(cosines))
    dots = dict(mode="markers", marker=dict(size=7, opacity=0.6, color=theme.color("loss")))
    figure.add_trace(theme.curve("loss", f"{len(cosines)} networks", x, cosines.ravel(), **dots))
    figure.update_xaxes(title_text="cosine of two inputs c", range=[-1, 1])
    figure.update_yaxes(title_text="cosine of two outputs", range=[-1.05, 1.05])
    return _finish(figure, trace)


def _cosine(trace: Trace, name: str, cosine: float) -> str:
    """A cosine of the last layer, as far as single precision knows it."""
    value = trace.at(name, cosine)
    return "0" if abs(value) < 1e-6 else number(value)


def words(trace: Trace) -> str:
    """What the trace shows, in words, with its own numbers."""
    if not trace.finite:
        return "Nothing was read, or nothing of it is finite."
    alpha, beta, gamma, delta, slope = (number(each, 4) for each in trace.parameters)
    numbers = f"α = {alpha}, β = {beta}, γ = {gamma}, δ = {delta}"
    if trace.settings["activation"] == "leaky_relu":
        numbers += f" and slope {slope} below zero"
    sentences = [f"{_method(trace)} gives {_name(trace)} **{numbers}**."]
    asked, symbol = trace.settings[trace.target], TARGETS[trace.target]
    if abs(float(trace.goal) - asked) > 1e-5 * asked:
        what = f"What was asked for, {symbol} = {number(asked)}"
        sentences.append(f"{what}, is out of reach of so few layers.")
    sentences.append(
        f"Its conditions are missed by {number(np.max(np.abs(trace.missed)), 2)} at most."
    )
    sentences.append(
        f"After {counted(_depth(trace), 'layer')} inputs at cosine 0 and 0.5 are at "
        f"{_cosine(trace, 'plain_c', 0.0)} and {_cosine(trace, 'plain_c', 0.5)} in the plain "
        f"network, and at **{_cosine(trace, 'shaped_c', 0.0)}** and "
        f"**{_cosine(trace, 'shaped_c', 0.5)}** in the shaped one."
    )
    return " ".join(sentences)

"""The pictures of the room of shapes; each takes any trace and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from curvkit.core.messages import number
from curvkit.draw import theme
from curvkit.verification.shapes.trace import WILD, Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go


def _between(trace: Trace, title: str, curves: tuple[Any, ...]) -> go.Figure:
    """A function and the lines on both sides, with the space between them."""
    figure = theme.figure(title, height=470)
    finite = lambda name: np.where(
        trace.alive & (np.abs(getattr(trace, name)) < WILD), getattr(trace, name), np.nan
    ).astype(float)
    x = finite("argument")
    (above, above_name), (below, below_name), (function, name) = curves
    figure.add_trace(theme.curve("loss", above_name, x, finite(above)))
    shade = theme.faint(theme.color("plain"))
    figure.add_trace(theme.curve("curvature", below_name, x, finite(below), fill="tonexty",
                                 fillcolor=shade))  # fmt: skip
    figure.add_trace(theme.curve("threshold", name, x, finite(function),
                                 line=dict(dash="solid")))  # fmt: skip
    ends = [trace.settings["lower"], trace.settings["upper"]]
    figure.update_xaxes(title_text="argument z", range=ends)
    figure.update_yaxes(title_text="value")
    if trace.readings and not trace.alive.all():
        theme.remark(figure, "not finite from here on")
    return figure


def triangle(trace: Trace) -> go.Figure:
    """The ReLU between two lines; where the lower one starts is free."""
    below = f"line below, α = {trace.settings['slope']:.2f}"
    curves = (("relu_above", "line above"), ("relu_below", below), ("relu", "ReLU"))
    return _between(trace, "The triangle that takes the place of a ReLU", curves)


def exponential(trace: Trace) -> go.Figure:
    """The exponential between its chord and a tangent."""
    curves = (("chord", "chord (terms added)"),
              ("tangent", "tangent (terms taken off)"),
              ("exponential", "exponential"))  # fmt: skip
    return _between(trace, "Chord and tangent of an exponential", curves)


def product(trace: Trace) -> go.Figure:
    """The product of two numbers, and a plane above it on all their box."""
    import plotly.graph_objects as go

    figure = theme.figure("The product and McCormick's plane above it", height=560,
                          specs=[[{"type": "scene"}]])  # fmt: skip
    for name, role, z, opacity in (("product a b", "curvature", trace.product, 0.95),
                                   ("plane above", "loss", trace.plane, 0.55)):  # fmt: skip
        shade = [[0, theme.color(role)], [1, theme.color(role)]]
        figure.add_trace(go.Surface(x=trace.first, y=trace.second, z=z, name=name,
                                    opacity=opacity, colorscale=shade, showscale=False,
                                    showlegend=True))  # fmt: skip
    axis = lambda text: dict(title=dict(text=text), backgroundcolor=theme.PAPER[theme.mode()],
                             gridcolor=theme.GRID[theme.mode()])  # fmt: skip
    figure.update_layout(scene=dict(xaxis=axis("a"), yaxis=axis("b"), zaxis=axis("a b"),
                                    camera=dict(eye=dict(x=1.3, y=-1.6, z=0.7))),
                         hovermode="closest", margin=dict(l=10, r=10, b=10))  # fmt: skip
    figure.update_layout(xaxis_visible=False, yaxis_visible=False)
    return figure


def words(trace: Trace) -> str:
    """How loose the relaxations are, in a sentence."""
    merits = trace.merits()
    return (
        f"The triangle is at most **{number(merits['triangle_gap'])}** high, the chord "
        f"**{number(merits['chord_gap'])}** above the exponential and the tangent "
        f"**{number(merits['tangent_gap'])}** below it; the plane is at most "
        f"**{number(merits['plane_gap'])}** above the product."
    )

"""A figure with a button that makes a slower one; static where nobody is there to press it."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.core import messages
from curvkit.draw import theme
from curvkit.show.canvas import Canvas, CanvasBox
from curvkit.show.once import headless

# Seconds that a figure stands which is followed by another.
FRAME = 0.08


def asked(
    figure: go.Figure,
    text: str,
    then: Callable[[], go.Figure],
    picked: Callable[[Any, Any], Iterable[go.Figure]] | None = None,
) -> widgets.VBox | go.Figure:
    """`figure`, and a button called `text` that brings it to `then()`, or says why it cannot.

    Args:
        figure: what is there at first; without a curve it is shown only when there is another.
        text: on the button.
        then: makes the other figure.
        picked: of x and y of a point that is clicked, the figures to be shown below, one after
            another.
    """
    if headless():
        return figure
    shape = widgets.Layout(width="auto", height="auto", max_width="100%")
    button = widgets.Button(description=text, icon="play", layout=shape)
    button.add_class("curvkit-asked")
    status, canvas = widgets.Label(""), Canvas()
    canvas.paint(figure)

    def press(_):
        work(lambda: _painted(box, canvas, then()))

    def work(call: Callable[[], None]) -> None:
        button.disabled, status.value = True, "…"
        try:
            call()
            status.value = ""
        except Exception as error:  # an error of a button would otherwise reach nobody
            status.value = messages.failure(error)
        finally:
            button.disabled = False

    button.on_click(press)
    row = widgets.HBox([button, status], layout=widgets.Layout(flex_flow="row wrap"))
    box = CanvasBox([row, canvas] if theme.curves(figure) else [row])
    box.canvas = canvas
    if picked is not None:
        below = Canvas()

        def pick(change: Any) -> None:
            if not button.disabled:
                work(lambda: _played(box, below, picked(change.new["x"], change.new["y"])))

        canvas.plot.observe(pick, "picked")
    return box


def _played(box: widgets.VBox, below: Canvas, figures: Iterable[go.Figure]) -> None:
    """Paints one figure after another into a canvas that is below the others from then on."""
    for figure in figures:
        _painted(box, below, figure)
        time.sleep(FRAME)


def _painted(box: widgets.VBox, canvas: Canvas, figure: go.Figure) -> None:
    """Paints a figure into a canvas that is in the box, after what is there, from then on."""
    canvas.paint(figure)
    if canvas not in box.children:
        box.children = (*box.children, canvas)

"""A figure with a button that makes a slower one; static where nobody is there to press it."""

from collections.abc import Callable

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.core import messages
from curvkit.show.canvas import Canvas, Shown
from curvkit.show.once import headless


def asked(figure: go.Figure, text: str, then: Callable[[], go.Figure]) -> widgets.VBox | go.Figure:
    """`figure`, and a button called `text` that brings it to `then()`, or says why it cannot."""
    if headless():
        return figure
    button = widgets.Button(description=text, icon="play", layout=widgets.Layout(width="auto"))
    status, canvas = widgets.Label(""), Canvas()
    canvas.paint(figure)

    def press(_):
        button.disabled, status.value = True, "…"
        try:
            canvas.paint(then())
            status.value = ""
        except Exception as error:  # an error of a button would otherwise reach nobody
            status.value = messages.failure(error)
        finally:
            button.disabled = False

    button.on_click(press)
    box = Shown([widgets.HBox([button, status]), canvas])
    box.canvas = canvas
    return box

"""A figure with a button that makes a slower one; static where nobody is there to press it."""

from collections.abc import Callable

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.show.canvas import Canvas
from curvkit.show.panel import headless


def asked(figure: go.Figure, text: str, then: Callable[[], go.Figure]) -> widgets.VBox | go.Figure:
    """`figure`, and a button called `text` that brings it to `then()`, or says why it cannot."""
    if headless():
        return figure
    button = widgets.Button(description=text, icon="play", layout=widgets.Layout(width="auto"))
    said, canvas = widgets.Label(""), Canvas()
    canvas.paint(figure)

    def press(_):
        button.disabled, said.value = True, "…"
        try:
            canvas.paint(then())
            said.value = ""
        except (ValueError, ModuleNotFoundError) as error:
            said.value = str(error)
        finally:
            button.disabled = False

    button.on_click(press)
    return widgets.VBox([widgets.HBox([button, said]), canvas])

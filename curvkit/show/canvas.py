"""The canvas: the place of one figure, which is drawn whole whenever there is another."""

import base64
import binascii
import html
import threading
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go
from IPython.display import HTML, display

from curvkit.draw import theme
from curvkit.show.plot import Plot

# One height for all figures of a canvas, so that nothing below it jumps.
HEIGHT = 540
VIEW = "application/vnd.jupyter.widget-view+json"
PNG = "data:image/png;base64,"
# A reopened notebook has no widget: its own line about that says less than the picture.
_HIDDEN = (
    "<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child .curvkit-still) > "
    ".jupyter-widgets:not(:has(*)) { display: none; }</style>"
)


class Canvas(widgets.VBox):
    """A figure as wide as its place.

    Attributes:
        figure: the newest figure.
        plot: the widget that shows it.
    """

    def __init__(self, height: int = HEIGHT):
        self._pen, self._height = threading.RLock(), height
        self._stills: list[Any] = []
        self.figure = theme.figure("…", height=height)
        self.plot = Plot(self.figure)
        self.plot.observe(self._pictured, "still")
        super().__init__([self.plot], layout=widgets.Layout(overflow="hidden", width="100%"))
        self.add_class("curvkit-canvas")

    def paint(self, made: go.Figure) -> None:
        """Shows `made`, and nothing of the figure before."""
        with self._pen:
            self.figure = made.update_layout(height=self._height)
            self.plot.show(self.figure)

    def leave_still(self) -> None:
        """Leaves a picture of the figure in the notebook, which the page makes when it is quiet."""
        self._stills.append(display(HTML(_still({})), display_id=True))
        self.plot.wanted += 1

    def _pictured(self, change: Any):
        for each in self._stills:
            each.update(HTML(_still(change["new"])))

    def _ipython_display_(self, **options: Any) -> None:
        show(self, self)


class Shown(widgets.VBox):
    """A box of widgets with a `canvas`, of which a picture stays in the saved notebook."""

    canvas: Canvas

    def _ipython_display_(self, **options: Any) -> None:
        show(self, self.canvas)


def show(box: widgets.Widget, canvas: Canvas) -> None:
    """Displays `box`, and after it the picture of its canvas for those who open it later."""
    view = dict(version_major=2, version_minor=0, model_id=box.model_id)
    display({"text/plain": type(box).__name__, VIEW: view}, raw=True)
    canvas.leave_still()


def _still(picture: dict[str, Any]) -> str:
    """The picture as HTML, nothing where there is none yet, or what came is no picture."""
    url = str(picture.get("url", ""))
    try:
        base64.b64decode(url.removeprefix(PNG), validate=True)
    except binascii.Error:
        url = ""
    if not url.startswith(PNG):
        return "<div class='curvkit-still'></div>"
    words = "the figure when the notebook was saved"
    image = f"<img src='{html.escape(url)}' alt='{words}' style='max-width:100%'>"
    return f"{_HIDDEN}<div class='curvkit-still'>{image}</div>"

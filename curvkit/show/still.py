"""Stills: pictures that stay in a saved notebook, in which no widget is alive."""

import base64
import binascii
import html
from typing import Any

import ipywidgets as widgets
from IPython.display import HTML, display

VIEW = "application/vnd.jupyter.widget-view+json"
PNG = "data:image/png;base64,"
# A reopened notebook has no widget: its own line about that says less than the picture.
_HIDDEN = (
    "<style>.jp-OutputArea-child:has(+ .jp-OutputArea-child .curvkit-still) > "
    ".jupyter-widgets:not(:has(*)) { display: none; }</style>"
)


class Stills:
    """The pictures of one widget in the outputs of a notebook, which its page makes.

    Args:
        widget: with the traits `wanted`, how many places want a picture, and `still`, the picture
            that the page made: its url, width and height in pixels.
    """

    def __init__(self, widget: Any):
        self._widget, self.places = widget, []
        widget.observe(self._pictured, "still")

    def show(self, box: widgets.Widget) -> None:
        """Displays `box`, and after it the picture for those who open the notebook later."""
        view = dict(version_major=2, version_minor=0, model_id=box.model_id)
        display({"text/plain": type(box).__name__, VIEW: view}, raw=True)
        self.leave()

    def leave(self) -> None:
        """Leaves a picture in the notebook, which the page makes when it is quiet."""
        self.places.append(display(HTML(as_html(self._widget.still)), display_id=True))
        self._widget.wanted += 1

    def _pictured(self, change: Any):
        for each in self.places:
            each.update(HTML(as_html(change["new"])))


def as_html(picture: dict[str, Any]) -> str:
    """A picture as HTML, nothing where there is none yet, or what came is no picture."""
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

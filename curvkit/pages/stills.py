"""What displayed widgets show, as outputs that need no kernel; runs within the kernel of a report.

A plotly FigureWidget becomes its figure, an Output what it captured, text and pictures themselves;
of boxes, tabs and `interact` that of their parts. Knobs have nothing to show without a kernel.
"""

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
TEXTS = {"HTML": "text/html", "HTMLMath": "text/html", "Label": "text/plain"}
BARS = {"FloatProgress", "IntProgress"}


def of(models: Sequence[str]) -> str:
    """What the widgets of these models show, as JSON by model.

    Each is `{"outputs", "whole", "bar"}`: outputs as notebooks keep them, whether they are all that
    the widget shows, and whether it is a progress bar.
    """
    return json.dumps({model: Still(model).as_dict() for model in models}, default=str)


def _widget(model: str) -> Any:
    """The widget of a model, if there is one."""
    module = sys.modules.get("ipywidgets.widgets.widget")
    known = getattr(module, "_instances", None)  # from ipywidgets 8 on
    if known is None:
        known = getattr(getattr(module, "Widget", None), "widgets", {})
    return known.get(model)


class Still:
    """What the widget of a model shows, taken together part by part."""

    def __init__(self, model: str):
        self.outputs: list[dict[str, Any]] = []
        self.whole, self._seen, self._kinds = True, set(), set()
        self._view(model)

    def as_dict(self) -> dict[str, Any]:
        """It as plain values."""
        bar = bool(self._kinds & BARS) and self._kinds <= BARS | {"HTML", "Label", "box"}
        outputs = [] if bar else self.outputs
        return {"outputs": outputs, "whole": self.whole or bar, "bar": bar}

    def _view(self, model: str) -> None:
        widget = _widget(model)
        if widget is None:
            self.whole = False
        elif model not in self._seen:
            self._seen.add(model)
            try:
                self._part(widget)
            except Exception:  # a widget of anybody's; it is then told as left out
                self.whole = False

    def _part(self, widget: Any) -> None:
        names = {each.__name__ for each in type(widget).__mro__}
        kind = next((each for each in (*TEXTS, *BARS) if each in names), None)
        self._kinds.add(kind or ("box" if "Box" in names else "other"))
        if "BaseFigureWidget" in names:
            self._show({PLOTLY: json.loads(widget.to_json())})
        elif "Output" in names:
            self._captured(widget.outputs)
        elif "Box" in names or "Accordion" in names or "Tab" in names:
            for child in widget.children:
                self._view(child.model_id)
        elif "Image" in names and isinstance(widget.value, bytes):
            kind = f"image/{str(widget.format).replace('jpg', 'jpeg')}"
            self._show({kind: base64.b64encode(widget.value).decode()})
        elif kind in TEXTS:
            self._show({TEXTS[kind]: str(widget.value)} if widget.value else {})
        else:
            self.whole = False

    def _captured(self, outputs: Sequence[Mapping[str, Any]]) -> None:
        for each in outputs:
            view = (each.get("data") or {}).get(WIDGET)
            if view and PLOTLY not in each["data"]:
                self._view(str(view.get("model_id")))
            else:
                self.outputs.append(dict(each))

    def _show(self, data: dict[str, Any]) -> None:
        if data:
            self.outputs.append({"output_type": "display_data", "data": data, "metadata": {}})

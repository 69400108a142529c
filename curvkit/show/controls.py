"""Controls: a knob's declaration as widgets, with a slider and a number that stay together."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np

from curvkit.core.knob import Knob

LABEL, SLIDER, NUMBER, RESET = "104px", "96px", "72px", "36px"


class Control:
    """One knob as a row of widgets: label, slider, number, reset.

    Args:
        knob: the declaration.
        value: where it stands.
        turned: called with the name and the new value when a person turns it.
        refused: called with a sentence when what she typed is out of range.

    Attributes:
        box: the row; value: the checked value.
    """

    def __init__(
        self,
        knob: Knob,
        value: Any,
        turned: Callable[[str, Any], None],
        refused: Callable[[str], None],
    ):
        self.knob, self.value, self._turned, self._refused = knob, value, turned, refused
        self._quiet = False
        hint = f"{knob.sentence} ({knob.expected}; {knob.source})"
        if knob.static:
            hint += " Turning it recompiles, which takes some seconds."
        mark = "<br><small style='opacity:.65'>recompiles</small>" if knob.static else ""
        label = widgets.HTML(
            f"<span tabindex=0 title='{html.escape(hint, quote=True)}' "
            "style='line-height:1.15;display:block'>"
            f"{html.escape(knob.label)}{mark}</span>",
            layout=widgets.Layout(width=LABEL),
        )
        self.inputs = self._inputs()
        self.reset_button = widgets.Button(
            icon="undo", tooltip=f"Back to {knob.default}", layout=widgets.Layout(width=RESET)
        )
        self.reset_button.on_click(lambda _: self._take(knob.default))
        for each in self.inputs:
            each.observe(lambda change: None if self._quiet else self._take(change["new"]), "value")
        layout = widgets.Layout(align_items="center", min_height="34px")
        self.box = widgets.HBox([label, *self.inputs, self.reset_button], layout=layout)
        self.box.add_class(f"curvkit-knob-{knob.name}")
        self.show(value)

    def _inputs(self) -> list[Any]:
        knob = self.knob
        wide = widgets.Layout(width=f"calc({SLIDER} + {NUMBER} + 4px)")
        if knob.choices:
            return [widgets.Dropdown(options=knob.choices, layout=wide)]
        if knob.kind is bool:
            return [widgets.Checkbox(indent=False, layout=wide)]
        common: dict[str, Any] = dict(readout=False, continuous_update=False)
        common["layout"] = widgets.Layout(width=SLIDER)
        low, high = knob.ends
        typed = dict(layout=widgets.Layout(width=NUMBER), continuous_update=False)
        if knob.kind is int and knob.scale == "linear":
            slider = widgets.IntSlider(knob.default, low, high, int(knob.step or 1), **common)
            return [slider, widgets.IntText(knob.default, **typed)]
        if knob.scale == "log":
            low, high = np.log10([low, high])
            slider = widgets.FloatLogSlider(knob.default, min=low, max=high, step=0.01, **common)
        else:
            step = knob.step or (high - low) / 200
            slider = widgets.FloatSlider(knob.default, min=low, max=high, step=step, **common)
        return [slider, widgets.FloatText(knob.default, **typed)]

    def _take(self, new: Any) -> None:
        if self.knob.kind is float and isinstance(new, float):
            new = float(f"{new:.4g}")  # what a person can read off the slider is what is run
            if not self.knob.choices:
                # The ends of a log slider miss the ends of the range by rounding.
                near = [end for end in self.knob.ends if np.isclose(new, end)]
                new = near[0] if near else new
        try:
            checked = self.knob.read(new)
        except ValueError as error:
            self._refused(str(error))
            self.show(self.value)
            return
        if checked != self.value:
            self.show(checked)
            self._turned(self.knob.name, checked)

    def show(self, value: Any) -> None:
        """Sets all inputs to `value` without calling `turned`."""
        self._quiet = True
        try:
            self.value = value
            for each in self.inputs:
                each.value = value
            self.reset_button.disabled = value == self.knob.default
        finally:
            self._quiet = False

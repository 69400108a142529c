"""The views of a panel: which figure of a run is drawn, on which axes, on a light or dark page."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.core.trace import Record
from curvkit.draw import theme

Draw = Callable[..., go.Figure]
SCALES = ("as drawn", "linear", "log")


class Views:
    """What a person chooses of how runs are drawn.

    Args:
        figures: a room's figures by name, see `panel`.
        figure: the name of the one to show first.
        clock: what is along the x-axis: "step" or "time".
        changed: called when something else is chosen.

    Attributes:
        figures: the figures by name.
        figure, clock, x_scale, y_scale, dark: the widgets of the choices.
        box: all of them but `figure`, folded away.
    """

    def __init__(
        self, figures: Mapping[str, Draw], figure: str, clock: str, changed: Callable[[], None]
    ):
        self.figures, self._changed = dict(figures), changed
        self.figure = widgets.ToggleButtons(
            options=[(name.replace("_", " "), name) for name in self.figures], value=figure,
            style=widgets.ToggleButtonsStyle(button_width="auto"),
        )  # fmt: skip
        self.clock = _dropdown("x is", [("steps", "step"), ("η·steps", "time")], clock)
        self.x_scale = _dropdown("x axis", SCALES, SCALES[0])
        self.y_scale = _dropdown("y axes", SCALES, SCALES[0])
        self._by_page = False
        self.dark = widgets.Checkbox(theme.mode() == "dark", description="dark page", indent=False)
        for each in (self.figure, self.clock, self.x_scale, self.y_scale):
            each.observe(lambda _: changed(), "value")
        self.dark.observe(self._darken, "value")
        wrap = widgets.Layout(flex_flow="row wrap")
        axes = widgets.HBox([self.clock, self.x_scale, self.y_scale, self.dark], layout=wrap)
        self.box = widgets.Accordion([axes], selected_index=None)
        self.box.set_title(0, "axes and page")

    @property
    def chosen(self) -> tuple[Any, ...]:
        """All that is chosen, to tell one view from another."""
        views = (self.figure, self.clock, self.x_scale, self.y_scale, self.dark)
        return tuple(each.value for each in views)

    def draw(self, trace: Record) -> go.Figure:
        """The chosen figure of a trace, on the chosen axes."""
        draw = self.figures[str(self.figure.value)]
        timed = "clock" in inspect.signature(draw).parameters
        figure: Any = draw(trace, clock=str(self.clock.value)) if timed else draw(trace)
        for scale, axes in (
            (self.x_scale, figure.select_xaxes()),
            (self.y_scale, figure.select_yaxes()),
        ):
            if scale.value != SCALES[0]:
                for axis in axes:
                    _scaled(axis, str(scale.value))
        return figure

    def themed(self, mode: str) -> None:
        """Follows the page, which is "light" or "dark"."""
        self._by_page = True
        try:
            self.dark.value = mode == "dark"
        finally:
            self._by_page = False

    def _darken(self, change: Any):
        theme.use("dark" if change["new"] else "light", by_page=self._by_page)
        self._changed()


def _scaled(axis: Any, scale: str):
    """Brings an axis of numbers to a scale; one of names has none."""
    if axis.type == "category" or axis.ticktext is not None:
        return
    if (axis.type or "linear") != scale:
        axis.dtick = None  # counted in decades or not: of the other scale it would be out of place
    axis.update(type=scale, range=None)


def _dropdown(description: str, options: Any, value: str) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=options, value=value, description=description,
        style=dict(description_width="60px"), layout=widgets.Layout(width="250px"),
    )  # fmt: skip

"""Runs that were kept, for comparison with later ones: behind the figure, or below it.

Curves over the same axes are drawn into the newest run's figure, each kept run in a colour of its
own. Of any other figure (a map, bars, a surface) the kept runs' own are drawn below.
"""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go

from curvkit.draw import theme
from curvkit.show.canvas import Canvas

# So many can be told apart by colour.
MOST = 5
# On a light page, on a dark one: none of them is the colour of a role.
COLORS = (
    ("#8C510A", "#D8A45F"), ("#00838F", "#4DD0E1"), ("#AD1457", "#F48FB1"),
    ("#6A7B00", "#C6D657"), ("#5E35B1", "#B39DDB"),
)  # fmt: skip
HEIGHT = 380
CURVES = ("scatter", "scattergl")


def color(number: int) -> str:
    """The colour of a kept run, counted from 1.

    >>> color(1)
    '#8C510A'
    """
    return COLORS[(number - 1) % MOST][theme.mode() == "dark"]


def fits_behind(front: go.Figure, other: go.Figure) -> bool:
    """Whether the curves of `other` mean the same among those of `front`."""
    axes = [_axes(figure) for figure in (front, other)]
    return (
        all(_plain(curve) for figure in (front, other) for curve in theme.curves(figure))
        and all(axes[0].get(name, "") == kind for name, kind in axes[1].items())
        and _lines(front) == _lines(other)
    )


def _plain(curve: Any) -> bool:
    """Whether a curve is numbers over numbers, in one colour, on no other's shoulders."""
    numbers = (curve[name] for name in "xy" if name in curve and curve[name] is not None)
    return (
        curve.type in CURVES
        and curve.stackgroup is None
        and all(np.asarray(each).dtype.kind in "biuf" for each in numbers)
        and (curve.marker.color is None or isinstance(curve.marker.color, str))
    )


def _axes(figure: go.Figure) -> dict[str, Any]:
    """What is said of each axis that a curve is drawn on."""
    used = {curve[f"{letter}axis"] or letter for curve in theme.curves(figure) for letter in "xy"
            if f"{letter}axis" in curve}  # fmt: skip
    layout = theme.untyped(figure).layout
    axes = {name: layout[f"{name[0]}axis{name[1:]}"] for name in used}
    return {name: (axis.type, axis.title.text, axis.overlaying) for name, axis in axes.items()}


def _lines(figure: go.Figure) -> list[Any]:
    return [shape.to_plotly_json() for shape in theme.untyped(figure).layout.shapes]


def overlay(front: go.Figure, behind: Sequence[tuple[str, go.Figure]]) -> go.Figure:
    """`front` with the curves of the kept figures behind it, one colour and legend entry a run."""
    for number, (name, figure) in enumerate(behind, 1):
        own = color(number)
        for at, curve in enumerate(theme.curves(figure)):
            curve.update(
                name=f"{number}: {name}", legendgroup=f"kept {number}", showlegend=at == 0,
                opacity=0.75, line=dict(color=own, width=1.8), marker_color=own,
            )  # fmt: skip
            if curve.fill not in (None, "none"):
                curve.fillcolor = theme.faint(own)
        front.add_traces(figure.data)
        _widen(front, figure)
    # Those drawn first lie behind.
    curves = theme.curves(front)
    ours = len(curves) - sum(len(theme.curves(figure)) for _, figure in behind)
    front.data = (*curves[ours:], *curves[:ours])
    return front


def _widen(front: go.Figure, other: go.Figure) -> None:
    """An axis with a range of its own shows what the other figure's shows, too."""
    figure, layout = theme.untyped(front), theme.untyped(other).layout
    for axis in [*figure.select_xaxes(), *figure.select_yaxes()]:
        ranges = [axis.range, layout[axis.plotly_name].range]
        if all(ranges):
            low, high = np.sort(np.asarray(ranges, float), axis=1).T
            wide = [low.min(), high.max()]
            axis.range = wide if axis.range[0] <= axis.range[1] else wide[::-1]


class KeptRuns:
    """The kept runs of a panel.

    Attributes:
        runs: pairs of a name and a trace.
        box: the figures that stand below, where they do not fit behind.
    """

    def __init__(self):
        self.runs: list[tuple[str, Any]] = []
        self.box = widgets.VBox(layout=widgets.Layout(width="100%"))
        self._canvases: list[Canvas] = []
        self._below: Any = None

    def keep(self, name: str, trace: Any) -> None:
        """Keeps one more.

        Raises:
            ValueError: if as many are kept as can be told apart.
        """
        if len(self.runs) >= MOST:
            raise ValueError(f"{MOST} runs are kept, and more could not be told apart; Clear them.")
        self.runs.append((name, trace))

    def clear(self) -> None:
        """Lets all go."""
        self.runs.clear()

    def compare(self, front: go.Figure, draw: Callable[[Any], go.Figure], view: Any) -> go.Figure:
        """`front` with the kept runs behind it, or with their own figures in the box.

        Args:
            front: the newest run's figure.
            draw: makes the like of another trace.
            view: what `draw` depends on; the box is drawn again when it changes.
        """
        figures = [(name, draw(trace)) for name, trace in self.runs]
        if all(fits_behind(front, figure) for _, figure in figures):
            self._show(())
            return overlay(front, figures)
        # Drawn once and not at every chunk of the run above.
        below = (view, *(id(trace) for _, trace in self.runs))
        if below != self._below:
            self._show(figures)
            self._below = below
        return front

    def _show(self, figures: Sequence[tuple[str, go.Figure]]) -> None:
        self._below = None
        while len(self._canvases) < len(figures):
            self._canvases.append(Canvas(HEIGHT))
        for number, (name, figure) in enumerate(figures, 1):
            title = theme.untyped(figure).layout.title.text or ""
            text = f"<span style='color:{color(number)}'>kept {number}: {name}</span>"
            self._canvases[number - 1].paint(figure.update_layout(title_text=f"{title} · {text}"))
        if len(self.box.children) != len(figures):
            self.box.children = self._canvases[: len(figures)]

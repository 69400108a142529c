"""A workbench: an editable table of numbers, a button, and what comes of pressing it."""

import html
import threading
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from curvkit.core import messages
from curvkit.show.canvas import Canvas, CanvasBox
from curvkit.show.summary import bold

Rows = list[list[float]]
Act = Callable[[Rows, Callable[[str], bool]], tuple[str, go.Figure]]
Sketch = Callable[[Rows], go.Figure]


class Workbench(CanvasBox):
    """A table to edit on the left; on the right, in words and a figure, what `act` makes of it.

    Args:
        columns: the names of the table's columns.
        rows: the numbers to start with.
        act: called with the table's numbers, in a thread, when the button is pressed; returns
            words and a figure. A ValueError it raises is shown as the sentence that it is. Its
            second argument is to be called with words on how far it is, and returns whether Stop
            was pressed since.
        sketch: the figure of the table as it stands, drawn whenever it is edited.
        verb: what the button says.

    Attributes:
        button, stop: the buttons; status, words: widgets; canvas: the `Canvas` of the figure.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[float]],
        act: Act,
        sketch: Sketch,
        verb: str,
    ):
        self._columns, self._act, self._sketch = list(columns), act, sketch
        self._idle, self._halt = threading.Event(), threading.Event()
        self._idle.set()
        self._table = widgets.VBox()
        self.button = self._button(verb, "search", self.start)
        self.stop = self._button("Stop", "stop", self._halt.set)
        self.stop.disabled = True
        add = self._button("Add a row", "plus", lambda: self.add([0.0] * len(self._columns)))
        self.status, self.words = widgets.HTML(), widgets.HTML()
        self.status.layout.flex = "1 1 auto"
        self.canvas = Canvas()
        head = [widgets.Label(name, layout=_cell()) for name in self._columns]
        for row in rows:
            self._append(row)
        left = widgets.VBox([widgets.HBox(head), self._table, add])
        place = widgets.Layout(flex="1 1 400px", min_width="min(400px, 100%)", overflow="hidden")
        right = widgets.VBox([self.canvas, self.words], layout=place)
        wrap = widgets.Layout(flex_flow="row wrap", width="100%", align_items="flex-start")
        bar = widgets.HBox([self.button, self.stop, self.status])
        super().__init__([bar, widgets.HBox([left, right], layout=wrap)])
        self.add_class("curvkit-workbench")
        self._edited()

    @property
    def rows(self) -> Rows:
        """The table's numbers as they stand."""
        return [[cell.value for cell in row.children[:-1]] for row in self._table.children]

    def add(self, row: Sequence[float]) -> None:
        """Adds a row to the table."""
        self._append(row)
        self._edited()

    def start(self) -> None:
        """Acts on the table as it stands; while it does, the button cannot be pressed."""
        self.button.disabled, self.stop.disabled = True, False
        self._say("at work…")
        self._idle.clear()
        self._halt.clear()
        threading.Thread(target=self._work, args=(self.rows,), daemon=True).start()

    def wait(self, seconds: float = 600) -> bool:
        """Waits at most `seconds` for the run to end; returns whether it has ended."""
        return self._idle.wait(seconds)

    def _work(self, rows: Any):
        try:
            words, figure = self._act(rows, self._told)
            self.canvas.paint(figure)
            self.words.value = bold(words)
            self._say("done")
        except Exception as error:  # an error in a thread would otherwise reach nobody
            self._say(f"failed: {messages.failure(error)}")
        finally:
            self.button.disabled, self.stop.disabled = False, True
            self._idle.set()

    def _told(self, words: str):
        """Shows how far it is; whether Stop was pressed since it was last asked."""
        halted = self._halt.is_set()
        self._halt.clear()
        self._say("stopped, making the most of what there is…" if halted else words)
        return halted

    def _say(self, text: str):
        self.status.value = html.escape(text)

    def _edited(self):
        """Draws the table as it stands; what was found of another one is taken away."""
        if self._idle.is_set():
            self.words.value = ""
            self._say("")
            self.canvas.paint(self._sketch(self.rows))

    def _append(self, row: Any):
        cells = [widgets.FloatText(float(each), layout=_cell()) for each in row]
        for cell in cells:
            cell.observe(lambda _: self._edited(), "value")
        away = widgets.Button(
            icon="trash", tooltip="Take this row away", layout=widgets.Layout(width="36px")
        )
        box = widgets.HBox([*cells, away])
        away.on_click(lambda _: self._take_away(box))
        self._table.children = (*self._table.children, box)

    def _take_away(self, row: Any):
        self._table.children = tuple(each for each in self._table.children if each is not row)
        self._edited()

    def _button(self, text: str, icon: str, act: Callable[[], Any]):
        button = widgets.Button(
            description=text,
            icon=icon,
            layout=widgets.Layout(width="auto", min_width="110px", flex="0 0 auto"),
        )  # fmt: skip
        button.on_click(lambda _: act())
        return button


def _cell() -> widgets.Layout:
    return widgets.Layout(width="76px")

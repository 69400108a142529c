"""The bar of a panel: its buttons, and how the run stands."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets


class Bar(widgets.HBox):
    """Run, Stop, Keep this run, Clear and Reset, a bar of progress and a few words.

    Args:
        run, stop, keep, clear, reset: what the buttons do.
    """

    def __init__(
        self,
        *,
        run: Callable[[], None],
        stop: Callable[[], None],
        keep: Callable[[], None],
        clear: Callable[[], None],
        reset: Callable[[], None],
    ):
        self.keep_button = _button(
            "Keep this run", "thumb-tack", "Leave this run beside later ones", keep, "130px"
        )
        self.progress = widgets.FloatProgress(
            value=0, min=0, max=1, layout=widgets.Layout(width="120px")
        )
        self.status = widgets.Label("")
        self.status.add_class("curvkit-status")
        parts = [
            _button("Run", "refresh", "Run once more", run),
            _button("Stop", "stop", "Stop the run where it is", stop),
            self.keep_button,
            _button("Clear", "trash", "Take the kept runs away", clear),
            _button("Reset", "undo", "All knobs back to where they stood", reset),
            self.progress,
            self.status,
        ]
        layout = widgets.Layout(flex_flow="row wrap", align_items="center")
        super().__init__(parts, layout=layout)

    def say(self, words: str, style: str, share: float) -> None:
        """How the run stands: words, a style of ipywidgets' and the share that is done."""
        self.status.value, self.progress.bar_style, self.progress.value = words, style, share


def _button(text: str, icon: str, tip: str, act: Callable[[], Any], width: str = "88px"):
    button = widgets.Button(
        description=text, icon=icon, tooltip=tip, layout=widgets.Layout(width=width)
    )
    button.on_click(lambda _: act())
    return button

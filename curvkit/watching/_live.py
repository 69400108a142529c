"""What follows a training run in a notebook: a figure, or a stage that has a hand in it."""

import time
from collections.abc import Callable
from typing import Any

from IPython import get_ipython
from IPython.display import HTML, display

from curvkit.show.canvas import Canvas
from curvkit.show.once import headless
from curvkit.show.stage.widget import StageBox, StoredStage
from curvkit.watching import scenes
from curvkit.watching._hand import Hand, Page
from curvkit.watching.figures import FIGURES
from curvkit.watching.trace import Trace

# Seconds between two pictures: more would only slow the training down.
PAUSE = 0.3


def follow(watch: Any, name: str) -> tuple[Callable[[Trace], None] | None, Any]:
    """What to call with each new trace, and the widget to show; both None where nobody looks.

    Args:
        watch: the `Watch`.
        name: one of the figures.
    """
    draw = FIGURES[name]
    if headless():
        return None, None
    canvas, last = Canvas(), [0.0]
    canvas.add_class("curvkit-watch")
    canvas.paint(draw(watch.trace))

    def shown(trace: Trace) -> None:
        if time.perf_counter() - last[0] > PAUSE:
            canvas.paint(draw(trace))
            last[0] = time.perf_counter()

    return shown, canvas


class LoopStage(StageBox):
    """A stage on the page of a loop that runs in the kernel's own thread.

    Args:
        hand: what is turned.

    Attributes:
        page: what sends and hears.
    """

    def __init__(self, hand: Hand):
        super().__init__()
        self.page = Page(hand, self._say)
        self.on_msg(lambda widget, message, buffers: self.page.heard(message))

    def _say(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        super()._say(message, buffers)
        self._heard_apart()

    def _ipython_display_(self, **options: Any) -> None:
        super()._ipython_display_(**options)
        self._heard_apart()

    def _heard_apart(self) -> None:
        """Has what a page says come to where the page sends it: to a subshell, a thread of its own.

        ipykernel 7.4 notes who spoke last on a channel, here the cell with the loop, and would hand
        it what the page says: that is, not before the loop has ended.
        """
        if self.comm is not None:
            vars(self.comm).pop("_reply_subshell_id", None)


class KeptLoop:
    """The scene of a loop where nobody watches: it is put in its place when the loop has ended, so
    that the page of an executed notebook plays it.

    Args:
        place: what `display` gave; its `update` takes what is shown there.
    """

    def __init__(self, place: Any):
        self._place, self._trace = place, None

    def grew(self, trace: Trace) -> None:
        """Takes the trace with another reading."""
        self._trace = trace

    def ended(self) -> None:
        """Puts the whole scene in its place."""
        if (trace := self._trace) is not None:
            facts = scenes.knob_facts(trace, float(trace.learning_rate[-1]))
            self._place.update(StoredStage(scenes.loop(trace), facts))


def staged(hand: Hand) -> LoopStage | None:
    """The stage of a loop; where nobody looks None, and in a notebook the place for its scene."""
    if not headless():
        stage = LoopStage(hand)
        hand.page = stage.page
        return stage
    if get_ipython() is not None:
        hand.page = KeptLoop(display(HTML(""), display_id=True))
    return None

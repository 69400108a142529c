"""The figure that follows a training run, in a notebook."""

import time
from collections.abc import Callable
from typing import Any

from curvkit.show.canvas import Canvas
from curvkit.show.panel import headless
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

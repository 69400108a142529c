"""How long the picture takes that follows a knob: from the turn to the figure, all compiled."""

import os
import time

import numpy as np

from curvkit import verification
from curvkit.verification import shapes

# Of each room its figures, a knob that is dragged, and where it is dragged.
DRAGGED = {
    "shapes": (shapes, ("triangle", "exponential", "product"), "upper", (1.0, 2.0)),
    "region": (verification, ("region", "closing", "shares"), "tolerance", (0.0, 0.1)),
}


def measured(repeats: int) -> list[dict]:
    """For each figure the median milliseconds to the first and to the last picture of a run."""
    os.environ["CURVKIT_HEADLESS"] = "0"
    found = []
    for room, figures, knob, (low, high) in DRAGGED.values():
        for figure in figures:
            panel = room.explore(figure)
            panel.wait()
            panel.turn(**{knob: high})
            panel.wait()
            first, last = [], []
            for at in range(repeats):
                began, seen = time.perf_counter(), []
                watched(panel, lambda seen=seen: seen.append(time.perf_counter()))
                panel.turn(**{knob: low + (high - low) * at / repeats})
                panel.wait()
                last.append(time.perf_counter() - began)
                first.append(seen[0] - began)
            ms = lambda all: 1e3 * float(np.median(all))
            found.append({"figure": figure, "first": ms(first), "last": ms(last)})
    return found


def watched(panel, told) -> None:
    """Calls `told` whenever the panel has painted, until it is watched anew."""
    paint = type(panel.canvas).paint

    def painted(made):
        paint(panel.canvas, made)
        told()

    panel.canvas.paint = painted

"""The tuners room as it plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curvkit.tuners.figures import valley
from curvkit.tuners.trace import Trace

if TYPE_CHECKING:
    import plotly.graph_objects as go


def play(trace: Trace, frames: int = 120) -> go.Figure:
    """The valley of a run as a figure that plays by itself: the iterate bounces, η and λ follow.

    Args:
        trace: as `run` returns it.
        frames: the most pictures, at least 2.
    """
    from curvkit.show.player import animate

    return animate(valley, trace, frames)

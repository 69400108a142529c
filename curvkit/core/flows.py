"""Flows beside a run: how rooms name them, and the series that are read of them."""

from typing import Any

import numpy as np

from curvkit.core.messages import number

# The flows that may go beside a run, by the choice of each, in the order of a trace's axis.
FLOWS = {
    "none": (), "gradient": ("gradient",), "central": ("central",), "both": ("gradient", "central"),
}  # fmt: skip
# What each is called in a figure.
CALLED = {"gradient": "gradient flow", "central": "central flow"}
# The series that are read of each flow, of how its sharpness turns, and of the run beside it.
OF_EACH = ("flow_sharpness", "flow_loss", "flow_variance", "flow_distance")
OF_THE_TURN = ("flow_rise", "flow_fall", "flow_cubic")
OF_THE_RUN = ("averaged_loss", "travelled")


def astray(away: Any, gone: Any) -> np.ndarray:
    """How far flows are from the average of a run, in parts of the way that it has gone.

    Args:
        away: distances from the average, any shape.
        gone: how far the average has come from where the flows began, of the same shape.

    >>> astray(np.array([0.5, 0.0]), np.array([2.0, 0.0]))
    array([0.25,  nan])
    """
    return away / np.where(gone > 0, gone, np.nan)


# What stands where a run has none, for nobody asked.
NOT_CHOSEN = "no flow is beside this run: in a notebook the knob flow chooses one"


def none_for(rule: str) -> str:
    """Why no flow is beside a run by `rule`, in words."""
    return f"flows are of gradient descent on all data alone: none for {rule}"


def ended(flow: str, away: float, level: float, of: str = "") -> str:
    """Where a flow is in the end, in a sentence.

    Args:
        flow: one of `CALLED`.
        away: as `astray` has it; no number where there is no such flow.
        level: its sharpness.
        of: what it is beside, where that is not the one run there is.

    >>> ended("central", 0.031, 19.98).removeprefix("In the end central flow is ")
    "3.1% of the way gone from the run's average, at a sharpness of 20.0."
    """
    if not np.isfinite(away):
        where = f"beside {of}" if of else "here"
        return f"There is no {CALLED[flow]} {where}: it begins beyond its edge, or not yet."
    return (
        f"In the end {CALLED[flow]} is {100 * away:.2g}% of the way gone from "
        f"{of or 'the run'}'s average, at a sharpness of {number(level)}."
    )

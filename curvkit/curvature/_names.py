"""The flows that may go beside a run, by the choice of each, in the order of a trace's axis."""

FLOWS = {
    "none": (), "gradient": ("gradient",), "central": ("central",), "both": ("gradient", "central"),
}  # fmt: skip
# What each is called in a figure.
CALLED = {"gradient": "gradient flow", "central": "central flow"}

"""What can be turned in the verification room."""

import math

from curvkit.core.knob import BaseSettings, choice, knob, switch
from curvkit.verification._certify import RELAXATIONS
from curvkit.verification._pendulum import MODELS

VERIFICATION = "arXiv 1902.09592"


class Settings(BaseSettings):
    """The states of a pendulum, and where its learnt model is proved to lose energy."""

    model: str = choice(
        default="A", choices=MODELS,
        sentence="Model A learnt from data alone, model B was also fined where energy grows.",
        source=f"{VERIFICATION}, section 4",
    )  # fmt: skip
    relaxation: str = choice(
        default="products", choices=tuple(RELAXATIONS),
        sentence="How the energy is bounded: by intervals, by its squares, or by products as well.",
        source=f"{VERIFICATION}, section 3",
    )  # fmt: skip
    tolerance: float = knob(
        default=0.0, low=0.0, high=1.0, step=0.005, symbol="τ",
        useful=(0.0, 0.5),
        sentence="How many joules the energy may grow in one step.",
        source=f"{VERIFICATION}, section 4",
    )  # fmt: skip
    worst_first: bool = switch(
        default=False,
        sentence="Whether cells with the highest bound are split first, or the largest cells.",
        source="arXiv 1711.00455, section 4",
    )  # fmt: skip
    steps: int = knob(
        default=40, low=1, high=100,
        sentence="Rounds of splitting, each of 128 cells into halves.",
        source="arXiv 1711.00455, section 4",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Where in each cell the attack begins.",
        source=f"{VERIFICATION}, section 5",
    )  # fmt: skip
    box_angle: float = knob(
        default=0.0, low=-math.pi, high=math.pi, step=0.01, symbol="θ", absent=0.0,
        sentence="The angle at the middle of one box that is looked at by itself, in radians.",
        source=f"{VERIFICATION}, section 4; the box is ours",
    )  # fmt: skip
    box_speed: float = knob(
        default=0.5, low=-5.0, high=5.0, step=0.01, symbol="ω", absent=0.5,
        sentence="The angular speed at the middle of that box, in radians a second.",
        source=f"{VERIFICATION}, section 4; the box is ours",
    )  # fmt: skip
    box_size: float = knob(
        default=0.3, low=0.01, high=1.5, scale="log", symbol="δ", absent=0.3,
        sentence="Half the width of that box, in radians and in radians a second.",
        source=f"{VERIFICATION}, section 4; the box is ours",
    )  # fmt: skip

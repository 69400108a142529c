"""What can be turned in the model of learning rate and sharpness."""

from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.tuners.model._balance import RULES

PAPER = "arXiv 2407.06183"
DAMIAN = "arXiv 2209.15594"


class Settings(BaseSettings):
    """The model's own two numbers, and the rule that sets the learning rate."""

    rule: str = choice(
        default="cdat", choices=RULES,
        sentence="What sets the rate: nothing, the oracle σ/λ, or CDAT.",
        source=PAPER,
    )  # fmt: skip
    sigma: float = knob(
        default=1.9, low=0.5, high=2.5, step=0.01, symbol="σ",
        sentence="Scales the rate of CDAT and of the oracle; 2 is on the edge.",
        source=PAPER,
    )  # fmt: skip
    learning_rate: float = knob(
        default=1.0, low=0.01, high=10.0, scale="log", symbol="η",
        useful=(0.1, 4.0),
        when={"rule": ("constant",)},
        sentence="The rate of the constant rule.",
        source=PAPER,
    )  # fmt: skip
    sharpening: float = knob(
        default=0.01, low=1e-4, high=0.1, scale="log", symbol="a",
        sentence="How fast the sharpness grows by itself.",
        source=DAMIAN,
    )  # fmt: skip
    stabilizing: float = knob(
        default=0.01, low=1e-4, high=0.1, scale="log", symbol="b",
        sentence="How fast a displaced iterate brings the sharpness down.",
        source=DAMIAN,
    )  # fmt: skip
    bulk_gradient: float = knob(
        default=0.2, low=0.01, high=10.0, scale="log", symbol="g₀",
        sentence="The gradient along all other directions, which CDAT sees.",
        source=PAPER,
    )  # fmt: skip
    fading: float = knob(
        default=0.0, low=0.0, high=0.01, step=0.0001,
        sentence="The share of the bulk gradient that is lost at each step, as in training.",
        source=PAPER,
    )  # fmt: skip
    bulk_curvature: float = knob(
        default=0.0, low=0.0, high=1.0, symbol="c",
        when={"rule": ("cdat",)},
        sentence="The curvature along all other directions.",
        source=PAPER,
    )  # fmt: skip
    first_offset: float = knob(
        default=1.0, low=1e-3, high=3.0, scale="log", symbol="x₀",
        sentence="How far from the bottom of the valley the iterate starts.",
        source=DAMIAN,
    )  # fmt: skip
    first_sharpness: float = knob(
        default=1.5, low=0.1, high=20.0, scale="log", symbol="λ₀",
        useful=(0.3, 8.0),
        sentence="The sharpness at the start.",
        source=DAMIAN,
    )  # fmt: skip
    steps: int = knob(
        default=1000, low=1, high=20000,
        useful=(100, 5000),
        sentence="How many steps the model takes.",
        source=PAPER,
    )  # fmt: skip

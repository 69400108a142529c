"""What can be turned in the room of sharpness-aware minimisation."""

from curvkit.core.knob import BaseSettings, choice, knob

SAM = "arXiv 2010.01412"
EDGE = "arXiv 2309.12488"


class Settings(BaseSettings):
    """SAM beside gradient descent, from the same start, the sharpness of both on the way."""

    rho: float = knob(
        default=0.1, low=0.0, high=1.0, step=0.01, symbol="ρ",
        sentence="How far uphill SAM takes its gradient; 0 is gradient descent.",
        source=f"{SAM}, section 2",
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.1, low=1e-3, high=1.0, scale="log", symbol="η",
        useful=(0.01, 0.5),
        sentence="How far each step of both goes.",
        source=EDGE,
    )  # fmt: skip
    steps: int = knob(
        default=2002, low=1, high=20000,
        useful=(100, 6000),
        sentence="How many training steps are taken.",
        source=EDGE,
    )  # fmt: skip
    every: int = knob(
        default=11, low=1, high=101, step=2,
        sentence="Steps between two readings; odd, so that jumps from side to side are seen.",
        source="arXiv 2407.06183, section 2",
    )  # fmt: skip
    data: str = choice(
        default="digits", choices=("digits", "quadratic"),
        sentence="Handwritten digits, or a quadratic of ten weights whose sharpness is 15.",
        source=f"{EDGE}; arXiv 2210.01513",
    )  # fmt: skip
    examples: int = knob(
        default=200, low=10, high=1797, static=True,
        when={"data": ("digits",)},
        sentence="How many digits are trained on, all of them at each step.",
        source="arXiv 2103.00065, section 3",
    )  # fmt: skip
    width: int = knob(
        default=32, low=2, high=512, static=True,
        when={"data": ("digits",)},
        sentence="Hidden units per layer.",
        source="arXiv 2103.00065, section 3",
    )  # fmt: skip
    depth: int = knob(
        default=2, low=1, high=8, static=True,
        when={"data": ("digits",)},
        sentence="How many hidden layers of tanh there are.",
        source="arXiv 2103.00065, section 3",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random weights both start from.",
        source="arXiv 2103.00065, section 3",
    )  # fmt: skip

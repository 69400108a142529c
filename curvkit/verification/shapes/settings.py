"""What can be turned in the room of shapes."""

from curvkit.core.knob import BaseSettings, knob

VERIFICATION = "arXiv 1902.09592, section 3"


class Settings(BaseSettings):
    """An interval, and the lines and planes that take a function's place on it."""

    lower: float = knob(
        default=-1.0, low=-3.0, high=-0.1, step=0.05, symbol="l",
        sentence="Where the interval of the argument begins.", source=VERIFICATION,
    )  # fmt: skip
    upper: float = knob(
        default=2.0, low=0.1, high=3.0, step=0.05, symbol="u",
        sentence="Where the interval of the argument ends.", source=VERIFICATION,
    )  # fmt: skip
    slope: float = knob(
        default=0.5, low=0.0, high=1.0, step=0.01, symbol="α",
        sentence="The slope of the line below the ReLU; any from zero to one is sound.",
        source="arXiv 2011.13824, section 3",
    )  # fmt: skip
    touch: float = knob(
        default=0.5, low=0.0, high=1.0, step=0.01, symbol="t",
        sentence="Where the tangent touches the exponential, as a share of the interval.",
        source=VERIFICATION,
    )  # fmt: skip
    other: float = knob(
        default=1.0, low=0.1, high=3.0, step=0.05, symbol="r",
        sentence="The second factor of the product goes from minus this to this.",
        source=VERIFICATION,
    )  # fmt: skip
    blend: float = knob(
        default=0.5, low=0.0, high=1.0, step=0.01, symbol="λ",
        sentence="How much of either of McCormick's two planes above is taken.",
        source=VERIFICATION,
    )  # fmt: skip
    steps: int = knob(
        default=60, low=10, high=200,
        sentence="At how many arguments the functions are drawn.", source=VERIFICATION,
    )  # fmt: skip

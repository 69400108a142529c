"""What can be turned in the Sobolev room."""

from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.sobolev._functions import FUNCTIONS

SOBOLEV = "arXiv 1706.04859"


class Settings(BaseSettings):
    """Networks that see values alone and networks that see slopes too, from the same weights."""

    function: str = choice(
        default="styblinski_tang", choices=tuple(FUNCTIONS),
        sentence="Which function of the plane is learnt.",
        source=SOBOLEV,
    )  # fmt: skip
    points: int = knob(
        default=20, low=4, high=200, static=True, symbol="n",
        sentence="At how many random points the function is known.",
        source=SOBOLEV,
    )  # fmt: skip
    slope_weight: float = knob(
        default=1.0, low=1e-4, high=10.0, scale="log", symbol="λ",
        sentence="What squared errors of slopes weigh beside those of values, in scaled units.",
        source=SOBOLEV,
    )  # fmt: skip
    slope_noise: float = knob(
        default=0.0, low=0.0, high=2.0, step=0.05, symbol="ν",
        useful=(0.0, 1.0),
        sentence="Noise on the slopes, as a multiple of their typical size.",
        source=SOBOLEV,
    )  # fmt: skip
    activation: str = choice(
        default="relu", choices=("relu", "tanh", "softplus"),
        sentence="The nonlinearity of the two hidden layers.",
        source=SOBOLEV,
    )  # fmt: skip
    width: int = knob(
        default=64, low=4, high=256, static=True,
        sentence="Units of each of the two hidden layers.",
        source=SOBOLEV,
    )  # fmt: skip
    learning_rate: float = knob(
        default=1e-3, low=1e-5, high=0.1, scale="log", symbol="η",
        sentence="How far each step of full-batch Adam goes.",
        source=SOBOLEV,
    )  # fmt: skip
    steps: int = knob(
        default=2000, low=1, high=10000,
        useful=(100, 5000),
        sentence="Training steps of each network.",
        source=SOBOLEV,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random points and weights.",
        source=SOBOLEV,
    )  # fmt: skip

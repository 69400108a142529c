"""What can be turned in the minima room."""

from curvkit.core.knob import BaseSettings, choice, knob, switch
from curvkit.minima._problems import PROBLEMS
from curvkit.minima._training import ACTIVATIONS, INITIALIZATIONS, OPTIMIZERS

MINIMA = "arXiv 1611.06310"


class Settings(BaseSettings):
    """Many runs of one small network, each from weights of its own: where do they end?"""

    data: str = choice(
        default="ten_points", choices=tuple(PROBLEMS),
        sentence="Which points are learnt; digits are told apart into odd and even.",
        source=f"{MINIMA}, sections 3 and 4",
    )  # fmt: skip
    activation: str = choice(
        default="sigmoid", choices=tuple(ACTIVATIONS),
        sentence="The nonlinearity of the hidden units.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    width: int = knob(
        default=2, low=1, high=16, static=True, symbol="h",
        sentence="Hidden units of a run; width rescues.",
        source=f"{MINIMA}, table 1",
    )  # fmt: skip
    all_widths: bool = switch(
        default=False,
        sentence="Whether the runs take turns at all widths from one up to the widest.",
        source=f"{MINIMA}, table 1",
    )  # fmt: skip
    initialization: str = choice(
        default="normal_with_biases", choices=tuple(INITIALIZATIONS),
        sentence="Weights from N(0, 1), with biases zero or drawn too, or Glorot's or LeCun's.",
        source=f"{MINIMA}, section 4",
    )  # fmt: skip
    optimizer: str = choice(
        default="adam", choices=OPTIMIZERS,
        sentence="Full-batch Adam or gradient descent.",
        source=f"{MINIMA}, table 1",
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.05, low=1e-4, high=10.0, scale="log", symbol="η",
        useful=(0.005, 1.0),
        sentence="How far each step goes, on the mean loss over the points.",
        source=f"{MINIMA}, table 1",
    )  # fmt: skip
    steps: int = knob(
        default=5000, low=1, high=20000,
        useful=(200, 10000),
        sentence="Training steps of each run before it is judged.",
        source=f"{MINIMA}, table 1",
    )  # fmt: skip
    runs: int = knob(
        default=1000, low=20, high=4000, step=20,
        sentence="How many runs are made, each from weights of its own.",
        source=f"{MINIMA}, table 1",
    )  # fmt: skip
    input_shift: float = knob(
        default=0.0, low=-4.0, high=4.0, symbol="s",
        sentence="Added to every feature of every point; far from zero mean whole layers die.",
        source=f"{MINIMA}, section 4",
    )  # fmt: skip
    gradient_tolerance: float = knob(
        default=1e-2, low=1e-6, high=10.0, scale="log", symbol="‖∇L‖",
        sentence="A run that fails with a smaller gradient, and stays where it is, is stuck.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random initial weights.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip

"""What can be turned in the tuners room."""

from curvkit.core.flows import FLOWS
from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.tuners._names import NAMES, RATED, SCALED

PAPER = "arXiv 2407.06183"
EDGE = "arXiv 2103.00065"
# What flows are known of: steps along the gradient of all data.
ALONG = {"base": ("gd",), "batch": (0, 0)}


def _of(*names: str) -> tuple[dict[str, tuple[str, ...]], ...]:
    """Where one of these tuners trains, or is the rival."""
    return {"tuner": names}, {"rival": (*names, "all")}


class Settings(BaseSettings):
    """A small network trained by a tuner, beside a rival, their curvature recorded on the way."""

    base: str = choice(
        default="gd", choices=("gd", "heavy_ball", "rmsprop", "adam"),
        sentence="The direction whose length is tuned.",
        source=PAPER,
    )  # fmt: skip
    tuner: str = choice(
        default="cdat", choices=tuple(NAMES),
        sentence="How the learning rate is found at each step.",
        source=PAPER,
    )  # fmt: skip
    rival: str = choice(
        default="constant", choices=("none", *NAMES, "all"),
        sentence="The tuner beside it, on the same data from the same start.",
        source=PAPER,
    )  # fmt: skip
    sigma: float = knob(
        default=2.0, low=0.1, high=4.0, step=0.01, symbol="σ",
        useful=(0.5, 2.5),
        when=_of(*SCALED),
        sentence="Scales CDAT's and the oracle's rate: 1 is greedy, 2 on the edge of descent.",
        source=PAPER,
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.15, low=1e-5, high=20.0, scale="log", symbol="η",
        useful=(0.01, 1.0),
        when=(*_of(*RATED), {"handover": (1, 5000)}),
        sentence="The constant rate, the peak of a schedule, the first rate of a hypergradient.",
        source=PAPER,
    )  # fmt: skip
    momentum: float = knob(
        default=0.9, low=0.0, high=0.99, symbol="β",
        when={"base": ("heavy_ball", "adam")},
        sentence="How much of the last direction heavy ball and Adam keep.",
        source=PAPER,
    )  # fmt: skip
    second_moment_decay: float = knob(
        default=0.99, low=0.9, high=0.9999, symbol="β₂",
        when={"base": ("rmsprop", "adam")},
        sentence="How slowly RMSProp and Adam forget squared gradients.",
        source="arXiv 2207.14484",
    )  # fmt: skip
    ema: float = knob(
        default=0.0, low=0.0, high=0.99, step=0.01,
        when=_of("cdat", "greedy"),
        sentence="How much of CDAT's averages of numerator and denominator is kept.",
        source=PAPER,
    )  # fmt: skip
    max_learning_rate: float = knob(
        default=1e4, low=1e-2, high=1e6, scale="log", symbol="η max",
        useful=(0.1, 10000.0),
        when=_of("cdat", "greedy", "armijo", "exact", "polyak"),
        sentence="No rate that is found by looking at the loss is larger than this.",
        source="arXiv 2312.00209",
    )  # fmt: skip
    warm_up_steps: int = knob(
        default=400, low=1, high=5000,
        when=_of("warm_up", "warm_up_cosine"),
        sentence="How many steps a schedule takes to its peak.",
        source=PAPER,
    )  # fmt: skip
    hypergradient_rate: float = knob(
        default=1e-2, low=1e-5, high=1.0, scale="log", symbol="β_η",
        when=_of("hypergradient", "hypergradient_times"),
        sentence="How fast a hypergradient moves the learning rate; the default is not for Adam.",
        source="arXiv 1703.04782",
    )  # fmt: skip
    slope: float = knob(
        default=1e-4, low=1e-6, high=0.9, scale="log", symbol="c",
        when=_of("armijo"),
        sentence="The share of the decrease that the slope promises, which Armijo insists on.",
        source="Armijo 1966, doi 10.2140/pjm.1966.16.1",
    )  # fmt: skip
    handover: int = knob(
        default=0, low=0, high=5000,
        sentence="How many steps are taken at the constant rate before the tuner takes over.",
        source=PAPER,
    )  # fmt: skip
    batch: int = knob(
        default=0, low=0, high=512, static=True,
        sentence="How many examples a step sees, drawn anew each time; 0 is all of them.",
        source=PAPER,
    )  # fmt: skip
    steps: int = knob(
        default=2002, low=1, high=20000,
        useful=(100, 6000),
        sentence="How many training steps are taken.",
        source=PAPER,
    )  # fmt: skip
    every: int = knob(
        default=11, low=1, high=101, step=2,
        sentence="Steps between two readings; odd, so that a rate of period two is not aliased.",
        source=PAPER,
    )  # fmt: skip
    task: str = choice(
        default="mlp", choices=("mlp", "residual", "transformer"),
        when={"data": ("digits",)},
        sentence="A perceptron, a small residual network on digits, or a transformer on text.",
        source=PAPER,
    )  # fmt: skip
    data: str = choice(
        default="digits", choices=("digits", "chebyshev"),
        sentence="Handwritten digits, text where it is a transformer, or a Chebyshev polynomial.",
        source=EDGE,
    )  # fmt: skip
    examples: int = knob(
        default=200, low=10, high=1797, static=True,
        when={"data": ("digits",)},
        sentence="How many digits are trained on; of text how many characters, in pieces of 32.",
        source=EDGE,
    )  # fmt: skip
    loss: str = choice(
        default="mse", choices=("mse", "cross_entropy"),
        when={"data": ("digits",)},
        sentence="Half the squared error, or cross-entropy, for digits with a tenth of smoothing.",
        source=PAPER,
    )  # fmt: skip
    width: int = knob(
        default=32, low=2, high=512, static=True,
        sentence="Hidden units per layer; the transformer's features; four times the channels.",
        source=PAPER,
    )  # fmt: skip
    depth: int = knob(
        default=2, low=1, high=8, static=True,
        sentence="How many hidden layers or blocks there are.",
        source=PAPER,
    )  # fmt: skip
    activation: str = choice(
        default="tanh", choices=("tanh", "relu", "gelu"),
        sentence="The nonlinearity of the hidden layers.",
        source=EDGE,
    )  # fmt: skip
    initialization: str = choice(
        default="lecun", choices=("torch", "lecun"),
        sentence="PyTorch's small uniform start, or LeCun's normal one, which is sharper.",
        source=PAPER,
    )  # fmt: skip
    flow: str = choice(
        default="none", choices=tuple(FLOWS), absent="none",
        when=ALONG,
        sentence="Beside each tuner gradient flow, which knows no edge, the central flow, or both.",
        source="arXiv 2410.24206",
    )  # fmt: skip
    flow_from: int = knob(
        default=110, low=0, high=5000, absent=110,
        when=ALONG | {"flow": ("gradient", "central", "both")},
        sentence="From this step on the flows leave each run, once its average is near its edge.",
        source="arXiv 2410.24206",
    )  # fmt: skip
    seeds: int = knob(
        default=1, low=1, high=16, static=True,
        sentence="How many networks are trained at once, from seeds in a row, to show the spread.",
        source=PAPER,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random initial weights, and which batches.",
        source=PAPER,
    )  # fmt: skip

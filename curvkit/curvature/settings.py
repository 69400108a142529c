"""What can be turned in the curvature room."""

from curvkit.core.flows import FLOWS
from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.curvature._network import ACTIVATIONS
from curvkit.curvature._rules import RULES
from curvkit.curvature._tasks import TASKS

EDGE = "arXiv 2103.00065"
ADAPTIVE = "arXiv 2207.14484"
# Data that a network is trained on.
NETWORK = ("digits", "chebyshev")


class Settings(BaseSettings):
    """Full-batch training of a small network, with its sharpness recorded along the way."""

    learning_rate: float = knob(
        default=0.1, low=1e-5, high=20.0, scale="log", symbol="η",
        useful=(0.01, 1.0),
        sentence="How far each step goes; the sharpness settles where η times it is critical.",
        source=EDGE,
    )  # fmt: skip
    rule: str = choice(
        default="gd", choices=RULES,
        sentence="The training rule; each has its own critical value of η times sharpness.",
        source=f"{EDGE}; {ADAPTIVE}; arXiv 2603.05002",
    )  # fmt: skip
    momentum: float = knob(
        default=0.9, low=0.0, high=0.99, symbol="β",
        when={"rule": ("heavy_ball", "nesterov", "adam", "lion", "muon")},
        sentence="How much of the last direction is kept; of Adam and of Lion β1.",
        source=EDGE,
    )  # fmt: skip
    second_moment_decay: float = knob(
        default=0.99, low=0.9, high=0.9999, symbol="β₂",
        when={"rule": ("rmsprop", "adam", "lion")},
        sentence="How slowly RMSProp and Adam forget squared gradients, Lion the gradients.",
        source=ADAPTIVE,
    )  # fmt: skip
    steps: int = knob(
        default=3003, low=1, high=20000,
        useful=(100, 6000),
        sentence="How many training steps are taken.",
        source=EDGE,
    )  # fmt: skip
    every: int = knob(
        default=11, low=1, high=101, step=2,
        sentence="Steps between two readings; odd, so that an oscillation of period two is seen.",
        source="arXiv 2407.06183",
    )  # fmt: skip
    task: str = choice(
        default="mlp", choices=tuple(TASKS),
        when={"data": ("digits",)},
        sentence="A perceptron, a small residual network on digits, or a transformer on text.",
        source="arXiv 2407.06183",
    )  # fmt: skip
    batch: int = knob(
        default=0, low=0, high=512, static=True, absent=0,
        when={"data": NETWORK},
        sentence="How many examples a step sees, drawn anew each time; 0 is all of them.",
        source="arXiv 2412.20553",
    )  # fmt: skip
    data: str = choice(
        default="digits", choices=("digits", "chebyshev", "quadratic"),
        sentence="Digits (text for a transformer), a Chebyshev polynomial, a quadratic of λ = 20.",
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
        when={"data": NETWORK},
        sentence="Half the squared error, or softmax cross-entropy, whose sharpness falls late.",
        source=EDGE,
    )  # fmt: skip
    width: int = knob(
        default=32, low=2, high=512, static=True,
        when={"data": NETWORK, "depth": (1, 8)},
        sentence="Hidden units per layer; the transformer's features; four times the channels.",
        source=EDGE,
    )  # fmt: skip
    depth: int = knob(
        default=2, low=0, high=8, static=True,
        when={"data": NETWORK},
        sentence="How many hidden layers or blocks there are.",
        source=EDGE,
    )  # fmt: skip
    activation: str = choice(
        default="tanh", choices=tuple(ACTIVATIONS),
        when={"data": NETWORK, "depth": (1, 8)},
        sentence="The nonlinearity of the hidden layers.",
        source=EDGE,
    )  # fmt: skip
    initialization: str = choice(
        default="torch", choices=("torch", "lecun"),
        when={"data": NETWORK},
        sentence="PyTorch's small uniform start, or LeCun's normal one, which is sharper.",
        source="arXiv 2407.06183",
    )  # fmt: skip
    weight_scale: float = knob(
        default=1.0, low=0.1, high=10.0, scale="log", symbol="s",
        sentence="Multiplies the initial weights; larger starts are sharper.",
        source="arXiv 2003.02218",
    )  # fmt: skip
    eigenvalues: int = knob(
        default=2, low=1, high=2, static=True, symbol="k",
        sentence="How many top eigenvalues are read; a second one takes some more products.",
        source=EDGE,
    )  # fmt: skip
    valley_points: int = knob(
        default=0, low=0, high=65, static=True, absent=0,
        sentence="At how many points along the top eigenvector the loss is recorded; 0 for none.",
        source="arXiv 2209.15594",
    )  # fmt: skip
    flow: str = choice(
        default="none", choices=tuple(FLOWS),
        when={"rule": ("gd",)},
        sentence="Beside the run gradient flow, which knows no edge, the central flow, or both.",
        source="arXiv 2410.24206",
    )  # fmt: skip
    flow_from: int = knob(
        default=110, low=0, high=5000,
        when={"rule": ("gd",), "flow": ("gradient", "central", "both")},
        sentence="The step at which the flows leave the run, from the average of its last steps.",
        source="arXiv 2410.24206",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random initial weights.",
        source=EDGE,
    )  # fmt: skip

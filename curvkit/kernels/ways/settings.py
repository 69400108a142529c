"""What can be turned of other ways of shaping."""

from curvkit.core.knob import BaseSettings, choice, knob

DKS = "arXiv 2110.01765"
CHAOS = "arXiv 1611.01232"

ACTIVATIONS = (
    "tanh", "relu", "selu", "elu", "softplus", "sigmoid", "gelu", "swish", "looks_linear",
)  # fmt: skip
WEIGHTS = ("dial", "lecun", "he", "dirac")
MIXED = WEIGHTS[:-1]
NORMS = ("none", "layer_before", "layer_after", "batch")
SHORTCUTS = ("none", "rescaled", "growing", "plain", "zeroed")


class Settings(BaseSettings):
    """A deep network as others shape it: gains and biases, normalisation, shortcuts, activation."""

    activation: str = choice(
        default="tanh", choices=ACTIVATIONS,
        sentence="The nonlinearity; looks_linear is what ReLU units in mirrored pairs begin as.",
        source=f"{DKS}; arXiv 1702.08591",
    )  # fmt: skip
    weights: str = choice(
        default="dial", choices=WEIGHTS,
        sentence="Gain and bias by the dial; LeCun's gain 1, as Glorot's and orthogonal weights "
        "have at equal widths; He's √2; or Dirac's, the identity after the first layer.",
        source="arXiv 1502.01852; arXiv 1706.00388",
    )  # fmt: skip
    gain: float = knob(
        default=1.5, low=0.1, high=5.0, useful=(0.5, 3.0), symbol="σ_w",
        when={"weights": ("dial",)},
        sentence="Weights have a standard deviation of this over the root of the fan-in.",
        source=CHAOS,
    )  # fmt: skip
    bias: float = knob(
        default=0.0, low=0.0, high=2.0, useful=(0.0, 1.0), symbol="σ_b",
        when={"weights": ("dial",)},
        sentence="Biases have this standard deviation.",
        source=CHAOS,
    )  # fmt: skip
    norm: str = choice(
        default="none", choices=NORMS,
        when={"weights": MIXED},
        sentence="LayerNorm before or after the nonlinearity, or BatchNorm before it.",
        source="arXiv 1607.06450; arXiv 1502.03167",
    )  # fmt: skip
    shortcut: str = choice(
        default="none", choices=SHORTCUTS,
        sentence="What is added to each two layers: nothing; their input, both rescaled by w or by "
        "w² = l/(l+1) in block l; it as it is; or it alone at first, as in Fixup, SkipInit and "
        "ReZero.",
        source=f"{DKS}; arXiv 1901.09321; arXiv 2002.10444; arXiv 2003.04887",
    )  # fmt: skip
    weight: float = knob(
        default=0.8, low=0.0, high=0.99, symbol="w",
        when={"shortcut": ("rescaled",)},
        sentence="The weight of each shortcut; the branch beside it has √(1 − w²).",
        source=DKS,
    )  # fmt: skip
    depth: int = knob(
        default=50, low=2, high=200, step=2,
        sentence="How many nonlinear layers the network has, two in each block.",
        source=DKS,
    )  # fmt: skip

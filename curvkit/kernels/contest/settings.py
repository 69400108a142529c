"""What can be turned in the contest."""

from curvkit.core.knob import BaseSettings, choice, knob

DKS = "arXiv 2110.01765"

NETWORKS = ("rescaled", "chain", "batch_norm", "layer_norm", "plain_sums", "dial")
ACTIVATIONS = ("softplus", "sigmoid", "tanh", "gelu", "swish", "relu", "selu", "elu")
SHAPINGS = ("dks", "none", "dial")
OPTIMIZERS = ("sgd", "adam", "kfac")
TASKS = ("digits", "images", "autoencoder")
DATA = ("digits", "mnist", "cifar10")
# Of the dial of `kernels.ways`.
WEIGHTS = ("dial", "lecun", "he", "dirac", "mirrored")
MIXED = WEIGHTS[:3]
NORMS = ("none", "layer_before", "layer_after", "batch")
SHORTCUTS = ("none", "rescaled", "growing", "plain", "zeroed")
TURNED = (
    {"network": ("rescaled", "chain"), "shaping": ("dial",)},
    {"network": ("dial",), "weights": ("dial",)},
)


class Settings(BaseSettings):
    """One deep network trained at four learning rates at once."""

    task: str = choice(
        default="digits", choices=TASKS,
        sentence="Digits to be named by dense layers; the same as pictures, by convolutions of "
        "Delta weights; or an autoencoder, which gives each digit back through eight units.",
        source=DKS,
    )  # fmt: skip
    data: str = choice(
        default="digits", choices=DATA,
        sentence="Scikit-learn's digits of 8 by 8 pixels; or 12 000 pictures of MNIST or CIFAR-10, "
        "which are fetched once and want a GPU.",
        source=DKS,
    )  # fmt: skip
    network: str = choice(
        default="rescaled", choices=NETWORKS,
        sentence="Residual with rescaled sums and no normalisation; a chain without shortcuts; "
        "residual with BatchNorm or LayerNorm before each nonlinearity; residual with plain sums; "
        "or what the dial of `kernels.ways` shows.",
        source=DKS,
    )  # fmt: skip
    activation: str = choice(
        default="softplus", choices=ACTIVATIONS,
        sentence="The nonlinearity; a plain ReLU comes with He's weights.",
        source=DKS,
    )  # fmt: skip
    shaping: str = choice(
        default="dks", choices=SHAPINGS,
        when={"network": ("rescaled", "chain")},
        sentence="The activation shaped for its network, or as it is; or as it is with a gain and "
        "biases, as on the dial of `kernels.ways`.",
        source=DKS,
    )  # fmt: skip
    optimizer: str = choice(
        default="sgd", choices=OPTIMIZERS,
        sentence="Gradient descent with momentum 0.9, at rates thirty times smaller for an "
        "autoencoder; Adam at rates thirty times smaller; or K-FAC at rates ten times larger.",
        source=f"{DKS}; arXiv 1412.6980; arXiv 1503.05671",
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.01, low=1e-4, high=0.3, scale="log", symbol="η",
        sentence="The middle one of the rates: a ninth, a third and three times of it run beside.",
        source=DKS,
    )  # fmt: skip
    gain: float = knob(
        default=1.5, low=0.1, high=5.0, useful=(0.5, 3.0), symbol="σ_w",
        when=TURNED,
        sentence="Weights have a standard deviation of this over the root of the fan-in at first.",
        source="arXiv 1611.01232",
    )  # fmt: skip
    bias: float = knob(
        default=0.0, low=0.0, high=2.0, useful=(0.0, 1.0), symbol="σ_b",
        when=TURNED,
        sentence="Biases have this standard deviation at first.",
        source="arXiv 1611.01232",
    )  # fmt: skip
    weights: str = choice(
        default="dial", choices=WEIGHTS,
        when={"network": ("dial",)},
        sentence="Orthogonal with gain and biases by the dial, with LeCun's gain 1 or He's √2; "
        "Dirac's, the identity after the first layer; or of mirrored pairs, with which ReLU begins "
        "linear.",
        source="arXiv 1502.01852; arXiv 1706.00388; arXiv 1702.08591",
    )  # fmt: skip
    norm: str = choice(
        default="none", choices=NORMS,
        when={"network": ("dial",), "weights": MIXED},
        sentence="LayerNorm before or after the nonlinearity, or BatchNorm before it.",
        source="arXiv 1607.06450; arXiv 1502.03167",
    )  # fmt: skip
    shortcut: str = choice(
        default="none", choices=SHORTCUTS,
        when={"network": ("dial",)},
        sentence="What is added to each two layers: nothing; their input, both rescaled by w or by "
        "w² = l/(l+1) in block l; it as it is; or it alone, since the branch's last weights begin "
        "as zero.",
        source=f"{DKS}; arXiv 1901.09321; arXiv 2002.10444; arXiv 2003.04887",
    )  # fmt: skip
    damping: float = knob(
        default=0.3, low=1e-3, high=10.0, scale="log", symbol="λ",
        when={"optimizer": ("kfac",)},
        sentence="What K-FAC adds to the curvature: its square root to each of the two factors.",
        source="arXiv 1503.05671",
    )  # fmt: skip
    zeta: float = knob(
        default=1.5, low=1.02, high=5.0, scale="log", symbol="ζ",
        when={"network": ("rescaled", "chain"), "shaping": ("dks",)},
        sentence="The slope that DKS gives the whole network's C map at 1.",
        source=DKS,
    )  # fmt: skip
    weight: float = knob(
        default=0.8, low=0.0, high=0.99, symbol="w",
        when=({"network": ("rescaled",)}, {"network": ("dial",), "shortcut": ("rescaled",)}),
        sentence="The weight of each shortcut; the branch beside it has √(1 − w²).",
        source=DKS,
    )  # fmt: skip
    blocks: int = knob(
        default=25, low=1, high=60, static=True,
        sentence="How many blocks of two nonlinear layers the network has; of an autoencoder half "
        "of them are before the eight units.",
        source=DKS,
    )  # fmt: skip
    width: int = knob(
        default=64, low=8, high=128, static=True,
        sentence="How many units each layer has; convolutions have a quarter as many channels.",
        source=DKS,
    )  # fmt: skip
    steps: int = knob(
        default=150, low=1, high=1000, useful=(20, 400),
        sentence="How many steps are taken, on 128 digits each, by an autoencoder on 256.",
        source=DKS,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which initial weights and which batches.",
        source=DKS,
    )  # fmt: skip

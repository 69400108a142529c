"""What can be turned in the kernels room."""

from curvkit.core.knob import BaseSettings, choice, knob, switch

DKS = "arXiv 2110.01765"
TAT = "arXiv 2203.08120"

ACTIVATIONS = ("softplus", "leaky_relu", "tanh", "gelu", "sigmoid")
METHODS = ("dks", "tat")
WIRINGS = ("chain", "residual", "nested", "resnet_v2")


class Settings(BaseSettings):
    """A feed-forward network, plain and shaped: its kernels layer by layer, and samples of it."""

    activation: str = choice(
        default="softplus", choices=ACTIVATIONS,
        sentence="The nonlinearity; plain leaky ReLU here means the ReLU.",
        source=DKS,
    )  # fmt: skip
    method: str = choice(
        default="dks", choices=METHODS,
        sentence="Deep Kernel Shaping, or tailored activation transformations.",
        source=f"{DKS}; {TAT}",
    )  # fmt: skip
    depth: int = knob(
        default=50, low=2, high=300,
        sentence="How many nonlinear layers the network has.",
        source=DKS,
    )  # fmt: skip
    zeta: float = knob(
        default=1.5, low=1.02, high=5.0, scale="log", symbol="ζ",
        when={"method": ("dks",)},
        sentence="The slope that DKS gives the whole network's C map at 1.",
        source=DKS,
    )  # fmt: skip
    tau: float = knob(
        default=0.3, low=0.02, high=2.0, scale="log", symbol="τ",
        when={"method": ("tat",), "activation": ("softplus", "tanh", "gelu", "sigmoid")},
        sentence="The curvature that TAT gives a smooth network's C map at 1.",
        source=TAT,
    )  # fmt: skip
    eta: float = knob(
        default=0.9, low=0.3, high=0.99, symbol="η",
        when={"method": ("tat",), "activation": ("leaky_relu",)},
        sentence="Where TAT with a leaky ReLU sends orthogonal inputs: C(0) of the network.",
        source=TAT,
    )  # fmt: skip
    wiring: str = choice(
        default="residual", choices=WIRINGS,
        sentence="What the figure architecture builds: a chain, or blocks with shortcuts.",
        source=DKS,
    )  # fmt: skip
    blocks: int = knob(
        default=16, low=1, high=60,
        sentence="How many blocks the architecture has, of two or three layers each.",
        source=DKS,
    )  # fmt: skip
    weight: float = knob(
        default=0.8, low=0.0, high=0.99, symbol="w",
        when={"wiring": ("residual", "nested", "resnet_v2")},
        sentence="The weight of each shortcut; the branch beside it has √(1 − w²).",
        source=DKS,
    )  # fmt: skip
    width: int = knob(
        default=256, low=32, high=1024, static=True, symbol="N",
        sentence="Units per layer of the networks that are sampled.",
        source=DKS,
    )  # fmt: skip
    orthogonal: bool = switch(
        default=True,
        sentence="Sample orthogonal weights (Haar), or Gaussian ones, which are noisier.",
        source=DKS,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which networks are sampled.",
        source=DKS,
    )  # fmt: skip

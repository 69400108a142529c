"""What can be turned in the race."""

from curvkit.core.knob import BaseSettings, choice, knob, switch

DKS = "arXiv 2110.01765"
TAT = "arXiv 2203.08120"

ACTIVATIONS = ("softplus", "tanh", "gelu", "sigmoid")


class Settings(BaseSettings):
    """Three networks that differ in their activation alone: plain, shaped by DKS, and by TAT."""

    activation: str = choice(
        default="softplus", choices=ACTIVATIONS,
        sentence="The nonlinearity that all three start from.",
        source=DKS,
    )  # fmt: skip
    depth: int = knob(
        default=50, low=3, high=150, static=True,
        sentence="How many nonlinear layers each network has.",
        source=DKS,
    )  # fmt: skip
    width: int = knob(
        default=64, low=8, high=128, static=True,
        sentence="How many units each layer has.",
        source=DKS,
    )  # fmt: skip
    learning_rate: float = knob(
        default=3e-4, low=1e-5, high=1e-2, scale="log", symbol="η",
        sentence="How far each step of Adam goes; 3e-4 is safe at 50 layers.",
        source="Kingma and Ba 2015, arXiv 1412.6980",
    )  # fmt: skip
    zeta: float = knob(
        default=1.5, low=1.02, high=5.0, scale="log", symbol="ζ",
        sentence="The slope that DKS gives the whole network's C map at 1.",
        source=DKS,
    )  # fmt: skip
    tau: float = knob(
        default=0.3, low=0.02, high=2.0, scale="log", symbol="τ",
        sentence="The curvature that TAT gives the whole network's C map at 1.",
        source=TAT,
    )  # fmt: skip
    orthogonal: bool = switch(
        default=True,
        sentence="Orthogonal initial weights, or Gaussian ones of the same variance.",
        source=DKS,
    )  # fmt: skip
    steps: int = knob(
        default=100, low=1, high=1000,
        useful=(20, 400),
        sentence="How many steps of Adam are taken, on 128 digits each.",
        source=DKS,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which initial weights and which batches.",
        source=DKS,
    )  # fmt: skip

"""What can be turned where distillation moves three states."""

from curvkit.core.knob import BaseSettings, choice, knob, switch
from curvkit.distillation._variants import VARIANTS

DISTILLING = "arXiv 1902.02186"


class Settings(BaseSettings):
    """The exact update of one variant on three states of which two may look alike."""

    variant: str = choice(
        default="on_policy_reward", choices=tuple(VARIANTS),
        sentence="Who acts, what loss and what reward: a row of the table of variants.",
        source=f"{DISTILLING}, table 1",
    )  # fmt: skip
    aliased: bool = switch(
        default=True,
        sentence="Whether the first and the last state look alike and share a logit.",
        source=f"{DISTILLING}, section 3; the three states are ours",
    )  # fmt: skip
    reward_weight: float = knob(
        default=1.0, low=0.0, high=3.0, step=0.05, symbol="w",
        sentence="What the task's reward weighs, in the variants that have it.",
        source=f"{DISTILLING}, section 3.2",
    )  # fmt: skip
    teacher_first: float = knob(
        default=0.20, low=0.01, high=0.99, step=0.01, symbol="π(0|s₀)",
        sentence="How often the teacher takes action 0 in the first state.",
        source=f"{DISTILLING}; the value is ours",
    )  # fmt: skip
    teacher_second: float = knob(
        default=0.04, low=0.01, high=0.99, step=0.01, symbol="π(0|s₁)",
        sentence="How often the teacher takes action 0 in the second state.",
        source=f"{DISTILLING}; the value is ours",
    )  # fmt: skip
    teacher_third: float = knob(
        default=0.25, low=0.01, high=0.99, step=0.01, symbol="π(0|s₂)",
        sentence="How often the teacher takes action 0 in the last state.",
        source=f"{DISTILLING}; the value is ours",
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.1, low=0.01, high=0.5, scale="log", symbol="η",
        sentence="How far each step goes along the expected update, by the midpoint rule.",
        source=DISTILLING,
    )  # fmt: skip
    steps: int = knob(
        default=3000, low=1, high=20000,
        useful=(300, 6000),
        sentence="How many steps are taken.",
        source=DISTILLING,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Where the students start.",
        source=DISTILLING,
    )  # fmt: skip
    start_first: float = knob(
        default=0.0, low=-11.0, high=11.0, step=0.1, symbol="Δθ₀", absent=0.0,
        useful=(-6.0, 6.0),
        sentence="How far the start of the first student is moved along its first logit.",
        source=f"{DISTILLING}; the start is ours",
    )  # fmt: skip
    start_second: float = knob(
        default=0.0, low=-11.0, high=11.0, step=0.1, symbol="Δθ₁", absent=0.0,
        useful=(-6.0, 6.0),
        sentence="How far the start of the first student is moved along its second logit.",
        source=f"{DISTILLING}; the start is ours",
    )  # fmt: skip

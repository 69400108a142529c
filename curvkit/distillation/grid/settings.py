"""What can be turned where students learn grid worlds."""

from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.distillation.grid._learning import CONTESTS
from curvkit.distillation.grid._worlds import SIDE

DISTILLING = "arXiv 1902.02186"


class Settings(BaseSettings):
    """Students of random grid worlds, one episode at a time, by four variants side by side."""

    contest: str = choice(
        default="drivers", choices=tuple(CONTESTS),
        sentence="Which four variants learn the same worlds from the same teachers.",
        source=f"{DISTILLING}, section 4",
    )  # fmt: skip
    teacher_noise: float = knob(
        default=0.0, low=0.0, high=0.9, step=0.05,
        sentence="In which share of cases the teacher acts at random.",
        source=f"{DISTILLING}, section 4",
    )  # fmt: skip
    temperature: float = knob(
        default=0.1, low=0.01, high=10.0, scale="log", symbol="T",
        useful=(0.03, 2.0),
        sentence="How soft the teacher's choice is between actions of nearly one worth.",
        source=DISTILLING,
    )  # fmt: skip
    size: int = knob(
        default=11, low=3, high=SIDE,
        sentence="How many cells a world has along each side.",
        source=f"{DISTILLING}, where it is 20",
    )  # fmt: skip
    walls: float = knob(
        default=0.15, low=0.0, high=0.4, step=0.01,
        sentence="Which share of the cells is wall.",
        source=f"{DISTILLING}, section 4; the share is ours",
    )  # fmt: skip
    goals: float = knob(
        default=0.015, low=0.0, high=0.2, step=0.005,
        sentence="Which share of the cells ends the episode with a reward of 10.",
        source=f"{DISTILLING}, section 4; the share is ours",
    )  # fmt: skip
    pits: float = knob(
        default=0.04, low=0.0, high=0.3, step=0.01,
        sentence="Which share of the cells ends the episode with a reward of -10.",
        source=f"{DISTILLING}, section 4; the share is ours",
    )  # fmt: skip
    noise: float = knob(
        default=0.1, low=0.0, high=0.8, step=0.05, symbol="η",
        sentence="How often a move goes in a random direction instead.",
        source=f"{DISTILLING}, section 4",
    )  # fmt: skip
    ending: float = knob(
        default=0.01, low=0.005, high=0.3, scale="log",
        sentence="The chance that a step ends the episode.",
        source=f"{DISTILLING}, section 4",
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.3, low=0.01, high=5.0, scale="log",
        useful=(0.05, 2.0),
        sentence="How far each episode moves the logits.",
        source=DISTILLING,
    )  # fmt: skip
    steps: int = knob(
        default=600, low=1, high=5000,
        useful=(50, 2000),
        sentence="How many episodes each student learns from.",
        source=DISTILLING,
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which worlds, and which episodes.",
        source=DISTILLING,
    )  # fmt: skip

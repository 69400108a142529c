"""What can be turned in the selection room."""

from curvkit.core.knob import BaseSettings, choice, knob, switch
from curvkit.selection._datasets import NAMES

GROUP_OMP = "Lozano, Swirszcz, Abe 2009, NeurIPS"


class Settings(BaseSettings):
    """One regression, whose groups are taken one by one."""

    data: str = choice(
        default="drawn", choices=("drawn", *NAMES),
        sentence="A random problem, or real data whose variables are groups of columns.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    whiten: bool = switch(
        default=True,
        sentence="Whether the next group is chosen by the paper's rule, or by raw products.",
        source=f"{GROUP_OMP}, section 2",
    )  # fmt: skip
    rows: int = knob(
        default=80, low=20, high=150, symbol="n",
        sentence="How many rows are fitted; as many again, or all others, are the test.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    groups: int = knob(
        default=30, low=3, high=40, symbol="J",
        when={"data": ("drawn",)},
        sentence="How many groups of columns a random problem has.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    size: int = knob(
        default=4, low=1, high=5, symbol="m",
        sentence="How many columns a group of a random problem has.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    good: int = knob(
        default=4, low=1, high=8, symbol="k",
        when={"data": ("drawn",)},
        sentence="How many groups of a random problem carry the signal, each of length 1.",
        source=f"{GROUP_OMP}, section 3",
    )  # fmt: skip
    within: float = knob(
        default=0.7, low=0.0, high=0.95, symbol="w",
        when={"data": ("drawn",)},
        sentence="Correlation of the columns of one group, on top of that between groups.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    between: float = knob(
        default=0.0, low=0.0, high=0.95, symbol="b",
        when={"data": ("drawn",)},
        sentence="Correlation of the columns of different groups.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    noise: float = knob(
        default=0.5, low=0.0, high=3.0, symbol="σ",
        sentence="Deviation of the noise in the targets of a random problem.",
        source=f"{GROUP_OMP}, section 3",
    )  # fmt: skip
    picks: int = knob(
        default=8, low=1, high=10, symbol="K",
        sentence="How many groups are taken at most.",
        source=f"{GROUP_OMP}, section 2",
    )  # fmt: skip
    tolerance: float = knob(
        default=0.0, low=0.0, high=10.0, symbol="ε",
        sentence="It stops as soon as no group's score is above this level.",
        source=f"{GROUP_OMP}, section 2",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random problem, or which rows of the real data.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip

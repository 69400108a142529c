"""What can be turned where odds are counted."""

from curvkit.core.knob import BaseSettings, choice, knob, switch
from curvkit.selection.odds._study import SWEEPS

GROUP_OMP = "Lozano, Swirszcz, Abe 2009, NeurIPS"


def _unless(swept: str) -> dict[str, tuple[str, ...]]:
    """Where a knob that may be swept itself counts."""
    return {"against": tuple(name for name in SWEEPS if name != swept)}


class Settings(BaseSettings):
    """Many random problems at each place of a sweep: how often are the good groups found?"""

    against: str = choice(
        default="rows", choices=tuple(SWEEPS),
        sentence="Which knob is swept; where it stands itself does not matter then.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    convex: bool = switch(
        default=False, static=True,
        sentence="Whether Lasso and Group Lasso take part, which takes most of the time.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    trials: int = knob(
        default=20, low=4, high=200, static=True,
        sentence="How many problems are solved at each place.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    rows: int = knob(
        default=60, low=20, high=125, symbol="n",
        when=_unless("rows"),
        sentence="How many rows a problem has.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    groups: int = knob(
        default=30, low=3, high=30, symbol="J",
        when=_unless("groups"),
        sentence="How many groups of columns a problem has.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    size: int = knob(
        default=4, low=1, high=4, symbol="m",
        when=_unless("size"),
        sentence="How many columns a group has.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    good: int = knob(
        default=2, low=1, high=5, symbol="k",
        when=_unless("good"),
        sentence="How many groups carry the signal, each of length 1.",
        source=f"{GROUP_OMP}, section 3",
    )  # fmt: skip
    within: float = knob(
        default=0.5, low=0.0, high=0.95, symbol="w",
        when=_unless("within"),
        sentence="Correlation of the columns of one group, on top of that between groups.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    between: float = knob(
        default=0.0, low=0.0, high=0.95, symbol="b",
        when=_unless("between"),
        sentence="Correlation of the columns of different groups.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip
    noise: float = knob(
        default=0.5, low=0.0, high=3.0, symbol="σ",
        when=_unless("noise"),
        sentence="Deviation of the noise in the targets.",
        source=f"{GROUP_OMP}, section 3",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random problems are drawn.",
        source=f"{GROUP_OMP}, section 4",
    )  # fmt: skip

"""What can be turned in the room of basins."""

from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.minima.basin._plane import CHARTED

MINIMA = "arXiv 1611.06310"


class Settings(BaseSettings):
    """Gradient descent from a grid of starts around a minimum that is proved to be a bad one."""

    example: str = choice(
        default="ten_points", choices=CHARTED,
        sentence="Which counterexample: sigmoids on ten points, or rectifiers on a line.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    learning_rate: float = knob(
        default=0.5, low=1e-3, high=5.0, scale="log", symbol="η",
        useful=(0.05, 3.0),
        sentence="How far each step goes, on the mean loss; P1 to P3 diverge above about 0.01.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    steps: int = knob(
        default=3000, low=1, high=20000,
        useful=(200, 6000),
        sentence="How many steps are taken from every start.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    every: int = knob(
        default=40, low=1, high=400,
        sentence="Steps between two readings.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    span: float = knob(
        default=1.25, low=0.1, high=3.0, symbol="s",
        sentence="How far the plane reaches, in distances from the minimum to the better point.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    seed: int = knob(
        default=0, low=0, high=9999,
        sentence="Which random third direction spans the plane.",
        source=f"{MINIMA}, section 3",
    )  # fmt: skip
    drop_along: float = knob(
        default=0.0, low=-1.0, high=1.0, step=0.01, symbol="t", absent=0.0,
        sentence="Where one more run starts towards the better point, in shares of the plane.",
        source=f"{MINIMA}, section 3; the start is ours",
    )  # fmt: skip
    drop_across: float = knob(
        default=-0.3, low=-1.0, high=1.0, step=0.01, symbol="u", absent=-0.3,
        sentence="Where it starts along the third direction, in shares of the plane.",
        source=f"{MINIMA}, section 3; the start is ours",
    )  # fmt: skip

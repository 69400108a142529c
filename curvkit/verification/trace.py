"""What the verification room records, and what can be read off it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.messages import counted
from curvkit.core.trace import Record, series

OPEN, PROVED, VIOLATED = 0, 1, 2
WILD = 1e15
# Seconds from one moment of a swing to the next.
MOMENT = 0.05


class Trace(Record):
    """The states of a pendulum in cells, which are bounded, attacked and halved round by round."""

    COUNTED = "round"
    LATER = frozenset(
        {"box", "box_bound", "box_attack", "box_verdict", "swing_angle", "swing_speed"}
    )
    bounded: Int[np.ndarray, " reading"] = series("Cells bounded so far.")
    upper_bound: Float[np.ndarray, " reading"] = series(
        "No state of any cell lets the energy grow by more.", symbol="max ΔE ≤"
    )
    attack: Float[np.ndarray, " reading"] = series(
        "The most growth that was found.", symbol="ΔE(x*)"
    )
    proved: Float[np.ndarray, " reading"] = series("Share of the states that are proved.")
    violated: Float[np.ndarray, " reading"] = series("Share in cells with a counterexample.")
    cells: Float[np.ndarray, "reading cell end"] = series(
        "Cells bounded in the round: angle over π from, to, and speed over its largest from, to."
    )
    cell_bound: Float[np.ndarray, "reading cell"] = series(
        "The bound of each on the energy's growth."
    )
    cell_attack: Float[np.ndarray, "reading cell"] = series("The most growth found in each.")
    verdict: Int[np.ndarray, "reading cell"] = series("0 open, 1 proved, 2 violated, -1 no cell.")
    fastest: Float[np.ndarray, ""] = series("The largest angular speed.")
    box: Float[np.ndarray, " end"] = series("One box by itself, as a cell is told.")
    box_bound: Float[np.ndarray, ""] = series("The bound on the energy's growth in that box.")
    box_attack: Float[np.ndarray, ""] = series("The most growth found in that box.")
    box_verdict: Int[np.ndarray, ""] = series("0 open, 1 proved, 2 violated, -1 no box.")
    swing_angle: Float[np.ndarray, "pendulum moment"] = series(
        "The angle of the model's pendulum and of the true one, let go at the box's middle.",
        symbol="θ",
    )
    swing_speed: Float[np.ndarray, "pendulum moment"] = series("Their angular speed.", symbol="ω")

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """Of a trace without a box: no numbers, and no pendulum that swings."""
        nothing = {"box": (4,), "swing_angle": (2, 2), "swing_speed": (2, 2)}
        gaps = {name: np.full(nothing.get(name, ()), np.nan, np.float32) for name in names}
        return gaps | {name: np.array(-1, np.int32) for name in names & {"box_verdict"}}

    @property
    def alive(self) -> np.ndarray:
        """Which readings are finite, up to and with each, (reading,)."""
        numbers = [self.upper_bound, self.attack, self.proved, self.violated]
        with np.errstate(invalid="ignore"):
            good = np.all([np.abs(each) < WILD for each in numbers], axis=0)
        return np.logical_and.accumulate(good)

    def last(self, name: str) -> float:
        """A series at its last reading, nan where there is none or it broke off."""
        if not self.readings or not self.alive[-1]:
            return float("nan")
        return float(getattr(self, name)[-1])

    def merits(self) -> dict[str, float]:
        """Shares of the states, in per cent, and the bound with the attack below it."""
        proved, violated = 100 * self.last("proved"), 100 * self.last("violated")
        return {
            "proved_share": proved,
            "violated_share": violated,
            "open_share": max(100 - proved - violated, 0.0) if self.readings else float("nan"),
            "highest_bound": self.last("upper_bound"),
            "best_attack": self.last("attack"),
        }


class Shares(Record):
    """How many points of several models keep a property in boxes of several radii.

    The header names the `models` and says what is `kept`.
    """

    radius: Float[np.ndarray, " radius"] = series("Radius of the boxes.", symbol="δ")
    nominal: Float[np.ndarray, " model"] = series("Share of points that keep it themselves.")
    adversarial: Float[np.ndarray, "model radius"] = series("Share where an attack finds nothing.")
    verified: Float[np.ndarray, "model radius"] = series("Share that is proved.")
    points: Int[np.ndarray, ""] = series("How many points were looked at.")

    def _repr_markdown_(self) -> str:
        columns = [f"δ = {each:g}" for each in self.radius]
        lines = [
            f"Of {counted(int(self.points), 'point')}, per cent that keep it: themselves / against "
            "an attack "
            f"/ proved. {self.header['kept']}",
            "",
            f"| model | {' | '.join(columns)} |",
            f"| --- |{' --- |' * len(columns)}",
        ]
        for at, name in enumerate(self.header["models"]):
            three = zip(self.adversarial[at], self.verified[at], strict=True)
            cells = [f"{100 * self.nominal[at]:.1f} / {100 * a:.1f} / {100 * v:.1f}"
                     for a, v in three]  # fmt: skip
            lines.append(f"| {name} | {' | '.join(cells)} |")
        return "\n".join(lines)


class Rollouts(Record):
    """A true pendulum and its models, followed from the same states for a long time.

    The header names the `models`, of which the first is the truth.
    """

    time: Float[np.ndarray, " step"] = series("Time.", symbol="t")
    energy: Float[np.ndarray, "model run step"] = series("Energy above rest.", symbol="E")
    angle: Float[np.ndarray, "model run step"] = series("Angle.", symbol="θ")
    speed: Float[np.ndarray, "model run step"] = series("Angular speed.", symbol="ω")

    def restless(self, least: float = 0.05) -> np.ndarray:
        """Of each model the share of runs that end with more than `least` joules, (model,)."""
        return np.mean(self.energy[:, :, -200:].max(2) > least, axis=1)


class Ladder(Record):
    """Bounds on one box from loose to tight, the attack last; the header names them."""

    value: Float[np.ndarray, " rung"] = series("Bound on the growth of energy.", symbol="ΔE")
    seconds: Float[np.ndarray, " rung"] = series("How long it took, compiled programs.")


class Samples(Record):
    """Growth of energy at random points of a box, and margins of bounds on boxes of no width.

    The header says in `single` whether the margins are of single precision.
    """

    growth: Float[np.ndarray, " sample"] = series("Growth of energy.", symbol="ΔE")
    attack: Float[np.ndarray, ""] = series("The most that an attack found.")
    bound: Float[np.ndarray, ""] = series("The bound on the box.")
    margin: Float[np.ndarray, " point"] = series("Bound less value, on boxes of no width.")

    def _repr_markdown_(self) -> str:
        wrong, precision = int(np.sum(self.margin < 0)), ("double", "single")
        return (
            f"Of {counted(len(self.growth), 'sample')} the most is {self.growth.max():.4f} J, an "
            f"attack found "
            f"{float(self.attack):.4f} J, and the bound is {float(self.bound):.4f} J. In "
            f"{precision[self.header['single']]} precision **{wrong}** of {len(self.margin)} "
            "bounds on boxes of no width are below the value there."
        )

"""What the verification room records, and what can be read off it."""

import numpy as np
from jaxtyping import Array, Float, Int

from curvkit.core.trace import series, trace

OPEN, PROVED, VIOLATED = 0, 1, 2
WILD = 1e15


@trace
class Trace:
    """The states of a pendulum in cells, which are bounded, attacked and halved round by round."""

    COUNTED = "round"
    bounded: Int[Array, " reading"] = series("Cells bounded so far.")
    upper_bound: Float[Array, " reading"] = series(
        "No state of any cell lets the energy grow by more.", symbol="max ΔE ≤"
    )
    attack: Float[Array, " reading"] = series("The most growth that was found.", symbol="ΔE(x*)")
    proved: Float[Array, " reading"] = series("Share of the states that are proved.")
    violated: Float[Array, " reading"] = series("Share in cells with a counterexample.")
    cells: Float[Array, "reading cell end"] = series(
        "Cells bounded in the round: angle over π from, to, and speed over its largest from, to."
    )
    cell_bound: Float[Array, "reading cell"] = series("The bound of each on the energy's growth.")
    cell_attack: Float[Array, "reading cell"] = series("The most growth found in each.")
    verdict: Int[Array, "reading cell"] = series("0 open, 1 proved, 2 violated, -1 no cell.")
    fastest: Float[Array, ""] = series("The largest angular speed.")

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


@trace
class Shares:
    """How many points of several models keep a property in boxes of several radii.

    The header names the `models` and says what is `kept`.
    """

    radius: Float[Array, " radius"] = series("Radius of the boxes.", symbol="δ")
    nominal: Float[Array, " model"] = series("Share of points that keep it themselves.")
    adversarial: Float[Array, "model radius"] = series("Share where an attack finds nothing.")
    verified: Float[Array, "model radius"] = series("Share that is proved.")
    points: Int[Array, ""] = series("How many points were looked at.")

    def _repr_markdown_(self) -> str:
        columns = [f"δ = {each:g}" for each in self.radius]
        lines = [
            f"Of {int(self.points)} points, per cent that keep it: themselves / against an attack "
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


@trace
class Rollouts:
    """A true pendulum and its models, followed from the same states for a long time.

    The header names the `models`, of which the first is the truth.
    """

    time: Float[Array, " step"] = series("Time.", symbol="t")
    energy: Float[Array, "model run step"] = series("Energy above rest.", symbol="E")
    angle: Float[Array, "model run step"] = series("Angle.", symbol="θ")
    speed: Float[Array, "model run step"] = series("Angular speed.", symbol="ω")

    def restless(self, least: float = 0.05) -> np.ndarray:
        """Of each model the share of runs that end with more than `least` joules, (model,)."""
        return np.mean(self.energy[:, :, -200:].max(2) > least, axis=1)


@trace
class Ladder:
    """Bounds on one box from loose to tight, the attack last; the header names them."""

    value: Float[Array, " rung"] = series("Bound on the growth of energy.", symbol="ΔE")
    seconds: Float[Array, " rung"] = series("How long it took, compiled programs.")


@trace
class Samples:
    """Growth of energy at random points of a box, and margins of bounds on boxes of no width.

    The header says in `single` whether the margins are of single precision.
    """

    growth: Float[Array, " sample"] = series("Growth of energy.", symbol="ΔE")
    attack: Float[Array, ""] = series("The most that an attack found.")
    bound: Float[Array, ""] = series("The bound on the box.")
    margin: Float[Array, " point"] = series("Bound less value, on boxes of no width.")

    def _repr_markdown_(self) -> str:
        wrong, precision = int(np.sum(self.margin < 0)), ("double", "single")
        return (
            f"Of {len(self.growth)} samples the most is {self.growth.max():.4f} J, an attack found "
            f"{float(self.attack):.4f} J, and the bound is {float(self.bound):.4f} J. In "
            f"{precision[self.header['single']]} precision **{wrong}** of {len(self.margin)} "
            "bounds on boxes of no width are below the value there."
        )

"""What the contest records, and what can be read off it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.messages import counted, number
from curvkit.core.trace import Record, series

# Orthogonal inputs nearer to one another than this, slopes above that power of ten, and lengths
# beyond that one keep a network from learning in so few steps: read off some thirty networks of
# the dial, and so fitted to them.
NEAR, STEEP, LONG = 0.97, 4.0, 6.0
# Better than this share of the digits, or of an autoencoder's variance, is learned; before so many
# steps nothing is said.
LEARNED, GIVEN_BACK, EARLY = 0.6, 0.4, 50


class Trace(Record):
    """One network trained at several rates on the same batches from the same weights."""

    # A rate at which training diverges is a result beside the others.
    ENDS = ("step",)
    LATER = frozenset({"map_cosine", "map_log_slope", "map_log_square", "map_kappa"})

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    loss: Float[np.ndarray, " reading runner"] = series(
        "On the first 256 training digits cross-entropy in nats, or of an autoencoder half the "
        "squared error of a digit; not finite once it diverged.",
        symbol="L",
    )
    accuracy: Float[np.ndarray, " reading runner"] = series(
        "Share of the test digits that are named rightly; of an autoencoder, of the test pixels' "
        "variance that comes back."
    )
    rate: Float[np.ndarray, " runner"] = series("The learning rate of each runner.", symbol="η")
    classes: Float[np.ndarray, ""] = series("How many classes there are; chance is one over it.")

    map_cosine: Float[np.ndarray, " cosine"] = series(
        "What the maps foretell of cosines that go in, even from −1 to 1.", symbol="C(c)"
    )
    map_log_slope: Float[np.ndarray, ""] = series(
        "The decimal logarithm of the slope of the network's C map at 1.", symbol="log C′(1)"
    )
    map_log_square: Float[np.ndarray, ""] = series(
        "The decimal logarithm of the mean square at the end.", symbol="log q"
    )
    map_kappa: Float[np.ndarray, ""] = series(
        "The condition number of the tangent kernel of ten orthogonal inputs, up to 1e4; of Dirac "
        "weights not computed.",
        symbol="κ",
    )

    @property
    def diverged(self) -> np.ndarray:
        """Which rates led to numbers that are not finite."""
        return np.asarray(~np.isfinite(self.loss).all(axis=0))

    @property
    def best(self) -> int:
        """The rate of the lowest last loss that is finite; the first if there is none."""
        last = self.loss[-1] if len(self.loss) else np.full(self.rate.shape, np.inf)
        return int(np.argmin(np.where(np.isfinite(last), last, np.inf)))

    @classmethod
    def completed(
        cls, header: Mapping[str, object], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """Of a trace without them: maps that foretell nothing."""
        gaps = {"map_cosine": np.full(17, np.nan, np.float32)}
        return {name: gaps.get(name, np.array(np.nan, np.float32)) for name in names}

    def orthogonal(self) -> float:
        """Where the maps send orthogonal inputs; what is next to nothing, to 0."""
        cosine = float(self.map_cosine[len(self.map_cosine) // 2])
        return 0.0 if abs(cosine) < 5e-4 else cosine

    def obstacle(self) -> str:
        """What the maps foretell that keeps the network from learning; empty where nothing does."""
        if np.abs(self.map_log_square) > LONG:
            return "lengths explode" if self.map_log_square > 0 else "lengths vanish"
        if self.orthogonal() > NEAR:
            return "angles are lost"
        return "nearby inputs part" if self.map_log_slope > STEEP else ""

    @property
    def foretold(self) -> float:
        """Whether the maps foretell that the network learns: 1 or 0; nan where they are unknown."""
        known = np.isfinite(self.orthogonal()) & np.isfinite(self.map_log_square)
        return float(not self.obstacle()) if known else float("nan")

    @property
    def learned(self) -> float:
        """Whether it did at its best rate: 1 or 0; nan before enough steps were taken."""
        if not len(self.loss) or (self.step[-1] < EARLY and not self.diverged.all()):
            return float("nan")
        least = GIVEN_BACK if self.settings["task"] == "autoencoder" else LEARNED
        return float(self.accuracy[-1, self.best] > least and not self.diverged.all())

    def merits(self) -> dict[str, float]:
        """The last test accuracy and loss at the best rate, how many rates diverged, and whether
        the network learned as its maps foretold.
        """
        known = len(self.loss) > 0
        asked = np.isfinite(self.foretold) and np.isfinite(self.learned)
        return {
            "accuracy": float(self.accuracy[-1, self.best]) if known else float("nan"),
            "loss": float(self.loss[-1, self.best]) if known else float("nan"),
            "diverged": float(self.diverged.sum()),
            "came_true": float(self.foretold == self.learned) if asked else float("nan"),
        }


class Standings:
    """Contests beside one another, which a notebook shows as a table.

    Args:
        runs: traces by what stands for each.
    """

    def __init__(self, runs: Mapping[str, Trace]):
        self.runs = dict(runs)

    def _repr_markdown_(self) -> str:
        tasks = {run.settings["task"] for run in self.runs.values()}
        share = "variance kept, %" if tasks == {"autoencoder"} else "test accuracy, %"
        lines = [f"| network | {share} | training loss | best rate | rates diverged |"]
        lines.append("|---|---|---|---|---|")
        for name, run in self.runs.items():
            merits, count = run.merits(), len(run.rate)
            lost = int(merits["diverged"])
            cells = [f"{100 * merits['accuracy']:.1f}", number(merits["loss"])]
            cells = ["–", "–", "–"] if lost == count else [*cells, number(run.rate[run.best])]
            lines.append(f"| {name} | {' | '.join(cells)} | {lost} of {count} |")
        return "\n".join(lines)


class Verdicts(Standings):
    """What maps foretold of contests beside what came of it, as a table."""

    def _repr_markdown_(self) -> str:
        head = "| network | $C_f(0)$ | $C_f'(1)$ | foretold | test accuracy, % | came true |"
        came = [run.merits()["came_true"] for run in self.runs.values()]
        known = [each for each in came if np.isfinite(each)]
        lines = [f"{int(sum(known))} of {counted(len(known), 'prediction')} came true.", "", head]
        lines.append("|---" * 6 + "|")
        for name, run in self.runs.items():
            merits = run.merits()
            slope = number(10.0 ** np.clip(float(run.map_log_slope), -300, 300))
            lost = merits["diverged"] == len(run.rate)
            share = "all rates diverge" if lost else f"{100 * merits['accuracy']:.1f}"
            true = {1.0: "yes", 0.0: "**no**"}.get(merits["came_true"], "too early")
            cells = [f"{run.orthogonal():.2f}", slope, run.obstacle() or "it learns", share, true]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        return "\n".join(lines)

"""What the contest records, and what can be read off it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.messages import number
from curvkit.core.trace import Record, series


class Trace(Record):
    """One network trained at several rates on the same batches from the same weights."""

    # A rate at which training diverges is a result beside the others.
    ENDS = ("step",)

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

    @property
    def diverged(self) -> np.ndarray:
        """Which rates led to numbers that are not finite."""
        return np.asarray(~np.isfinite(self.loss).all(axis=0))

    @property
    def best(self) -> int:
        """The rate of the lowest last loss that is finite; the first if there is none."""
        last = self.loss[-1] if len(self.loss) else np.full(self.rate.shape, np.inf)
        return int(np.argmin(np.where(np.isfinite(last), last, np.inf)))

    def merits(self) -> dict[str, float]:
        """The last test accuracy and loss at the best rate, and how many rates diverged."""
        known = len(self.loss) > 0
        return {
            "accuracy": float(self.accuracy[-1, self.best]) if known else float("nan"),
            "loss": float(self.loss[-1, self.best]) if known else float("nan"),
            "diverged": float(self.diverged.sum()),
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

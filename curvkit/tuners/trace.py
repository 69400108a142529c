"""What the tuners room records, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series
from curvkit.tuners._names import contenders


class Trace(Record):
    """Training runs of one or several tuners, each from several seeds, read every so many steps.

    Losses and curvature are those of all examples, also where a step sees a batch. Where the base
    has a preconditioner P, curvature that is called preconditioned is that of P^(-1/2) H P^(-1/2).
    """

    ENDS = ("loss", "scaled_sharpness")

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    loss: Float[np.ndarray, "reading contender seed"] = series("The training loss.", symbol="L")
    learning_rate: Float[np.ndarray, "reading contender seed"] = series(
        "The learning rate of the step that follows the reading.", symbol="η"
    )
    sharpness: Float[np.ndarray, "reading contender seed"] = series(
        "The largest eigenvalue of the Hessian.", symbol="λ"
    )
    preconditioned_sharpness: Float[np.ndarray, "reading contender seed"] = series(
        "The largest eigenvalue of the preconditioned Hessian.", symbol="λ(P⁻¹H)"
    )
    scaled_sharpness: Float[np.ndarray, "reading contender seed"] = series(
        "Learning rate times preconditioned sharpness.", symbol="ηλ"
    )
    alignment: Float[np.ndarray, "reading contender seed"] = series(
        "Squared cosine between (preconditioned) gradient and top eigenvector.", symbol="cos²"
    )
    numerator: Float[np.ndarray, "reading contender seed"] = series(
        "How fast the loss falls along the direction, on what the step sees.", symbol="−gᵀu"
    )
    denominator: Float[np.ndarray, "reading contender seed"] = series(
        "The curvature along the direction, on what the step sees.", symbol="uᵀHu"
    )
    offset: Float[np.ndarray, "reading contender seed"] = series(
        "The distance from the bottom of the valley along the top eigenvector.", symbol="x"
    )
    reach: Float[np.ndarray, "reading contender seed"] = series(
        "How far from the bottom the recent readings were.", symbol="x"
    )
    across: Float[np.ndarray, "reading contender place"] = series(
        "The loss along the top eigenvector of the first seed, from −2 to 2 times its reach.",
        symbol="L",
    )
    along: Float[np.ndarray, "reading contender place"] = series(
        "The loss along the direction of the first seed, at rates from 0 to 3 η.", symbol="L"
    )
    critical: Float[np.ndarray, ""] = series("The critical value of ηλ for the base.", symbol="ηλ*")
    diverged_at: Int[np.ndarray, "contender seed"] = series(
        "The first step with a loss that is not finite, or −1."
    )

    @property
    def contenders(self) -> list[str]:
        """The names of the tuners, in the order of the axis."""
        return contenders(self.settings["tuner"], self.settings["rival"])

    def after(self, share: float) -> np.ndarray:
        """The loss of the first run after such a share of its step, from 0 to 3, at each reading.

        Between the places where it was taken the loss is read off a straight line.
        """
        places = np.linspace(0, 3, self.along.shape[2])
        return np.array([np.interp(share, places, values) for values in self.along[:, 0]])

    def best(self, contender: int, last: int = 50) -> np.ndarray:
        """The least loss within the last `last` steps, for each seed; nan where a run diverged."""
        late = self.step > self.step[-1] - last if self.readings else np.zeros(0, bool)
        least = np.full(self.loss.shape[2], np.nan)
        for seed in range(len(least)):
            values = self.loss[:, contender, seed][late]
            if values.size and self.finite_at(contender, seed) == self.readings:
                least[seed] = values.min()
        return least

    def merits(self) -> dict[str, float]:
        """Of the first tuner: its least late loss, the median over seeds, and where it settled."""
        best = self.best(0)
        best = best[np.isfinite(best)]
        return {
            "best_loss": float(np.median(best)) if best.size else float("nan"),
            "settled_scaled_sharpness": self.settled("scaled_sharpness", 0),
            "settled_learning_rate": self.settled("learning_rate", 0),
            "diverged": float(np.mean(self.diverged_at[0] >= 0)),
        }

    def settled(self, name: str, contender: int, since: int | None = None) -> float:
        """The median of a series from step `since` on, over all seeds, before any divergence.

        By default over the last half of the readings; nan if nothing is left.
        """
        begin = self.readings // 2 if since is None else int(np.searchsorted(self.step, since))
        values = [
            getattr(self, name)[begin : self.finite_at(contender, seed), contender, seed]
            for seed in range(self.loss.shape[2])
        ]
        values = np.concatenate(values)
        return float(np.median(values)) if values.size else float("nan")

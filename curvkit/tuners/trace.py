"""What the tuners room records, and what can be read off it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from curvkit.core import flows as named
from curvkit.core.trace import Record, series
from curvkit.tuners._names import contenders

# Of a rate the median of so many readings counts as it is read as a warm-up, which ends at so much
# of its peak.
SMOOTHED, PEAK = 9, 0.9
# Over so many readings a mean over batches is taken.
AVERAGED = 25


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
    flow_sharpness: Float[np.ndarray, "reading contender seed flow"] = series(
        "The sharpness of each flow beside the run; no number before it begins.", symbol="λ"
    )
    flow_loss: Float[np.ndarray, "reading contender seed flow"] = series(
        "The loss that each flow says the run has on average: its own, and ½⟨H, X⟩.", symbol="L"
    )
    flow_variance: Float[np.ndarray, "reading contender seed flow"] = series(
        "The squared displacement that each flow says the run oscillates by, in all.", symbol="tr X"
    )
    flow_distance: Float[np.ndarray, "reading contender seed flow"] = series(
        "How far each flow is from the average of the run's last steps.", symbol="‖w̄ − w‖"
    )
    averaged_loss: Float[np.ndarray, "reading contender seed run"] = series(
        "The mean loss of the run's last steps, where flows are beside it.", symbol="L̄"
    )
    travelled: Float[np.ndarray, "reading contender seed run"] = series(
        "How far that average is from where the flows began.", symbol="‖w̄ − w̄₀‖"
    )
    critical: Float[np.ndarray, ""] = series("The critical value of ηλ for the base.", symbol="ηλ*")
    diverged_at: Int[np.ndarray, "contender seed"] = series(
        "The first step with a loss that is not finite, or −1."
    )

    LATER = frozenset({*named.OF_EACH, *named.OF_THE_RUN})

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """What versions before 0.2 did not record: beside their runs there were no flows."""
        return dict.fromkeys(names, np.zeros((*arrays["loss"].shape, 0), np.float32))

    @property
    def contenders(self) -> list[str]:
        """The names of the tuners, in the order of the axis."""
        return contenders(self.settings["tuner"], self.settings["rival"])

    @property
    def flows(self) -> tuple[str, ...]:
        """The flows beside the runs, of gradient and central, in the order of the axis."""
        return named.FLOWS[self.settings["flow"]] if self.flow_loss.shape[3] else ()

    def astray(self, flow: str) -> np.ndarray:
        """How far a flow is from each run's average, in parts of the way gone, (reading, contender,
        seed); no numbers before it begins, and where a tuner has a direction of its own.

        Args:
            flow: one of `flows`.
        """
        away = self.flow_distance[..., self.flows.index(flow)]
        return named.astray(away, self.travelled[..., 0])

    @property
    def batch_sharpness(self) -> np.ndarray:
        """uᵀHu / −gᵀu on what a step sees, (reading, contender, seed), a mean of up to 25 readings.

        Of gradient descent it is the curvature along the gradient of a batch, whose mean over
        batches is the batch sharpness of arXiv 2412.20553. No number where u does not lead down.
        """
        down = self.numerator > 0
        with np.errstate(over="ignore", invalid="ignore"):
            ratio = self.denominator / np.where(down, self.numerator, np.nan)
        known, means = np.isfinite(ratio), np.full(ratio.shape, np.nan)
        for at in range(len(ratio)):
            span = slice(max(0, at - AVERAGED + 1), at + 1)
            count = known[span].sum(0)
            total = np.where(known[span], ratio[span], 0.0).sum(0, dtype=float)
            means[at] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return means

    @property
    def scaled_batch_sharpness(self) -> np.ndarray:
        """The learning rate times `batch_sharpness`; for CDAT on average its σ."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.learning_rate * self.batch_sharpness

    def as_warm_up(self, contender: int = 0) -> "WarmUp":
        """The linear warm-up that a tuner's rate is like: its peak and its length.

        The peak is the median of the rate over the last half; the warm-up ends where the rate, by a
        running median, first is at nine tenths of that, and is of one step where it begins there.
        Of several seeds the median of their rates is looked at.

        Args:
            contender: which of `contenders`.

        Raises:
            ValueError: where no rate was read.
        """
        rates = np.array(self.learning_rate[:, contender], float)
        known = np.isfinite(rates).all(axis=1)
        if not known.any():
            raise ValueError("The trace has no reading with a finite rate; let it run longer.")
        steps, middle = self.step[known], np.median(rates[known], axis=1)
        peak, half = np.median(middle[len(middle) // 2 :]), SMOOTHED // 2
        smooth = [np.median(middle[max(0, at - half) : at + half + 1]) for at in range(len(steps))]
        there = int(np.argmax(np.array(smooth) >= PEAK * peak))
        return WarmUp(float(peak), max(int(steps[there]), 1))

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


class WarmUp(NamedTuple):
    """A linear warm-up from 0: the rate `peak` after `steps` steps, and from then on."""

    peak: float
    steps: int

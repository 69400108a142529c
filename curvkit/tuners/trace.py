"""What the tuners room records, and what can be read off it."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.messages import number
from curvkit.core.trace import Record, series
from curvkit.tuners._names import contenders

CALLED = {
    "gd": "gradient descent", "heavy_ball": "heavy ball", "rmsprop": "RMSProp", "adam": "Adam",
}  # fmt: skip
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
    critical: Float[np.ndarray, ""] = series("The critical value of ηλ for the base.", symbol="ηλ*")
    diverged_at: Int[np.ndarray, "contender seed"] = series(
        "The first step with a loss that is not finite, or −1."
    )

    @property
    def contenders(self) -> list[str]:
        """The names of the tuners, in the order of the axis."""
        return contenders(self.settings["tuner"], self.settings["rival"])

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


class Tuned(NamedTuple):
    """Constant rates beside methods that find their own, by how low each ends.

    Attributes:
        settings: what the runs have in common, every knob by its name.
        batches: how many examples a step sees, 0 for all of them.
        rates: the constant rates, (rates,).
        first: the loss that each seed begins with, (seeds,).
        constants: the late loss with each rate, (batches, rates, seeds); nan where it diverged.
        levels: the same of each method by name, (batches, seeds).
    """

    settings: dict[str, Any]
    batches: tuple[int, ...]
    rates: np.ndarray
    first: np.ndarray
    constants: np.ndarray
    levels: dict[str, np.ndarray]

    @property
    def diverged(self) -> np.ndarray:
        """How many seeds end above their start, or at no number, (batches, rates)."""
        return (~(self.constants <= self.first)).sum(-1)

    def best(self, at: int = 0) -> int:
        """Which rate has the lowest median of those that no seed diverges with; −1 without one.

        Args:
            at: which of the batches.
        """
        middle = np.median(self.constants[at], axis=-1)
        middle = np.where(self.diverged[at] == 0, middle, np.inf)
        return int(np.argmin(middle)) if np.isfinite(middle).any() else -1

    def gain(self, name: str, at: int = 0) -> np.ndarray:
        """How many times lower than the best constant rate a method ends, for each seed.

        0 where the method diverges, nan where all constants do.

        Args:
            name: of `levels`.
            at: which of the batches.
        """
        level, best = self.levels[name][at], self.best(at)
        if best < 0:
            return np.full(len(level), np.nan)
        return np.where(level <= self.first, self.constants[at, best] / level, 0.0)

    def curve(self, at: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """The rates with which no seed diverges, and below each its late losses, (rates, seeds).

        Args:
            at: which of the batches.
        """
        fine = self.diverged[at] == 0
        return self.rates[fine], self.constants[at][fine]

    def level(self, name: str, at: int = 0) -> float:
        """The median of a method's late losses; infinite where most seeds end above their start.

        Args:
            name: of `levels`.
            at: which of the batches.
        """
        values = self.levels[name][at]
        return float(np.median(np.where(values <= self.first, values, np.inf)))

    def decades(self, at: int = 0) -> dict[str, float]:
        """By how many powers of ten each method ends above the best constant; inf: it diverges.

        Args:
            at: which of the batches.
        """
        gains = {name: float(np.median(self.gain(name, at))) for name in self.levels}
        return {name: -np.log10(gain) if gain > 0 else np.inf for name, gain in gains.items()}

    def label(self, at: int = 0) -> str:
        """The base, and how many examples a step sees."""
        seen = f"batches of {self.batches[at]}" if self.batches[at] else "all examples"
        return f"{CALLED[self.settings['base']]}, {seen}"

    def words(self) -> str:
        """Which constant rate is the best, and which methods end lower or higher, by how much."""
        return "\n\n".join(self._told(at) for at in range(len(self.batches)))

    def _told(self, at: int) -> str:
        best, seeds = self.best(at), len(self.first)
        if best < 0:
            return f"*{self.label(at)}*: each of the constant rates diverges with some start."
        gains = {name: float(np.median(self.gain(name, at))) for name in self.levels}
        order = sorted(gains, key=lambda name: -gains[name])
        lower = [f"{name} **{number(gains[name])}** times lower" for name in order
                 if gains[name] > 1]  # fmt: skip
        higher = [f"{name} {number(1 / gains[name])} times higher" for name in order
                  if 0 < gains[name] <= 1]  # fmt: skip
        lost = [f"{name} above its start" for name in order if gains[name] == 0]
        middle = number(np.median(self.constants[at, best]))
        return (
            f"*{self.label(at)}*: of {len(self.rates)} constant rates the best that no start of "
            f"{seeds} diverges with is {number(self.rates[best])}; it ends at {middle}. Beside it "
            f"end {', '.join(lower + higher + lost)}."
        )

"""What a run of sharpness-aware minimisation records, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series

METHODS = ("SAM", "gradient descent")


class Trace(Record):
    """SAM and gradient descent from the same weights, in this order on the axis `method`."""

    ENDS = ("loss", "worst_loss", "sharpness", "edge", "gradient_norm")

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    loss: Float[np.ndarray, "reading method"] = series("The training loss.", symbol="L")
    worst_loss: Float[np.ndarray, "reading method"] = series(
        "The loss at the distance ρ uphill, which SAM lowers.", symbol="L(w + ρg/‖g‖)"
    )
    sharpness: Float[np.ndarray, "reading method"] = series(
        "The largest eigenvalue of the Hessian.", symbol="λ"
    )
    edge: Float[np.ndarray, "reading method"] = series(
        "The sharpness at which the method becomes unstable; 2/η of gradient descent.", symbol="λ*"
    )
    gradient_norm: Float[np.ndarray, "reading method"] = series(
        "The length of the gradient.", symbol="‖g‖"
    )
    alignment: Float[np.ndarray, "reading method"] = series(
        "Squared cosine between gradient and top eigenvector.", symbol="cos²"
    )
    offset: Float[np.ndarray, "reading method"] = series(
        "The distance from the bottom of the valley along the top eigenvector.", symbol="x"
    )
    bounce: Float[np.ndarray, " reading"] = series(
        "How far from the bottom SAM jumps for ever on a parabola of its sharpness.",
        symbol="ρηλ/(2 − ηλ)",
    )
    diverged_at: Int[np.ndarray, " method"] = series(
        "The first step with a loss that is not finite, or −1."
    )

    @property
    def ratio(self) -> np.ndarray:
        """The sharpness in units of the edge, (readings, methods); nan where the edge is 0."""
        with np.errstate(all="ignore"):  # what is not finite is part of a trace
            return self.sharpness / np.where(self.edge > 0, self.edge, np.nan)

    @property
    def rise(self) -> np.ndarray:
        """By how much the loss is higher at the distance ρ uphill, (readings, methods).

        It is nan where it is not above 0, or lost in the rounding of the loss.
        """
        with np.errstate(all="ignore"):
            rise = self.worst_loss - self.loss
            return np.where(rise > 1e-6 * np.abs(self.loss), rise, np.nan)

    def settled(self, name: str, method: int) -> float:
        """The median of a series, of `ratio` or of `rise` over the last half of the readings.

        It is nan of what diverged, or where nothing is left.
        """
        if self.diverged_at[method] >= 0:
            return float("nan")
        values = getattr(self, name)[self.readings // 2 : self.finite_at(method), method]
        values = values[np.isfinite(values)]
        return float(np.median(values)) if values.size else float("nan")

    def crossing(self, method: int) -> int | None:
        """The first step at which the sharpness is at 0.99 of the edge or above; None if never."""
        ratio = self.ratio[: self.finite_at(method), method]
        beyond = np.flatnonzero(ratio >= 0.99)
        return int(self.step[beyond[0]]) if beyond.size else None

    def merits(self) -> dict[str, float]:
        """Where sharpness and edge of both settled, and SAM's loss; nan where a run diverged."""
        return {
            "settled_sharpness": self.settled("sharpness", 0),
            "settled_edge": self.settled("edge", 0),
            "settled_ratio": self.settled("ratio", 0),
            "settled_plain_sharpness": self.settled("sharpness", 1),
            "settled_loss": self.settled("loss", 0),
            "settled_plain_loss": self.settled("loss", 1),
        }

"""What the race records, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series

METHODS = ("plain", "dks", "tat")


class Trace(Record):
    """Three networks trained side by side on the same batches from the same weights.

    The runners are plain, DKS and TAT, in this order.
    """

    ENDS = ("loss", "accuracy", "spread")

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    loss: Float[np.ndarray, " reading runner"] = series(
        "Cross-entropy on the first 256 training digits, in nats.", symbol="L"
    )
    accuracy: Float[np.ndarray, " reading runner"] = series(
        "Share of the test digits that are named rightly."
    )
    spread: Float[np.ndarray, " reading runner"] = series(
        "Mean cosine between outputs of the last hidden layer for different digits."
    )
    parameters: Float[np.ndarray, " runner parameter"] = series(
        "Alpha, beta, gamma and delta of each runner."
    )
    classes: Float[np.ndarray, ""] = series("How many classes there are; chance is one over it.")

    def best(self) -> dict[str, float]:
        """The highest test accuracy of each runner; nan where nothing is finite."""
        accuracy = self.accuracy[: self.finite]
        values = accuracy.max(axis=0) if len(accuracy) else np.full(3, np.nan)
        return dict(zip(METHODS, map(float, values), strict=True))

    def merits(self) -> dict[str, float]:
        """The highest test accuracy of each runner, DKS first."""
        best = self.best()
        return {f"{name}_accuracy": best[name] for name in ("dks", "tat", "plain")}

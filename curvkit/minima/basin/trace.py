"""What the room of basins records, and what can be read off it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series
from curvkit.minima.basin._names import STEPS

FATES = ("still above it", "at its level", "below it", "diverged")
AT_THE_LEVEL = 1e-3
# What is farther, or of a larger loss, is lost.
WILD = 1e15


class Trace(Record):
    """Gradient descent from a grid of starts, seen in a plane through minimum and better point."""

    # One more run that is lost cuts no picture of the others.
    ENDS = ("step", "along", "across", "off_plane", "loss")
    LATER = frozenset(
        {"dropped_along", "dropped_across", "dropped_loss", "points", "labels", "failed"}
    )
    EDITED = {"points": "points"}

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    along: Float[np.ndarray, "reading start"] = series("Coordinate towards the better point.")
    across: Float[np.ndarray, "reading start"] = series("Coordinate along the third direction.")
    off_plane: Float[np.ndarray, "reading start"] = series("How far the weights are off the plane.")
    loss: Float[np.ndarray, "reading start"] = series("The loss, summed over points.", symbol="L")
    dropped_along: Float[np.ndarray, " reading"] = series("Of one more run, as `along`.")
    dropped_across: Float[np.ndarray, " reading"] = series("Of one more run, as `across`.")
    dropped_loss: Float[np.ndarray, " reading"] = series("Of one more run.", symbol="L")
    axis_along: Float[np.ndarray, " one"] = series("First coordinate of the surface.")
    axis_across: Float[np.ndarray, " other"] = series("Second coordinate of the surface.")
    surface: Float[np.ndarray, "other one"] = series("The loss over the plane.", symbol="L")
    level: Float[np.ndarray, ""] = series("Loss of the proved minimum.", symbol="L(θ*)")
    better_loss: Float[np.ndarray, ""] = series("Loss of the better point.", symbol="L(θ₂)")
    better_along: Float[np.ndarray, ""] = series("Its coordinate.")
    eigenvalues: Float[np.ndarray, " parameter"] = series(
        "Of the Hessian at the minimum.", symbol="λ"
    )
    eigenvalue_radii: Float[np.ndarray, " parameter"] = series("How far they may be off.")
    box_radius: Float[np.ndarray, ""] = series(
        "Of the box with exactly one critical point; 0 for none."
    )
    proved: Int[np.ndarray, ""] = series("1 if the whole certificate was proved.")
    points: Float[np.ndarray, "datum two"] = series("The data: two inputs, or input and target.")
    labels: Int[np.ndarray, " datum"] = series("Which class each is of; 0 where there are none.")
    failed: Int[np.ndarray, ""] = series("0 if it was, else 1 + which of its steps was not shown.")

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """Of a trace without them: no numbers of one more run, and no data."""
        defaults: dict[str, Any] = {
            name: np.full(len(arrays["step"]), np.nan, np.float32)
            for name in ("dropped_along", "dropped_across", "dropped_loss")
        }
        failed = np.where(arrays["proved"], 0, len(STEPS)).astype(np.int32)
        defaults |= {"points": np.full((1, 2), np.nan, np.float32), "labels": np.zeros(1, np.int32)}
        return {name: {**defaults, "failed": failed}[name] for name in names}

    def check(self) -> None:
        """Raises ValueError where the verdict is none, or points were not moved as is said."""
        if not 0 <= self.failed <= len(STEPS) or bool(self.proved) == bool(self.failed):
            raise ValueError(f"its verdict is {self.proved}, its step that fails {self.failed}")
        held: dict[tuple[int, str], float] = {
            (item, axis): value for _, item, new in self.edits for axis, value in new.items()
        }
        for (item, axis), value in held.items():
            if self.points[item, "xy".index(axis)] != np.float32(value):
                raise ValueError(f"its edits of points do not fit its point {item}")

    @property
    def alive(self) -> np.ndarray:
        """Whether each start's run is of real numbers so far, (reading, start)."""
        parts = np.stack([self.loss, self.along, self.across])
        real = np.all(np.abs(np.nan_to_num(parts.astype(float), nan=np.inf)) < WILD, axis=0)
        return np.logical_and.accumulate(real, axis=0)

    def fate(self) -> np.ndarray:
        """Where each start stands at the last reading, as an index into `FATES`.

        Below the level there is no way back for a descent that never climbs.
        """
        if not self.readings:
            return np.zeros(self.loss.shape[1], int)
        loss, level = self.loss[-1].astype(float), float(self.level)
        with np.errstate(invalid="ignore"):
            fate = np.where(loss < level * (1 - AT_THE_LEVEL), 2, 0)
            fate = np.where(np.abs(loss - level) <= AT_THE_LEVEL * abs(level), 1, fate)
        return np.where(self.alive[-1], fate, 3)

    def merits(self) -> dict[str, float]:
        """The share of the starts that fell into the proved minimum, below it, or diverged."""
        shares = np.bincount(self.fate(), minlength=4) / max(1, self.loss.shape[1])
        return {
            "fell_into_it": float(shares[1]),
            "went_below_it": float(shares[2]),
            "diverged": float(shares[3]),
        }

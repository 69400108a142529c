"""Constant rates beside methods that find their own: what `tune` returns, and what it says.

| symbol | name | shape |
| --- | --- | --- |
| η | `rates` | (rates,) |
| L | `constants` and `levels`, the late losses | (batches, rates, seeds), (batches, seeds) |
"""

from typing import Any, NamedTuple

import numpy as np

from curvkit.core.messages import counted, number

CALLED = {
    "gd": "gradient descent", "heavy_ball": "heavy ball", "rmsprop": "RMSProp", "adam": "Adam",
}  # fmt: skip


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
            f"*{self.label(at)}*: of {counted(len(self.rates), 'constant rate')} the best that no "
            f"start of {seeds} diverges with is {number(self.rates[best])}; it ends at {middle}. "
            f"Beside it end {', '.join(lower + higher + lost)}."
        )

"""What is recorded of students of grid worlds, and what can be read off it."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series

SHARES = (0.8, 0.9, 0.95)
# How often the worlds are drawn anew, with repeats, for the spread of a statistic.
DRAWS, SPREAD = 400, (0.025, 0.975)
PLACES = ("first", "second", "third", "fourth")
FREE, WALL, GOAL = 0, 1, 2
NO_WAY = "No goal can be come to from the middle, where episodes begin; leave a way open to one."


class Trace(Record):
    """Four variants on the same random worlds; arrows and gates are those of one of them."""

    ENDS = ("value", "divergence", "arrows")
    DRAWN = 1e15
    COUNTED = "episode"
    EDITED, PAINTED = {"walls": "kinds"}, frozenset({"walls"})
    LATER = frozenset({"shown", "worth"})
    step: Int[np.ndarray, " reading"] = series("Episodes learnt from before the reading.")
    value: Float[np.ndarray, "reading method world"] = series("Expected return of the student.")
    divergence: Float[np.ndarray, "reading method world"] = series(
        "Divergence from the teacher over an episode of the student."
    )
    arrows: Float[np.ndarray, "reading method cell two"] = series("Mean move of the student.")
    gate: Int[np.ndarray, "reading method cell"] = series(
        "Whether the teacher's value is above the student's critic."
    )
    shown: Int[np.ndarray, ""] = series("Which of the worlds is drawn.")
    kinds: Int[np.ndarray, " cell"] = series("Free, wall, goal or pit.")
    worth: Float[np.ndarray, " cell"] = series("What the teacher gains from each cell on.")
    teacher_arrows: Float[np.ndarray, "cell two"] = series("Mean move of the teacher.")
    teacher_value: Float[np.ndarray, " world"] = series("Expected return of the teacher.")
    best_value: Float[np.ndarray, " world"] = series("Expected return of the best policy.")

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """Of a trace without them: the world that was chosen, and no numbers of its cells."""
        best = arrays["best_value"]
        shown = np.argsort(best, kind="stable")[len(best) // 2]
        defaults = {"shown": shown, "worth": np.full(len(arrays["kinds"]), np.nan, np.float32)}
        return {name: defaults[name] for name in names}

    def check(self) -> None:
        """Raises ValueError where walls are said to be painted that are not there."""
        if not 0 <= self.shown < len(self.best_value):
            raise ValueError(f"it draws world {self.shown} of {len(self.best_value)}")
        painted = {item: values["value"] for _, item, values in self.edits}
        for item, value in painted.items():
            if (self.kinds[item] == WALL) != value:
                raise ValueError(f"its edits of walls do not fit its cell {item}")
        if painted and not np.any(within_reach(self.kinds) & (self.kinds == GOAL)):
            raise ValueError("its edits of walls leave no way to a goal")

    def ahead(self) -> np.ndarray:
        """How far each student is above its teacher, (finite readings, method, world)."""
        return self.value[: self.finite].astype(float) - self.teacher_value.astype(float)

    def episodes_to(self, share: float, draws: int = DRAWS) -> tuple[np.ndarray, np.ndarray]:
        """After how many episodes the mean return over the worlds first is `share` of the
        teacher's: (method,), and the same of worlds drawn anew with repeats, (draw, method).

        Between readings it is interpolated; nan where it is not reached, or where the teachers'
        mean is not above zero.
        """
        value, teacher = self.value[: self.finite].astype(float), self.teacher_value.astype(float)
        worlds = len(teacher)
        weights = _resampled(worlds, draws) / worlds
        readings, methods = value.shape[:2]
        means = weights @ value.transpose(2, 1, 0).reshape(worlds, methods * readings)
        means = means.reshape(draws + 1, methods, readings)
        episodes = _crossing(self.step, means, share, weights @ teacher)
        return episodes[0], episodes[1:]

    def merits(self) -> dict[str, float]:
        """Mean returns at the end by variant, in their order, and the teacher's."""
        value = self.value[: self.finite].astype(float)
        ends = value[-1].mean(1) if len(value) else np.full(self.value.shape[1], np.nan)
        returns = {f"return_{place}": float(x) for place, x in zip(PLACES, ends, strict=True)}
        return returns | {"teacher_return": float(self.teacher_value.astype(float).mean())}


@functools.cache
def _resampled(worlds, draws):
    """How often each world is counted: once, and as often as each of the draws with repeats has
    it, (1 + draw, world).
    """
    counts = np.zeros((1 + draws, worlds))
    counts[0] = 1
    # Park and Miller's generator: the same numbers in a page, where there is none of NumPy's.
    state = 1
    for draw in range(1, 1 + draws):
        for _ in range(worlds):
            state = 48271 * state % 2147483647
            counts[draw, state * worlds // 2147483647] += 1
    return counts


def within_reach(kinds: np.ndarray) -> np.ndarray:
    """Which cells (side²,) an episode can come to from the middle one.

    >>> within_reach(np.array([0, 1, 2, 0, 0, 1, 1, 0, 0])).astype(int).tolist()
    [1, 0, 0, 1, 1, 0, 0, 1, 1]
    """
    side = round(len(kinds) ** 0.5)
    cells, reached = kinds.reshape(side, side), np.zeros((side, side), bool)
    reached[side // 2, side // 2] = cells[side // 2, side // 2] == FREE
    for _ in range(len(kinds)):
        wide = np.pad(reached & (cells == FREE), 1)
        beside = wide[2:, 1:-1] | wide[:-2, 1:-1] | wide[1:-1, 2:] | wide[1:-1, :-2]
        reached = reached | (beside & (cells != WALL))
    return reached.ravel()


def _crossing(steps, means, share, teacher):
    """The first step, interpolated, at which means (draw, method, reading) come to a level."""
    if not means.shape[2]:
        return np.full(means.shape[:2], np.nan)
    level = np.where(teacher > 0, share * teacher, np.nan)[:, None, None]
    with np.errstate(invalid="ignore"):
        above = means >= level
    at = np.argmax(above, 2)
    before = np.maximum(at - 1, 0)
    pick = lambda each, where: np.take_along_axis(each, where[..., None], 2)[..., 0]
    low, high = pick(means, before), pick(means, at)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(at > before, (level[..., 0] - low) / (high - low), 0.0)
        crossing = steps[before] + part * (steps[at] - steps[before])
    return np.where(above.any(2), crossing, np.nan)

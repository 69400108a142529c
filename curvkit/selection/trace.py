"""What the selection room records, and what can be read off it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """A greedy search, one reading before each pick, beside the same search by the other rule."""

    COUNTED = "pick"
    ENDS = ("scores", "raw_scores", "residual_norm", "lengths", "test_error", "other_test_error")
    step: Int[np.ndarray, " reading"] = series("How many groups have been taken.", symbol="t")
    scores: Float[np.ndarray, "reading group"] = series("Whitened scores.", symbol="‖Qᵀr‖")
    raw_scores: Float[np.ndarray, "reading group"] = series("Raw scores.", symbol="‖Xᵀr‖")
    best: Int[np.ndarray, " reading"] = series("The group whose turn is next, by the rule in use.")
    residual_norm: Float[np.ndarray, " reading"] = series(
        "What is left of the targets.", symbol="‖r‖"
    )
    left_after: Float[np.ndarray, "reading group"] = series(
        "What would be left, were this group taken next.", symbol="‖r‖"
    )
    lengths: Float[np.ndarray, "reading group"] = series("What each group adds.", symbol="‖Xβ‖")
    hits: Int[np.ndarray, " reading"] = series("How many of the groups taken are good.")
    test_error: Float[np.ndarray, " reading"] = series(
        "Share of the test's variance not explained."
    )
    other_hits: Int[np.ndarray, " reading"] = series("The same, by the other rule.")
    other_test_error: Float[np.ndarray, " reading"] = series("The same, by the other rule.")
    good: Int[np.ndarray, " group"] = series("1 where a group carries the signal.")
    true_lengths: Float[np.ndarray, " group"] = series(
        "What each group should add.", symbol="‖Xβ*‖"
    )
    mu: Float[np.ndarray, ""] = series("A bound on μ, by sums of norms.", symbol="μ")
    rho: Float[np.ndarray, ""] = series("Smallest eigenvalue of the good groups.", symbol="ρ")
    epsilon: Float[np.ndarray, ""] = series("The level to stop at, infinite if μ ≥ 1.", symbol="ε")
    noise_level: Float[np.ndarray, ""] = series("What noise gives a bad group at most.", symbol="N")
    letters: Int[np.ndarray, "group letter"] = series("The groups' names, as code points.")

    LATER = frozenset({"left_after"})

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """What versions before 0.2 did not record is not known, and not drawn."""
        return {name: np.full_like(arrays["scores"], np.nan) for name in names}

    @property
    def count(self) -> int:
        """How many groups there are."""
        real = self.settings["data"] != "drawn"
        return len(self.good) if real else min(self.settings["groups"], len(self.good))

    @property
    def known(self) -> bool:
        """Whether it is known which groups are good."""
        return self.settings["data"] == "drawn"

    @property
    def names(self) -> list[str]:
        """What each group is called."""
        return ["".join(map(chr, each[each > 0])) for each in self.letters][: self.count]

    @property
    def taken(self) -> list[int]:
        """The groups that were taken, in order, up to the last reading."""
        return [int(each) for each in self.best[: max(self.readings - 1, 0)]]

    def merits(self) -> dict[str, float]:
        """Error on the test, and how many good and other groups were taken."""
        end = self.finite
        nothing = float("nan")
        if not end:
            return dict.fromkeys(("test_error", "good_found", "bad_taken"), nothing)
        known, total = self.known, int(self.good.sum())
        hits = int(self.hits[end - 1])
        return {
            "test_error": float(self.test_error[end - 1]),
            "good_found": hits / total if known and total else nothing,
            "bad_taken": float(self.step[end - 1] - hits) if known else nothing,
        }

"""What is recorded of students of three states, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.arrays import namespace
from curvkit.core.trace import Record, series

WILD = 1e15


class Trace(Record):
    """Some students from different starts, each moved along the expected update of one variant."""

    step: Int[np.ndarray, " reading"] = series("Steps taken before the reading.")
    logits: Float[np.ndarray, "reading run state"] = series(
        "Logit of action 0; of aliased states the first one's counts.", symbol="θ"
    )
    asymmetry: Float[np.ndarray, "reading run"] = series(
        "How far the Jacobian of the update is from symmetric, over its size.",
        symbol="‖J − Jᵀ‖/‖J‖",
    )
    value: Float[np.ndarray, "reading run"] = series("Expected return of the student.")
    divergence: Float[np.ndarray, "reading run"] = series(
        "Divergence of the student from the teacher over an episode of the student."
    )
    axis: Float[np.ndarray, " grid"] = series("Coordinates of the plane, on both axes.")
    flow: Float[np.ndarray, "grid grid two"] = series("The update at each place of the plane.")
    curl: Float[np.ndarray, "grid grid"] = series("How fast the update turns there.")
    teacher_logits: Float[np.ndarray, " state"] = series("The teacher's logits of action 0.")
    teacher_value: Float[np.ndarray, ""] = series("Expected return of the teacher.")

    @property
    def alive(self) -> np.ndarray:
        """Which runs are finite up to and with each reading, (reading, run)."""
        xp = namespace(self.logits)
        rows = [*xp.moveaxis(self.logits, 2, 0), self.asymmetry, self.value, self.divergence]
        with np.errstate(invalid="ignore"):
            good = (xp.abs(xp.stack(rows)) < WILD).all(0)
        return xp.cumsum(~good, axis=0) == 0

    def swing(self) -> np.ndarray:
        """How far the first logit of each run goes back in the second half of the run, (run,):
        above zero where it turns, zero where it goes one way or rests; nan where it broke off.
        """
        late = self.logits[self.readings // 2 :, :, 0].astype(float)
        if not self.readings:
            return np.full(self.logits.shape[1], np.nan)
        xp = namespace(self.logits)
        late = xp.where(self.alive[-1], late, xp.nan)
        return late.max(0) - late.min(0) - xp.abs(late[-1] - late[0])

    def end(self, name: str) -> float:
        """The median over the runs of a series at its last reading; nan where one broke off."""
        if not self.readings or not self.alive[-1].all():
            return float("nan")
        return float(np.median(getattr(self, name)[-1].astype(float)))

    def merits(self) -> dict[str, float]:
        """Medians over the students: how far they still swing, and where they stand at the end."""
        return {
            "swing": float(np.median(self.swing())),
            "asymmetry": self.end("asymmetry"),
            "value": self.end("value"),
            "divergence": self.end("divergence"),
        }

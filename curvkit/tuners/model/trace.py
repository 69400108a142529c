"""What the model of learning rate and sharpness records."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """One run of the model, read at every step."""

    ENDS = ("sharpness", "distance", "offset")
    DRAWN = 1e20

    step: Int[np.ndarray, " reading"] = series("Steps taken before the reading.")
    offset: Float[np.ndarray, " reading"] = series(
        "The displacement along the top eigenvector.", symbol="x"
    )
    sharpness: Float[np.ndarray, " reading"] = series("The sharpness.", symbol="λ")
    learning_rate: Float[np.ndarray, " reading"] = series("The learning rate.", symbol="η")
    distance: Float[np.ndarray, " reading"] = series(
        "The distance from the edge.", symbol="y = ηλ − 2"
    )
    alignment: Float[np.ndarray, " reading"] = series(
        "The share of the squared gradient along the top eigenvector.", symbol="cos²"
    )
    predicted_sharpness: Float[np.ndarray, " reading"] = series(
        "What the theory says of the sharpness: 2/η, the square-root law, or λ*.", symbol="λ"
    )
    predicted_alignment: Float[np.ndarray, ""] = series("σ/2, where CDAT rests at the edge.")

    def merits(self) -> dict[str, float]:
        """Medians over the last half of the readings, and the share of the steps that were made."""
        late = slice(self.readings // 2, self.finite)
        medians = {}
        for name in ("sharpness", "distance", "alignment"):
            values = getattr(self, name)[late]
            settled = float(np.median(values)) if values.size else float("nan")
            medians[f"settled_{name}"] = settled if np.isfinite(settled) else float("nan")
        steps = min(self.finite, self.settings["steps"] + 1)
        return {**medians, "share_of_steps_made": steps / (self.settings["steps"] + 1)}

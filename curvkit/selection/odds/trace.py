"""What is counted at each place of a sweep, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """One reading per place: how many of the trials each method solved, and what is proved."""

    ENDS = ("value", "mu", "rho")

    COUNTED = "place"
    value: Float[np.ndarray, " reading"] = series("Where the swept knob stands.")
    solved: Int[np.ndarray, "reading method"] = series(
        "Trials in which exactly the good were found."
    )
    proved: Int[np.ndarray, "reading verdict"] = series(
        "Trials in which recovery is proved: without noise, and with the noise that there is."
    )
    mu: Float[np.ndarray, "reading quartile"] = series("Quartiles of the bound on μ.", symbol="μ")
    rho: Float[np.ndarray, "reading quartile"] = series("Quartiles of ρ.", symbol="ρ")
    sweep: Float[np.ndarray, " place"] = series("All places of the sweep.")

    @property
    def trials(self) -> int:
        """How many problems were solved at each place."""
        return int(self.settings["trials"])

    def merits(self) -> dict[str, float]:
        """Shares of all trials of the sweep: solved by either rule, and by OMP; proved."""
        total = self.trials * self.readings
        share = lambda counts: float(counts.sum() / total) if total else float("nan")
        return {
            "group_omp": share(self.solved[:, 0]),
            "raw_rule": share(self.solved[:, 1]),
            "omp": share(self.solved[:, 2]),
            "proved_noiseless": share(self.proved[:, 0]),
        }

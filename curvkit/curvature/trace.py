"""What the curvature room records, and what can be read off it."""

from math import nan

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """One training run, read every so many steps.

    Where the rule has a preconditioner P, curvature that is called preconditioned is that of
    P^(-1/2) H P^(-1/2); otherwise P is the identity.
    """

    ENDS = ("loss", "scaled_sharpness")

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    loss: Float[np.ndarray, " reading"] = series("The training loss.", symbol="L")
    sharpness: Float[np.ndarray, " reading"] = series(
        "The largest eigenvalue of the Hessian.", symbol="λ"
    )
    preconditioned_sharpness: Float[np.ndarray, " reading"] = series(
        "The largest eigenvalue of the preconditioned Hessian.", symbol="λ(P⁻¹H)"
    )
    second_eigenvalue: Float[np.ndarray, " reading"] = series(
        "The second largest eigenvalue of the preconditioned Hessian.", symbol="λ₂"
    )
    scaled_sharpness: Float[np.ndarray, " reading"] = series(
        "Learning rate times preconditioned sharpness.", symbol="ηλ"
    )
    alignment: Float[np.ndarray, " reading"] = series(
        "Squared cosine between (preconditioned) gradient and top eigenvector.", symbol="cos²"
    )
    directional_curvature: Float[np.ndarray, " reading"] = series(
        "Preconditioned curvature along the gradient.", symbol="gᵀHg/gᵀg"
    )
    top_gradient: Float[np.ndarray, " reading"] = series(
        "The gradient's component along the top eigenvector, with its sign.", symbol="gᵀu"
    )
    residual: Float[np.ndarray, " reading"] = series(
        "Norm of H u − λ u for the top pair: how far the sharpness can be off.", symbol="‖Hu−λu‖"
    )
    products: Int[np.ndarray, " reading"] = series("Hessian-vector products made for the reading.")
    critical: Float[np.ndarray, ""] = series("The critical value of ηλ for the rule.", symbol="ηλ*")
    diverged_at: Int[np.ndarray, ""] = series(
        "The first step with a loss that is not finite, or −1."
    )

    @property
    def threshold(self) -> float:
        """The sharpness where the rule turns unstable on a quadratic; 2/η for gradient descent."""
        return float(self.critical) / self.settings["learning_rate"]

    @property
    def diverged(self) -> bool:
        """Whether the run came to a loss that is not finite."""
        return int(self.diverged_at) >= 0

    def merits(self) -> dict[str, float]:
        """Where the run ended (nan after a divergence), the level of ηλ, where it crossed.

        Sharpness is the raw one, as `sharpness` is; the preconditioned one has a name of its own.
        """
        ended = self.readings > 0 and self.finite == self.readings and not self.diverged
        crossing, last = self.crossing(), ("loss", "sharpness", "preconditioned_sharpness")
        return {
            **{f"final_{each}": float(getattr(self, each)[-1]) if ended else nan for each in last},
            "settled_scaled_sharpness": self.settled(),
            "crossing_step": nan if crossing is None else float(crossing),
            "diverged": float(self.diverged),
        }

    def crossing(self, share: float = 0.99) -> int | None:
        """The first step read at which ηλ is at least `share` of the critical value, or None."""
        above = self.scaled_sharpness[: self.finite] >= share * float(self.critical)
        return int(self.step[np.argmax(above)]) if above.any() else None

    def settled(self, since: int | None = None) -> float:
        """The median of ηλ from step `since` on, by default over the last half of the readings.

        Nothing from a divergence on counts; nan if nothing is left.
        """
        late = (
            self.step >= since
            if since is not None
            else np.arange(self.readings) >= self.readings // 2
        )
        late = late & (np.arange(self.readings) < self.finite)
        return float(np.median(self.scaled_sharpness[late])) if late.any() else float("nan")

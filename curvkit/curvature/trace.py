"""What the curvature room records, and what can be read off it."""

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """One training run, read every so many steps.

    Losses and curvature are those of all examples, also where a step sees a batch. Where the rule
    has a preconditioner P, curvature that is called preconditioned is that of P^(-1/2) H P^(-1/2);
    otherwise P is the identity. Of sign descent, Lion and Muon it is the generalised sharpness in
    their norm, as a lower bound, over the dual norm of what they follow; what stands for the top
    eigenvector then is the sharpest step that was found.
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
    edge: Float[np.ndarray, " reading"] = series(
        "The preconditioned sharpness at which the rule turns unstable: its critical value over η.",
        symbol="ηλ*/η",
    )
    distance: Float[np.ndarray, " reading"] = series(
        "Where the iterate is along the top eigenvector, from the floor of the sampled valley; "
        "gᵀu/λ where none is sampled.",
        symbol="x",
    )
    valley: Float[np.ndarray, "reading point"] = series(
        "The loss along the top eigenvector, above its floor, evenly from valley_start to "
        "valley_end; no points where none are asked for.",
        symbol="L(θ+xu)",
    )
    valley_start: Float[np.ndarray, " reading"] = series("Where the sampled valley begins, in x.")
    valley_end: Float[np.ndarray, " reading"] = series("Where the sampled valley ends, in x.")
    critical: Float[np.ndarray, ""] = series("The critical value of ηλ for the rule.", symbol="ηλ*")
    diverged_at: Int[np.ndarray, ""] = series(
        "The first step with a loss that is not finite, or −1."
    )

    batch_sharpness: Float[np.ndarray, " reading"] = series(
        "The curvature of a batch's loss along its own gradient, a mean over batches; that of all "
        "data where a step sees them all.",
        symbol="E gᵀHg/gᵀg",
    )

    LATER = frozenset(
        {"edge", "distance", "valley", "valley_start", "valley_end", "batch_sharpness"}
    )

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """What versions before 0.2 did not record: no valley, and what follows from the rest."""
        lam, none = arrays["preconditioned_sharpness"], np.zeros(len(arrays["step"]), np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = arrays["top_gradient"] / np.where(lam > 0, lam, np.nan)
        edge = float(arrays["critical"]) / header["settings"]["learning_rate"]
        made = dict(edge=none + np.float32(edge), distance=distance.astype(np.float32))
        made |= dict(valley=none[:, None][:, :0], valley_start=none, valley_end=none)
        # They saw all data at each step.
        made |= dict(batch_sharpness=arrays["directional_curvature"])
        return {name: made[name] for name in names}

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

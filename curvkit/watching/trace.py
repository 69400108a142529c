"""What watching a training run records."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series
from curvkit.curvature import _norms as norms

MERITS = ("last_loss", "last_sharpness", "settled_scaled_sharpness")


class Trace(Record):
    """Curvature along anyone's training run, read every so many steps.

    For a rule with a preconditioner P the eigenvalues are those of P^(-1/2) H P^(-1/2); for one in
    a norm there is one, the generalised sharpness over the dual norm of what its steps follow.
    """

    ENDS = ("loss", "eigenvalues")

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    loss: Float[np.ndarray, " reading"] = series(
        "The loss on the batch that was read on.", symbol="L"
    )
    gradient_norm: Float[np.ndarray, " reading"] = series(
        "The length of the gradient.", symbol="‖g‖"
    )
    learning_rate: Float[np.ndarray, " reading"] = series("The learning rate.", symbol="η")
    critical: Float[np.ndarray, " reading"] = series(
        "The critical value of ηλ for the rule.", symbol="ηλ*"
    )
    eigenvalues: Float[np.ndarray, "reading rank"] = series(
        "The largest eigenvalues, preconditioned where the rule is.", symbol="λ"
    )
    alignment: Float[np.ndarray, " reading"] = series(
        "Squared cosine between (preconditioned) gradient and top eigenvector.", symbol="cos²"
    )
    layers: Float[np.ndarray, "reading layer"] = series(
        "The largest eigenvalue of each layer's block of the Hessian.", symbol="λ_b"
    )
    products: Int[np.ndarray, " reading"] = series("Hessian-vector products that the reading took.")
    seconds: Float[np.ndarray, " reading"] = series(
        "What the reading took; the first one compiles."
    )
    batch_sharpness: Float[np.ndarray, " reading"] = series(
        "The curvature of small batches along their own gradients, a mean over some; nan where no "
        "batch_size was given.",
        symbol="E gᵀHg/gᵀg",
    )

    LATER = frozenset({"batch_sharpness"})

    @classmethod
    def completed(
        cls, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """What versions before this did not record."""
        return {name: np.full(len(arrays["step"]), np.nan, np.float32) for name in names}

    @property
    def sharpness(self) -> np.ndarray:
        """The largest eigenvalue at each reading, shape (reading,)."""
        return self.eigenvalues[:, 0]

    @property
    def scaled_sharpness(self) -> np.ndarray:
        """Learning rate times sharpness, shape (reading,)."""
        return self.learning_rate * self.sharpness

    @property
    def threshold(self) -> np.ndarray:
        """The sharpness at which the rule becomes unstable, shape (reading,); infinite at rate 0,
        nan where no rule is judged by.
        """
        rate = np.where(self.learning_rate > 0, self.learning_rate, np.nan)
        return np.where(self.learning_rate == 0, np.inf * self.critical, self.critical / rate)

    @property
    def layer_names(self) -> list[str]:
        """The names of the layers, in the order of the axis."""
        return list(self.settings["layers"])

    def check(self) -> None:
        """Raises ValueError where the header does not say what figures and words are made from."""
        settings, names = self.settings, self.settings.get("layers")
        texts = isinstance(names, list) and all(isinstance(each, str) for each in names)
        if not texts or len(names or ()) != self.layers.shape[1]:
            raise ValueError("its header does not name its layers")
        assumed = settings.get("assumed", [])
        plain = isinstance(assumed, list) and all(isinstance(each, str) for each in assumed)
        if not isinstance(settings.get("rule", 0), str | None) or settings.get("norm") not in (
            None,
            *norms.NAMES,
        ):
            plain = False
        if not plain or not isinstance(settings.get("shaped", False), bool):
            raise ValueError("its header does not say by which rule it was judged")

    def merits(self) -> dict[str, float]:
        """The last loss, the last sharpness, and the median of ηλ over the last half."""
        head = self.head(self.finite)
        if not head.readings:
            return dict.fromkeys(
                ("last_loss", "last_sharpness", "settled_scaled_sharpness"), np.nan
            )
        late = head.scaled_sharpness[head.readings // 2 :]
        values = head.loss[-1], head.sharpness[-1], np.median(late)
        return dict(zip(MERITS, map(float, values), strict=True))

"""What is recorded of another way of shaping, and what can be read off it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """The kernels of one network, two nonlinear layers a reading, and the plane that it lies in."""

    COUNTED = "layer"
    ENDS = ("q", "c", "log_slope")
    LATER = frozenset({"edge"})

    step: Int[np.ndarray, " reading"] = series("Nonlinear layers passed.")
    q: Float[np.ndarray, " reading"] = series("The mean square of every input.", symbol="q")
    c: Float[np.ndarray, " reading cosine"] = series(
        "The network's C map: the cosine of two inputs, by what it was.", symbol="C(c)"
    )
    log_slope: Float[np.ndarray, " reading"] = series(
        "The decimal logarithm of the slope of the C map at 1.", symbol="log C′(1)"
    )
    kappa: Float[np.ndarray, " reading"] = series(
        "The condition number of the tangent kernel of ten orthogonal inputs, up to 1e4; of Dirac "
        "weights not computed.",
        symbol="κ",
    )
    cosine: Float[np.ndarray, " cosine"] = series("The cosines that go in.", symbol="c")
    plane_gain: Float[np.ndarray, " gain"] = series("Gains of the plane.", symbol="σ_w")
    plane_bias: Float[np.ndarray, " bias"] = series("Biases of the plane.", symbol="σ_b")
    chi: Float[np.ndarray, " bias gain"] = series(
        "The slope of one plain layer at settled lengths, by bias and gain.", symbol="χ"
    )
    edge: Float[np.ndarray, " bias"] = series(
        "The gain at which χ first comes to 1, by bias; nan where it does not."
    )
    at: Float[np.ndarray, " pair"] = series("The gain and the bias of this network's layers.")

    @classmethod
    def completed(
        cls, header: Mapping[str, object], arrays: Mapping[str, np.ndarray], names: frozenset[str]
    ) -> dict[str, np.ndarray]:
        """Of a trace without it: the edge between the two gains that it lies between."""
        chi, gains = arrays["chi"], arrays["plane_gain"]
        crossed = (chi[:, :-1] < 1) & (chi[:, 1:] >= 1)
        rows, at = np.arange(len(chi)), crossed.argmax(axis=1)
        low, high = chi[rows, at], chi[rows, at + 1]
        share = (1 - low) / np.maximum(high - low, 1e-9)
        edge = gains[at] + share * (gains[at + 1] - gains[at])
        return {name: np.where(crossed.any(axis=1), edge, np.nan) for name in names}

    def ends(self, cosine: float) -> float:
        """Where inputs at a cosine of the grid have come to; nan if nothing is finite."""
        column = int(np.argmin(np.abs(self.cosine - cosine)))
        return float(self.c[self.finite - 1, column]) if self.finite else float("nan")

    @property
    def per_layer(self) -> float:
        """The factor of the slope in each of the last two layers; nan where there are none."""
        known = self.log_slope[: self.finite]
        return float(10 ** ((known[-1] - known[-2]) / 2)) if len(known) > 1 else float("nan")

    def merits(self) -> dict[str, float]:
        """Where opposite, orthogonal and near inputs end, and how steep the map is."""
        slope = float(self.log_slope[self.finite - 1]) if self.finite else float("nan")
        return {
            "orthogonal": self.ends(0.0),
            "opposite": self.ends(-1.0),
            "half": self.ends(0.5),
            "log10_slope": slope,
            "mean_square": float(self.q[self.finite - 1]) if self.finite else float("nan"),
        }

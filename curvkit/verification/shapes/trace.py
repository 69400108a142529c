"""What the room of shapes records, and what can be read off it."""

import numpy as np
from jaxtyping import Float

from curvkit.core.trace import Record, series

WILD = 1e15


class Trace(Record):
    """A ReLU and an exponential along an interval with their lines, and a product's planes."""

    COUNTED = "point"
    argument: Float[np.ndarray, " reading"] = series("The argument.", symbol="z")
    relu: Float[np.ndarray, " reading"] = series("The ReLU.", symbol="max(z, 0)")
    relu_above: Float[np.ndarray, " reading"] = series("The line above it.")
    relu_below: Float[np.ndarray, " reading"] = series("The line below it.")
    exponential: Float[np.ndarray, " reading"] = series("The exponential.", symbol="exp z")
    chord: Float[np.ndarray, " reading"] = series("The chord above it.")
    tangent: Float[np.ndarray, " reading"] = series("The tangent below it.")
    first: Float[np.ndarray, " grid"] = series("The first factor of the product.", symbol="a")
    second: Float[np.ndarray, " grid"] = series("The second factor.", symbol="b")
    product: Float[np.ndarray, "grid grid"] = series("The product.", symbol="a b")
    plane: Float[np.ndarray, "grid grid"] = series("The plane above it.")

    @property
    def alive(self) -> np.ndarray:
        """Which readings are finite, up to and with each, (reading,)."""
        names = ("argument", "relu", "relu_above", "relu_below", "exponential", "chord", "tangent")
        with np.errstate(invalid="ignore"):
            good = np.all([np.abs(getattr(self, name)) < WILD for name in names], axis=0)
        return np.logical_and.accumulate(good)

    def gap(self, one: str, other: str) -> float:
        """The largest distance of two series; nan where there is none."""
        if not self.readings or not self.alive[-1]:
            return float("nan")
        return float(np.max(getattr(self, one).astype(float) - getattr(self, other)))

    def merits(self) -> dict[str, float]:
        """How far each relaxation is from its function at most."""
        return {
            "triangle_gap": self.gap("relu_above", "relu_below"),
            "chord_gap": self.gap("chord", "exponential"),
            "tangent_gap": self.gap("exponential", "tangent"),
            "plane_gap": float(np.max(self.plane.astype(float) - self.product)),
        }

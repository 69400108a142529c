"""What the Sobolev room records, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series

METHODS = ("values", "sobolev")
# How long the stroke is drawn that stands for a slope of one.
STROKE = 0.06


class Trace(Record):
    """Pairs of networks that learn one function, from values alone and from slopes too.

    All is in scaled units: inputs in [-1, 1]², the function of variance one. A pair shares points
    and first weights; surfaces, sharpness, points and slopes are those of the first pair.
    """

    ENDS = (
        "value_error",
        "slope_error",
        "trained_error",
        "sharpness",
        "at_points",
        "slopes_at_points",
        "surface",
    )
    DRAWN = 1e20
    EDITED = {"points": "points", "tips": "slopes", "values": "targets"}

    step: Int[np.ndarray, " reading"] = series("Training steps taken before the reading.")
    value_error: Float[np.ndarray, "reading method pair"] = series(
        "Mean squared error of values on the test grid, over the function's variance."
    )
    slope_error: Float[np.ndarray, "reading method pair"] = series(
        "Mean squared error of slopes on the test grid, over the mean square of the slopes."
    )
    trained_error: Float[np.ndarray, "reading method pair"] = series(
        "Mean squared error of values on the points trained on."
    )
    sharpness: Float[np.ndarray, "reading method"] = series(
        "Largest eigenvalue of the Hessian of the loss that is trained on.", symbol="λ_max"
    )
    surface: Float[np.ndarray, "reading method grid grid"] = series("What the networks return.")
    at_points: Float[np.ndarray, "reading method point"] = series("What they return on the points.")
    slopes_at_points: Float[np.ndarray, "reading method point two"] = series(
        "And their slopes there."
    )
    truth: Float[np.ndarray, "grid grid"] = series("The function itself.")
    axis: Float[np.ndarray, " grid"] = series("Coordinates of the surfaces, on both axes.")
    points: Float[np.ndarray, "point two"] = series("The points trained on.")
    targets: Float[np.ndarray, " point"] = series("The function's values there.")
    slopes: Float[np.ndarray, "point two"] = series("The slopes given there, noise included.")

    def check(self) -> None:
        """Raises ValueError where a value is said to be edited along x."""
        if any(field == "values" and values.keys() != {"y"} for field, _, values in self.edits):
            raise ValueError("its edits of values are along x, and a value has a y alone")

    def last(self, name: str = "value_error") -> np.ndarray:
        """The series at the last finite reading, (methods, pairs); nan where there is none."""
        values = getattr(self, name)
        return values[self.finite - 1] if self.finite else np.full(values.shape[1:], np.nan)

    def merits(self) -> dict[str, float]:
        """Medians over the pairs at the end: errors of both, and the share of pairs that slopes
        helped.
        """
        values, slopes = self.last().astype(float), self.last("slope_error").astype(float)
        helped = np.mean(values[1] < values[0]) if np.isfinite(values).all() else np.nan
        return {
            "sobolev_error": float(np.median(values[1])),
            "values_error": float(np.median(values[0])),
            "share_helped": float(helped),
            "sobolev_slope_error": float(np.median(slopes[1])),
            "values_slope_error": float(np.median(slopes[0])),
        }

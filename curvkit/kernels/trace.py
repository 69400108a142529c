"""What the kernels room records, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Trace(Record):
    """A network read layer by layer: a reading is what its kernels are after so many layers.

    Plain is the activation as it is, with weights of variance 1 over fan-in; shaped the same
    activation after Deep Kernel Shaping or TAT.
    """

    COUNTED = "layer"
    step: Int[np.ndarray, " reading"] = series("Nonlinear layers passed.")
    plain_c: Float[np.ndarray, " reading cosine"] = series(
        "The plain network's C map: the cosine of two inputs, by what it was.", symbol="C(c)"
    )
    shaped_c: Float[np.ndarray, " reading cosine"] = series(
        "The shaped network's C map.", symbol="C(c)"
    )
    plain_q: Float[np.ndarray, " reading start"] = series(
        "The plain network's mean square, from several starts.", symbol="q"
    )
    shaped_q: Float[np.ndarray, " reading start"] = series(
        "The shaped network's mean square, from several starts.", symbol="q"
    )
    plain_ntk: Float[np.ndarray, " reading cosine"] = series(
        "The plain network's tangent kernel over that of an input with itself.", symbol="Θ(c)/Θ(1)"
    )
    shaped_ntk: Float[np.ndarray, " reading cosine"] = series(
        "The shaped network's tangent kernel over that of an input with itself.",
        symbol="Θ(c)/Θ(1)",
    )
    plain_kappa: Float[np.ndarray, " reading"] = series(
        "The condition number of the plain tangent kernel of ten orthogonal inputs.", symbol="κ"
    )
    shaped_kappa: Float[np.ndarray, " reading"] = series(
        "The condition number of the shaped tangent kernel of ten orthogonal inputs.", symbol="κ"
    )
    sampled: Float[np.ndarray, " reading network pair"] = series(
        "Cosines in sampled shaped networks of finite width.", symbol="c"
    )
    cosine: Float[np.ndarray, " cosine"] = series("The cosines that go in.", symbol="c")
    pair: Float[np.ndarray, " pair"] = series(
        "The cosines that go into sampled networks.", symbol="c"
    )
    limit: Float[np.ndarray, " cosine"] = series(
        "The universal limit of deep shaped networks; for a leaky ReLU there is none, so its map."
    )
    lower: Float[np.ndarray, " cosine"] = series("What the shaped C map is proved to lie above.")
    upper: Float[np.ndarray, " cosine"] = series("What the shaped C map is proved to lie below.")
    built_plain: Float[np.ndarray, " cosine"] = series(
        "The plain C map of the architecture built, its lengths kept at 1.", symbol="C(c)"
    )
    built_shaped: Float[np.ndarray, " cosine"] = series("Its shaped C map.", symbol="C(c)")
    built_parts: Float[np.ndarray, " part"] = series(
        "The slope, curvature or C(0) of the whole architecture and its branches; 0 for none."
    )
    built_layers: Float[np.ndarray, ""] = series("How many nonlinear layers the architecture has.")
    built_goal: Float[np.ndarray, ""] = series("The target that it attained.")
    roots: Float[np.ndarray, " root parameter"] = series(
        "The parameters of each root, the one taken first, and again where no other is."
    )
    root_output: Float[np.ndarray, " root input"] = series("The shaped activation of each root.")
    root_c: Float[np.ndarray, " root cosine"] = series("The whole network's C map of each root.")
    input: Float[np.ndarray, " input"] = series("Arguments of the activation.", symbol="x")
    plain_output: Float[np.ndarray, " input"] = series("The plain activation.", symbol="φ(x)")
    shaped_output: Float[np.ndarray, " input"] = series("The shaped activation.", symbol="φ̂(x)")
    plain_weights: Float[np.ndarray, " term"] = series(
        "The plain layer's C map as weights of powers of c.", symbol="b"
    )
    shaped_weights: Float[np.ndarray, " term"] = series(
        "The shaped layer's C map as weights of powers of c.", symbol="b"
    )
    plain_local: Float[np.ndarray, " cosine"] = series("One plain layer's C map.", symbol="C(c)")
    shaped_local: Float[np.ndarray, " cosine"] = series("One shaped layer's C map.", symbol="C(c)")
    parameters: Float[np.ndarray, " parameter"] = series(
        "Alpha, beta, gamma, delta, and the negative slope of a leaky ReLU."
    )
    achieved: Float[np.ndarray, " condition"] = series("The four conditions as achieved.")
    missed: Float[np.ndarray, " condition"] = series("By how much each condition is missed.")
    goal: Float[np.ndarray, ""] = series(
        "The target ζ, τ or η that was attained; less than asked for where that is out of reach."
    )

    @property
    def target(self) -> str:
        """Which knob is the target: zeta, tau or eta."""
        if self.settings["method"] == "dks":
            return "zeta"
        return "eta" if self.settings["activation"] == "leaky_relu" else "tau"

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the four conditions are called."""
        last = {"zeta": "slope of the network", "tau": "curvature of the network"}
        third = "C(0)" if self.target == "zeta" else "C′(1)"
        return ("Q(1)", "Q′(1)", third, last.get(self.target, "C(0) of the network"))

    def merits(self) -> dict[str, float]:
        """Where orthogonal inputs end up in both networks, and how well the target was met."""
        missed = np.abs(self.missed).max()
        return {
            "shaped_cosine": self.at("shaped_c", 0.0),
            "plain_cosine": self.at("plain_c", 0.0),
            "attained_target": float(self.goal),
            "largest_miss": float(missed) if np.isfinite(missed) else float("nan"),
        }

    def at(self, name: str, cosine: float) -> float:
        """The last finite reading of a series by cosine, at the grid's cosine nearest to it."""
        column = int(np.argmin(np.abs(self.cosine - cosine)))
        values = getattr(self, name)[: self.finite, column]
        return float(values[-1]) if len(values) else float("nan")

"""The plane through a proved minimum, a better point and a third direction.

| symbol | name | shape |
| --- | --- | --- |
| θ*, θ₂ | `minimum`, `better` | (P,) |
| e₁ = (θ₂ − θ*) / d, d = ‖θ₂ − θ*‖ | first row of `axes` | (P,) |
| e₂ | a random direction made orthogonal to e₁ | (P,) |
| (t, u) | `project`: coordinates of θ − θ* along e₁ and e₂ | (runs,) each |
| ‖θ − θ* − t e₁ − u e₂‖ | `project`: how far off the plane | (runs,) |
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.minima._certificate import Certificate, certify
from curvkit.minima._examples import example, rectifiers, ten_points
from curvkit.minima._training import LabelledPoints, Runs

CHARTED = ("ten_points", "P1", "P2", "P3")
# The better point of `ten_points` lies far out; this one, found nearer by, is certified as well.
NEARER_TEN = (
    [["1.5", "-0.101"], ["4.285", "1.071"]], ["-0.034", "0.071"], ["6.002", "-5.088"], "-0.427",
)  # fmt: skip


class Chart(NamedTuple):
    """A certified example as fp32 arrays: two points of the parameters, the data, the proof."""

    minimum: np.ndarray
    better: np.ndarray
    data: LabelledPoints
    activation: str
    certificate: Certificate

    @property
    def units(self) -> int:
        """Hidden units of the network."""
        return self.certificate.example.weights.units

    @property
    def distance(self) -> float:
        """From the minimum to the better point."""
        return float(np.linalg.norm(self.better - self.minimum))


@functools.cache
def chart(name: str) -> Chart:
    """The example of that name, certified now.

    Raises:
        ValueError: if there is none.

    >>> chart("P2").certificate.verdict
    'proved'
    """
    if name not in CHARTED:
        raise ValueError(messages.unknown("example", name, CHARTED))
    which = {each.name: each for each in (ten_points(), *rectifiers())}[name]
    if name == "ten_points":
        which = example(
            which.inputs, which.targets, which.weights, activation="sigmoid", loss="logistic",
            better=NEARER_TEN, claimed=which.claimed, name=name, source=which.source,
        )  # fmt: skip
    inputs, targets = which.inputs.astype(np.float32), which.targets.astype(np.float32)
    better = messages.known("the better point", which.better).flat().astype(np.float32)
    minimum, data = (
        which.weights.flat().astype(np.float32),
        LabelledPoints(inputs, targets, which.loss),
    )
    return Chart(minimum, better, data, which.activation, certify(which))


def axes(third: jax.Array, minimum: jax.Array, better: jax.Array) -> jax.Array:
    """Two orthonormal directions, (2, P): to the better point, and a third one made orthogonal.

    >>> two = axes(jnp.array([1.0, 1.0, 2.0]), jnp.zeros(3), jnp.array([0.0, 2.0, 0.0]))
    >>> two[0].tolist(), abs(float(two[0] @ two[1])) < 1e-6
    ([0.0, 1.0, 0.0], True)
    """
    first = (better - minimum) / jnp.linalg.norm(better - minimum)
    second = third - (third @ first) * first
    return jnp.stack([first, second / jnp.linalg.norm(second)])


def place(along: jax.Array, across: jax.Array, minimum: jax.Array, two: jax.Array) -> jax.Array:
    """θ* + t e₁ + u e₂ for coordinates (runs,) each; flat weights (runs, P)."""
    return minimum + along[:, None] * two[0] + across[:, None] * two[1]


def project(flat: jax.Array, minimum: jax.Array, two: jax.Array):
    """Coordinates t and u of flat weights (runs, P), and their distance off the plane."""
    away = flat - minimum
    along, across = away @ two[0], away @ two[1]
    off_plane = away - along[:, None] * two[0] - across[:, None] * two[1]
    return along, across, jnp.linalg.norm(off_plane, axis=1)


def as_runs(flat: jax.Array, units: int, features: int) -> Runs:
    """Flat weights (runs, P) as networks side by side."""
    runs, cut = len(flat), units * features
    hidden = flat[:, :cut].reshape(runs, units, features).transpose(1, 2, 0)
    return Runs(hidden, flat[:, cut : cut + units].T, flat[:, cut + units : -1].T, flat[:, -1])


def as_flat(runs: Runs) -> jax.Array:
    """Networks side by side as flat weights (runs, P)."""
    number = runs.offset.shape[0]
    parts = [runs.hidden.reshape(-1, number), runs.bias, runs.output, runs.offset[None]]
    return jnp.concatenate(parts).T

"""Four simulations with known truth, every method tuned on the same held-out rows.

E1 and E2 are models I and III of Yuan and Lin (2006): trichotomised variables, and cubic
polynomials of correlated ones. E3 and E4 have a few hidden factors, each seen as several near
copies.

| symbol | name | shape |
| --- | --- | --- |
| X, y | `Draw.columns`, `Draw.targets` | (n, J, m), (n,) |
| β* | `Simulation.truth` | (J, m) |
| E[(xᵀ(β̂ − β*) + b)²] | model error, over `FRESH` fresh rows | scalar |
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

FRESH = 20_000


class Draw(NamedTuple):
    """Rows of a simulation: columns, zeros where a group has fewer, and targets."""

    columns: np.ndarray
    targets: np.ndarray


class Simulation(NamedTuple):
    """How rows are drawn, and how many to fit, how many to tune; the truth; noise's deviation."""

    about: str
    rows: int
    held_out: int
    truth: np.ndarray
    noise: float
    design: Callable[[np.random.Generator, int], np.ndarray]

    def draw(self, rng: np.random.Generator, rows: int) -> Draw:
        """Rows with noise."""
        columns = self.design(rng, rows)
        clean = np.einsum("njm,jm->n", columns, self.truth)
        return Draw(columns, clean + self.noise * rng.normal(size=rows))


def _trichotomised(rng, rows):
    """Fifteen variables of correlation ½^|i−j|, cut into thirds: dummies of the values 1 and 0."""
    z = rng.normal(size=(rows, 15))
    for at in range(1, 15):
        z[:, at] = 0.5 * z[:, at - 1] + np.sqrt(0.75) * z[:, at]
    third = 0.43072729929545744
    value = (z > -third).astype(int) + (z > third)
    return np.stack([value == 1, value == 0], axis=2).astype(float)


def _cubic(rng, rows):
    """Sixteen variables that share a part of themselves, as polynomials of degree three."""
    z = rng.normal(size=(rows, 17))
    w = (z[:, :16] + z[:, 16:]) / np.sqrt(2)
    return np.stack([w**3, w**2, w], axis=2)


def _factors(rng, rows, count, copies, shared, own, singles):
    """Hidden factors seen several times each, in groups, then single columns without meaning."""
    z = rng.normal(size=(rows, count, 1))
    observed = shared * z + own * rng.normal(size=(rows, count, copies))
    alone = np.zeros((rows, singles, copies))
    alone[:, :, 0] = rng.normal(size=(rows, singles))
    return np.concatenate([observed, alone], axis=1)


def _truth(groups, size, **rows):
    beta = np.zeros((groups, size))
    for name, values in rows.items():
        beta[int(name[1:])] = values
    return beta


SIMULATIONS = {
    "E1": Simulation(
        "15 variables cut into thirds, 3 good", 50, 25,
        _truth(15, 2, g0=(1.8, -1.2), g2=(1.0, 0.5), g4=(1.0, 1.0)), 1.476, _trichotomised,
    ),
    "E2": Simulation(
        "16 cubic polynomials, 2 good", 100, 50,
        _truth(16, 3, g2=(1.0, 1.0, 1.0), g5=(1 / 3, -1.0, 2 / 3)), 2.0, _cubic,
    ),
    "E3": Simulation(
        "3 factors seen 5 times each, 25 single columns", 500, 50,
        _truth(28, 5, g0=(3.0,) * 5, g1=(4.0,) * 5, g2=(2.0,) * 5), 15.0,
        lambda rng, rows: _factors(rng, rows, 3, 5, 1.0, 0.1, 25),
    ),
    "E4": Simulation(
        "5 factors seen 10 times each, 3 good", 300, 50,
        _truth(5, 10, g0=(7.0,) * 10, g1=(2.0,) * 10, g2=(1.0,) * 10), 19.22,
        lambda rng, rows: _factors(rng, rows, 5, 10, 0.05, 1.0, 0),
    ),
}  # fmt: skip

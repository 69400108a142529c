"""The simulations are drawn as their sources say."""

import numpy as np
import pytest

from curvkit.selection._simulations import SIMULATIONS


@pytest.mark.parametrize("name", SIMULATIONS)
def test_noise_is_what_is_left_of_the_targets(name):
    given, rng = SIMULATIONS[name], np.random.default_rng(0)
    columns, targets = given.draw(rng, 20_000)
    left = targets - np.einsum("njm,jm->n", columns, given.truth)
    assert columns.shape[1:] == given.truth.shape and np.isclose(left.std(), given.noise, rtol=0.02)
    good = np.any(given.truth != 0, axis=1).sum()
    assert good == {"E1": 3, "E2": 2, "E3": 3, "E4": 3}[name]


def test_thirds_are_thirds_and_neighbours_correlate():
    columns = SIMULATIONS["E1"].design(np.random.default_rng(1), 30_000)
    shares = columns.mean(0)
    assert np.all(np.abs(shares - 1 / 3) < 0.015)
    assert not np.any(columns[:, :, 0] * columns[:, :, 1])
    near, far = (np.mean(columns[:, 0, 1] * columns[:, at, 1]) for at in (1, 9))
    assert near > 1 / 9 + 0.02 and abs(far - 1 / 9) < 0.01


def test_cubic_columns_are_powers_of_correlated_variables():
    columns = SIMULATIONS["E2"].design(np.random.default_rng(2), 30_000)
    w = columns[:, :, 2]
    assert np.allclose(columns[:, :, 0], w**3) and np.allclose(columns[:, :, 1], w**2)
    assert abs(np.corrcoef(w[:, 0], w[:, 9])[0, 1] - 0.5) < 0.02


def test_copies_of_a_factor_are_near_in_e3_and_hardly_alike_in_e4():
    rng = np.random.default_rng(3)
    near, weak = (SIMULATIONS[name].design(rng, 30_000) for name in ("E3", "E4"))
    assert np.corrcoef(near[:, 0, 0], near[:, 0, 1])[0, 1] > 0.98
    assert abs(np.corrcoef(weak[:, 0, 0], weak[:, 0, 1])[0, 1]) < 0.03
    assert not np.any(near[:, 3:, 1:])

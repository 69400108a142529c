"""The balance of directions at the edge, against its own conditions and a general minimiser."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from curvkit.curvature import _complementarity as complementarity

pytestmark = pytest.mark.slow

DRAWS = np.random.default_rng(3)


def posed(k, parameters=40):
    """A slack with eigenvalues below 0, and a coupling as gradients make it."""
    bends = DRAWS.normal(size=(k, k, parameters))
    bends = bends + bends.transpose(1, 0, 2)
    slack = DRAWS.normal(size=(k, k))
    return (slack + slack.T) / 2 - np.eye(k), np.einsum("ijp,abp->ijab", bends, bends) / parameters


def found(slack, coupling, rounds=400):
    arrays = (jnp.asarray(each, jnp.float32) for each in (slack, coupling, 0 * slack))
    return np.asarray(complementarity.balanced(*arrays, rounds=rounds), float)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_only_directions_with_nothing_left_oscillate(k):
    slack, coupling = posed(k)
    variance = found(slack, coupling)
    left = slack + np.einsum("ijab,ab->ij", coupling, variance)
    scale = np.abs(slack).max()
    assert np.linalg.eigvalsh(slack)[0] < 0 and variance.trace() > 0
    assert np.linalg.eigvalsh(variance)[0] > -1e-6
    # In single precision, and after so many rounds as bring it there.
    assert np.linalg.eigvalsh(left)[0] > -2e-3 * scale
    assert abs(np.sum(variance * left)) < 2e-3 * scale * variance.trace()


def test_the_balance_is_what_a_general_minimiser_finds():
    slack, coupling = posed(2)

    def energy(factor):
        variance = factor.reshape(2, 2) @ factor.reshape(2, 2).T
        image = np.einsum("ijab,ab->ij", coupling, variance)
        return 0.5 * np.sum(variance * image) + np.sum(slack * variance)

    best = min((optimize.minimize(energy, DRAWS.normal(size=4)) for _ in range(5)),
               key=lambda each: each.fun)  # fmt: skip
    factor = best.x.reshape(2, 2)
    np.testing.assert_allclose(found(slack, coupling), factor @ factor.T, atol=2e-3)


def test_where_all_is_below_the_edge_nothing_oscillates():
    slack, coupling = posed(3)
    slack = slack @ slack.T
    assert not found(slack, coupling).any()


def test_where_nothing_turns_the_curvature_there_is_no_balance():
    assert np.isnan(found(-np.eye(2), np.zeros((2, 2, 2, 2)))).all()
    assert not found(np.eye(2), np.zeros((2, 2, 2, 2))).any()

"""Cells of states: what is said of them is true of the states in them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import float64

from curvkit.verification import Settings, figures, run, stream
from curvkit.verification import _cells as cells
from curvkit.verification import _certify as certify
from curvkit.verification import _pendulum as pendulum


@pytest.fixture(scope="module")
def trace():
    return run(Settings.read(steps=30))


def growth(corners, shares):
    """The growth of energy at states of each cell, given as shares of it: (cells, states)."""
    low, high = corners[:, None, ::2], corners[:, None, 1::2]
    at = (low + shares * (high - low)).reshape(-1, 2)
    with float64():
        x = pendulum.features(np.pi * at[:, 0], pendulum.FASTEST * at[:, 1])
        found = certify.values(pendulum.models()[0], pendulum.falling().fit(3, 3), x)
    return np.asarray(found).reshape(len(corners), len(shares))


def test_no_state_is_above_the_bound_of_its_cell_and_proved_cells_keep_the_property(trace):
    kept = trace.verdict >= 0
    corners, bound = trace.cells[kept].astype(float), trace.cell_bound[kept]
    # Its corners and random states.
    shares = np.random.default_rng(0).uniform(size=(20, 2))
    shares[:4] = [[0, 0], [0, 1], [1, 0], [1, 1]]
    seen = growth(corners, shares).max(1)
    assert np.all(seen <= bound)
    assert np.all(seen[trace.verdict[kept] == cells.PROVED] <= 0)
    assert np.sum(trace.verdict[kept] == cells.PROVED) > 100


def test_a_cell_is_called_violated_only_where_growth_was_found(trace):
    found = trace.cell_attack[trace.verdict == cells.VIOLATED]
    assert len(found) > 100 and np.all(found > 0)


def test_the_shares_of_all_verdicts_make_one_and_bounds_never_rise(trace):
    assert np.all(np.diff(trace.upper_bound) <= 0) and np.all(np.diff(trace.attack) >= 0)
    assert np.all(trace.upper_bound >= trace.attack)
    assert np.all(np.diff(trace.proved) >= 0) and np.all(trace.proved + trace.violated <= 1 + 1e-6)


def test_cells_are_counted_as_they_are_bounded_and_the_attack_is_the_most_growth_so_far(trace):
    there = trace.verdict >= 0
    assert trace.bounded.tolist() == np.cumsum(there.sum(1)).tolist()
    assert trace.bounded[0] == 256 and trace.bounded[-1] > 1000
    found = np.where(there, trace.cell_attack, -np.inf).max(1)
    assert trace.attack.tolist() == np.maximum.accumulate(found).tolist()
    # The last round finds less than an earlier one: a most of all is not that of the last.
    assert found[-1] < trace.attack[-1]


def test_what_is_told_of_all_cells_is_said_of_those_that_stand(trace):
    standing = {}
    for at in range(trace.readings):
        now, there = trace.cells[at].astype(float), trace.verdict[at] >= 0
        if at:
            for one, other in zip(now[:128][there[:128]], now[128:][there[128:]], strict=True):
                whole = np.minimum(one, other)[::2], np.maximum(one, other)[1::2]
                del standing[tuple(np.stack(whole, 1).ravel())]
        for cell in np.flatnonzero(there):
            told = trace.cell_bound[at, cell], trace.verdict[at, cell]
            standing[tuple(now[cell])] = told
        corners, told = np.array(list(standing)), np.array(list(standing.values()))
        size = np.prod(corners[:, 1::2] - corners[:, ::2], axis=1) / 4
        assert size.sum() == 1 and trace.upper_bound[at] == told[:, 0].max()
        for name, code in (("proved", cells.PROVED), ("violated", cells.VIOLATED)):
            share = size[told[:, 1] == code].sum()
            np.testing.assert_allclose(getattr(trace, name)[at], share, atol=1e-5)


def test_the_attack_on_a_cell_is_the_most_growth_at_the_places_that_are_tried(trace):
    shares = np.asarray(stream.begin(Settings.read(steps=30), jax.random.key(0)).shares, float)
    for at in (0, 3):
        there = trace.verdict[at] >= 0
        corners = trace.cells[at][there].astype(float)
        seen = growth(corners, shares).max(1)
        np.testing.assert_allclose(trace.cell_attack[at][there], seen, atol=1e-5)


def test_halves_share_an_edge_and_make_the_whole():
    one = jnp.array([[-1.0, 0.0, 0.5, 1.0]])
    for axis in (0, 1):
        low, high = cells.halves(one, jnp.array([axis]))
        assert np.all(cells.area(low) + cells.area(high) == cells.area(one))
        assert low[0, 2 * axis + 1] == high[0, 2 * axis]


def test_what_is_proved_is_never_halved_again():
    corners = jnp.array([[-1.0, 0.0, -1.0, 0.0], [0.0, 1.0, -1.0, 1.0]])
    verdict = jnp.array([cells.OPEN, cells.PROVED])
    places, used = cells.chosen(corners, jnp.array([0.1, -0.5]), verdict, False, 2)
    assert int(places[0]) == 0 and used.tolist() == [True, False]


@pytest.mark.full
def test_model_b_is_certified_on_the_whole_space_of_its_states():
    found = run(Settings.read(model="B", tolerance=0.1, steps=100))
    assert found.verdict[found.verdict >= 0].size < 10000
    assert found.merits()["proved_share"] == 100.0


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0"), (100, "100"), (99.992, "over 99.9"), (0.0076, "under 0.1"), (93.16, "93.2")],
)
def test_all_states_are_said_to_be_proved_only_where_all_are(share, said):
    assert figures._percent(share) == said

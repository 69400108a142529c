"""The chance that a unit is off everywhere: an angle in the plane, and by sampling."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.minima import _dead_units as blind
from curvkit.minima._examples import JELLYFISH, TEN_POINTS, XOR


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=1, max_size=5))
def test_the_chance_is_the_share_of_directions_that_are_off_everywhere(points):
    inputs = np.array(points, float)
    turns = np.linspace(0, 2 * np.pi, 7200, endpoint=False)
    directions = np.stack([np.cos(turns), np.sin(turns)])
    off = np.all(inputs @ directions <= 1e-9 * np.abs(inputs).max(initial=0), axis=0)
    # Of 7200 directions one or two at each end may be counted wrong.
    assert abs(blind.dead_chance(inputs) - off.mean()) < 1e-3


@pytest.mark.parametrize("points, chance", [(XOR, 0.25), (JELLYFISH, 0.25), (TEN_POINTS, 0.0)])
def test_the_sets_of_the_paper_have_the_chance_that_their_cone_gives(points, chance):
    assert blind.dead_chance(np.array(points, float)) == pytest.approx(chance)


@pytest.mark.parametrize("initialization", ["normal", "glorot", "lecun"])
@pytest.mark.parametrize("shift", [0.0, 1.0, 4.0])
def test_sampling_agrees_with_the_angle(initialization, shift):
    inputs = np.array(TEN_POINTS, float) + shift
    key = jax.random.key(0)
    got = float(blind.sampled_dead_chance(key, jnp.array(inputs), initialization, 3))
    # 4096 samples: three deviations of a share are at most 0.024.
    assert abs(got - blind.dead_chance(inputs)) < 0.024


def test_the_further_from_zero_mean_the_likelier():
    chances = [blind.dead_chance(np.array(TEN_POINTS, float) + s) for s in (0, 4, 8, 100)]
    assert chances == sorted(chances) and chances[0] == 0 and 0.45 < chances[-1] < 0.5


def test_other_than_points_in_the_plane_are_refused():
    with pytest.raises(ValueError, match=r"shape \(points, 2\)"):
        blind.dead_chance(np.ones((3, 4)))

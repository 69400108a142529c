"""Kinks are found where they are, and nowhere else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.sobolev import _points as points
from curvkit.sobolev import kinks


@pytest.mark.parametrize(
    "function, at, expected",
    [
        (jnp.abs, [0.0, 1e-3, 2.0], [True, False, False]),
        (jax.nn.relu, [0.0, -1.0, 1.0], [True, False, False]),
        (lambda x: jnp.sqrt(jnp.abs(x - 1)), [1.0, 0.5, 3.0], [True, False, False]),
        (lambda x: x**2, [0.0, 1.0, 1e3], [False, False, False]),
        (jnp.sin, [0.0, 0.5 * np.pi, 30.0], [False, False, False]),
        (lambda x: 0.0 * x + 1, [0.0, 1.0, 2.0], [False, False, False]),
        (lambda x: jnp.maximum(x, 1e-3 * x) * 1e4, [0.0, 1.0, -1.0], [True, False, False]),
    ],
)
def test_a_kink_is_found_and_a_smooth_point_is_not(function, at, expected):
    assert kinks(function, jnp.array(at)).tolist() == expected


def test_the_tip_of_a_cone_and_an_edge_in_the_plane_are_kinks():
    at = jnp.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.3]])
    cone, edge = jnp.linalg.norm, lambda x: jnp.maximum(x[0], x[1])
    assert kinks(cone, at).tolist() == [True, False, False]
    assert kinks(edge, at).tolist() == [True, True, False]


def test_random_points_of_a_smooth_valley_and_its_floor_are_no_kinks():
    valley = lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
    at = jax.random.uniform(jax.random.key(0), (200, 2), minval=-5, maxval=10)
    at = at.at[0].set(1.0)
    assert not kinks(valley, at).any()
    assert not kinks(valley, at[:1]).any()


def test_jacobians_and_hessians_have_outputs_first():
    function = lambda x: jnp.array([x[0] * x[1], x[1] ** 2, x[2], x[0]])
    at = jnp.array([2.0, 3.0, 5.0])
    assert points.jacobian(function)(at).tolist() == [[3, 2, 0], [0, 6, 0], [0, 0, 1], [1, 0, 0]]
    assert points.hessian(function)(at)[0].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]

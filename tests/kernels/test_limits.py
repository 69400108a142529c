"""The universal limits, as theorems: any smooth activation, and faster than one over depth."""

import numpy as np
import pytest

from curvkit.kernels import _maps as maps
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels import dks_limit, shape, tat_limit
from curvkit.kernels._limits import dks_bounds, dks_gap, tat_bounds

C = np.linspace(-1, 1, 81)


def _map(made, depth):
    b = maps.hermite_weights(lambda x: made.jet(x)[0])
    return maps.network_c_map(lambda c: maps.series(b, c), C, depth)[-1]


@pytest.mark.parametrize("name", ["softplus", "tanh", "gelu", "swish", "erf", "asinh"])
@pytest.mark.parametrize("method, limit", [("dks", dks_limit), ("tat", tat_limit)])
def test_a_deep_network_s_map_goes_to_the_limit_like_one_over_depth(name, method, limit):
    goal = 1.5 if method == "dks" else 0.3
    missed = [
        np.abs(_map(shape(name, method=method, depth=depth), depth) - limit(C, goal)).max()
        for depth in (50, 200, 800)
    ]
    assert missed[0] < 0.005 and missed[1] < 0.0015
    # asinh comes near early by chance, and into the regime of 1/L last.
    assert missed[1] / missed[2] == pytest.approx(4, rel=0.35)


@pytest.mark.parametrize("zeta", [1.1, 1.5, 4.0])
def test_a_dks_map_lies_below_the_diagonal_by_no_more_than_its_gap(zeta):
    for depth in (5, 50):
        right = C[C >= 0]
        below = (C - _map(shape("tanh", depth=depth, zeta=zeta), depth))[C >= 0]
        assert (below >= -1e-9).all() and (below <= dks_gap(zeta) + 1e-9).all()
        assert below.max() > 0 and len(right) == len(below)


def test_on_the_whole_range_the_map_stays_within_twice_its_excess_slope():
    for zeta in (1.05, 1.2, 1.5):
        made = _map(shape("softplus", depth=20, zeta=zeta), 20)
        assert np.abs(made - C).max() <= 2 * (zeta - 1)


def test_the_limit_has_the_slope_and_the_curvature_asked_for():
    h = 1e-4
    assert (1 - dks_limit(1 - h, 1.7)) / h == pytest.approx(1.7, rel=1e-3)
    bend = (1 - 2 * tat_limit(1 - h, 0.4) + tat_limit(1 - 2 * h, 0.4)) / h**2
    assert bend == pytest.approx(0.4, rel=1e-2)


@pytest.mark.parametrize("depth", [15, 60])
@pytest.mark.parametrize("method, goal", [("dks", 1.1), ("dks", 4.0), ("tat", 0.1), ("tat", 1.0)])
def test_every_map_lies_within_its_bounds_and_comes_near_one(method, goal, depth):
    target = "zeta" if method == "dks" else "tau"
    for name in ("softplus", "tanh", "swish"):
        found = _map(shape(name, method=method, depth=depth, **{target: goal}), depth)
        of = dks_bounds(C, goal) if method == "dks" else tat_bounds(C, goal / 2)
        lower, upper = (np.asarray(each, float) for each in of)
        # The bounds are computed in single precision.
        assert (found >= lower - 1e-6).all() and (found <= upper + 1e-6).all()
        assert (upper - lower).max() < 8 * (goal if method == "tat" else goal - 1)


@pytest.mark.parametrize("eta", [0.5, 0.85])
def test_a_tat_leaky_relu_s_map_lies_within_its_bounds(eta):
    made = shape("leaky_relu", method="tat", depth=50, eta=eta)
    layer = lambda c: rectifiers.c_map(c, made.negative_slope)
    found = maps.network_c_map(layer, C, 50)[-1]
    lower, upper = (np.asarray(each, float) for each in tat_bounds(C, eta))
    assert (found >= lower - 1e-6).all() and (found <= upper + 1e-6).all()
    assert found[len(C) // 2] == pytest.approx(upper[len(C) // 2], abs=1e-6)

"""The universal limits, as theorems: any smooth activation, and faster than one over depth."""

import numpy as np
import pytest

from curvkit.kernels import dks_limit, maps, shape, tat_limit
from curvkit.kernels.limits import dks_gap

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

"""Starts: they lead to near-roots, of which the fine rule makes roots."""

import numpy as np
import pytest

from curvkit.kernels import _moments as moments
from curvkit.kernels import _starts as starts
from curvkit.kernels._activations import ACTIVATIONS
from curvkit.kernels._gauss import panel_rule


@pytest.mark.parametrize("tat", [False, True])
def test_wide_starts_lead_to_near_roots_of_the_residuals(tat):
    base = ACTIVATIONS["tanh"]
    led = starts.led(base, starts.wide(base, 0.01, tat), 0.01)
    assert 0 < len(led) <= 24
    at, _ = moments.residuals(base, led[:, :2], 0.01, moments.branch(led[:, 2]), *panel_rule())
    # A Newton step after the residual was below 0.02.
    assert np.abs(at).max() < 0.02
    assert set(np.abs(led[:, 2])) == ({1.0} if tat else {0.0})


def test_no_two_near_roots_are_one_start():
    base = ACTIVATIONS["gelu"]
    led = starts.led(base, starts.wide(base, 0.01, False), 0.01)
    apart = np.abs(led[:, None, :2] - led[None, :, :2]).max(-1) + np.eye(len(led))
    assert apart.min() > starts.NEAR / 2


def test_where_nothing_is_near_nothing_is_led_to():
    # An even power with Q′(1) = C′(1) whatever α: no slope above 1 can be met.
    base = ACTIVATIONS["square"]
    assert not len(starts.led(base, np.array([[-1.0, 0.0, 0.0]]), 0.01))

"""The ladder: near-roots at both ends of every step, of as many roots as there are within."""

import numpy as np
import pytest

from curvkit.kernels import ACTIVATIONS
from curvkit.kernels import _ladder as ladders
from curvkit.kernels import _moments as moments
from curvkit.kernels._gauss import panel_rules


def test_both_ends_of_a_step_are_roots_at_their_targets():
    made = ladders.ladder(ACTIVATIONS["tanh"], True, -8, -5)
    for at, (low, there) in enumerate(zip(made.low, made.there, strict=True)):
        u, branch = low[there][:, :2], low[there][:, 2]
        rule = panel_rules(np.zeros((len(u), 0)))
        left, _ = moments.residuals(
            ACTIVATIONS["tanh"], u, 2.0 ** made.edges[at], moments.branch(branch), *rule
        )
        assert there.sum() == 2 and np.abs(left).max() < 1e-8


@pytest.mark.slow
def test_a_step_is_narrow_where_roots_meet_and_vanish():
    # At larger targets gelu has three; below 2^-9.28 two more, far out where it is nearly straight.
    made = ladders.ladder(ACTIVATIONS["gelu"], False, -11, -7)
    count, width = made.there.sum(1), np.diff(made.edges)
    assert count[0] == 5 and count[-1] == 3
    last = np.flatnonzero(count == 5)[-1]
    assert made.edges[last] < -9.28 < made.edges[last + 1] and width[last] == ladders.NARROW
    assert width[-1] == 1 and made.edges[-1] == -7


def test_roots_of_an_odd_function_are_those_with_beta_above_zero():
    made = ladders.ladder(ACTIVATIONS["tanh"], False, -7, -4)
    assert (made.low[made.there][:, 1] > 0).all() and (made.high[made.there][:, 1] > 0).all()

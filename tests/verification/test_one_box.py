"""One box: rungs in their order, and what single precision does to bounds."""

import numpy as np
import pytest

from curvkit.verification import _one_box as one_box
from curvkit.verification import _pendulum as pendulum


@pytest.mark.full
def test_every_rung_is_above_the_attack_and_none_is_looser_than_the_one_before():
    pytest.importorskip("cvxpy")
    found = one_box.rungs(pendulum.model("B"), *one_box.around(2.0, 1.0, 0.05), lifted=True)
    values = [each.value for each in found]
    assert [each.name for each in found][-2:] == ["branch and bound", "attack"]
    # Clarabel keeps to its constraints up to 1e-8.
    assert np.all(np.diff(values) <= 1e-6)
    assert values[-2] - values[-1] <= 1e-4


@pytest.mark.slow
def test_bounds_in_single_precision_fall_below_the_truth_and_in_double_they_never_do():
    assert np.mean(one_box.margins(pendulum.model("B"), 500, single=True) < 0) > 0.2
    assert np.all(one_box.margins(pendulum.model("B"), 500, single=False) > 0)


def test_sampling_sees_less_than_the_bound_allows():
    low, high = one_box.around(2.0, 1.0, 0.02)
    assert np.all(high - low == pytest.approx(0.04))
    seen = one_box.sampled(pendulum.model("B"), low, high, 200)
    assert seen.shape == (200,) and np.all(np.isfinite(seen))

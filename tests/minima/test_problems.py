"""The data sets, and the levels that are marked on histograms."""

import numpy as np
import pytest

from curvkit.data import digits
from curvkit.minima import _problems as problems
from curvkit.minima._problems import PROBLEMS, problem, proved_levels


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_is_of_points_and_targets_that_fit(name):
    found = problem(name, tuple(digits(30)) if name == "digits" else None)
    assert found.inputs.ndim == 2 and found.targets.shape == found.inputs.shape[:1]
    assert found.inputs.dtype == found.targets.dtype == np.float32
    if found.loss == "logistic":
        assert set(found.targets.tolist()) == {0.0, 1.0}


def test_a_level_is_marked_only_for_the_network_it_was_proved_for():
    assert [each.name for each in proved_levels("ten_points", "sigmoid", 2)] == ["ten_points"]
    assert proved_levels("ten_points", "tanh", 2) == ()
    assert proved_levels("ten_points", "sigmoid", 1) == ()
    assert {each.name for each in proved_levels("line_1", "relu", 1)} == {"P1", "P1_off"}


def test_a_level_that_is_not_proved_is_not_marked(monkeypatch):
    proved_levels.cache_clear()
    monkeypatch.setattr(problems, "certify", lambda each: type("No", (), {"minimum_proved": 0}))
    assert proved_levels("ten_points", "sigmoid", 2) == ()
    proved_levels.cache_clear()


def test_an_unknown_problem_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="jellyfish, line_1"):
        problem("jelyfish")

"""Wilson's interval, against its own definition: the shares that the score test does not reject."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.core.statistics import wilson

Z = 1.959963984540054


@given(st.integers(1, 400), st.floats(0, 1))
def test_at_the_ends_the_score_is_just_the_quantile(trials, share):
    successes = round(share * trials)
    for end in wilson(successes, trials):
        if 0 < end < 1:
            score = (successes / trials - end) / np.sqrt(end * (1 - end) / trials)
            assert abs(abs(score) - Z) < 1e-6


def test_the_interval_of_nothing_is_everything():
    assert [float(each) for each in wilson(0, 0)] == [0.0, 1.0]


@pytest.mark.parametrize("successes, trials, end, value", [(0, 10, 0, 0.0), (10, 10, 1, 1.0)])
def test_all_or_none_end_at_the_end(successes, trials, end, value):
    found = wilson(successes, trials)
    assert float(found[end]) == value and 0.2 < float(found[1 - end]) + 0 < 0.8


def test_it_covers_the_true_share_about_as_often_as_it_says():
    drawn = np.random.default_rng(0).binomial(50, 0.3, 4000)
    low, high = wilson(drawn, np.full(4000, 50))
    assert abs(np.mean((low <= 0.3) & (high >= 0.3)) - 0.95) < 0.02


@pytest.mark.parametrize("given, said", [((3, 2), "successes"), ((-1, 2), "successes")])
def test_counts_that_cannot_be_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        wilson(*given)
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=1.0)

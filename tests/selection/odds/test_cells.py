"""The table of recovery: each share within its error of what another program counted."""

import numpy as np
import pytest

from curvkit.selection import odds
from curvkit.selection.odds import _cells as cells

ONE = (0.5, 0.0, 75)


@pytest.fixture(scope="module")
def found():
    return odds.compare([ONE], trials=20)


@pytest.mark.full
def test_the_paper_s_rule_beats_the_raw_one_under_correlation(found):
    solved = dict(zip(found.methods, found.solved[0].tolist(), strict=True))
    assert solved["Group-OMP"] >= 15 and solved["Group-OMP"] > solved["raw rule"]
    assert np.nanmax(np.abs(found.deviations())) < 3.5, found.deviations()


@pytest.mark.slow
def test_a_table_is_told_with_its_intervals_and_the_noted_shares(found):
    told = found._repr_markdown_()
    share = 5 * found.solved[0, 0]
    assert f"| 0.5 | 0 | 75 | {share:.0f} [" in told and "· *100* |" in told and "nan" not in told


@pytest.mark.full
def test_every_share_is_within_its_error_of_the_noted_one():
    found = odds.compare()
    # 66 differences, discrete: beyond 3.5 standard errors hardly once in thirty times.
    assert np.nanmax(np.abs(found.deviations())) < 3.5
    # All in all, too: were the shares the same, the mean square would be about 1.
    assert np.nanmean(found.deviations() ** 2) < 1.5


def test_a_deviation_is_that_of_two_equal_shares():
    made = cells.Recovered((cells.Cell(*ONE),), ("raw rule", "none"), np.array([[21, 4]]), 40)
    pooled = (21 + 0.42 * 40) / 80
    by_hand = (21 / 40 - 0.42) / np.sqrt(pooled * (1 - pooled) / 20)
    assert made.deviations()[0, 0] == pytest.approx(by_hand)
    assert np.isnan(made.deviations()[0, 1])


@pytest.mark.parametrize(
    "given, said", [(dict(cells=[(0, 0, 10)]), "cells"), (dict(trials=0), "trials")]
)
def test_what_cannot_be_counted_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        odds.compare(**given)

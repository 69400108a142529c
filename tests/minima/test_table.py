"""The table of shares: whole, and held against a run by binomial errors."""

import numpy as np
import pytest

from curvkit.minima import table
from curvkit.minima.training import INITIALIZATIONS, OPTIMIZERS


def test_the_table_is_whole():
    assert len({row[:3] for row in table.ROWS}) == len(table.ROWS) == 9
    for row in table.ROWS:
        assert row.initialization in INITIALIZATIONS and row.optimizer in OPTIMIZERS
        assert np.shape(row.shares) == (len(table.WIDTHS), len(table.COLUMNS))
        assert np.all((np.array(row.shares) >= 0) & (np.array(row.shares) <= 100))


def test_deviations_of_true_shares_are_of_size_one():
    drawn = np.random.default_rng(0).binomial(1000, 0.3, (2, 500))
    found = [table.deviation(int(k), 1000, 100 * m / 1000) for k, m in drawn.T]
    # A little below 1: half a rounding of the printed share is added to the error.
    assert 0.8 < np.std(found) < 1.05 and abs(np.mean(found)) < 0.15


@pytest.mark.parametrize("solved, per_cent", [(600, 50), (0, 10), (1000, 90)])
def test_a_share_that_is_off_is_seen(solved, per_cent):
    assert abs(table.deviation(solved, 1000, per_cent)) > 3.5

"""The table of shares: whole, and held against a run by binomial errors."""

import jax
import numpy as np
import pytest

from curvkit.minima import _reproduction as table
from curvkit.minima import _training as training
from curvkit.minima._problems import problem
from curvkit.minima._training import INITIALIZATIONS, OPTIMIZERS


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


def test_a_cell_is_a_training_of_its_own_and_is_counted_by_its_own_width():
    row, steps, runs = table.ROWS[5], 30, 7
    found = table.learnt((row,), runs=runs, steps=steps)
    data = problem("jellyfish")
    data = training.LabelledPoints(data.inputs, data.targets)
    right = np.zeros(len(table.WIDTHS), int)
    keys = jax.random.split(jax.random.fold_in(jax.random.key(0), 3), 1)
    widths = np.tile(table.WIDTHS, table.SIDE_BY_SIDE)
    starts = training.draw(keys[0], row.initialization, 2, widths, 7)
    how = (data, "sigmoid", row.optimizer, row.learning_rate)
    alone = jax.jit(lambda one, h: training.descend(training.start(one), steps, *how, h).runs)
    for at in range(runs * len(table.WIDTHS)):
        end = alone(jax.tree.map(lambda each: each[..., at, None], starts), widths[at : at + 1])  # noqa: B023
        right[at % 3] += int(training.wrong(end, data, "sigmoid")[0] == 0)
    assert found[0, :, 3].tolist() == right.tolist()

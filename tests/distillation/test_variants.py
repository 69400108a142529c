"""The table of variants: rows of names that the tables of losses and rewards know."""

import numpy as np
import pytest

from curvkit.distillation._variants import DRIVERS, LOSSES, REWARDS, VARIANTS


@pytest.mark.parametrize("row", VARIANTS.values(), ids=VARIANTS)
def test_a_row_is_made_of_known_parts(row):
    assert row.driver in DRIVERS and row.loss in LOSSES and row.reward in REWARDS
    assert float(row.weights.driver.sum()) == 1
    assert np.all(np.isfinite(np.concatenate([row.weights.loss, row.weights.reward])))


def test_no_two_rows_are_the_same():
    assert len({row._replace(gradient=None) for row in VARIANTS.values()}) == len(VARIANTS)


@pytest.mark.parametrize("row", VARIANTS.values(), ids=VARIANTS)
def test_where_a_reward_counts_the_student_acts(row):
    # Else the score of the student's policy would be averaged over another's actions.
    assert row.driver == "student" or (row.reward == "none" and not row.task)

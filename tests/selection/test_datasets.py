"""Real data in groups: standard columns, and none that its own group determines."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from curvkit.selection._datasets import NAMES, table


@pytest.mark.parametrize("name", NAMES)
def test_columns_and_targets_are_standard_and_no_group_is_singular(name):
    given = table(name)
    flat = given.flat
    assert np.all(np.abs(flat.mean(0)) < 1e-10) and np.allclose(flat.std(0), 1)
    assert abs(given.targets.mean()) < 1e-10 and np.isclose(given.targets.std(), 1)
    assert flat.shape[1] == len(given.labels) and len(given.variables) == given.columns.shape[1]
    for label in given.variables:
        own = flat[:, given.labels == label]
        assert np.linalg.matrix_rank(own) == own.shape[1] >= 1


def test_a_binary_variable_is_one_column_and_others_are_cubic():
    given = table("diabetes")
    sizes = {name: int((given.labels == name).sum()) for name in given.variables}
    assert sizes.pop("sex") == 1 and set(sizes.values()) == {3}
    values = load_diabetes().data
    order = np.random.RandomState(0).permutation(len(values))
    bmi = given.columns[:, list(given.variables).index("bmi"), 0]
    assert np.isclose(abs(np.corrcoef(bmi, values[order, 2])[0, 1]), 1)


def test_an_unknown_data_set_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no data set 'boston'.*breast_cancer, diabetes"):
        table("boston")

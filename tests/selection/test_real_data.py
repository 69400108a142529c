"""Real data: nobody sees the test, all are tuned alike, and what is told is what was counted."""

import numpy as np
import pytest

from curvkit.selection import _real_data as practice
from curvkit.selection._datasets import table
from curvkit.selection._methods import METHODS, CoefficientPath


def test_the_three_parts_of_a_split_are_all_rows_once():
    parts = practice._splits(table("diabetes"), 3, np.random.default_rng(0))
    assert [each[0].shape[1] for each in parts] == [221, 110, 111]
    targets = np.concatenate([each[1] for each in parts], axis=1)
    assert np.array_equal(np.sort(targets, axis=1), np.sort([table("diabetes").targets] * 3))


def test_a_method_that_knows_nothing_errs_by_the_whole_variance(monkeypatch):
    def nothing(columns, targets):
        zero = np.zeros((1, *columns.shape[2:]))
        return [CoefficientPath(zero, np.array([each.mean()])) for each in targets]

    monkeypatch.setitem(METHODS, "nothing", nothing)
    found = practice.practise(runs=8, chosen=("Group-OMP", "nothing"))
    assert found.error[1] == pytest.approx(np.ones(8), abs=0.05) and not found.groups[1].any()
    assert "the least error is that of **Group-OMP**" in found.words()


def test_group_omp_takes_whole_variables_and_explains_half_of_diabetes():
    found = practice.practise(runs=6, chosen=("Group-OMP", "OMP", "least squares"))
    assert np.all(found.columns[0] >= 2.5 * found.groups[0] - 2)  # one variable is binary
    assert np.all(found.groups[2] == 10) and np.all((found.error > 0.3) & (found.error < 0.9))
    told = found._repr_markdown_()
    assert f"| OMP | {np.median(found.error[1]):.3f} [" in told


@pytest.mark.full
@pytest.mark.parametrize("data", practice.NAMES)
def test_group_omp_takes_fewer_variables_than_the_lasso_which_predicts_better(data):
    found = practice.practise(data)
    error, groups = (
        dict(zip(found.methods, np.median(each, axis=1), strict=True))
        for each in (found.error, found.groups)
    )
    assert groups["Group-OMP"] < groups["Lasso"] and error["Lasso"] < error["Group-OMP"]


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(data="boston"), "boston"),
        (dict(runs=1), "runs"),
        (dict(chosen=("ridge",)), "no method 'ridge'"),
        (dict(chosen=("OMP",)), "Group-OMP among them"),
    ],
)
def test_what_cannot_be_compared_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        practice.practise(**given)

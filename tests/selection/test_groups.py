"""Groups as users write them, and one sentence for each way to get them wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.selection._groups import read_groups


def as_sets(groups):
    return {str(n): set(map(int, c)) for n, c in zip(groups.names, groups.columns, strict=True)}


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_labels_lists_and_mappings_mean_the_same_groups(labels):
    by_label = read_groups(labels, len(labels))
    lists = [list(map(int, each)) for each in by_label.columns]
    named = dict(zip(map(str, by_label.names), lists, strict=True))
    assert as_sets(read_groups(named, len(labels))) == as_sets(by_label)
    listed = read_groups(lists, len(labels))
    assert list(as_sets(listed).values()) == list(as_sets(by_label).values())
    assert sorted(np.concatenate(by_label.columns)) == list(range(len(labels)))


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_buckets_hold_every_group_once_with_its_own_columns(labels):
    groups = read_groups(labels, len(labels))
    seen = {}
    for bucket in groups.buckets():
        for number, columns in zip(bucket.numbers, bucket.columns, strict=True):
            seen[int(number)] = list(columns)
    assert seen == {j: list(each) for j, each in enumerate(groups.columns)}


def test_columns_may_be_named_where_the_data_have_names():
    names = np.array(["age", "age²", "bmi"], dtype=object)
    assert as_sets(read_groups({"age": ["age", "age²"], "bmi": ["bmi"]}, 3, names)) == {
        "age": {0, 1},
        "bmi": {2},
    }
    assert list(read_groups(None, 3, names).names) == ["age", "age²", "bmi"]


@pytest.mark.parametrize(
    "groups, names, said",
    [
        ([[0, 1], [1, 2]], None, "must not overlap, but column 1 is in group 0 and in group 1"),
        ([[0, 1]], None, "column 2 is in none"),
        ([[0, 1], [2, 3]], None, "has column 3, but the columns are 0 to 2"),
        ([[0, 1], [-1, 2]], None, "has column -1"),
        ([[0, 0], [1, 2]], None, "column 0 twice"),
        ([[0, 1, 2], []], None, "group 1 has none"),
        ([0, 1], None, "label for each of the 3 columns, but 2 were given"),
        ([0, 1, None], None, "label of column 2 is empty"),
        ([0, 1, np.nan], None, "label of column 2 is empty"),
        ([[0, 1.5], [2]], None, "a number or a name, but 1.5"),
        ([[0, True], [2]], None, "a number or a name, but True"),
        ({"a": ["x", "y"], "b": ["z"]}, None, "have no column names"),
        ({"a": ["x", "y"], "b": ["zz"]}, list("xyz"), "no column 'zz'; did you mean 'z'?"),
        ({"a": [0, 1], "b": 2}, None, "a list of columns, but 2"),
        ({}, None, "at least one group"),
        ("abc", None, "a label for each column"),
        (3, None, "a label for each column"),
    ],
)
def test_wrong_groups_are_refused_in_one_sentence(groups, names, said):
    with pytest.raises(ValueError) as refused:
        read_groups(groups, 3, names)
    told = str(refused.value)
    assert said in told and "\n" not in told and told.endswith((".", "?"))

"""Groups of columns: read from labels, lists or a mapping, and checked before anything is fitted.

| symbol | name | shape |
| --- | --- | --- |
| J | number of groups | |
| G_j | `Groups.columns[j]`, the columns of group j | (size of j,) |
| d | number of columns, the sum of all sizes | |
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple

import numpy as np

from curvkit.core import messages


class Bucket(NamedTuple):
    """The groups of one size: their numbers (b,), and their columns (b, size)."""

    numbers: np.ndarray
    columns: np.ndarray


class Groups(NamedTuple):
    """Disjoint groups that cover all columns.

    Attributes:
        names: (J,), what the user calls each group.
        columns: for each group the numbers of its columns.
    """

    names: np.ndarray
    columns: list[np.ndarray]

    @property
    def sizes(self) -> np.ndarray:
        """How many columns each group has, (J,)."""
        return np.array([len(each) for each in self.columns], int)

    def buckets(self) -> list[Bucket]:
        """The groups by size, so that what is done for each is done for many at once."""
        sizes = self.sizes
        by_size = []
        for size in np.unique(sizes):
            numbers = np.flatnonzero(sizes == size)
            by_size.append(Bucket(numbers, np.stack([self.columns[j] for j in numbers])))
        return by_size


def read_groups(groups: Any, features: int, feature_names: Any = None) -> Groups:
    """The groups that a user means.

    Args:
        groups: a label for each column (numbers or strings); or a list of lists of columns; or a
            mapping from names to lists of columns; or None, each column by itself. A column is a
            number, or a name where the data have names. Labels in a pandas Series are those of
            the columns that its index names.
        features: how many columns the data have, d.
        feature_names: their names, or None.

    Returns:
        The groups, in the order of their labels' first column, or as they are listed.

    Raises:
        ValueError: with one sentence, if groups overlap, are empty, leave out a column, name one
            that is not there, or if there is not one label for each column.

    >>> read_groups(["a", "b", "a"], 3).columns
    [array([0, 2]), array([1])]
    >>> read_groups([[0, 2], [1, 2]], 3)
    Traceback (most recent call last):
    ValueError: Groups must not overlap, but column 2 is in group 0 and in group 1.
    """
    known = None if feature_names is None else [str(each) for each in feature_names]
    if groups is None:
        names = np.arange(features) if known is None else np.array(known, dtype=object)
        return Groups(names, list(np.arange(features)[:, None]))
    if isinstance(groups, Mapping):
        if not groups:
            raise ValueError("groups must name at least one group, but an empty mapping was given.")
        names, listed = _named(list(groups)), list(groups.values())
    else:
        listed = _listed(groups, features, known)
        if not any(_is_list(each) for each in listed):
            return _from_labels(listed, features)
        names = np.arange(len(listed))
    columns = [_columns(name, each, known) for name, each in zip(names, listed, strict=True)]
    _check(names, columns, features, known)
    return Groups(names, columns)


def _listed(groups, features, known):
    expected = "a label for each column, a list of lists of columns, or a mapping from names"
    if isinstance(groups, str | bytes) or not hasattr(groups, "__iter__"):
        raise ValueError(messages.refusal("groups", expected, groups))
    if isinstance(groups, Iterator | Set) or hasattr(groups, "columns"):
        advice = "make a list of it, with one entry for each column or for each group"
        raise ValueError(messages.refusal("groups", expected, groups, advice))
    indexed = hasattr(groups, "index") and hasattr(groups, "to_numpy")
    return _by_index(groups, features, known) if indexed else list(groups)


def _by_index(labels, features, known):
    """Labels in a Series, in the order of the columns that its index names or numbers."""
    index = list(labels.index)
    places = {each: at for at, each in enumerate(index)}
    numbered = sorted(each for each in index if isinstance(each, int)) == [*range(len(index))]
    wanted = [*range(features)] if numbered else known
    if numbered and len(index) != features:
        return list(labels)  # of which there is one too many, or one too few
    if wanted is None or len(places) != len(index) or set(places) != set(wanted):
        expected = "indexed by the columns of the data, each once"
        advice = "give groups.to_list() if it is in the order of the columns"
        got = index if known else "an index of names for data without names"
        raise ValueError(messages.refusal("A Series of groups", expected, got, advice))
    listed = labels.to_list()
    return [listed[places[each]] for each in wanted]


def _is_list(value):
    return hasattr(value, "__iter__") and not isinstance(value, str | bytes)


def _named(names):
    """Names as an array of one kind, with no list of equal length taken for a second axis."""
    array = np.empty(len(names), object)
    array[:] = names
    kinds = {type(each) for each in names}
    plain = len(kinds) == 1 and kinds <= {int, np.int64, np.int32}
    return array.astype(int) if plain else array


def _from_labels(labels, features):
    if len(labels) != features:
        raise ValueError(
            f"groups must have a label for each of the {features} columns, but {len(labels)} "
            "were given."
        )
    bad = [at for at, each in enumerate(labels) if each is None or each != each]
    if bad:
        raise ValueError(f"Every column needs a group, but the label of column {bad[0]} is empty.")
    numbers: dict[Any, list[int]] = {}
    for column, label in enumerate(labels):
        numbers.setdefault(label, []).append(column)
    names = [each.item() if isinstance(each, np.generic) else each for each in numbers]
    return Groups(_named(names), [np.array(each) for each in numbers.values()])


def _columns(name, listed, known):
    if not _is_list(listed):
        raise ValueError(messages.refusal(f"Group {name}", "a list of columns", listed))
    columns = [_column(name, each, known) for each in listed]
    if not columns:
        raise ValueError(f"Every group needs a column, but group {name} has none.")
    return np.array(columns, int)


def _column(name, column, known):
    if isinstance(column, str):
        if known is None:
            raise ValueError(
                f"Group {name} names column {column!r}, but the data have no column names; "
                "give its number, or a data frame."
            )
        if column not in known:
            raise ValueError(messages.unknown("column", column, known))
        return known.index(column)
    if isinstance(column, bool | np.bool_) or not isinstance(column, int | np.integer):
        raise ValueError(
            messages.refusal(f"A column of group {name}", "a number or a name", column)
        )
    return int(column)


def _check(names, columns, features, known):
    """Every column of the data is in one group."""
    owner = np.full(features, -1)
    shown = lambda column: repr(known[column]) if known else str(column)
    for number, (name, each) in enumerate(zip(names, columns, strict=True)):
        for column in each:
            if not 0 <= column < features:
                raise ValueError(
                    f"Group {name} has column {column}, but the columns are 0 to {features - 1}."
                )
            if owner[column] == number:
                raise ValueError(f"Group {name} has column {shown(column)} twice.")
            if owner[column] >= 0:
                raise ValueError(
                    f"Groups must not overlap, but column {shown(column)} is in group "
                    f"{names[owner[column]]} and in group {name}."
                )
            owner[column] = number
    missing = np.flatnonzero(owner < 0)
    if len(missing):
        raise ValueError(
            f"Every column must be in a group, but column {shown(int(missing[0]))} is in none; "
            "give it a group of its own."
        )


def numbers_of(names: np.ndarray, good: Any) -> list[int]:
    """The numbers of the groups with these labels: one label, or several, each once.

    Raises:
        ValueError: if a label is not among `names`, is there twice, or there is none.

    >>> numbers_of(np.array(["a", "b"], object), {"b"})
    [1]
    """
    numbers = {name: j for j, name in enumerate(names.tolist())}
    many = isinstance(good, Iterable) and not isinstance(good, str | bytes | Mapping)
    listed = np.ravel(good).tolist() if isinstance(good, np.ndarray) else good
    # A label may itself be a tuple.
    single = not many or (isinstance(good, tuple) and _known(good, numbers))
    listed = [good] if single else list(listed)
    if not listed:
        raise ValueError("good must name at least one group, but none was given.")
    for each in listed:
        if not _known(each, numbers):
            raise ValueError(messages.unknown("group", each, [str(name) for name in names]))
    chosen = [numbers[each] for each in listed]
    twice = [each for at, each in enumerate(listed) if numbers[each] in chosen[:at]]
    if twice:
        raise ValueError(messages.refusal("good", "groups, each of them once", f"{twice[0]} twice"))
    return chosen


def _known(label, numbers):
    try:
        return label in numbers
    except TypeError:
        return False

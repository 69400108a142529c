"""The trap is taken first, at any number of rows, and the condition has said so."""

import pytest

from curvkit.selection._examples import trap


@pytest.mark.parametrize("rows", [50, 500, 20_000])
def test_the_trap_is_taken_first_however_many_rows_there_are(rows):
    found = trap(rows)
    assert found.taken[0] == "trap" and found.condition.mu_low > 1
    assert "**trap**" in found.words() and "not proved" in found.words()


def test_a_trap_far_from_the_sum_is_none():
    found = trap(2000, apart=3.0)
    assert set(found.taken) == {"good", "also good"} and found.condition.mu_high < 1


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="rows must be a whole number of at least 20, but 3"):
        trap(3)

"""The table says helps, harms or open by a sign test, and compares with what was noted."""

import math

import numpy as np
import pytest

from curvkit.sobolev import FUNCTIONS
from curvkit.sobolev.comparison import NOTED, Comparison, Row, sign_test


@pytest.mark.parametrize("wins, pairs", [(0, 4), (2, 4), (7, 10), (10, 10)])
def test_the_sign_test_counts_the_ways(wins, pairs):
    ways = sum(math.comb(pairs, k) for k in range(wins, pairs + 1))
    assert sign_test(wins, pairs) == pytest.approx(min(1.0, 2 * ways / 2**pairs))


def row(helped, weight=1.0, name="booth"):
    values = np.full(10, 0.044)
    return Row(name, 20, weight, values, np.where(np.arange(10) < helped, 0.0069, 0.5))


@pytest.mark.parametrize(
    "helped, verdict", [(10, "helps"), (9, "helps"), (8, "open"), (0, "harms")]
)
def test_a_verdict_needs_more_than_chance(helped, verdict):
    assert (row(helped).helped, row(helped).verdict) == (helped, verdict)


def test_medians_that_were_noted_are_compared_at_their_own_weight_alone():
    assert row(9).agrees() == (True, True)
    assert row(0).agrees() == (True, False)
    assert row(9, weight=0.1).agrees() is None
    assert {name for name, _ in NOTED} == set(FUNCTIONS)


def test_a_table_tells_what_helps_and_what_harms():
    table = Comparison((row(10), row(0, name="ackley"), row(8, weight=0.1)))
    told = table.words()
    assert "At λ = 1.00 slopes help on **1 of 2** functions and harm on ackley." in told
    assert "At λ = 0.100 slopes help on **0 of 1** functions and harm on none." in told
    assert "Of the 4 medians" in told and table._repr_markdown_().count("\n| ") == 5

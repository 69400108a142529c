"""The table says helps, harms or open by a sign test, and compares with what was noted."""

import math

import numpy as np
import pytest
from contract import is_readable

from curvkit.sobolev import FUNCTIONS, figures
from curvkit.sobolev._comparison import NOTED, FunctionErrors, WeightComparison, sign_test


@pytest.mark.parametrize("wins, pairs", [(0, 4), (2, 4), (7, 10), (10, 10)])
def test_the_sign_test_counts_the_ways(wins, pairs):
    ways = sum(math.comb(pairs, k) for k in range(wins, pairs + 1))
    assert sign_test(wins, pairs) == pytest.approx(min(1.0, 2 * ways / 2**pairs))


def row(helped, weight=1.0, name="booth"):
    values = np.full(10, 0.044)
    return FunctionErrors(name, 20, weight, values, np.where(np.arange(10) < helped, 0.0069, 0.5))


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
    table = WeightComparison((row(10), row(0, name="ackley"), row(8, weight=0.1)))
    told = table.words()
    assert "At λ = 1.00 slopes help on **1 of 2** functions and harm on ackley." in told
    assert "At λ = 0.100 slopes help on **0 of 1** functions and harm on none." in told
    assert (
        "of 4 medians that other seeds gave" in told and table._repr_markdown_().count("\n| ") == 5
    )


def test_errors_against_the_weight_are_drawn_with_a_card_that_says_where_slopes_harm():
    rows = [row(helped, weight, name) for helped, name in ((10, "booth"), (0, "ackley"))
            for weight in (0.01, 1.0)]  # fmt: skip
    slopes = np.array([np.linspace(0.5, 1.0, 10), np.linspace(0.6, 2.0, 10)])
    made = figures.weights(WeightComparison(tuple(each._replace(slopes=slopes) for each in rows)))
    is_readable(made, "errors against the weight")
    cards = [each.text for each in made.layout.annotations]
    assert cards[0].startswith("Booth: slopes help<br>error × 0.157 at λ = 1.00")
    assert cards[1].startswith("Ackley: slopes harm<br>error × 11.4")
    assert len(made.data) == 2 * 2 * 2 * 2

"""The points on a line: two fits that follow an edited table, and what the table refuses."""

import numpy as np
import pytest
from helpers import compilations, same_bits

from curvkit.core.messages import number
from curvkit.sobolev import _line as line
from curvkit.sobolev import fits

ROWS = line.example()


def test_slopes_bring_the_slopes_right_and_values_alone_do_not():
    made = fits(ROWS)
    # A curve of variance one: a tenth of it, and slopes of size two.
    assert made.value_errors.max() < 0.2 and made.slope_errors[1] < 0.2 < made.slope_errors[0]
    assert f"**{number(made.slope_errors[1])}**" in made.words()


def test_an_edit_a_row_more_another_weight_or_length_compile_nothing():
    fits(ROWS)
    with compilations() as count:
        moved = fits([(0.1, 1.0, 0.0), *ROWS[1:]])
        more = fits([*ROWS, (3.5, 0.0, -1.0)], weight=0.1, steps=50)
    assert count() == 0
    assert more.at[-1] > moved.at[-1]


def test_without_weight_both_fits_are_the_same_and_slopes_do_not_matter():
    made = fits(ROWS, weight=0.0)
    other = fits([(x, y, slope + 1) for x, y, slope in ROWS], weight=0.0)
    assert same_bits(made.values[0], made.values[1]) and same_bits(made.values, other.values)


def test_units_do_not_matter():
    made = fits(ROWS)
    scaled = fits([(1024 * x, 8 * y, slope / 128) for x, y, slope in ROWS])
    assert np.abs(scaled.values / 8 - made.values).max() < 0.05  # rounding, grown in training


@pytest.mark.parametrize(
    "rows, options, said",
    [
        (ROWS[:1], {}, "rows must be 2 to 24 rows, but 1"),
        ([*ROWS] * 9, {}, "rows must be 2 to 24 rows, but 54"),
        ([(0.0, 1.0, np.nan), (1.0, 1.0, 1.0)], {}, "rows must be finite triples"),
        ([(0.0, 1.0), (1.0, 1.0)], {}, "rows must be finite triples"),
        ([(1.0, 1.0, 0.0), (1.0, 2.0, 0.0)], {}, "at two places"),
        (ROWS, dict(weight=-1.0), "weight must be"),
        (ROWS, dict(weight=float("inf")), "weight must be"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_fitted_is_refused_in_one_sentence(rows, options, said):
    with pytest.raises(ValueError) as refused:
        fits(rows, **options)
    assert said in str(refused.value) and str(refused.value).endswith(".")

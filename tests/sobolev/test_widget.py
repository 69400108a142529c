"""The table of points that is drawn as it is edited."""

import pytest
from contract import is_readable

from curvkit.sobolev import _line as line
from curvkit.sobolev import edit


def test_where_nobody_watches_the_table_is_drawn_as_it_stands(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    made = edit()
    is_readable(made, "the line")
    assert [each.name for each in made.data] == [
        "values alone", "values and slopes", "slopes", "points",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="rows must be"):
        edit([(0.0, 0.0, 0.0)])


def test_an_edited_cell_moves_both_fits_and_a_half_edited_table_is_told(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    bench = edit([*line.example(4)])
    before = [list(each.y) for each in bench.canvas.figure.data]
    bench._table.children[1].children[1].value = 2.5
    after = [list(each.y) for each in bench.canvas.figure.data]
    assert all(one != other for one, other in zip(before, after, strict=True))
    for row in bench._table.children[1:]:
        bench._take_away(row)
    assert len(bench.canvas.figure.data) == 2
    assert "rows must be 2 to 24 rows" in bench.canvas.figure.layout.annotations[0].text

"""Building one's own: the search behind the table, and its figure."""

import numpy as np
import pytest
from contract import is_readable

from curvkit.minima import build, figures, search

pytest.importorskip("flint")


def test_where_nobody_watches_the_search_is_made_at_once(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    made = build([[0.0, 1.0], [1.0, 0.0]], np.array([0, 1]), seeds=4, steps=50)
    is_readable(made, "what was found")
    assert {each.name for each in made.data} >= {"label 0", "label 1"}


def test_the_table_starts_from_the_ten_points_and_is_searched_as_it_stands(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    bench = build(seeds=3, steps=20)
    assert bench.rows[0] == [2.8, 0.4, 1.0] and len(bench.rows) == 10
    bench.start()
    assert bench.wait(120) and bench.status.value == "done"
    assert "of 10 points right" in bench.words.value


@pytest.mark.slow
def test_a_bad_minimum_that_was_found_is_drawn_with_its_verdict():
    points = [[2.8, 0.4], [3.1, 4.3], [0.1, -3.4], [-4.2, -3.3], [-0.5, 0.2]]
    points += [[-2.7, -0.4], [-3, -4.3], [-0.1, 3.4], [4.2, 3.2], [0.4, -0.1]]
    made = figures.bad_minimum(search(points, [1] * 5 + [0] * 5, seeds=300))
    assert made.layout.title.text == "Bad minimum, loss 5.77738: proved"
    assert any(each.type == "contour" for each in made.data)
    is_readable(made, "what was found")

"""The search: what it finds is there, and is proved; what is not there is not found."""

import numpy as np
import pytest

from curvkit.minima._examples import TEN_LABELS, TEN_POINTS
from curvkit.minima._search import search

pytest.importorskip("flint")
POINTS = np.array(TEN_POINTS, float)


@pytest.mark.slow
def test_the_search_finds_the_known_minimum_and_proves_it():
    found = search(POINTS, TEN_LABELS, seeds=300)
    known = [each for each in found.bad if abs(each.loss - 5.777378449063) < 1e-9]
    assert len(known) == 1 and known[0].right == 4 and known[0].runs >= 1
    assert known[0].certificate.better_loss.high < 0.5 and found.best_loss < 0.5
    assert "1 bad minimum is proved" in found.words() and "5.77737844" in found._repr_markdown_()


@pytest.mark.slow
def test_every_minimum_found_is_a_level_of_its_own_above_the_best():
    found = search(POINTS, TEN_LABELS, seeds=120, steps=2000)
    losses = [each.loss for each in found.minima]
    assert len(set(np.round(losses, 6))) == len(losses)
    assert all(loss > found.best_loss for loss in losses)
    assert sum(each.runs for each in found.minima) + found.unsettled <= found.runs


def test_where_there_is_no_bad_minimum_none_is_claimed():
    found = search([[0.0], [1.0]], [0, 1], width=1, seeds=6, steps=500)
    assert found.bad == () and "No bad minimum is proved" in found.words()


@pytest.mark.parametrize(
    "turned, said",
    [
        (dict(activation="relu"), "known ones are sigmoid, softplus, tanh"),
        (dict(steps=0), "steps must be a whole number"),
        (dict(learning_rate=-1.0), "learning_rate must be a number above 0"),
        (dict(points=[[0.0], [np.nan]]), "inputs must be an array of finite numbers"),
        (dict(width=0), "width must be a whole number from 1 to 8"),
        (dict(seeds=10**6), "seeds must be a whole number"),
        (dict(labels=[0, 2]), "targets must be 0 and 1"),
        (dict(labels=[0]), "inputs, targets must be of shapes"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_trained(turned, said):
    given = dict(points=[[0.0], [1.0]], labels=[0, 1])
    with pytest.raises(ValueError, match=said):
        search(**given | turned)


def test_it_says_how_far_it_is_and_makes_the_most_of_what_there_is_when_told_to_stop():
    told = []
    given = dict(points=[[0.0], [1.0]], labels=[0, 1], width=1, seeds=350, steps=20)
    found = search(**given, tell=lambda words: told.append(words) or len(told) == 2)
    assert told[:2] == ["training: 100 of 350 runs", "training: 200 of 350 runs"]
    assert found.runs == 200 and told[2:] == [
        "polishing: 100 of 200 runs", "polishing: 200 of 200 runs"
    ]  # fmt: skip
    assert search(**given).runs == 350


def test_runs_that_all_diverge_are_said_to():
    points = [[1e25], [-1e25]]
    with pytest.raises(ValueError, match="All of 5 runs diverged; take a smaller"):
        search(points, [1, 0], activation="softplus", loss="squared", width=1, seeds=5, steps=50)

"""Data edited by hand: what was made of the first edits before is used, and changes nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.core.edits import KEPT, Editor

START = {"data": jnp.arange(4.0), "key": jax.random.key(0)}


@pytest.fixture
def made():
    """A hand whose edits can be counted: each one adds to an item what its neighbour is."""
    calls = []

    def edit(settings, state, field, item, values):
        calls.append((field, item))
        if field not in ("points", "cells"):
            raise ValueError("no such field")
        if (field == "cells") != ("value" in values):
            raise ValueError("another number")
        data = state["data"]
        new = values.get("y", 0.0) + settings * data[item - 1]
        return {**state, "data": data.at[item].add(new)}

    return Editor("toy", edit, (lambda settings, state: state["data"][0] < 100, "too much")), calls


def moved(*places):
    return [("points", item, {"y": y}) for item, y in places]


def test_a_stroke_costs_its_own_edits_alone_and_is_what_all_of_them_make(made):
    hand, calls = made
    edits = moved((1, 0.5), (2, 2.0), (3, -1.0), (0, 4.0))
    for count in range(1, 5):
        calls.clear()
        after = hand.edited(2.0, START, edits[:count])
        assert len(calls) == 1
        data = np.arange(4.0)
        for _, item, values in edits[:count]:
            data[item] += values["y"] + 2 * data[item - 1]
        np.testing.assert_allclose(after["data"], data)
    # The newest again, and one taken back.
    calls.clear()
    hand.edited(2.0, START, [*edits[:3], *moved((0, 5.0))])
    assert len(calls) == 1
    hand.edited(2.0, START, edits[:3])
    assert len(calls) == 1
    assert len(hand._held[1]) <= KEPT


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        (3.0, START),
        (2.0, {**START, "data": START["data"] + 1}),
        (2.0, {**START, "key": jax.random.key(1)}),
    ],
)
def test_nothing_is_taken_of_another_start(made, settings, start):
    hand, calls = made
    hand.edited(2.0, START, moved((1, 0.5)))
    calls.clear()
    after = hand.edited(settings, start, moved((1, 0.5)))
    assert len(calls) == 1
    data = start["data"]
    np.testing.assert_allclose(after["data"][1], data[1] + 0.5 + settings * data[0])


def test_what_cannot_begin_is_refused_each_time(made):
    hand, _ = made
    for _ in range(2):
        with pytest.raises(ValueError, match="too much"):
            hand.edited(2.0, START, moved((0, 200.0)))


def test_each_field_is_compiled_by_an_edit_that_it_takes(made):
    hand, calls = made
    hand.warm(2.0, START, ["points", "cells", "none"])
    # A cell refuses what is no cell's; a field that refuses everything is left.
    assert calls == [("points", 0), *[("cells", 0)] * 3, *[("none", 0)] * 3]
    assert hand._held[0] is None, "something is kept of it"
    Editor("none", None, None).warm(2.0, START, ["points"])

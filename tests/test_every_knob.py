"""A knob that changes nothing is declared as idle, and one declared as idle changes nothing.

What the compiled programs read is asked, which needs no run; where a program reads a knob that is
declared as idle, two runs must be equal.
"""

import numpy as np
import pytest
from rooms import alike, every_knob, knobs_read, ran, room, short

from curvkit.core import knob as knobs

DECLARED = [each for each in every_knob() if room(each.values[0]).knobs[each.values[1]].when]


def idle_cases(there, name):
    """Settings in which the knob is declared as idle, by each of the knobs that make it so."""
    for other in dict.fromkeys(other for case in there.knobs[name].when for other in case):
        for value in there.knobs[other].sweep():
            turned = {other: value}
            # Of several cases in which it counts, the others must not hold either.
            if "rival" in there.knobs and other == "tuner":
                turned["rival"] = "none"
            settings = short(there, **turned)
            if name in knobs.idle(settings):
                yield settings
                break


@pytest.mark.parametrize("name, knob", DECLARED)
def test_an_idle_knob_changes_nothing(name, knob):
    there = room(name)
    each, cases = there.knobs[knob], list(idle_cases(there, knob))
    assert cases, "it is never idle, so `when` says nothing"
    for settings in cases:
        others = [value for value in each.sweep() if value != getattr(settings, knob)]
        turned = [knobs.turned(settings, **{knob: value}) for value in (others[0], others[-1])]
        if each.static:
            assert all(alike(there, settings, other) for other in turned)
        elif knob in knobs_read(there, settings):
            for other in turned:
                same(ran(there, settings), ran(there, other))


def same(one, other):
    """Asserts that two traces hold the same numbers."""
    for field in type(one).__series__:
        a, b = np.asarray(getattr(one, field)), np.asarray(getattr(other, field))
        np.testing.assert_array_equal(a, b, err_msg=field)


@pytest.mark.parametrize("name, knob", every_knob(static=False))
def test_a_knob_that_nothing_reads_is_idle(name, knob):
    there = room(name)
    if knob not in knobs_read(there, short(there)):
        assert knob in knobs.idle(short(there)), "it changes nothing and is shown all the same"


@pytest.mark.full
@pytest.mark.parametrize("name, knob", every_knob(static=False))
def test_a_knob_is_idle_under_each_choice_under_which_nothing_reads_it(name, knob):
    there = room(name)
    for each in there.knobs.values():
        for value in each.choices:
            settings = short(there, **{each.name: value})
            if knob not in knobs_read(there, settings):
                assert knob in knobs.idle(settings), f"under {each.name} = {value}"

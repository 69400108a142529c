"""Words: one sentence, whatever is put into it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.core import say

anything = st.one_of(st.floats(), st.text(), st.lists(st.integers(), max_size=99), st.none())


@given(got=anything, advice=st.sampled_from(["", "turn it down"]))
def test_a_refusal_is_one_line_that_begins_with_the_name_and_ends_with_a_stop(got, advice):
    said = say.refusal("rate", "a number", got, advice)
    assert said.startswith("rate must be a number, but ") and said.endswith(".")
    assert "\n" not in said and len(said) < 150


@given(name=st.text(max_size=99))
def test_an_unknown_name_is_answered_with_all_known_ones(name):
    said = say.unknown("knob", name, ["width", "depth"])
    assert said.endswith("The known ones are depth, width.") and "\n" not in said


def test_a_near_name_is_offered_and_a_far_one_is_not():
    assert "did you mean 'width'?" in say.unknown("knob", "widht", ["width", "depth"])
    assert "did you mean" not in say.unknown("knob", "temperature", ["width", "depth"])


@given(value=st.floats(-1e300, 1e300), digits=st.integers(2, 6))
def test_a_number_is_written_to_so_many_digits(value, digits):
    said = say.number(value, digits)
    # Half a unit of the last of `digits` significant digits.
    assert math.isclose(float(said), value, rel_tol=0.51 * 10 ** (1 - digits), abs_tol=1e-320)


@pytest.mark.parametrize(
    "value, said",
    [(math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "not a number"), (0, "0"), (-0.0, "0"),
     (20, "20.0"), (9999, "9999"), (99999, "1.00e5"), (0.0012, "1.20e-3"), (0.012, "0.0120"),
     (1e-5, "1.00e-5")],
)  # fmt: skip
def test_a_number_is_written_as_a_person_does(value, said):
    assert say.number(value) == said


def test_what_is_shown_of_a_long_value_is_its_beginning_however_long_it_is():
    class Watched:
        written = 0

        def __repr__(self):
            Watched.written += 1
            return "watched"

    assert say.shown([Watched()] * 9999).startswith("[watched, watched")
    assert Watched.written < 99, "all of it was written"
    for value in ("a" * 9999, list(range(9999)), tuple("ab" * 999), 10**200, "it's\n" * 99, [1]):
        assert say.shown(value)[:59] == repr(value)[:59] and len(say.shown(value)) <= 60
    deep = []
    for _ in range(99999):
        deep = [deep]
    assert say.shown(deep) == "[[[[[...]]]]]"


def test_a_question_ends_a_sentence():
    assert say.refusal("rule", "one of gd", "gdd", "did you mean 'gd'?").endswith("mean 'gd'?")

"""Words: one sentence, whatever is put into it."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.core import messages

anything = st.one_of(st.floats(), st.text(), st.lists(st.integers(), max_size=99), st.none())


@given(got=anything, advice=st.sampled_from(["", "turn it down"]))
def test_a_refusal_is_one_line_that_begins_with_the_name_and_ends_with_a_stop(got, advice):
    said = messages.refusal("rate", "a number", got, advice)
    assert said.startswith("rate must be a number, but ") and said.endswith(".")
    assert "\n" not in said and len(said) < 150


@given(name=st.text(max_size=99))
def test_an_unknown_name_is_answered_with_all_known_ones(name):
    said = messages.unknown("knob", name, ["width", "depth"])
    assert said.endswith("The known ones are depth, width.") and "\n" not in said


def test_a_near_name_is_offered_and_a_far_one_is_not():
    assert "did you mean 'width'?" in messages.unknown("knob", "widht", ["width", "depth"])
    assert "did you mean" not in messages.unknown("knob", "temperature", ["width", "depth"])


@given(value=st.floats(-1e300, 1e300), digits=st.integers(2, 6))
def test_a_number_is_written_to_so_many_digits(value, digits):
    said = messages.number(value, digits)
    # Half a unit of the last of `digits` significant digits.
    assert math.isclose(float(said), value, rel_tol=0.51 * 10 ** (1 - digits), abs_tol=1e-320)


@pytest.mark.parametrize(
    "value, said",
    [(math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "not a number"), (0, "0"), (-0.0, "0"),
     (20, "20.0"), (9999, "9999"), (99999, "1.00e5"), (0.0012, "1.20e-3"), (0.012, "0.0120"),
     (1e-5, "1.00e-5")],
)  # fmt: skip
def test_a_number_is_written_as_a_person_does(value, said):
    assert messages.number(value) == said


def test_what_is_shown_of_a_long_value_is_its_beginning_however_long_it_is():
    class Watched:
        written = 0

        def __repr__(self):
            Watched.written += 1
            return "watched"

    assert messages.shown([Watched()] * 9999).startswith("[watched, watched")
    assert Watched.written < 99, "all of it was written"
    for value in ("a" * 9999, list(range(9999)), tuple("ab" * 999), 10**200, "it's\n" * 99, [1]):
        assert messages.shown(value)[:59] == repr(value)[:59] and len(messages.shown(value)) <= 60
    deep = []
    for _ in range(99999):
        deep = [deep]
    assert messages.shown(deep) == "[[[[[...]]]]]"


def test_a_question_ends_a_sentence():
    assert messages.refusal("rule", "one of gd", "gdd", "did you mean 'gd'?").endswith("mean 'gd'?")


NUMBERS = [2, 2.0, np.float32(2), np.float16(2), np.uint8(2), np.array(2.0), jnp.float32(2),
           jnp.bfloat16(2), jnp.int32(2), Fraction(2)]  # fmt: skip
NONE = [True, np.True_, "2", b"2", None, 2j, [2.0], np.array([2.0]), jnp.array([2.0]), math.nan,
        np.float32("nan"), object(), sum, {2}, 10**400, np.datetime64("2020"),
        np.str_("2")]  # fmt: skip


@pytest.mark.parametrize("value", NUMBERS, ids=str)
def test_a_number_of_any_library_is_a_number_of_python_s(value):
    for number in (
        messages.real("rate", value, above=0),
        messages.reals("rate", value, least=2, most=2),
    ):
        assert number == 2
    assert type(messages.real("rate", value)) is float


@pytest.mark.parametrize("value", NONE, ids=lambda each: str(each)[:9])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="rate must be a number above 0, but .* was given."):
        messages.real("rate", value, above=0, most=math.inf)


@pytest.mark.parametrize(
    "range_, right, wrong, said",
    [
        (dict(above=0), [1e-9], [0, -1, math.inf], "a number above 0"),
        (dict(least=0, below=1), [0, 0.999], [1, -1e-9], "a number of at least 0 and below 1"),
        (dict(least=0, most=1), [0, 1], [1.001, -0.001], "a number from 0 to 1"),
        (dict(above=0, most=math.inf), [math.inf], [0, -math.inf], "a number above 0"),
        (dict(), [-1e300], [math.inf, -math.inf], "a finite number"),
        (dict(most=3), [3, -9], [3.1], "a number of at most 3"),
    ],
)
def test_ends_are_in_the_range_or_out_of_it_and_the_sentence_says_so(range_, right, wrong, said):
    for value in right:
        assert messages.real("rate", value, **range_) == value
        assert messages.reals("rate", [value], **range_) == [value]
    for value in wrong:
        for gate, got in ((messages.real, value), (messages.reals, [right[0], value])):
            with pytest.raises(ValueError, match=f"rate must be {said}, but"):
                gate("rate", got, **range_)


def test_what_is_being_traced_passes():
    made = jax.jit(lambda x: messages.real("rate", x, above=0) + messages.reals("rate", x, above=0))
    assert made(-1.0) == -2


@pytest.mark.parametrize("value", [0, 1, "False", None, np.array([True]), 0.0])
def test_a_switch_is_true_or_false(value):
    with pytest.raises(ValueError, match="fast must be True or False"):
        messages.switch("fast", value)
    assert messages.switch("fast", np.True_) is True and messages.switch("fast", False) is False


def test_a_table_that_is_written_over_several_lines_is_shown_on_one():
    for value in (np.arange(99), jnp.ones((9, 9)), np.eye(3)):
        assert "\n" not in messages.refusal("rate", "a number", value)

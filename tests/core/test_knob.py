"""The gate: what comes out of it is inside the range, and what is refused is refused by name."""

import math

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.core import knob as knobs
from curvkit.core.knob import as_dict, choice, knob, read, settings, switch, turned

TOLD = dict(sentence="A knob of the test.", source="Nobody 2000")


@settings
class Machine:
    """One knob of each kind."""

    rate: float = knob(0.1, low=1e-5, high=20.0, scale="log", symbol="η", **TOLD)
    shift: float = knob(0.0, low=-2.0, high=3.0, **TOLD)
    count: int = knob(11, low=1, high=101, step=2, **TOLD)
    many: int = knob(100, low=1, high=10000, scale="log", **TOLD)
    size: int = knob(32, low=2, high=512, static=True, **TOLD)
    rule: str = choice("gd", ("gd", "adam", "heavy_ball"), **TOLD)
    wild: bool = switch(False, **TOLD)


DECLARED = knobs.knobs(Machine)
each_knob = pytest.mark.parametrize("name", DECLARED)
anything = st.one_of(
    st.floats(),
    st.integers(),
    st.text(max_size=9),
    st.none(),
    st.booleans(),
    st.sampled_from(
        ["gd", "adam", "1e-3", "nan", "inf", "TRUE", "false", " 7 ", "1_0", [], {}, 1j]
    ),
    st.floats(width=32).map(np.float32),
    st.integers(-9, 999).map(np.int64),
)


@each_knob
@given(value=anything)
def test_a_value_is_read_into_the_range_or_refused_by_name(name, value):
    declared = DECLARED[name]
    try:
        got = getattr(read(Machine, {name: value}), name)
    except ValueError as error:
        said = str(error)
        assert said.startswith(f"{name} must be {declared.expected}, but ")
        assert said.endswith((".", "?")) and "\n" not in said
    else:
        assert type(got) is declared.kind
        if declared.choices:
            assert got in declared.choices
        elif declared.kind is not bool:
            assert declared.low <= got <= declared.high


@given(
    rate=st.floats(1e-5, 20), count=st.integers(1, 101), size=st.integers(2, 512),
    rule=st.sampled_from(["gd", "adam"]), wild=st.booleans(), shift=st.floats(-2, 3),
)  # fmt: skip
def test_settings_survive_being_written_down_as_plain_values_and_as_words(**values):
    made = read(Machine, values)
    assert as_dict(made) == {"many": 100, **values}
    assert read(Machine, as_dict(made)) == made
    assert read(Machine, {name: str(value) for name, value in as_dict(made).items()}) == made
    assert turned(made, size=7).size == 7 and turned(made, size=made.size) == made


@pytest.mark.parametrize(
    "name, given_as, expected",
    [
        ("rate", "2", 2.0),
        ("rate", 1, 1.0),
        ("rate", np.float64(0.5), 0.5),
        ("rate", np.array(0.5), 0.5),
        ("count", "11", 11),
        ("count", 11.0, 11),
        ("count", "1e1", 10),
        ("count", np.int32(7), 7),
        ("wild", "true", True),
        ("wild", "False", False),
        ("wild", np.bool_(True), True),
        ("rule", "adam", "adam"),
        ("rule", np.str_("adam"), "adam"),
    ],
)
def test_a_value_from_a_command_line_or_an_array_is_cast(name, given_as, expected):
    got = getattr(read(Machine, {name: given_as}), name)
    assert got == expected and type(got) is DECLARED[name].kind


def test_an_unknown_name_is_refused_with_the_near_one_and_all_known():
    with pytest.raises(ValueError) as refused:
        read(Machine, coutn=3)
    assert "'coutn'; did you mean 'count'?" in str(refused.value)
    assert str(refused.value).endswith(f"{', '.join(sorted(DECLARED))}.")


def test_a_wrong_choice_is_refused_with_the_near_one_and_all_choices():
    with pytest.raises(ValueError, match="gd, adam, heavy_ball.*did you mean 'heavy_ball'"):
        read(Machine, rule="heavy_bal")


@each_knob
def test_a_knob_refuses_every_value_that_it_calls_outside_and_takes_its_sweep(name):
    declared = DECLARED[name]
    assert declared.outside()
    for value in declared.outside():
        with pytest.raises(ValueError, match=name):
            declared.read(value)
    for number in (2, 3, 11):
        assert [declared.read(value) for value in declared.sweep(number)] == declared.sweep(number)


@pytest.mark.parametrize("name", ["rate", "shift", "count", "many", "size"])
def test_a_sweep_goes_from_end_to_end_evenly_on_its_scale(name):
    declared = DECLARED[name]
    values = declared.sweep(9)
    assert (values[0], values[-1]) == (declared.low, declared.high)
    places = np.log(values) if declared.scale == "log" else np.array(values)
    # Whole numbers lie up to one beside the even place.
    off = np.abs(np.diff(places) / (places[-1] - places[0]) - 1 / 8)
    assert declared.kind is int or off.max() < 1e-9
    assert (np.diff(values) > 0).all()


def test_what_turns_without_recompiling_is_a_leaf_and_the_rest_is_structure():
    leaves, structure = jax.tree.flatten(Machine())
    assert leaves == [0.1, 0.0, 11, 100, False]
    assert jax.tree.structure(Machine(rate=5.0)) == structure
    assert jax.tree.structure(Machine(size=33)) != structure
    assert jax.tree.structure(Machine(rule="adam")) != structure


@pytest.mark.parametrize(
    "said, declare",
    [
        ("default must be a number from 1 to 2", lambda: knob(3, low=1, high=2, **TOLD)),
        ("low must be above zero", lambda: knob(1.0, low=0.0, high=2, scale="log", **TOLD)),
        ("default must be one of a, b", lambda: choice("c", ("a", "b"), **TOLD)),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(said, declare):
    with pytest.raises(ValueError, match=said):
        declare()


def test_a_field_that_is_no_knob_is_refused_by_name():
    with pytest.raises(TypeError, match="Loose.speed is no knob"):

        @settings
        class Loose:
            speed: float = 1.0


def test_not_a_number_is_no_number_in_any_range():
    for name in ("rate", "count"):
        for value in (math.nan, "nan", np.float32("nan")):
            with pytest.raises(ValueError, match="not|nan"):
                read(Machine, {name: value})

"""The gate: what comes out of it is inside the range, and what is refused is refused by name."""

import copy
import dataclasses
import math
import pickle

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvkit.core import knob as knobs
from curvkit.core.knob import BaseSettings, as_dict, choice, knob, read, switch, turned

TOLD = dict(sentence="A knob of the test.", source="Nobody 2000")


class Machine(BaseSettings):
    """One knob of each kind."""

    rate: float = knob(default=0.1, low=1e-5, high=20.0, scale="log", symbol="η", **TOLD)
    shift: float = knob(default=0.0, low=-2.0, high=3.0, **TOLD)
    count: int = knob(default=11, low=1, high=101, step=2, **TOLD)
    many: int = knob(default=100, low=1, high=10000, scale="log", **TOLD)
    size: int = knob(default=32, low=2, high=512, static=True, **TOLD)
    rule: str = choice(default="gd", choices=("gd", "adam", "heavy_ball"), **TOLD)
    wild: bool = switch(default=False, **TOLD)


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
    "said, kind, declared",
    [
        ("its default is refused: speed must be a number from 1 to 2, but 3.0 was given",
         float, knob(default=3.0, low=1, high=2, **TOLD)),
        ("low must be above zero", float, knob(default=1.0, low=0, high=2, scale="log", **TOLD)),
        ("its default is refused: speed must be one of a, b",
         str, choice(default="c", choices=("a", "b"), **TOLD)),
        ("is no knob; declare it by knob, choice or switch", float, 1.0),
        ("is declared as float", float, knob(default=1, low=1, high=2, **TOLD)),
    ],
)  # fmt: skip
def test_a_declaration_that_contradicts_itself_is_refused_by_its_whole_name(said, kind, declared):
    with pytest.raises((TypeError, ValueError), match=said) as refused:
        type("Loose", (BaseSettings,), {"speed": declared, "__annotations__": {"speed": kind}})
    assert f"{__name__}.Loose.speed" in str(refused.value)


class Kinder(Machine):
    """A subclass with a knob more."""

    calm: bool = switch(default=True, **TOLD)


def stale():
    """Settings that JAX put back together with a value that no gate saw."""
    return jax.tree.map(lambda value: -5.0, Machine())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Machine(rate=-3),
        lambda: Machine(rate=math.nan),
        lambda: Machine(rate=np.ones(2)),
        lambda: Machine(rule="nonsense"),
        lambda: Machine.read(size=0),
        lambda: Machine.read({"size": 0}),
        lambda: read(Machine, size=0),
        lambda: turned(Machine(), size=0),
        lambda: dataclasses.replace(Machine(), size=0),
        lambda: Kinder(size=0),
        lambda: Kinder(calm="perhaps"),
        lambda: pickle.loads(pickle.dumps(stale())),
        lambda: copy.copy(stale()),
        lambda: copy.deepcopy(stale()),
        lambda: jax.jit(lambda size: Machine(size=size))(3),
    ],
)
def test_there_is_no_way_round_the_gate(make):
    with pytest.raises(ValueError, match=r"^\w+ must be .* was given[.;]"):
        make()


def test_what_jax_traces_maps_and_puts_together_passes():
    made = Machine(rate=2)
    assert made.rate == 2.0 and type(made.rate) is float
    doubled = jax.jit(lambda each: dataclasses.replace(each, rate=2 * each.rate))(made)
    assert float(doubled.rate) == 4.0 and doubled.rule == "gd"
    mapped = jax.vmap(lambda rate: Machine(rate=rate).rate)(np.arange(1.0, 4.0))
    assert mapped.tolist() == [1, 2, 3]
    assert float(jax.grad(lambda rate: Machine(rate=rate).rate ** 2)(3.0)) == 6
    stacked = jax.tree.map(lambda *values: np.stack(values), made, Machine(rate=3.0))
    axes = (jax.tree.map(lambda _: 0, made),)
    assert jax.vmap(lambda each: each.rate, in_axes=axes)(stacked).tolist() == [2, 3]
    assert jax.tree.map(lambda _: None, made).rate is None
    assert jax.eval_shape(lambda each: each, made).rate.shape == ()
    path = jax.tree_util.tree_leaves_with_path(made)[0][0]
    assert jax.tree_util.keystr(path) == ".rate"
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    hash(jax.tree.structure(made))


def test_not_a_number_is_no_number_in_any_range():
    for name in ("rate", "count"):
        for value in (math.nan, "nan", np.float32("nan")):
            with pytest.raises(ValueError, match="not|nan"):
                read(Machine, {name: value})

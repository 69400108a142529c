"""Traces: shapes that agree, files that are whole or not there, and nothing executed."""

import dataclasses
import os

import jax
import numpy as np
import pytest
from helpers import same_bits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series


class Heat(Record):
    """A trace with every kind of dimension."""

    step: Int[np.ndarray, " reading"] = series("Steps taken.")
    warmth: Float[np.ndarray, " reading"] = series("How warm it is.", symbol="T")
    map: Float[np.ndarray, "reading place"] = series("Where it is warm.")
    place: Float[np.ndarray, " place"] = series("Where the places are.")
    end: Float[np.ndarray, ""] = series("How it ended.")


def heat(readings=4, places=3, **changed):
    made = dict(
        step=np.arange(readings),
        warmth=np.linspace(0, 1, readings, dtype=np.float32),
        map=np.ones((readings, places), np.float32),
        place=np.arange(places, dtype=np.float32),
        end=np.float32(2.5),
    )
    return Heat(header={"settings": {"seed": 3}, "room": "test"}, **(made | changed))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "heat.npz"


@given(
    warmth=arrays.arrays(st.sampled_from([np.float32, np.float64]), st.integers(0, 7)),
    header=st.dictionaries(st.text(), st.floats(allow_nan=False) | st.text() | st.none()),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_numbers_and_any_header_survive_the_file(path, warmth, header):
    whole = heat(len(warmth), warmth=warmth)
    whole = dataclasses.replace(whole, header=header)
    loaded = Heat.load(whole.save(path))
    assert loaded.header == header
    for name, array in whole.arrays().items():
        assert same_bits(array, loaded.arrays()[name]), name


class Burning(Heat):
    ENDS = ("map",)
    DRAWN = 1e6


@pytest.mark.parametrize("worst", [np.nan, np.inf, -np.inf, -1e9])
def test_a_trace_is_drawn_up_to_the_first_reading_that_is_not_finite_or_too_large(worst):
    fields = heat().arrays()
    assert Heat(**fields).finite == Burning(**fields).finite == 4
    fields["warmth"] = np.where(np.arange(4) == 1, worst, 0.0)
    assert Heat(**fields).finite == (4 if np.isfinite(worst) else 1)
    assert Burning(**fields).finite == 4  # it ends by its map alone
    fields["map"] = np.ones((4, 3))
    fields["map"][2, 1] = worst
    burning = Burning(**fields)
    assert burning.finite == 2
    assert [burning.finite_at(place) for place in range(3)] == [4, 2, 4]
    assert heat(readings=0).finite == 0


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_one_bit_turned_is_read_the_same_or_refused_in_words(path, place, bit):
    whole = heat()
    content = bytearray(whole.save(path).read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    try:
        loaded = Heat.load(path)
    except ValueError as error:
        assert str(error).startswith(str(path)) and str(error).endswith(".")
    else:
        for name, array in whole.arrays().items():
            assert same_bits(array, loaded.arrays()[name]), name


def test_a_file_that_is_not_there_is_said_to_be_not_there(path):
    with pytest.raises(FileNotFoundError):
        Heat.load(path)


@pytest.mark.parametrize("breaks", ["savez_compressed", "replace", "fsync"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_write_that_breaks_off_leaves_the_old_file_and_no_other(path, monkeypatch, breaks, error):
    heat().save(path)
    before = path.read_bytes()

    def broken(*_, **__):
        raise error("no space left")

    monkeypatch.setattr(np if breaks == "savez_compressed" else os, breaks, broken)
    with pytest.raises(error, match="no space left"):
        heat(9).save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_header_that_is_no_json_is_refused_before_anything_is_written(path):
    with pytest.raises(TypeError):
        dataclasses.replace(heat(), header={"thing": object()}).save(path)
    assert not os.listdir(path.parent)


@pytest.mark.parametrize(
    "name, array",
    [
        ("warmth", np.ones(5)),
        ("warmth", np.ones((4, 1))),
        ("map", np.ones((4, 2))),
        ("map", np.ones((3, 3))),
        ("map", np.ones(4)),
        ("end", np.ones(1)),
    ],
)
def test_shapes_that_disagree_are_refused_by_name(name, array):
    # Of two that disagree the later one is named, and the sizes so far are in the sentence.
    shape = r"must be an array of shape \(.*\) with .* but \(.*\) was given\."
    with pytest.raises(ValueError, match=rf"^(place|{name}) {shape}$"):
        heat(**{name: array})


def test_the_head_cuts_what_is_read_again_and_again_and_nothing_else():
    whole = heat(4)
    for readings in (0, 1, 3, 4, 9):
        cut = whole.head(readings)
        assert cut.readings == min(readings, 4)
        assert cut.map.shape == (min(readings, 4), 3) and cut.place.shape == (3,)
        assert cut.header == whole.header and whole.readings == 4


def test_a_trace_of_tracers_says_what_a_knob_was_at_each_reading():
    """By one number where it stands still, by one for each reading where it was turned."""

    def over(power, arrays):
        trace = Heat.traced({"power": power, "rule": "cold"}, **arrays)
        assert trace.readings == 4 and trace.settings["rule"] == "cold"
        return trace.over_readings("power") * trace.warmth

    trace = heat()
    header = {"settings": {"power": 2.0}, "turns": [[1, {"power": 5.0}]]}
    turned = dataclasses.replace(trace, header=header)
    still = dataclasses.replace(trace, header={"settings": {"power": 2.0}})
    for each, power in ((still, 2.0), (turned, turned.over_readings("power"))):
        expected = each.over_readings("power") * each.warmth
        np.testing.assert_allclose(jax.jit(over)(power, trace.arrays()), expected, rtol=1e-6)
    assert list(turned.over_readings("power")) == [2, 5, 5, 5]


def test_an_axis_is_named_by_the_declaration():
    labels = {name: each.label for name, each in Heat.__series__.items()}
    assert labels["warmth"] == "warmth T" and labels["end"] == "end"

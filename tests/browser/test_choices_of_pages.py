"""Which choices of static knobs a page has programs for; and that every scene of a room has one."""

import importlib

import jax.numpy as jnp
import pytest
from rooms import ROOMS

from curvkit.browser import panels, scenes
from curvkit.browser.program import written
from curvkit.browser.walk import Untranslatable
from curvkit.core import knob as knobs

PAIRS = [
    pytest.param(name, scene, id=f"{name}-{scene}")
    for name in ROOMS
    for scene in importlib.import_module(f"curvkit.{name}").room.scenes
]


@pytest.mark.full
@pytest.mark.parametrize("name, scene", PAIRS)
def test_every_scene_has_a_program_for_a_page(name, scene):
    room = importlib.import_module(f"curvkit.{name}").room
    draw, values = room.scenes[scene]
    first = scenes._first(room, draw, room.read(dict(values)))
    program = written(
        room.stream, room.read(dict(values)), rows=draw.rows, fixed=draw.fixed,
        turned=tuple(first.knobs),
    )  # fmt: skip
    assert program.layout["rows"]


def test_values_that_a_notebook_names_come_first_and_a_number_of_several_programs_is_a_choice():
    room = importlib.import_module("curvkit.minima").room
    settings = room.read({})
    every = scenes.settings_of(settings, ["data"], None, {"width": [2, 4], "data": ["xor"]})
    told = [(each.width, each.data) for each in every]
    first, own = settings.data, settings.width
    named = [(width, first) for width in (2, 4) if width != own]
    assert told[0] == (own, first) and told[1 : 1 + len(named)] == named
    assert told[1 + len(named)] == (own, "xor") and len(set(told)) == len(told)
    programs = [{"choices": {"width": width, "data": first}} for width in (own, 7, 4)]
    declared = knobs.knobs(settings)
    assert "width" in panels._held(declared, programs)
    assert "data" not in panels._held(declared, programs)
    facts = panels._facts(room, settings, ["width", "data"], programs)
    assert facts["width"]["choices"] == sorted({own, 4, 7})
    assert facts["data"]["offered"] == [first]


def test_what_has_no_rule_is_named_with_its_room_and_line(monkeypatch):
    room = importlib.import_module("curvkit.tuners.model").room
    inner = room.stream.reading

    def reading(settings, state):
        state, row = inner(settings, state)
        return state, {**row, "offset": jnp.fft.ifft(jnp.fft.fft(row["offset"][None])).real[0]}

    monkeypatch.setattr(room.stream, "reading", reading)
    with pytest.raises(Untranslatable, match=r"^tuners\.model: .* has no rule \(from .*line \d+\)"):
        written(room.stream, room.read({}))


def test_a_choice_without_a_program_is_left_out_and_the_others_are_there():
    tried = []

    def variant(each):
        tried.append(each)
        if each == "odd":
            raise Untranslatable("odd has no rule")
        return {"wasm": each}

    held = scenes.fitting(variant, iter(["first", "odd", "next", "too long", "never"]), 10)
    assert [each["wasm"] for each in held] == ["first", "next"]
    assert tried == ["first", "odd", "next", "too long"]
    with pytest.raises(Untranslatable, match="odd has no rule"):
        scenes.fitting(variant, ["odd", "first"], 10)
    both = scenes.fitting(variant, ["too long", "by far", "odd", "more"], 10, least=3)
    assert [each["wasm"] for each in both] == ["too long", "by far"]
    assert scenes.fitting(variant, ["too long by far"], 10) == [{"wasm": "too long by far"}]

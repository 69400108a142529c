"""Which choices of static knobs a page has programs for; and that every scene of a room has one."""

import importlib

import pytest
from rooms import ROOMS

from curvkit.browser import scenes
from curvkit.browser.program import written
from curvkit.browser.walk import Untranslatable

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
    assert scenes.fitting(variant, ["too long by far"], 10) == [{"wasm": "too long by far"}]

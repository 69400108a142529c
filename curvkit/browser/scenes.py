"""Scenes that train in a page: the programs of a room for the static knobs that a scene turns."""

import base64
import functools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from curvkit.browser import compiler
from curvkit.browser.program import Program, written
from curvkit.browser.walk import Untranslatable
from curvkit.core import knob as knobs
from curvkit.core import messages
from curvkit.host import rooms
from curvkit.show.stage.live import knob_facts

# What all programs of one scene take in a page, as text: no page is to be above 400 kB by itself.
MOST_CHARACTERS = 160_000
ELSEWHERE = (
    "Moving points of the data needs a notebook: what is proved of them is proved anew there, "
    "which no program of a page can do."
)


def trains(
    room: Any, scene: str, settings: Any, *, choices: Mapping[str, Sequence[Any]] | None = None,
    first: Mapping[str, Sequence[Any]] | None = None, most: int = MOST_CHARACTERS,
) -> dict[str, Any]:  # fmt: skip
    """What a page needs to train a scene by itself, as JSON: `variants` and `settings`.

    Args:
        room: a `Room` with scenes.
        scene: the name of one of them.
        settings: what the run begins with.
        choices: of static knobs, which values the page is to have besides; as many as there is
            room for, of those knobs that the scene turns, if None.
        first: of static knobs, values that are there in any case, where the scene turns the knob.
        most: characters that all programs together may take; the first is there in any case.

    Raises:
        ValueError: with one sentence, where a name or a choice is not there.
        Untranslatable: where a program has a primitive with no rule.
        ModuleNotFoundError: where the compiler is not installed.
    """
    if scene not in room.scenes:
        raise ValueError(rooms.absent(room, "scene", scene))
    draw = room.scenes[scene][0]
    turned = _first(room, draw, settings).knobs
    first = {name: values for name, values in (first or {}).items() if name in turned}
    variant = functools.partial(_variant, room, draw)
    variants = shipped(variant, settings, turned, choices, first, most)
    return {"variants": variants, "settings": knobs.as_dict(settings)}


def shipped(
    variant: Callable[[Any], dict[str, Any]], settings: Any, turned: Iterable[str],
    choices: Mapping[str, Sequence[Any]] | None, first: Mapping[str, Sequence[Any]] | None,
    most: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """The programs of a page: those of `first` in any case, and others as far as there is room.

    Arguments and errors as of `settings_of` and `fitting`.
    """
    least = len(list(settings_of(settings, (), {}, first)))
    return fitting(variant, settings_of(settings, turned, choices, first), most, least)


def fitting(
    variant: Callable[[Any], dict[str, Any]], settings: Iterable[Any], most: int, least: int = 1
) -> list[dict[str, Any]]:
    """The program of the first settings, and as many others as there is room for.

    Args:
        variant: makes a program of settings; those that follow the last are not made.
        settings: of each program; those for which none can be are left out, and greyed in the page.
        most: characters that the programs may take together.
        least: of how many settings the programs are there in any case.

    Raises:
        Untranslatable: where the first has a primitive with no rule.
    """
    held: list[dict[str, Any]] = []
    size = 0
    for at, each in enumerate(settings):
        try:
            program = variant(each)
        except Untranslatable:
            if not held:
                raise
            continue
        size += len(program["wasm"])
        if held and at >= least and size > most:
            break
        held.append(program)
    return held


def settings_of(
    settings: Any, turned: Iterable[str], choices: Mapping[str, Sequence[Any]] | None,
    first: Mapping[str, Sequence[Any]] | None = None,
) -> Iterator[Any]:  # fmt: skip
    """The settings of each program of a page: as given first, then each choice by itself.

    Args:
        settings: what the run begins with.
        turned: the knobs that the page turns.
        choices: of static knobs, which values the page has; all of those that it turns if None.
        first: of static knobs, values that come before all others.

    Raises:
        ValueError: with one sentence, where a choice is none.
    """
    yield settings
    declared = knobs.knobs(settings)
    if choices is None:
        choices = {name: _values(declared[name]) for name in turned if declared[name].static}
    yielded = []
    for name, values in (*(first or {}).items(), *choices.items()):
        if name not in declared:
            raise ValueError(messages.unknown("setting", name, declared))
        if not declared[name].static:
            raise ValueError(f"{name} is no choice: a page turns it without another program.")
        for value in values:
            if value != getattr(settings, name) and (name, value) not in yielded:
                yielded.append((name, value))
                yield knobs.turned(settings, **{name: value})


def _values(declared: Any) -> list[Any]:
    return list(declared.choices) or ([False, True] if declared.kind is bool else [])


def _variant(room: Any, draw: Any, settings: Any) -> dict[str, Any]:
    """One program, with the scene that it draws and the static knobs that it is for."""
    first = _first(room, draw, settings)
    drawn = {"rows": draw.rows, "fixed": draw.fixed, "turned": tuple(first.knobs)}
    program = written(room.stream, settings, **drawn)
    scene = first.as_dict(knob_facts(room.stream, settings))
    return {
        "scene": scene if program.layout["edits"] else without_edits(scene),
        **packed(program, settings),
    }


def packed(program: Program, settings: Any) -> dict[str, Any]:
    """A compiled program as a page holds it, with the static knobs that it is for."""
    module = compiler.compiled(program.text)
    static = {name for name, each in knobs.knobs(settings).items() if each.static}
    return {
        "choices": {k: v for k, v in knobs.as_dict(settings).items() if k in static},
        "program": program.layout,
        "wasm": base64.b64encode(zlib.compress(module, 9)).decode(),
    }


def _first(room: Any, draw: Any, settings: Any) -> Any:
    """The scene of a first reading: what it tells, but for its fields, is the same for all runs."""
    course = room.stream.course(settings)
    course.advance(1)
    return draw(course.trace)


def without_edits(scene: dict[str, Any]) -> dict[str, Any]:
    """A scene whose data cannot be edited by hand, for its program has no function for that, with
    the sentence that says so, at `elsewhere`, where a notebook's can.
    """
    edited = False
    for view in scene["views"]:
        edited |= view.pop("paint", None) is not None
        for mark in view["marks"]:
            if (mark.get("drag") or {}).get("each"):
                edited = bool(mark.pop("drag"))
    return scene | {"elsewhere": ELSEWHERE} if edited else scene

"""Figures that train in a page: a room's program, and the functions that draw of its traces."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from curvkit.browser.drawing import program as drawing
from curvkit.browser.program import written
from curvkit.browser.scenes import MOST_CHARACTERS, packed, shipped
from curvkit.core import knob as knobs
from curvkit.draw import theme
from curvkit.draw.scene import script
from curvkit.host import rooms
from curvkit.show.stage.live import knob_facts

CLOCK = "step"
# What a page gives every figure: its own paper behind, and a view that stays as a hand left it.
LOOK = {
    "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "uirevision": "run",
}  # fmt: skip


def trains(
    room: Any, settings: Any, *, figure: str | None = None,
    choices: Mapping[str, Sequence[Any]] | None = None,
    first: Mapping[str, Sequence[Any]] | None = None, most: int = MOST_CHARACTERS,
) -> dict[str, Any]:  # fmt: skip
    """What a page needs to train a room and to draw its figures by itself, as JSON.

    Args:
        room: a `Room`.
        settings: what the run begins with.
        figure: which is shown first; the room's first if None.
        choices: of static knobs, which values the page is to have besides; as many as there is
            room for, of those in front, if None.
        first: of static knobs, values that are there in any case.
        most: characters that all programs together may take; the first is there in any case.

    Raises:
        ValueError: with one sentence, where a name or a choice is not there, or where a figure has
            no counterpart in a page.
        ModuleNotFoundError: where the compiler is not installed.
    """
    shown: str = figure or room.figure or next(iter(room.figures))
    if shown not in room.figures:
        raise ValueError(rooms.absent(room, "figure", shown))
    variant = functools.partial(_variant, room)
    variants = shipped(variant, settings, _front(room), choices, first, most)
    return _described(room, settings, shown, variants)


def fewer(room: Any, settings: Any, panel: Mapping[str, Any]) -> dict[str, Any]:
    """What `trains` gave of a room and its settings, without the last of the page's programs."""
    return _described(room, settings, panel["figure"], panel["trains"]["variants"][:-1])


def _front(room: Any) -> list[str]:
    """The knobs that a page shows, in their order."""
    return [name for name in room.front or room.knobs if name in room.knobs]


def _described(room: Any, settings: Any, figure: str, variants: Sequence[Any]) -> dict[str, Any]:
    declared, front = knobs.knobs(settings), _front(room)
    held = set(_held(declared, variants))
    return {
        "room": room.name, "figures": list(room.figures), "figure": figure,
        "front": [name for name in front if name in held],
        "elsewhere": [declared[name].label for name in front if name not in held],
        "knobs": _facts(room, settings, front, variants), "counted": room.trace.COUNTED,
        "template": _template(),
        "look": LOOK, "when": {name: each.when for name, each in declared.items() if each.when},
        "trains": {
            "variants": variants, "settings": knobs.as_dict(settings),
            "steers": sorted(room.stream.steers),
        },
    }  # fmt: skip


def worker(room: Any) -> str:
    """The text of the worker of a room's figures: it trains, and draws by the room's functions."""
    between = (
        "const DRAWING = (() => {\nlet FRAMES = [];\n"
        f"{drawing.runtime()}"
        "const $framed = (...given) => framed(FRAMES)(...given);\n"
        f"const program = (() => {{\n{drawing.written(room)}}})();\n"
        "return { program, array: (values, shape, kind) => new Nd(kind === 'b' ? "
        "Uint8Array.from(values) : kind === 'f4' ? Float32Array.from(values) : values.slice(), "
        "shape, kind), trace: (fields) => made(program.trace, fields), "
        "frames: (list) => { FRAMES = list; } };\n})();\n"
    )
    return script.worker("panel_worker", between)


def _variant(room: Any, settings: Any) -> dict[str, Any]:
    """One program, with the empty figures and the kinds of series of its static knobs."""
    course = room.stream.course(settings)
    course.advance(1)
    kinds = {name: _kind(each.dtypes) for name, each in room.trace.__series__.items()}
    return {
        **packed(written(room.stream, settings), settings),
        "frames": drawing.frames(room.figures.values(), course.trace),
        "kinds": kinds, "clock": CLOCK if CLOCK in kinds else None,
    }  # fmt: skip


def _kind(dtypes: Iterable[str]) -> str:
    """The kind of a series' numbers, as the arrays of a page name it."""
    names = set(dtypes)
    if names == {"bool"}:
        return "b"
    return "i" if not any(each.startswith("float") for each in names) else "f4"


def _held(declared: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The knobs that a page turns: those of no program, and those of which it has several."""
    for name, each in declared.items():
        if not each.static or len(_programs(name, variants)) > 1:
            yield name


def _programs(name: str, variants: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The values of a static knob that a page has programs for."""
    return list(dict.fromkeys(one["choices"][name] for one in variants if name in one["choices"]))


def _facts(
    room: Any, settings: Any, front: Sequence[str], variants: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    facts = {name: each for name, each in knob_facts(room.stream, settings).items()
             if name in front}  # fmt: skip
    for name, each in facts.items():
        programs = _programs(name, variants)
        if not each.get("choices") and len(programs) > 1:
            each["choices"] = sorted(programs)  # a number of which a page has some values alone
        if each.get("choices"):
            each["offered"] = programs or each["choices"]
    return facts


def _template() -> Any:
    template: Any = theme.template()
    return template.to_plotly_json()

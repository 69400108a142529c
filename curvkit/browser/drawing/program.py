"""A room's figures and words as one JavaScript program, for a trace that a page computes."""

import functools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from curvkit.browser.drawing.translator import Translator
from curvkit.draw import theme

FOLDER = Path(__file__).parent
FILES = ("arrays", "indexing", "format", "numeric", "python", "figures")
IMPORT = re.compile(r'^import \{[^}]*\} from "\./\w+\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export \{[^}]*\};\n", re.MULTILINE)
NAMES = """
const $py = BUILT_IN, $numpy = NUMPY, $math = MATH, $ndtri = ndtri, $curve = curve;
const $record = record, $replace = replace;
const $kind = (name) =>
  named(name, ([value]) => (value instanceof Nd ? as(value, KINDS.get(name)) : value));
"""


@functools.cache
def runtime() -> str:
    """The JavaScript that all programs of a page share, without its comments."""
    parts = []
    for name in FILES:
        text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        text = EXPORT.sub("", IMPORT.sub("", text))
        parts.append(re.sub(r"^\s*//.*\n", "", text, flags=re.MULTILINE))
    return "".join(parts) + NAMES


def written(room: Any) -> str:
    """The program of a room: `figures`, `words` and `trace`, of functions that `runtime` carries.

    Args:
        room: a `Room`.

    Raises:
        Untranslated: naming function and line, where something has no counterpart in a page.
    """
    translator = Translator()
    translator.attributes |= {"merits", "readings", "finite", "head"}
    place = room.name
    drawn = {name: translator.named(draw, place) for name, draw in room.figures.items()}
    words = translator.named(room.words, place)
    trace = translator.named(room.trace, place)
    body = translator.text()
    entries = ", ".join(f"{json.dumps(name)}: {text}" for name, text in drawn.items())
    return f"{body}\nreturn {{ figures: {{ {entries} }}, words: {words}, trace: {trace} }};\n"


def frames(draws: Iterable[Any], trace: Any) -> list[dict[str, Any]]:
    """The empty figures that figures of a trace are drawn into, each once.

    Args:
        draws: functions of a trace.
        trace: of the static knobs that the program is for.
    """
    with theme.noting() as noted:
        for draw in draws:
            draw(trace)
    distinct: dict[str, dict[str, Any]] = {}
    for rows, options in noted:
        distinct.setdefault(json.dumps([rows, options]), theme.frame(rows, options))
    return list(distinct.values())

"""The rooms of the house, found by looking, so that a new one needs no list to be edited."""

import ast
import html
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).parent


def names() -> list[str]:
    """The rooms: the packages below this file that declare settings.

    A room with a second experiment holds it as a room within, named `outer.inner`.
    """
    homes = (path.parent.relative_to(HOUSE) for path in HOUSE.rglob("settings.py"))
    return sorted(".".join(home.parts) for home in homes)


def about(room: str) -> str:
    """The first line of a room's docstring, read without importing it."""
    source = HOUSE.joinpath(*room.split("."), "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").split("\n")[0]


class Rooms(list[Any]):
    """The names of the rooms, which a notebook shows as a table of what each is about."""

    def _repr_html_(self) -> str:
        rows = "".join(
            # In a narrow place a name has a line for each of its parts.
            f"<tr><td style='text-align:left'><code style='white-space:normal'>"
            f"{html.escape(f'curvkit.{room}').replace('.', '.<wbr>')}</code></td>"
            f"<td style='text-align:left'>{html.escape(about(room))}</td></tr>"
            for room in self
        )
        heads = "".join(f"<th style='text-align:left'>{each}</th>" for each in ("room", "about"))
        return f"<table><tr>{heads}</tr>{rows}</table>"


def rooms() -> Rooms:
    """The rooms that are open, as a list; a notebook shows it as a table."""
    return Rooms(names())

"""A room, known by its contract only: a package of the house that declares settings."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from curvkit._rooms import names
from curvkit.core import messages


def load(room: str) -> ModuleType:
    """Imports a room by its name.

    Raises:
        ValueError: with the list of rooms, if there is none of that name.
    """
    if room not in names():
        raise ValueError(messages.unknown("room", room, names()))
    return importlib.import_module(f"curvkit.{room}")


def having(room: str, kind: str, name: str, said: Callable[[str], Any] | None = None) -> ModuleType:
    """The room that is meant where a figure or a scene is asked for: the named one, or where it has
    none of that name the only one around it or within it that does.

    Args:
        room: the name of a room.
        kind: "figure" or "scene".
        name: of what is asked for.
        said: takes the sentence that says so, where it is another room than the named one.

    Raises:
        ValueError: naming the rooms that have it, where that is no such room, or more than one; and
            where there is no such room.
    """
    house = load(room)
    if name in _drawn(house.room, kind):
        return house
    near = [each for each in names() if each.startswith(f"{room}.") or room.startswith(f"{each}.")]
    other = [each for each in near if name in _drawn(load(each).room, kind)]
    if len(other) != 1:
        raise ValueError(absent(house.room, kind, name))
    if said is not None:
        said(f"The {kind} {name} is of {other[0]} and not of {room}: it is that room which runs.")
    return load(other[0])


def absent(room: Any, kind: str, name: object) -> str:
    """One sentence for a figure or a scene that a room does not have, with the rooms that have it.

    Args:
        room: a `Room`.
        kind: "figure" or "scene".
        name: of what is not there.
    """
    known = _drawn(room, kind)
    elsewhere = [each for each in names() if name in _drawn(load(each).room, kind)]
    if not elsewhere:
        return messages.unknown(kind, name, known)
    theirs = f"There is no {kind} {messages.shown(name)} in {room.name}, but in "
    ours = f"; {room.name} has {', '.join(sorted(known))}" if known else ""
    return f"{theirs}{', '.join(elsewhere)}{ours}."


def _drawn(room: Any, kind: str) -> dict[str, Any]:
    """The figures or the scenes of a `Room` by name."""
    drawn: dict[str, Any] = getattr(room, f"{kind}s")
    return drawn

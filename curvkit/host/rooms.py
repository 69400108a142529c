"""A room, known by its contract only: a package of the house that declares settings."""

import importlib
from types import ModuleType

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

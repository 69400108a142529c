"""Strokes of a hand that edits the data of a run: what holds after each, so that it is undone."""

from collections.abc import Mapping, Sequence
from typing import Any

from curvkit.core import messages
from curvkit.core.edits import Edits as Listed

# New values of items, by field and item.
Edits = Mapping[tuple[str, int], Mapping[str, float]]
MOST_CELLS = 4096


def after(strokes: Sequence[Edits], message: Mapping[str, Any]) -> tuple[Edits, ...]:
    """What held after each stroke, with one more, or with strokes taken back.

    Args:
        strokes: what held after each one so far.
        message: of a page: "edit" has a `field`, an `item` and new numbers `x`, `y`; "paint" a
            `field`, `cells` and the `value` that they take; "undo" takes the last stroke back, with
            `all` every one.

    Raises:
        ValueError: with one sentence, where it says nothing that can be done.

    >>> painted = after((), {"kind": "paint", "field": "walls", "cells": [3, 4], "value": 1})
    >>> painted[-1]
    {('walls', 3): {'value': 1}, ('walls', 4): {'value': 1}}
    >>> after(painted, {"kind": "undo"})
    ()
    """
    if message["kind"] == "undo":
        if not strokes:
            raise ValueError("Nothing was edited by hand, so nothing is taken back.")
        return () if message.get("all") else tuple(strokes[:-1])
    field, before = str(message.get("field")), strokes[-1] if strokes else {}
    new = _painted(field, message) if message["kind"] == "paint" else _edited(field, message)
    changed = {place: {**before.get(place, {}), **values} for place, values in new.items()}
    # The newest come last: a point that is moved is told anew what was edited of it before.
    rest = {place: values for place, values in before.items() if place not in changed}
    return (*strokes, {**rest, **changed})


def _edited(field: str, message: Mapping[str, Any]) -> Edits:
    item = messages.whole("the item", message.get("item"), 0)
    values = {each: messages.real(each, message[each]) for each in "xy" if each in message}
    return {(field, item): values}


def _painted(field: str, message: Mapping[str, Any]) -> Edits:
    cells, value = message.get("cells"), message.get("value")
    if not isinstance(cells, list) or not 1 <= len(cells) <= MOST_CELLS:
        raise ValueError(messages.refusal("cells", f"a list of 1 to {MOST_CELLS} cells", cells))
    if value not in (0, 1):
        raise ValueError(messages.refusal("value", "1 (filled) or 0 (emptied)", value))
    return {(field, messages.whole("a cell", cell, 0)): {"value": int(value)} for cell in cells}


def listed(strokes: Sequence[Edits]) -> Listed:
    """What holds after the last stroke, as `Stream.course` takes it."""
    held = strokes[-1] if strokes else {}
    return [(field, item, values) for (field, item), values in held.items()]

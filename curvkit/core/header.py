"""The header of a trace as it comes from a file: plain JSON that says what a run was made of."""

import json
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from curvkit.core import files, knob, messages
from curvkit.core.archive import UNREADABLE, Archive

FORMAT = 1
MOST_CHARACTERS = 2**20
TEXTS = ("backend", "device", "precision", "created")


def read(stored: Archive) -> dict[str, Any]:
    """The header in an npz file.

    Raises:
        ValueError: with the reason, where it is no JSON object, or one that says a thing twice.
    """
    if "header" not in stored.members:
        raise ValueError("it has no header")
    head = stored.head("header")
    if head.shape or head.dtype.kind != "U" or head.dtype.itemsize > 4 * MOST_CHARACTERS:
        raise ValueError("its header is no text, or too long")
    return parsed(str(stored.array("header", head)[()]))


def is_one(path: Path) -> bool:
    """Whether a file is a trace of some room, by its header; a damaged one is a trace as well."""
    try:
        with files.reading(path) as file:
            stored = Archive(file)
            try:
                read(stored)
                return True
            except ValueError:
                # Whole and no header of ours: an array of somebody else's.
                if "header" in stored.members and stored.whole("header"):
                    return False
    except (*UNREADABLE, OSError):
        pass  # damaged
    return files.holds(path, "header.npy")


def parsed(text: str) -> dict[str, Any]:
    """What the text of a header says.

    >>> parsed('{"room": "minima"}')
    {'room': 'minima'}
    """
    try:
        header = json.loads(text, parse_constant=_constant, object_pairs_hook=_once)
        # Half of a character would be found only where a page is written.
        json.dumps(header, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    except UnicodeEncodeError:
        raise ValueError("its header holds what is no text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"its header is no JSON: {error}") from None
    if not isinstance(header, dict):
        raise ValueError(f"its header is {messages.shown(header)}, and no table of names")
    return header


def _constant(name: str) -> float:
    if name == "NaN":
        raise ValueError("its header holds NaN, which is no setting")
    return float(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("its header says a thing twice")
    return table


def check(header: Mapping[str, Any], room: str | None, settings: type | None) -> None:
    """Raises ValueError with the reason where a header is not that of a run of the room.

    Args:
        header: the header.
        room: the room's name; None where it is none of curvkit's, whose headers are their own.
        settings: the room's `Settings`; None where it has no knobs.
    """
    if room is None:
        return
    number = header.get("format")
    if type(number) is not int or number != FORMAT:
        raise ValueError(
            f"it is of format {messages.shown(number)}, and format {FORMAT} is read here"
        )
    if header.get("room") != room:
        raise ValueError(
            f"it is of the room {messages.shown(header.get('room'))}, and not of {room}"
        )
    values = header.get("settings")
    if not isinstance(values, Mapping):
        raise ValueError(f"its settings are {messages.shown(values)}, and no table of names")
    if settings is not None:
        _checked(values, settings)
        _turned(header.get("turns", []), values, settings)
    versions = header.get("versions", {})
    texts = [header.get(name, "") for name in TEXTS]
    texts += versions.values() if isinstance(versions, Mapping) else [None]
    if not all(isinstance(each, str) for each in texts):
        raise ValueError("its header does not say in words what the run was made with")
    _whole(header.get("seed", 0), header.get("key", []))


def filled(header: dict[str, Any], settings: type | None) -> dict[str, Any]:
    """A header with the settings that versions before did not have yet."""
    if settings is None:
        return header
    known = {name: each.absent for name, each in knob.knobs(settings).items()}
    lacking = {name: value for name, value in known.items() if name not in header["settings"]}
    return {**header, "settings": {**header["settings"], **lacking}} if lacking else header


def _whole(seed: Any, key: Any) -> None:
    numbers = [0 if seed is None else seed, *(key if isinstance(key, list) else [None])]
    numbers = [part for each in numbers for part in (each if isinstance(each, list) else [each])]
    if not all(type(each) is int for each in numbers):
        raise ValueError("its header does not say which random numbers the run drew")


def _turned(turns: Any, values: Mapping[str, Any], settings: type) -> None:
    """What was turned during the run: readings in their order, and knobs of the room."""
    pairs: list[Any] = turns if isinstance(turns, list) else [None]
    if not all(isinstance(each, list) and len(each) == 2 for each in pairs):
        raise ValueError("its turns are no list of readings and knobs")
    readings = [reading for reading, _ in pairs]
    if not all(type(each) is int and each >= 0 for each in readings) or readings != sorted(
        set(readings)
    ):
        raise ValueError(f"its turns are at readings {messages.shown(readings)}")
    for _, knobs in pairs:
        if not isinstance(knobs, Mapping) or not knobs.keys() <= values.keys():
            raise ValueError("its turns name knobs that the room does not have")
        _checked({**values, **knobs}, settings)


def edited(
    header: Mapping[str, Any], items: Mapping[str, int], painted: Collection[str] = ()
) -> None:
    """Raises ValueError with the reason where data are said to be edited that are not there.

    Args:
        header: the header.
        items: how many items there are of what can be edited, by field.
        painted: those of the fields whose items are cells, filled (1) or emptied (0).

    >>> edited({"edits": [["points", 2, {"x": 0.5}]]}, {"points": 6})
    >>> edited({"edits": [["points", 6, {"x": 0.5}]]}, {"points": 6})
    Traceback (most recent call last):
    ValueError: its edits are of item 6 of points, of which there are 6
    """
    edits: Any = header.get("edits", [])
    if not isinstance(edits, list) or not all(isinstance(e, list) and len(e) == 3 for e in edits):
        raise ValueError("its edits are no list of fields, items and values")
    for field, item, values in edits:
        if not isinstance(field, str) or field not in items:
            known = ", ".join(items) or "nothing"
            raise ValueError(
                f"its edits are of {messages.shown(field)}, and what can be edited is {known}"
            )
        if type(item) is not int or not 0 <= item < items[field]:
            of = f"{field}, of which there are {items[field]}"
            raise ValueError(f"its edits are of item {messages.shown(item)} of {of}")
        names, what = ({"value"}, "value") if field in painted else ({"x", "y"}, "x or y")
        if not isinstance(values, Mapping) or not values or not values.keys() <= names:
            raise ValueError(f"its edits of {field} are {messages.shown(values)}, and no {what}")
        for each in values.values():
            if type(each) not in (int, float) or not abs(each) <= sys.float_info.max:
                raise ValueError(
                    f"its edits of {field} hold {messages.shown(each)}, which is no number"
                )
            if field in painted and each not in (0, 1):
                raise ValueError(
                    f"its edits of {field} hold {each}; a cell is filled (1) or empty (0)"
                )


def _checked(given: Mapping[str, Any], settings: type) -> None:
    """Through the room's gate, and of the kinds that it gives back: nothing is cast here."""
    read = knob.as_dict(knob.read(settings, given))
    for name, value in read.items():
        if name not in given and knob.knobs(settings)[name].absent is not None:
            continue
        if name not in given:
            raise ValueError(f"it does not say the setting {name}, so another curvkit wrote it")
        kinds = {type(value), int} if type(value) is float else {type(value)}
        if type(given[name]) not in kinds or given[name] != value:
            raise ValueError(f"its setting {name} is {messages.shown(given[name])}")

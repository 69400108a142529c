"""What a sweep runs: the product of some values, each through the gate of the room."""

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curvkit.core import messages
from curvkit.sweep import parse, steered

MOST = 1_000_000
SHAPE = "a list as 1,2,4 or a range of whole numbers as 0:10 or 0:10:2"
TABLES = {"room": str, "set": Mapping, "over": Mapping}


@dataclass(frozen=True)
class Plan:
    """The settings of a sweep: those that are the same in all runs, and the values of the others.

    Values are checked and cast; `over` is in the order of the axes. An axis is a knob, or a knob
    from a reading on, as `learning_rate@300`.
    """

    room: str
    fixed: Mapping[str, Any]
    over: Mapping[str, tuple[Any, ...]]

    @classmethod
    def read(
        cls, room: str, house: type, fixed: Mapping[str, Any], over: Mapping[str, Any],
        steers: Sequence[str] = (),
    ):  # fmt: skip
        """The plan of values as they came from outside.

        Args:
            room: the room's name.
            house: the room's `Settings`.
            fixed: a value by knob.
            over: by knob what `values` reads.
            steers: the knobs that can be turned during a run.

        Raises:
            ValueError: with one sentence, if a knob is unknown, a value refused or given twice, or
                there are more than a million runs.
        """
        fixed = {name: steered.read(house, steers, name, fixed[name]) for name in fixed}
        both = sorted({*fixed} & {*over})
        if both:
            raise ValueError(f"{both[0]} is both set and swept; say it once.")
        listed = {name: values(name, each) for name, each in over.items()}
        total = math.prod(len(each) for each in listed.values())
        if total > MOST:
            runs = messages.counted(total, "run")
            raise ValueError(f"That makes {runs}, and a sweep has at most {MOST}.")
        checked = {}
        for name, each in listed.items():
            cast = [steered.read(house, steers, name, value) for value in each]
            if len(set(cast)) < len(cast):
                twice = next(value for value in cast if cast.count(value) > 1)
                raise ValueError(f"{name} is swept over {messages.shown(twice)} twice.")
            checked[name] = tuple(cast)
        return cls(room, fixed, checked)

    def runs(self) -> list[dict[str, Any]]:
        """What is given for each run: a value for every knob that is set or swept."""
        names = list(self.over)
        return [
            {**self.fixed, **dict(zip(names, each, strict=True))}
            for each in itertools.product(*self.over.values())
        ]

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON can hold it; `Plan.read` takes it back."""
        over = {name: list(each) for name, each in self.over.items()}
        return {"room": self.room, "set": dict(self.fixed), "over": over}


def values(name: str, given: Any) -> list[Any]:
    """The values that `given` lists.

    Args:
        name: of the knob, for the refusal.
        given: any iterable, as a list or an array of numpy, one value, or text as it is typed:
            `1,1.9,2`, `0:10` or `0:10:2`, of which the end is left out.

    Raises:
        ValueError: with one sentence, if there is none, or a range is not of whole numbers.

    >>> values("sigma", "1,1.9"), values("seed", "0:3"), values("seed", [4, 5])
    (['1', '1.9'], [0, 1, 2], [4, 5])
    """
    refused = ValueError(messages.refusal(f"--over {name}", SHAPE, given))
    if isinstance(given, bytes | bytearray | Mapping):
        raise refused
    if isinstance(given, str) and ":" in given:
        try:
            items: Iterable[Any] = range(*(int(each) for each in given.split(":")))
        except (ValueError, TypeError):
            raise refused from None
    elif isinstance(given, str):
        items = [each.strip() for each in given.split(",")]
    else:
        items = given.tolist() if hasattr(given, "tolist") else given
        items = items if isinstance(items, Iterable) and not isinstance(items, str) else [items]
    # Not by its length, which a generator has not, and a range may have beyond all bounds.
    listed = list(itertools.islice(items, MOST + 1))
    if len(listed) > MOST:
        raise ValueError(f"{name} has more than {MOST} values, and a sweep at most as many runs.")
    if not listed or any(isinstance(each, str) and not each for each in listed):
        raise refused
    return sorted(listed, key=repr) if isinstance(given, Set) else listed


def typed(given: Sequence[str], flag: str) -> dict[str, str]:
    """`["a=1", "b=2,3"]` as a dict.

    Raises:
        ValueError: with one sentence, if one has no name or no `=`, or a name comes twice.
    """
    texts: dict[str, str] = {}
    for each in given:
        name, equals, value = (part.strip() for part in each.partition("="))
        if not equals or not name:
            raise ValueError(messages.refusal(flag, "of the form name=value", each))
        if name in texts:
            raise ValueError(f"{flag} names {messages.shown(name)} twice; list its values once.")
        texts[name] = value
    return texts


def asked(
    room: str | None, path: Path | None, over: Sequence[str], fixed: Sequence[str]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The room, what is swept and what is set, from a settings file and from flags.

    A flag has the last word about its knob, whatever the file does with it.

    Raises:
        ValueError: with one sentence, if the file or a flag is refused, or no room is named, or
            another one by the file.
    """
    in_file = from_file(path) if path else {}
    swept, settings = typed(over, "--over"), typed(fixed, "--set")
    if in_file.get("room", room) != room and room is not None:
        raise ValueError(f"{path} is for the room {in_file['room']}, not for {room}.")
    if room is None and "room" not in in_file:
        raise ValueError("Which room is to be swept? `curvkit rooms` lists them.")
    remaining = {
        table: {
            name: v for name, v in in_file.get(table, {}).items() if name not in {*swept, *settings}
        }
        for table in ("over", "set")
    }
    return room or in_file["room"], remaining["over"] | swept, remaining["set"] | settings


def from_file(path: Path) -> dict[str, Any]:
    """A settings file: `set` and `over` by knob, and the `room` if it says so.

    Raises:
        ValueError: with one sentence, if it is neither TOML nor YAML, or says anything else.
    """
    entries = parse.parsed(path)
    if not isinstance(entries, Mapping):
        raise ValueError(f"{path} holds no settings, but a table `set`, a table `over`, or both.")
    for name, value in entries.items():
        if name not in TABLES:
            raise ValueError(f"{path}: {messages.unknown('entry', name, TABLES)}")
        if not isinstance(value, TABLES[name]):
            raise ValueError(f"{path}: {name} is not as it should be, but {messages.shown(value)}.")
    for table in ("set", "over"):
        for name in entries.get(table, {}):
            if not isinstance(name, str):
                raise ValueError(
                    f"{path}: {messages.refusal('the name of a setting', 'text', name)}"
                )
    return dict(entries)


def identity(room: str, settings: Mapping[str, Any], kind: str = "run") -> str:
    """The name of a run: the same for the same room and settings, on any machine.

    >>> identity("curvature", {"steps": 5}) == identity("curvature", {"steps": 5})
    True
    """
    text = json.dumps([kind, room, dict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

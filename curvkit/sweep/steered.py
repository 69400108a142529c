"""Axes of a sweep that are turned during the run: `learning_rate@300`, from reading 300 on."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curvkit.core import knob, messages
from curvkit.core.knob import Knob

SHAPE = "a knob, or a knob that is turned during the run as learning_rate@300, before reading 300"


@dataclasses.dataclass(frozen=True)
class TurnedKnob(Knob):
    """A knob from a reading on; its name is that of the column."""

    @property
    def label(self) -> str:
        """The name in words: `learning rate η from reading 300`."""
        base, at = parted(self.name)
        words = f"{base.replace('_', ' ')} {self.symbol}".strip()
        return f"{words} from reading {at}"


def parted(name: str) -> tuple[str, int]:
    """The knob, and the reading before which it is turned; 0 for what is set from the start.

    Raises:
        ValueError: with one sentence, where no whole number from 1 on stands after the @.

    >>> parted("learning_rate@300"), parted("sigma")
    (('learning_rate', 300), ('sigma', 0))
    """
    base, turned, at = name.partition("@")
    if not turned:
        return name, 0
    if not base or not (at.isascii() and at.isdigit()) or not 0 < int(at) < 2**31:
        raise ValueError(messages.refusal("the name of an axis", SHAPE, name))
    return base, int(at)


def read(house: type, steers: Sequence[str], name: str, value: Any) -> Any:
    """The value of an axis, through the gate of the room.

    Args:
        house: the room's `Settings`.
        steers: the knobs that the room can go on with.
        name: of the axis.
        value: as it came.

    Raises:
        ValueError: with one sentence, if the knob is unknown, cannot be turned during a run, or
            refuses the value.
    """
    base, at = parted(name)
    parsed = getattr(knob.read(house, {base: value}), base)
    if at and base not in steers:
        able = ", ".join(steers) or "none"
        raise ValueError(f"{base} cannot be turned during a run, where these can: {able}.")
    return parsed


def split(point: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a run begins with, and what is turned on its way, both by the names of the axes.

    >>> split({"steps": 30, "sigma@10": 1.5})
    ({'steps': 30}, {'sigma@10': 1.5})
    """
    begun = {name: each for name, each in point.items() if "@" not in name}
    return begun, {name: each for name, each in point.items() if "@" in name}


def turns(turned: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """What is turned by the names of its axes, as `run` takes it: by reading, in their order.

    >>> turns({"sigma@20": 1.0, "sigma@10": 1.5, "learning_rate@10": 0.1})
    [(10, {'sigma': 1.5, 'learning_rate': 0.1}), (20, {'sigma': 1.0})]
    """
    by_reading: dict[int, dict[str, Any]] = {}
    for name, value in turned.items():
        base, at = parted(name)
        by_reading.setdefault(at, {})[base] = value
    return sorted(by_reading.items())


def in_time(stream: Any, settings: Any, turned: Iterable[str]) -> None:
    """Raises ValueError where a run is over before it is turned."""
    length = stream.length(settings)
    for name in turned:
        if parted(name)[1] >= length:
            raise ValueError(
                f"{name} is turned before reading {parted(name)[1]}, and a run has "
                f"{messages.counted(length, 'reading')}, from 0 to {length - 1}: turn it earlier, "
                "or take more steps."
            )


def known(knobs: Mapping[str, Knob], columns: Iterable[str]) -> dict[str, Knob]:
    """The knobs by name, with those that the columns of a table say were turned on the way."""
    by_name = dict(knobs)
    for name in columns:
        base = name.partition("@")[0]
        if "@" in name and base in knobs:
            fields = dataclasses.asdict(knobs[base]) | {"name": name, "when": ()}
            by_name[name] = TurnedKnob(**fields)
    return by_name

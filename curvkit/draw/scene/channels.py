"""Channels: what a mark reads its numbers from, and colours.

A channel is a number, the name of a field, `Field`, `KnobValue` or `Span`. A field has a row for
every reading (it is *over time*) or none (it is *fixed*); its other axes are *items*, such as the
ten digits of a circle.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

# A colour has one meaning in all scenes:
#   ink, muted, faint, grid   what is measured, what is said of it, what lies behind
#   stable, teal, edge        blue: held, below an edge or a level, kept apart; gold: at the edge
#   warm, unstable            orange: beyond it: thrown, caught, run together, in chaos
#   second                    grey: what it is compared with, and what is open
#   good, bad                 green and red: proved or derived, against refuted; goals and pits
#   hand                      purple: what a hand foretold or took
#   a, b, c, d                things of a kind that are told apart, none better: students, classes
Role = Literal[
    "paper", "ink", "muted", "faint", "grid", "stable", "teal", "edge", "warm", "unstable",
    "second", "good", "bad", "a", "b", "c", "d", "hand",
]  # fmt: skip
RampName = Literal["edge", "depth", "heat", "twoSided", "fate", "verdict"]


@dataclass(frozen=True)
class Element:
    """Base of all that a scene is made of: it tells itself as JSON, without what is not given."""

    def as_dict(self) -> dict[str, Any]:
        """This part as JSON: what is at its default is left out."""
        pairs = {}
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if value != each.default or each.default is dataclasses.MISSING:
                pairs[each.name.rstrip("_")] = plain(value)
        return pairs


def plain(value: Any) -> Any:
    """A value as JSON: parts as tables, sequences as lists."""
    if isinstance(value, Element):
        return value.as_dict()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value.item() if hasattr(value, "item") else value


@dataclass(frozen=True)
class Field(Element):
    """plus + times · knob^power · field.

    Args:
        field: the field's name.
        times, plus: scale and shift it.
        knob, power: a knob that scales it as well.
        chosen: the view whose `Choose` says which item it is, along the field's first axis but
            the rows; nothing while none is chosen.

    >>> Field("loss", times=2).as_dict()
    {'field': 'loss', 'times': 2}
    """

    field: str
    times: float = 1
    plus: float = 0
    knob: str | None = None
    power: float = 1
    chosen: str | None = None


@dataclass(frozen=True)
class KnobValue(Element):
    """plus + times · knob^power: what is drawn of a knob, such as 2/η.

    Args:
        times, plus: numbers, or the names of fixed fields of one number.

    >>> KnobValue("learning_rate", times=2, power=-1).as_dict()
    {'knob': 'learning_rate', 'times': 2, 'power': -1}
    """

    knob: str
    times: float | str = 1
    plus: float | str = 0
    power: float = 1


@dataclass(frozen=True)
class Span(Element):
    """`count` numbers evenly spaced from one channel to another, as items.

    >>> Span(("low", "high"), 25).as_dict()
    {'span': ['low', 'high'], 'count': 25}
    """

    span: tuple["Channel", "Channel"]
    count: int


Channel = float | str | Field | KnobValue | Span


@dataclass(frozen=True)
class Ramp(Element):
    """A colour by a number: a field through a ramp of colours, from end to end of `domain`.

    >>> Ramp("scaled", "edge", (1.7, 2.3)).as_dict()
    {'field': 'scaled', 'ramp': 'edge', 'domain': [1.7, 2.3]}
    """

    field: str
    ramp: RampName
    domain: tuple[float, float]


@dataclass(frozen=True)
class Roles(Element):
    """A colour by a whole number: that of a field says which of the roles it is, from 0 on.

    >>> Roles("good", ("second", "stable")).as_dict()
    {'field': 'good', 'roles': ['second', 'stable']}
    """

    field: str
    roles: Sequence[str]


@dataclass(frozen=True)
class Words(Element):
    """Words by a whole number: that of a fixed field says which of them it is, from 0 on.

    >>> Words("whitened", ("the raw score", "the whitened score")).as_dict()["field"]
    'whitened'
    """

    field: str
    words: Sequence[str]


# A role, #rrggbb, one of these for each item, a ramp, or roles by number.
Color = Role | str | Sequence[str] | Ramp | Roles


@dataclass(frozen=True)
class Last(Element):
    """The last so many rows before the one that is shown: `when=Last(22)`."""

    last: int


When = Literal["now", "past", "all"] | Last


@dataclass(frozen=True)
class Number(Element):
    """A number in a sentence: of a field or of a knob; one that names a knob can be dragged.

    Args:
        field, knob, times, plus, power, chosen: as of a channel.
        time: whether it is the row that is shown; it can be dragged.
        digits: after the point; three significant ones if None.
        width: room for so many letters, so that the sentence stands still.
        says: what it is called when it is read out.
        label: what a slider of it is called.

    >>> Number(knob="learning_rate", digits=3).as_dict()
    {'knob': 'learning_rate', 'digits': 3}
    """

    field: str | None = None
    knob: str | None = None
    time: bool = False
    times: float = 1
    plus: float = 0
    power: float = 1
    digits: int | None = None
    width: int | None = None
    says: str | None = None
    label: str | None = None
    whole: bool = False
    chosen: str | None = None

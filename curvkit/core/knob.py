"""Knobs: a setting is declared once, and slider, range check, flag and axis title read it off.

A room's `Settings` is a frozen dataclass whose fields are made by `knob` and `choice`. It is a
JAX pytree: what may be turned without recompiling is a leaf, what is static is part of the
structure. `read` is the one gate through which every value from outside comes in.
"""

import dataclasses
import difflib
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, dataclass_transform

import jax

from curvkit.core import say

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class Knob:
    """The declaration of one setting.

    `low` and `high` bound a number (both inclusive); `choices` lists what an enumeration may be.
    A static knob shapes the compiled program, so turning it recompiles.
    """

    name: str
    kind: type
    default: Any
    sentence: str
    source: str
    symbol: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    scale: Literal["linear", "log"] = "linear"
    static: bool = False
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name in words, with its symbol: `learning rate η`."""
        return f"{self.name.replace('_', ' ')} {self.symbol}".strip()

    @property
    def expected(self) -> str:
        """What a value has to be, in words; the end of every refusal."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.kind is bool:
            return "true or false"
        noun = "a whole number" if self.kind is int else "a number"
        return f"{noun} from {self.low:g} to {self.high:g}"

    def read(self, value: object) -> Any:
        """Casts `value` to the kind of this knob, or raises ValueError with one sentence."""
        cast = self._cast(value)
        if cast is None or not self._holds(cast):
            near = difflib.get_close_matches(str(value), self.choices, n=1)
            advice = f"did you mean {near[0]!r}?" if near else ""
            raise ValueError(say.refusal(self.name, self.expected, value, advice.rstrip(".")))
        return cast

    def _cast(self, value: object) -> Any:
        if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
            value = value.item()
        if self.choices:
            return value if isinstance(value, str) else None
        if self.kind is bool:
            words = {"true": True, "false": False}
            return value if isinstance(value, bool) else words.get(str(value).lower())
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            as_float = float(value)
            if self.kind is float:
                return as_float
            return int(as_float) if as_float.is_integer() else None
        except (ValueError, OverflowError):
            return None

    def _holds(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        return self.kind is bool or self.low <= value <= self.high

    def outside(self) -> list[Any]:
        """Values this knob must refuse: the bad half of the contract test."""
        if self.choices:
            return [f"no such {self.name}", "", 3, None]
        if self.kind is bool:
            return ["maybe", 2.5, None]
        span = self.high - self.low
        wrong = [self.low - 0.01 * span - 1, self.high + 0.01 * span + 1, math.nan, math.inf]
        return [*wrong, "a lot", None, True] + ([self.low + 0.5] if self.kind is int else [])

    def sweep(self, number: int = 3) -> list[Any]:
        """`number` allowed values from the low to the high end, evenly on this knob's scale."""
        if self.choices:
            return list(self.choices)
        if self.kind is bool:
            return [False, True]
        if self.scale == "log":
            ends = math.log(self.low), math.log(self.high)
            values = [
                math.exp(ends[0] + i * (ends[1] - ends[0]) / (number - 1)) for i in range(number)
            ]
        else:
            values = [self.low + i * (self.high - self.low) / (number - 1) for i in range(number)]
        # The ends as they were declared: a logarithm and back misses them by rounding.
        return [self.kind(value) for value in (self.low, *values[1:-1], self.high)]


def knob(
    default: float,
    *,
    low: float,
    high: float,
    sentence: str,
    source: str,
    symbol: str = "",
    step: float | None = None,
    scale: Literal["linear", "log"] = "linear",
    static: bool = False,
) -> Any:
    """Declares a number (or a bool) as a field of a `@settings` class."""
    if not (low <= default <= high):
        raise ValueError(say.refusal("default", f"a number from {low:g} to {high:g}", default))
    if scale == "log" and low <= 0:
        raise ValueError(say.refusal("low", "above zero on a log scale", low))
    declared = dict(low=low, high=high, step=step, scale=scale)
    return _field(default, sentence, source, symbol, static, **declared)


def switch(default: bool, *, sentence: str, source: str, symbol: str = "", static: bool = False):
    """Declares a setting that is on or off."""
    return _field(default, sentence, source, symbol, static)


def choice(
    default: str,
    choices: Sequence[str],
    *,
    sentence: str,
    source: str,
    symbol: str = "",
) -> Any:
    """Declares an enumeration; always static, since a program cannot be traced over names."""
    if default not in choices:
        raise ValueError(say.refusal("default", f"one of {', '.join(choices)}", default))
    return _field(default, sentence, source, symbol, True, choices=tuple(choices))


def _field(default, sentence, source, symbol, static, **declared):
    declared |= dict(sentence=sentence, source=source, symbol=symbol, static=static)
    return dataclasses.field(default=default, metadata={"knob": declared})


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(knob, choice, switch)
)
def settings(cls: type[Settings]) -> type[Settings]:
    """Turns a class of knobs into a frozen dataclass and a JAX pytree.

    >>> @settings
    ... class Heat:
    ...     power: float = knob(1.0, low=0.1, high=9.0, sentence="How hot.", source="none")
    >>> read(Heat, power="2")
    Heat(power=2.0)
    """
    cls = dataclass(frozen=True, kw_only=True)(cls)
    declared = {}
    for field in dataclasses.fields(cls):
        if "knob" not in field.metadata:
            raise TypeError(
                f"{cls.__name__}.{field.name} is no knob; declare it by knob or choice."
            )
        kind = type(field.default)
        declared[field.name] = Knob(
            name=field.name, kind=kind, default=field.default, **field.metadata["knob"]
        )
    cls.__knobs__ = declared
    cls.read = classmethod(read)
    static = [name for name, each in declared.items() if each.static]
    turned = [name for name in declared if name not in static]
    return jax.tree_util.register_dataclass(cls, data_fields=turned, meta_fields=static)


def knobs(settings_class: type | object) -> dict[str, Knob]:
    """The declarations of a `@settings` class, by name, in the order they were written."""
    return dict(settings_class.__knobs__)


def read(
    settings_class: type[Settings], values: Mapping[str, Any] | None = None, **named: Any
) -> Settings:
    """The one gate: checks and casts every value that comes from outside.

    Raises ValueError with one sentence: an unknown name lists the known ones; a wrong value names
    the setting, its range and what was given.
    """
    declared = knobs(settings_class)
    given = {**(values or {}), **named}
    for name in given:
        if name not in declared:
            raise ValueError(say.unknown("setting", name, declared))
    return settings_class(**{name: declared[name].read(value) for name, value in given.items()})


def turned(settings: Settings, **named: Any) -> Settings:
    """A copy of `settings` with some knobs turned, through the same gate."""
    return read(type(settings), {**as_dict(settings), **named})


def as_dict(settings: object) -> dict[str, Any]:
    """The plain values of `settings`, as they are written into a trace's header."""
    return {name: operator.attrgetter(name)(settings) for name in knobs(settings)}

"""Knobs: a setting is declared once, and slider, range check, flag and axis title read it off.

A room's `Settings` is a `BaseSettings` whose fields are made by `knob`, `choice` and `switch`. It
is a JAX pytree: what may be turned without recompiling is a leaf, what is static is part of the
structure. Every value is read by its knob, however an object is made.
"""

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeVar, dataclass_transform

import jax
import jax.core

from curvkit.core import messages

Settings = TypeVar("Settings", bound="BaseSettings")


@dataclass(frozen=True)
class Knob:
    """The declaration of one setting.

    `low` and `high` bound a number (both inclusive); `choices` lists what an enumeration may be.
    A static knob shapes the compiled program. `absent` is what it was in versions without it.
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
    absent: Any = None

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
        return "{} from {:g} to {:g}".format(noun, *self.ends)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the largest value of a number; raises TypeError where it is none."""
        if self.low is None or self.high is None:
            raise TypeError(f"{self.name} is no number, so it has no range.")
        return self.low, self.high

    def read(self, value: object) -> Any:
        """Casts `value` to the kind of this knob, or raises ValueError with one sentence."""
        cast = self._cast(value)
        if cast is None or not self._holds(cast):
            near = difflib.get_close_matches(str(value), self.choices, n=1)
            advice = f"did you mean {near[0]!r}?" if near else ""
            raise ValueError(messages.refusal(self.name, self.expected, value, advice.rstrip(".")))
        return cast

    def _cast(self, value: Any) -> Any:
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
        return self.kind is bool or self.ends[0] <= value <= self.ends[1]

    def outside(self) -> list[Any]:
        """Values this knob must refuse: the bad half of the contract test."""
        if self.choices:
            return [f"no such {self.name}", "", 3, None]
        if self.kind is bool:
            return ["maybe", 2.5, None]
        low, high = self.ends
        span = high - low
        wrong = [low - 0.01 * span - 1, high + 0.01 * span + 1, math.nan, math.inf]
        return [*wrong, "a lot", None, True] + ([low + 0.5] if self.kind is int else [])

    def sweep(self, number: int = 3) -> list[Any]:
        """`number` allowed values from the low to the high end, evenly on this knob's scale."""
        if self.choices:
            return list(self.choices)
        if self.kind is bool:
            return [False, True]
        low, high = self.ends
        if self.scale == "log":
            ends = math.log(low), math.log(high)
            values = [
                math.exp(ends[0] + i * (ends[1] - ends[0]) / (number - 1)) for i in range(number)
            ]
        else:
            values = [low + i * (high - low) / (number - 1) for i in range(number)]
        # The ends as they were declared: a logarithm and back misses them by rounding.
        return [self.kind(value) for value in (low, *values[1:-1], high)]


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
    absent: float | None = None,
) -> Any:
    """Declares a number as a field of settings."""
    declared = dict(low=low, high=high, step=step, scale=scale, absent=absent)
    return _field(default, sentence, source, symbol, static, **declared)


def switch(
    default: bool, *, sentence: str, source: str, symbol: str = "", static: bool = False
) -> Any:
    """Declares a setting that is on or off."""
    return _field(default, sentence, source, symbol, static)


def choice(
    default: str, choices: Sequence[str], *, sentence: str, source: str, symbol: str = ""
) -> Any:
    """Declares an enumeration; static, since a program cannot be traced over names."""
    return _field(default, sentence, source, symbol, True, choices=tuple(choices))


def _field(
    default: Any, sentence: str, source: str, symbol: str, static: bool, **declared: Any
) -> Any:
    declared |= dict(sentence=sentence, source=source, symbol=symbol, static=static)
    return dataclasses.field(default=default, metadata={"knob": declared})


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(knob, choice, switch)
)
class BaseSettings:
    """Base of a room's `Settings`: a frozen dataclass of knobs, and a JAX pytree.

    Every value is read by its knob however an object is made: by the constructor, by `read`, by
    `dataclasses.replace`, by unpickling or copying. Only JAX itself is let through: what it puts
    back together may hold tracers, axes or stacked values.

    Raises:
        ValueError: with one sentence, where a value is refused.

    >>> class Heat(BaseSettings):
    ...     power: float = knob(default=1.0, low=0.1, high=9.0, sentence="How hot.", source="none")
    >>> Heat(power="2")
    Heat(power=2.0)
    >>> Heat(power=10)
    Traceback (most recent call last):
    ValueError: power must be a number from 0.1 to 9, but 10 was given.
    """

    __knobs__: ClassVar[Mapping[str, Knob]] = {}

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        dataclass(frozen=True, kw_only=True)(cls)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        cls.__knobs__ = {field.name: _declared(cls, field) for field in fields}
        _register(cls)

    def __post_init__(self):
        for name, each in self.__knobs__.items():
            value = getattr(self, name)
            if not isinstance(value, jax.core.Tracer):
                object.__setattr__(self, name, each.read(value))
            elif each.static:
                shown = f"a traced value of type {type(value).__name__}"
                advice = "a static knob shapes the program, so set it outside of jit"
                raise ValueError(messages.refusal(name, each.expected, shown, advice))

    def __setstate__(self, state: Mapping[str, Any]):
        self.__init__(**state)  # an unpickled or copied object passes the gate as well

    @classmethod
    def read(cls, values: Mapping[str, Any] | None = None, **named: Any) -> Self:
        """Settings from a mapping, from names, or from both; names win.

        Raises:
            ValueError: with one sentence: an unknown name lists the known ones, and a wrong value
                names the setting, its range and what was given.
        """
        merged = {**(values or {}), **named}
        for name in merged:
            if name not in cls.__knobs__:
                raise ValueError(messages.unknown("setting", name, cls.__knobs__))
        return cls(**merged)


def _declared(cls: type, field: dataclasses.Field[Any]) -> Knob:
    """The knob of a field; raises where the declaration contradicts itself."""
    where = f"{cls.__module__}.{cls.__qualname__}.{field.name}"
    if "knob" not in field.metadata:
        raise TypeError(f"{where} is no knob; declare it by knob, choice or switch.")
    kind = type(field.default)
    if field.type in (bool, int, float, str) and field.type is not kind:
        raise TypeError(f"{where} is declared as {field.type.__name__}, its default is no such.")
    declared = Knob(name=field.name, kind=kind, default=field.default, **field.metadata["knob"])
    if declared.scale == "log" and declared.ends[0] <= 0:
        raise ValueError(
            f"{where}: {messages.refusal('low', 'above zero on a log scale', declared.low)}"
        )
    try:
        declared.read(declared.default)
    except ValueError as error:
        raise ValueError(f"{where}: its default is refused: {error}") from None
    return declared


def _register(cls: type[BaseSettings]) -> None:
    """Registers `cls` as a pytree whose unflattening does not pass the gate."""
    static = tuple(name for name, each in cls.__knobs__.items() if each.static)
    leaves = tuple(name for name in cls.__knobs__ if name not in static)
    keys = tuple(map(jax.tree_util.GetAttrKey, leaves))

    def flatten(settings: BaseSettings) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        values = tuple([getattr(settings, name) for name in leaves])
        return values, tuple([getattr(settings, name) for name in static])

    def flatten_with_keys(settings: BaseSettings) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        values, structure = flatten(settings)
        return tuple(zip(keys, values, strict=True)), structure

    def unflatten(structure: Iterable[Any], values: Iterable[Any]) -> BaseSettings:
        settings = object.__new__(cls)
        settings.__dict__.update(zip(static, structure, strict=True))
        settings.__dict__.update(zip(leaves, values, strict=True))
        return settings

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def settings(cls: type) -> Any:
    """Deprecated: write `class Settings(BaseSettings)`."""
    if issubclass(cls, BaseSettings):
        return cls
    body = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
    return type(cls.__name__, (BaseSettings,), body)


def knobs(settings_class: type[BaseSettings] | BaseSettings) -> dict[str, Knob]:
    """The declarations of settings, by name, in the order they were written."""
    return dict(settings_class.__knobs__)


def read(
    settings_class: type[Settings], values: Mapping[str, Any] | None = None, **named: Any
) -> Settings:
    """`settings_class.read`, for what is given a class."""
    return settings_class.read(values, **named)


def turned(settings: Settings, **named: Any) -> Settings:
    """A copy of `settings` with knobs turned, through the same gate."""
    return type(settings).read(as_dict(settings), **named)


def as_dict(settings: BaseSettings) -> dict[str, Any]:
    """The plain values of `settings`, as they are written into a trace's header."""
    return {name: getattr(settings, name) for name in settings.__knobs__}

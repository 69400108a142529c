"""Knobs: a setting is declared once, and slider, range check, flag and axis title read it off.

A room's `Settings` is a `BaseSettings` whose fields are made by `knob`, `choice` and `switch`. It
is a JAX pytree: what may be turned without recompiling is a leaf, what is static is part of the
structure. Every value is read by its knob, however an object is made.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeVar, dataclass_transform

import jax
import jax.core

from curvkit.core import declared as declarations
from curvkit.core import messages
from curvkit.core.declared import Case, Knob

Settings = TypeVar("Settings", bound="BaseSettings")
# One case in which a knob changes something, or several, see `Knob.when`.
When = Case | tuple[Case, ...]


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
    useful: tuple[float, float] | None = None,
    when: When = (),
) -> Any:
    """Declares a number as a field of settings; arguments as those of `Knob`."""
    declared = dict(low=low, high=high, step=step, scale=scale, absent=absent, useful=useful)
    return _field(default, sentence, source, symbol, static, when=when, **declared)


def switch(
    default: bool, *, sentence: str, source: str, symbol: str = "", static: bool = False,
    when: When = (),
) -> Any:  # fmt: skip
    """Declares a setting that is on or off."""
    return _field(default, sentence, source, symbol, static, when=when)


def choice(
    default: str, choices: Sequence[str], *, sentence: str, source: str, symbol: str = "",
    absent: str | None = None, when: When = (),
) -> Any:  # fmt: skip
    """Declares an enumeration; static, since a program cannot be traced over names."""
    declared = dict(choices=tuple(choices), absent=absent)
    return _field(default, sentence, source, symbol, True, when=when, **declared)


def _field(
    default: Any,
    sentence: str,
    source: str,
    symbol: str,
    static: bool,
    *,
    when: When,
    **declared: Any,
) -> Any:
    declared |= dict(when=(when,) if isinstance(when, Mapping) else when)
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
        declarations.check(f"{cls.__module__}.{cls.__qualname__}", cls.__knobs__)
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
    return Knob(name=field.name, kind=kind, default=field.default, **field.metadata["knob"])


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


def idle(settings: BaseSettings) -> list[str]:
    """The names of the knobs that change nothing where the others stand."""
    return declarations.idle(settings.__knobs__, as_dict(settings))


def as_dict(settings: BaseSettings) -> dict[str, Any]:
    """The plain values of `settings`, as they are written into a trace's header."""
    return {name: getattr(settings, name) for name in settings.__knobs__}

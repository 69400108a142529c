"""The declaration of a knob: its range, its words, and how a value is read."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from curvkit.core import messages

Case = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Knob:
    """The declaration of one setting.

    `low` and `high` bound a number (both inclusive), `useful` is the part of it that a slider shows
    first; `choices` lists what an enumeration may be. A static knob shapes the compiled program.
    `when` says for which values of other knobs this one changes anything: by name, the choices, or
    the least and the largest number; of several such cases one must hold, and always if there is
    none. `absent` is what it was in versions without it.
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
    useful: tuple[float, float] | None = None
    when: tuple[Case, ...] = field(default=(), hash=False)

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


def check(where: str, declared: Mapping[str, Knob]) -> None:
    """Raises ValueError where a declaration contradicts itself or the knobs beside it."""
    for name, each in declared.items():
        place = f"{where}.{name}"
        if each.scale == "log" and each.ends[0] <= 0:
            wrong = messages.refusal("low", "above zero on a log scale", each.low)
            raise ValueError(f"{place}: {wrong}")
        try:
            each.read(each.default)
        except ValueError as error:
            raise ValueError(f"{place}: its default is refused: {error}") from None
        if each.useful is not None:
            low, high = each.ends
            if not low <= each.useful[0] < each.useful[1] <= high:
                expected = f"two numbers within {low:g} to {high:g}, the smaller first"
                raise ValueError(f"{place}: {messages.refusal('useful', expected, each.useful)}")
            if not each.useful[0] <= each.default <= each.useful[1]:
                expected = f"a range that holds the default {each.default:g}"
                raise ValueError(f"{place}: {messages.refusal('useful', expected, each.useful)}")
        _check_when(place, each, declared)


def _check_when(place: str, each: Knob, declared: Mapping[str, Knob], above: tuple[str, ...] = ()):
    """Raises ValueError where `when` names no other knob, no value of it, or leads back."""
    above = (*above, each.name)
    for other, values in [pair for case in each.when for pair in case.items()]:
        if other not in declared:
            wrong = messages.unknown("knob", other, declared)
            raise ValueError(f"{place}, when: {wrong}")
        if other in above:
            raise ValueError(f"{place}, when: {' → '.join((*above, other))} leads back to itself.")
        try:
            for value in values:
                declared[other].read(value)
        except ValueError as error:
            raise ValueError(f"{place}, when: {error}") from None
        _check_when(place, declared[other], declared, above)


def idle(declared: Mapping[str, Knob], values: Mapping[str, Any]) -> list[str]:
    """The names of the knobs that change nothing where they stand as in `values`.

    >>> rule = Knob("rule", str, "gd", "The rule.", "none", choices=("gd", "adam"))
    >>> only = ({"rule": ("adam",)},)
    >>> beta = Knob("beta", float, 0.9, "Momentum.", "none", low=0, high=1, when=only)
    >>> idle({"rule": rule, "beta": beta}, {"rule": "gd", "beta": 0.9})
    ['beta']
    """

    def holds(name: str, allowed: tuple[Any, ...]) -> bool:
        other, value = declared[name], values[name]
        if not works(name):
            return False
        if other.choices or other.kind is bool:
            return value in allowed
        return allowed[0] <= value <= allowed[-1]

    def works(name: str) -> bool:
        cases = declared[name].when
        return not cases or any(all(holds(*each) for each in case.items()) for case in cases)

    return [name for name in declared if not works(name)]

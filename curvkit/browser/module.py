"""A module of WebAssembly, as C text: functions that each are a jaxpr, over arrays they share."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from curvkit.browser import memory
from curvkit.browser.control import into
from curvkit.browser.table import RULES
from curvkit.browser.values import ElementType, Value, shape_and_kind
from curvkit.browser.walk import Rule, Walk
from curvkit.browser.writer import Array, CodeLine, Writer

HERE = Path(__file__).resolve().parent
# An array of so many numbers is written as a list of its values, if there are so few of them.
LARGE, MOST_VALUES = 256, 256
FUNCTION = re.compile(r"\bf\d+\b")


@dataclass(frozen=True)
class Place:
    """An array that is read or written from outside: which address it has, what lies there."""

    number: int
    kind: ElementType
    shape: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON; `dtype` is NumPy's, as the array lies in memory."""
        return {"at": self.number, "dtype": self.kind.numpy.name, "shape": list(self.shape)}


@dataclass
class Module:
    """C text in the making.

    Example: a module with the function `f` of x, whose result lies at the place `y`.

    >>> import jax, jax.numpy as jnp
    >>> jaxpr = jax.make_jaxpr(jnp.sin)(1.0)
    >>> module = Module()
    >>> (x,) = module.arrays(jaxpr.in_avals)
    >>> (y,) = module.function("f", jaxpr, [x])
    >>> "sin_F" in module.text(), module.place(y).shape
    (True, ())
    """

    rules: dict[str, Rule] = field(default_factory=lambda: RULES)
    writer: Writer = field(default_factory=Writer)
    met: Counter[str] = field(default_factory=Counter)
    _bodies: dict[str, list[CodeLine]] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)
    _shared: list[memory.Stretch] = field(default_factory=list)
    _places: list[Value] = field(default_factory=list)

    def arrays(self, avals: Iterable[Any]) -> list[Value]:
        """Arrays that keep their place and numbers, one for each abstract value."""
        return [self.writer.pinned(*shape_and_kind(each)) for each in avals]

    def function(
        self, name: str, jaxpr: Any, given: Sequence[Value], results: Sequence[Value] = ()
    ) -> list[Value]:
        """Adds a function, and returns where its results lie after a call.

        Args:
            jaxpr: a closed one.
            given: arrays with its arguments; they are not changed, unless they are in `results`.
            results: arrays that take its first results.

        Raises:
            Untranslatable: with the primitive that has no rule, and where it came from.
        """
        write = self.writer
        write.lines = []
        walk = Walk(write, self.rules)
        values = walk.closed(jaxpr, [each.same(False) for each in given])
        self.met += walk.met
        outputs = []
        for value in values[len(results) :]:
            ours = value.array is None or not value.alone or write.arrays[value.array].pinned
            outputs.append(write.copied(value) if ours else value)
        into(walk, values[: len(results)], results)
        for each in outputs:  # stays as it is while other functions are called
            write.arrays[str(each.array)].pinned = True
        self._bodies[name] = write.lines
        self._give_places(name)
        return [*results, *outputs]

    def _give_places(self, name: str) -> None:
        spans = memory.lives(self._bodies[name], self.writer.functions)
        taken = memory.places(spans, self.writer.arrays, self._shared)
        self._taken |= {array: f"s{at}" for array, at in taken.items()}

    def place(self, value: Value) -> Place:
        """The place of an array of this module for those outside."""
        self._places.append(value)
        return Place(len(self._places) - 1, value.kind, value.shape)

    @property
    def bytes(self) -> int:
        """How much memory all arrays take."""
        return memory.total(self._shared, self.writer.arrays.values())

    def text(self) -> str:
        """The whole module in C."""
        runtime = (HERE / "runtime.c").read_text(encoding="utf-8")
        runtime = runtime.replace('#include "matrices.c"', (HERE / "matrices.c").read_text("utf-8"))
        parts = [runtime, *self._memory(), *self.writer.functions.values()]
        for name, lines in self._bodies.items():
            body = "\n".join(line.text for line in lines)
            parts.append(f"EXPORT({name}) void {name}(void){{\n{body}\n}}")
        listed = ",".join(each.pointer for each in self._places) or "0"
        parts.append(f"static const void*const places[]={{{listed}}};")
        parts.append("EXPORT(place) const void*place(int k){return places[k];}")
        return "\n".join(parts) + "\n"

    def _memory(self) -> list[str]:
        """Declarations of all arrays."""
        lines = [
            f"static char s{at}[{max(each.bytes, 1)}] __attribute__((aligned(16)));"
            for at, each in enumerate(self._shared)
        ]
        for array in self.writer.arrays.values():
            if array.name in self._taken:
                place = self._taken[array.name]
                lines.append(f"#define {array.name} (({array.kind.c}*){place})")
            elif array.pinned:
                lines.append(_declared(array))
        return lines


def _declared(array: Array) -> str:
    """An array of its own, and what it begins with."""
    head = f"{array.kind.c} {array.name}[{array.size}] __attribute__((aligned(16)))"
    if array.data is None:
        return f"static {head};"
    name = f"{array.name}_"
    if (listed := _listed(array)) is not None:
        values, places = listed
        return (
            f'static const char {name}at[]="{_text(places)}";\n'
            f'static const char {name}[] __attribute__((aligned(16)))="{_text(values)}";\n'
            f"static {head};\n__attribute__((constructor)) static void {name}begin(void)"
            f"{{for(int i=0;i<{array.size};i++)"
            f"{array.name}[i]=((const {array.kind.c}*){name})[(unsigned char){name}at[i]];}}"
        )
    return (
        f'static const char {name}[] __attribute__((aligned(16)))="{_text(array.data)}";\n'
        f"#define {array.name} (({array.kind.c}*){name})"
    )


def _text(data: bytes) -> str:
    return "".join(f"\\{byte:03o}" for byte in data)


def _listed(array: Array) -> tuple[bytes, bytes] | None:
    """The few values that a large array has, as pixels do, and which of them each number is, as a
    byte: a page packs it in three quarters of the room. None where there are more values.
    """
    width = array.kind.numpy.itemsize
    if array.data is None or array.size < LARGE or width not in (4, 8):
        return None
    values, places = np.unique(np.frombuffer(array.data, f"u{width}"), return_inverse=True)
    if len(values) > MOST_VALUES:
        return None
    return values.tobytes(), places.astype(np.uint8).tobytes()

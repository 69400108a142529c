"""Writes the text of C functions: loops, arrays, and values that are stored into them."""

import hashlib
import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.browser.values import (
    ElementType,
    Index,
    Value,
    constant,
    in_memory,
    kind_of,
)

# An expression of more operations than this is stored before others are built on it.
MOST_COST = 24
LOOP = re.compile(r"\bk\d+\b")


@dataclass
class Array:
    """An array in memory: of how many elements of which kind; `data` where it is constant."""

    name: str
    size: int
    kind: ElementType
    pinned: bool = False
    data: bytes | None = None


@dataclass
class CodeLine:
    """A line of C with the depth of loops and branches of control around it; `opens` and `closes`
    say where a loop begins and ends.
    """

    text: str
    opens: bool = False
    closes: bool = False


@dataclass
class Writer:
    """The text of one module, as it grows.

    Attributes:
        arrays: all arrays by name; functions: the texts of the loop nests, by name.
        lines: of the function that is being written.
    """

    arrays: dict[str, Array] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    lines: list[CodeLine] = field(default_factory=list)
    _constants: dict[tuple[str, str], str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _nest: list[str] | None = None

    def line(self, text: str, opens: bool = False, closes: bool = False) -> None:
        """Writes a line: into the loop nest that is open, or into the function."""
        if self._nest is not None:
            self._nest.append(text)
        else:
            self.lines.append(CodeLine(text, opens, closes))

    def name(self, letter: str) -> str:
        """A new name in C."""
        return f"{letter}{next(self._numbers)}"

    def array(self, size: int, kind: ElementType, pinned: bool = False) -> str:
        """The name of a new array."""
        name = self.name("b")
        self.arrays[name] = Array(name, max(size, 1), kind, pinned)
        return name

    def new(self, shape: Sequence[int], kind: ElementType) -> Value:
        """A new array, which its maker writes to and nobody else."""
        name = self.array(math.prod(shape), kind)
        # Named before any loop, for what is written piece by piece lives through all of them.
        self.line(f"/* {name} */")
        return in_memory(name, shape, kind, alone=True)

    def pinned(self, shape: Sequence[int], kind: ElementType) -> Value:
        """An array that keeps its place and its numbers from call to call."""
        return in_memory(self.array(math.prod(shape), kind, pinned=True), shape, kind)

    def constant(self, given: object) -> Value:
        """A value that never changes."""
        if isinstance(given, jax.Array) and jnp.issubdtype(given.dtype, jax.dtypes.prng_key):
            given = jax.random.key_data(given)
        values = np.asarray(given)
        kind = kind_of(values.dtype)
        if not values.size or (values == values.reshape(-1)[0]).all():
            return constant(values.reshape(-1)[0] if values.size else 0, kind, values.shape)
        raw = np.ascontiguousarray(values, kind.numpy).tobytes()
        mark = (str(kind), hashlib.sha256(raw).hexdigest())
        if mark not in self._constants:
            name = self._constants[mark] = self.array(values.size, kind, pinned=True)
            self.arrays[name].data = raw
        return in_memory(self._constants[mark], values.shape, kind)

    @contextmanager
    def block(self, head: str, loop: bool = False) -> Iterator[None]:
        """Lines within braces; `loop` if they run again and again."""
        self.line(head + "{", opens=loop)
        yield
        self.line("}", closes=loop)

    def loops(self, shape: Sequence[int], body: Callable[[Index], None]) -> None:
        """A loop over every index of `shape`; the outermost is a function of its own, since
        compilers take long over long functions.
        """
        if 0 in shape:
            return
        with self.nest(any(n != 1 for n in shape)):
            index = [self.name("i") if n != 1 else "0" for n in shape]
            real = [(i, n) for i, n in zip(index, shape, strict=True) if n != 1]
            for i, n in real:
                self.line(f"for(int {i}=0;{i}<{n};{i}++){{")
            body(index)
            for _ in real:
                self.line("}")

    def each(self, shape: Sequence[int], body: Callable[[Index], None]) -> None:
        """A loop over every index of `shape` in a function of its own, also where there is one."""
        with self.nest():
            self.line("{")
            self.loops(shape, body)
            self.line("}")

    @contextmanager
    def nest(self, apart: bool = True) -> Iterator[None]:
        """What is written within is a C function of its own, if it is not in one already."""
        if self._nest is not None or not apart:
            yield
            return
        self._nest = []
        try:
            yield
        finally:
            text, self._nest = "\n".join(self._nest), None
        # The counters of the loops that it stands in.
        given = sorted(set(LOOP.findall(text)))
        name = self.name("f")
        declared = ",".join(f"int {each}" for each in given) or "void"
        self.functions[name] = f"static NOINLINE void {name}({declared}){{\n{text}\n}}"
        self.line(f"{name}({','.join(given)});")

    def store(self, into: Value, value: Value) -> None:
        """Writes all elements of a value to a place in memory."""
        assert into.array is not None
        if not value.size or (value.array == into.array and value.offset == into.offset):
            return
        if value.array is not None and value.size > 8:
            count = f"{value.size}*sizeof({value.kind.c})"
            self.line(f"__builtin_memmove({into.pointer},{value.pointer},{count});")
        elif value.flat is not None and into.flat is not None:
            flat, to = value.flat, into.flat
            self.loops((value.size,), lambda k: self.line(f"{to(k[0])}={flat(k[0])};"))
        else:
            self.loops(value.shape, lambda at: self.line(f"{into.at(at)}={value.at(at)};"))

    def stored(self, value: Value) -> Value:
        """The value in memory: itself, changed to be there, where it is not yet."""
        if value.array is None:
            place = self.new(value.shape, value.kind)
            self.store(place, value)
            for name in ("at", "flat", "array", "offset", "cost", "alone"):
                setattr(value, name, getattr(place, name))
        return value

    def copied(self, value: Value) -> Value:
        """A copy of its own."""
        place = self.new(value.shape, value.kind)
        self.store(place, value)
        return place

    def changeable(self, value: Value) -> Value:
        """The value in an array that may be changed: its own where nobody else reads it."""
        whole = value.array is not None and value.offset == "0"
        if whole and value.alone and self.arrays[str(value.array)].size == max(value.size, 1):
            return value
        return self.copied(value)

    def scalar(self, value: Value) -> str:
        """The C expression of a value that is one number, of no cost."""
        if value.cost:
            self.stored(value)
        return value.at([])

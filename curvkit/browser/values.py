"""Values of a program that is being written as C: an array in memory, or an expression of its
elements that is computed where it is used.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


class ElementType(str):
    """What an element is: the letter that ends the names of the C functions on it."""

    @property
    def c(self) -> str:
        """Its type in C."""
        return C_TYPES[self]

    @property
    def numpy(self) -> np.dtype[Any]:
        """Its type in NumPy, as it lies in memory."""
        return np.dtype(NUMPY_TYPES[self])

    @property
    def real(self) -> bool:
        """Whether it is a floating-point number."""
        return self in "FD"


# A truth value takes four bytes, so that choosing between floats runs four at a time.
C_TYPES = {
    "F": "float", "D": "double", "I": "int", "U": "unsigned", "L": "long long",
    "M": "unsigned long long", "B": "int", "S": "short", "T": "unsigned short", "C": "signed char",
    "A": "unsigned char",
}  # fmt: skip
NUMPY_TYPES = {
    "F": "float32", "D": "float64", "I": "int32", "U": "uint32", "L": "int64", "M": "uint64",
    "B": "int32", "S": "int16", "T": "uint16", "C": "int8", "A": "uint8",
}  # fmt: skip
KINDS = {
    "float32": "F", "float64": "D", "int32": "I", "uint32": "U", "int64": "L", "uint64": "M",
    "bool": "B", "int16": "S", "uint16": "T", "int8": "C", "uint8": "A", "float0": "B",
}  # fmt: skip


def kind_of(dtype: Any) -> ElementType:
    """The kind of a dtype.

    Raises:
        TypeError: where no program in a page computes with it.
    """
    if str(dtype) not in KINDS:
        raise TypeError(f"numbers of type {dtype}")
    return ElementType(KINDS[str(dtype)])


def shape_and_kind(aval: Any) -> tuple[tuple[int, ...], ElementType]:
    """Shape and kind of an abstract value; a random key is its words."""
    if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key):
        words = jax.eval_shape(jax.random.key_data, jax.ShapeDtypeStruct(aval.shape, aval.dtype))
        return words.shape, ElementType("U")
    return tuple(int(n) for n in aval.shape), kind_of(aval.dtype)


Index = Sequence[str]


@dataclasses.dataclass(eq=False)
class Value:
    """An array of a program.

    Args:
        at: the C expression of the element at an index, whose entries are C expressions.
        flat: the same for an index into all elements in order; None where that costs divisions.
        array, offset: where its elements lie one after another, the name of the C array and how
            many elements come before; else None.
        cost: about how many operations an element costs, 0 where it only is read.
        alone: whether no other value reads the array, so that it may be changed in place.
    """

    shape: tuple[int, ...]
    kind: ElementType
    at: Callable[[Index], str]
    flat: Callable[[str], str] | None = None
    array: str | None = None
    offset: str = "0"
    cost: int = 0
    alone: bool = False

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def pointer(self) -> str:
        """The address of its first element in C; for arrays in memory."""
        assert self.array is not None
        return self.array if self.offset == "0" else f"{self.array}+{self.offset}"

    def same(self, alone: bool) -> "Value":
        """The same elements as another value."""
        return dataclasses.replace(self, alone=alone)


def linear(shape: Sequence[int], index: Index) -> str:
    """The place of an element among all in order, as a C expression.

    >>> linear((2, 3), ("i", "j"))
    'i*3+j'
    """
    terms, stride = [], 1
    for n, i in zip(reversed(shape), reversed(index), strict=True):
        if n != 1 and i != "0":
            terms.append(i if stride == 1 else f"{i}*{stride}")
        stride *= n
    return "+".join(reversed(terms)) or "0"


def plus(a: str, b: str) -> str:
    """The sum of two C expressions of whole numbers.

    >>> plus("2", "3"), plus("0", "i"), plus("i", "1")
    ('5', 'i', 'i+1')
    """
    if a.isdigit() and b.isdigit():
        return str(int(a) + int(b))
    return b if a == "0" else a if b == "0" else f"{a}+{b}"


def times(a: str, n: int) -> str:
    """A C expression of a whole number, times a number."""
    if a.isdigit():
        return str(int(a) * n)
    return a if n == 1 else f"({a})*{n}" if "+" in a or "-" in a else f"{a}*{n}"


def element(name: str, place: str) -> str:
    """An element of a C array."""
    return f"{name}[{place}]"


def in_memory(
    array: str, shape: Sequence[int], kind: ElementType, offset: str = "0", alone: bool = False
) -> Value:
    """A value whose elements lie one after another in a C array."""
    shape = tuple(shape)
    return Value(
        shape, kind, lambda index: element(array, plus(offset, linear(shape, index))),
        lambda k: element(array, plus(offset, k)), array, offset, 0, alone,
    )  # fmt: skip


def literal(number: Any, kind: ElementType) -> str:
    """A number as C writes it, to the last bit.

    >>> F, I, U = map(ElementType, "FIU")
    >>> literal(0.1, F), literal(-1, I), literal(2**31, U)
    ('0x1.99999ap-4f', '(-1)', '2147483648u')
    """
    if kind.real:
        value = float(kind.numpy.type(number))
        if math.isnan(value):
            return f"NAN_{kind}"
        if math.isinf(value):
            return f"INF_{kind}" if value > 0 else f"(-INF_{kind})"
        text = value.hex() + ("f" if kind == "F" else "")
        text = text.replace(".0000000000000p", ".0p")
        text = _short(text)
        return f"({text})" if text.startswith("-") else text
    whole = int(number)
    ends = {"U": "u", "M": "ull", "L": "ll"}.get(kind, "")
    if kind in ("I", "L") and whole == np.iinfo(kind.numpy).min:
        return f"(-{-(whole + 1)}{ends}-1)"
    return f"({whole}{ends})" if whole < 0 else f"{whole}{ends}"


def _short(text: str) -> str:
    """A hexadecimal number without the zeros that end its fraction."""
    head, _, tail = text.partition("p")
    if "." in head:
        head = head.rstrip("0")
        head = head + "0" if head.endswith(".") else head
    return f"{head}p{tail}"


def constant(number: Any, kind: ElementType, shape: Sequence[int] = ()) -> Value:
    """A value all of whose elements are one number."""
    text = literal(number, kind)
    return Value(tuple(shape), kind, lambda index: text, lambda k: text)

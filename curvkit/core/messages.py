"""Words: how curvkit phrases a refusal, a number and a list, so that it does so in one voice."""

import difflib
import functools
import math
import numbers
import operator
import re
import reprlib
import sys
from collections.abc import Iterable
from typing import Any, SupportsFloat, TypeVar

Known = TypeVar("Known")
# What the names of dtypes of real numbers have in them.
NUMBERS = re.compile("float|int")


def refusal(name: str, expected: str, got: object, advice: str = "") -> str:
    """One sentence that names the setting, what was expected, what came, and what to do.

    >>> refusal("learning_rate", "a number from 0.1 to 2", 5)
    'learning_rate must be a number from 0.1 to 2, but 5 was given.'
    """
    sentence = f"{name} must be {expected}, but {shown(got)} was given"
    if advice:
        return f"{sentence}; {advice}" + "." * (not advice.endswith("?"))
    return f"{sentence}."


def whole(name: str, value: Any, least: int = 1, expected: str = "", most: float = math.inf) -> int:
    """`value` as a whole number of at least `least`; one of NumPy's or JAX's is one, too.

    Raises:
        ValueError: if it is none, or out of range.

    >>> import numpy as np
    >>> whole("k", np.int64(2))
    2
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or not least <= number <= most:
        above = f"of at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ValueError(refusal(name, expected or f"a whole number {above}", value))
    return number


def real(
    name: str, value: Any, expected: str = "", *, above: float = -math.inf,
    least: float | None = None, below: float = math.inf, most: float | None = None,
    advice: str = "",
) -> Any:  # fmt: skip
    """`value` as a number of Python's, if it is one and in range; what is being traced as it is.

    One of NumPy's or JAX's is one, too. Ends are excluded by `above` and `below`, which by default
    excludes the infinite, and included by `least` and `most`; nan is never in range.

    Args:
        name: of the argument.
        value: what was given for it.
        expected: what it has to be, in words; by default the range.
        above, least, below, most: the range.
        advice: what to do.

    Raises:
        ValueError: if it is none, or out of range.

    >>> import numpy as np
    >>> real("sigma", np.float32(2), above=0), real("momentum", 0, least=0, below=1)
    (2.0, 0.0)
    >>> real("sigma", "2", above=0)
    Traceback (most recent call last):
    ValueError: sigma must be a number above 0, but '2' was given.
    """
    if _is_traced(value):
        return value
    number = _as_float(value)
    low = number > above if least is None else number >= least
    high = number < below if most is None else number <= most
    if not (low and high):
        words = expected or _range(above, least, below, most)
        raise ValueError(refusal(name, words, value, advice))
    return number


def reals(name: str, value: Any, expected: str = "", **range_: Any) -> Any:
    """`value` as it is, if it is a number, or an array of numbers all of which are in range.

    What is being traced passes. Arguments and errors are those of `real`.

    >>> reals("momentum", [0.0, 0.9], least=0, below=1)
    [0.0, 0.9]
    """
    if _is_traced(value):
        return value
    shape = getattr(value, "shape", (len(value),) if isinstance(value, list | tuple) else ())
    if not shape:
        real(name, value, expected, **range_)
        return value
    import numpy as np  # which not every command that speaks has loaded

    try:
        array = np.asarray(value)
        if not NUMBERS.search(str(array.dtype)):
            raise TypeError
        # In range are all, if the least and the largest are; a nan is both of them.
        ends = (array.min(), array.max()) if array.size else ()
    except (TypeError, ValueError):
        ends = (value,)
    for each in ends:
        try:
            real(name, each, expected, **range_)
        except ValueError as error:
            words = expected or str(error).partition("must be ")[2].rpartition(", but ")[0]
            raise ValueError(refusal(name, words, value)) from error
    return value


def _as_float(value: Any) -> float:
    """A real number as one of Python's, nan for whatever is none."""
    dtype = str(getattr(value, "dtype", "float" if isinstance(value, numbers.Real) else ""))
    # An array of one number is an array.
    if isinstance(value, bool) or getattr(value, "shape", ()) or not NUMBERS.search(dtype):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _is_traced(value: Any) -> bool:
    """Whether JAX is tracing it; where JAX is not loaded nothing is."""
    tracer = getattr(getattr(sys.modules.get("jax"), "core", None), "Tracer", None)
    return tracer is not None and isinstance(value, tracer)


def _range(above: float, least: float | None, below: float, most: float | None) -> str:
    """A range in words."""
    if least is not None and most is not None and most < math.inf:
        return f"a number from {least:g} to {most:g}"
    low = f"of at least {least:g}" if least is not None else f"above {above:g}"
    high = f"of at most {most:g}" if most is not None else f"below {below:g}"
    bounds = [each for each in (low, high) if "inf" not in each]
    return f"a number {' and '.join(bounds)}" if bounds else "a finite number"


def switch(name: str, value: Any) -> bool:
    """`value`, if it is true or false.

    Raises:
        ValueError: if it is anything else: of a word nobody knows which of them it means.

    >>> switch("whiten", False)
    False
    """
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise ValueError(refusal(name, "True or False", value))


def known(name: str, value: Known | None) -> Known:
    """`value`, where what was done before has made sure that there is one.

    Raises:
        ValueError: if it is None.

    >>> known("loss", 2.0)
    2.0
    """
    if value is None:
        raise ValueError(f"{name} is asked for, but there is none.")
    return value


def unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """One sentence for a name that does not exist: the nearest known one, and all of them.

    >>> unknown("setting", "widht", ["depth", "width"])
    "There is no setting 'widht'; did you mean 'width'? The known ones are depth, width."
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"There is no {kind} {shown(name)}{hint} The known ones are {', '.join(known)}."


def shown(value: object, limit: int = 60) -> str:
    """`repr(value)`, shortened to `limit` characters so that a sentence stays a sentence."""
    # What writes itself over several lines, such as a table, is still part of a sentence.
    text = " ".join(_short(limit).repr(value).splitlines())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


@functools.cache
def _short(limit: int) -> reprlib.Repr:
    """What writes no more of a value than can be shown, however long or deep it is."""
    short = reprlib.Repr()
    short.maxlevel = 4
    # An entry is printed as two characters at least, so half the limit is enough entries.
    for name in ("maxlist", "maxtuple", "maxset", "maxfrozenset", "maxdict", "maxdeque"):
        setattr(short, name, limit // 2)
    for name in ("maxstring", "maxlong", "maxother"):
        setattr(short, name, 4 * limit)
    return short


def failure(error: BaseException, limit: int = 240) -> str:
    """What an error says, as one sentence of at most `limit` characters.

    A library's message may be many lines; the first is kept, with the error's kind where it is no
    sentence by itself.

    >>> failure(KeyError("x")), failure(ValueError("It is 1.\\nand 2"))
    ("KeyError: 'x'.", 'It is 1.')
    """
    text = " ".join(str(error).strip().split("\n")[0].split())
    if not (isinstance(error, ValueError | OSError | ImportError) and text):
        text = f"{type(error).__name__}: {text}".removesuffix(": ")
    text = text if len(text) < limit else f"{text[: limit - 2]}…"
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def counted(count: int, noun: str) -> str:
    """A number of things in words.

    Args:
        count: how many they are.
        noun: what one of them is called; more of them have an s.

    >>> counted(1, "reading"), counted(0, "good group")
    ('1 reading', '0 good groups')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def number(value: SupportsFloat, digits: int = 3) -> str:
    """A number as a person writes it, to `digits` significant digits.

    >>> number(2.0004), number(0.00187), number(1234567.0), number(float("nan"))
    ('2.00', '1.87e-3', '1.23e6', 'not a number')
    """
    value = float(value)
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -3 < power < 5:
        return f"{value:.{max(digits - 1 - power, 0)}f}"
    return f"{mantissa}e{power}"

"""Words: how curvkit phrases a refusal, a number and a list, so that it does so in one voice."""

import difflib
import functools
import math
import operator
import reprlib
from collections.abc import Iterable


def refusal(name: str, expected: str, got: object, advice: str = "") -> str:
    """One sentence that names the setting, what was expected, what came, and what to do.

    >>> refusal("learning_rate", "a number from 0.1 to 2", 5)
    'learning_rate must be a number from 0.1 to 2, but 5 was given.'
    """
    sentence = f"{name} must be {expected}, but {shown(got)} was given"
    if advice:
        return f"{sentence}; {advice}" + "." * (not advice.endswith("?"))
    return f"{sentence}."


def whole(
    name: str, value: object, least: int = 1, expected: str = "", most: float = math.inf
) -> int:
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
    text = _short(limit).repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


@functools.cache
def _short(limit: int) -> reprlib.Repr:
    """What writes no more of a value than can be shown, however long or deep it is."""
    short = reprlib.Repr()
    short.maxlevel = 4
    # Two signs for each entry at least: what is left out lies beyond the limit.
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


def number(value: float, digits: int = 3) -> str:
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

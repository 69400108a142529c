"""Claims of a loss, as text: what is claimed, and to how many digits it is held.

| symbol | name | shape or source |
| --- | --- | --- |
| c | `claimed`: a decimal such as 5.777, or a ratio such as 8/3 | text |
| ½ u | `tolerance(c)`: half a unit u of the last digit given; u is 1 at most | rational |

A digit that stands for tens or more is no digit of a loss that was read off: "1e1" is 10 to within
a half, as "10" is, and not anything from 5 to 15. A ratio is meant as it stands.
"""

import re
from fractions import Fraction

from curvkit.core import messages

HALF = Fraction(1, 2)
# Beyond it the powers of ten take longer than the proof.
MOST_EXPONENT = 400
_DECIMAL = re.compile(
    r"[+-]?(?=\d|\.\d)(?P<whole>[0-9]*)(?:\.(?P<after>[0-9]*))?(?:e(?P<power>[+-]?[0-9]{1,9}))?"
)
_RATIO = re.compile(r"[+-]?[0-9]+/[0-9]+")


def read(claimed: object) -> str:
    """The claim as text without spaces and signs that say nothing.

    Args:
        claimed: text, or a number, of which the digits that Python prints are taken.

    Raises:
        ValueError: with one sentence, if it is no decimal and no ratio, or not finite.

    >>> read(" 5.777_378E0 "), read(0.25)
    ('5.777378e0', '0.25')
    """
    text = str(claimed).strip().lower().replace("_", "")
    decimal, ratio = _DECIMAL.fullmatch(text), _RATIO.fullmatch(text)
    known = not isinstance(claimed, bool | bytes) and (decimal or ratio)
    if known and ratio and not int(text.partition("/")[2]):
        known = False
    if not known:
        expected = "a number as text, such as '5.77' or '8/3'"
        raise ValueError(messages.refusal("claimed", expected, claimed))
    if decimal and abs(int(decimal["power"] or 0)) > MOST_EXPONENT:
        expected = f"a number with an exponent from -{MOST_EXPONENT} to {MOST_EXPONENT}"
        raise ValueError(messages.refusal("claimed", expected, claimed))
    return text


def value(claimed: str) -> Fraction:
    """What is claimed, exactly.

    >>> value("5.8"), value("8/3")
    (Fraction(29, 5), Fraction(8, 3))
    """
    return Fraction(claimed)


def tolerance(claimed: str) -> Fraction:
    """How far a loss may be from a claim: half a unit of the last digit given, a half at most.

    Args:
        claimed: as `read` returns it.

    Returns:
        A rational number; 0 for a ratio, which is meant exactly.

    >>> [str(tolerance(each)) for each in ("5.77", "5.7e-1", "5", "1e3", "8/3")]
    ['1/200', '1/200', '1/2', '1/2', '0']
    """
    if "/" in claimed:
        return Fraction(0)
    mantissa, _, power = claimed.partition("e")
    place = int(power or 0) - len(mantissa.partition(".")[2])
    return HALF * min(Fraction(10) ** place, 1)

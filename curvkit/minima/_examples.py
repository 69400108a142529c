"""The counterexamples as data: each a network, its data, a claimed minimum and a better point.

Nothing here is believed: `certify` proves each claim anew, or says why it cannot.

| symbol | name | shape |
| --- | --- | --- |
| x, y | `inputs`, `targets` | (points, features), (points,) rationals |
| θ | `weights`, the claimed minimum | `Weights` of rationals |
| θ₂ | `better`, a point with a lower loss, or None | `Weights` of rationals |
| L(θ) | `claimed`, as it is printed, or None | decimal or ratio |

Sources: arXiv 1611.06310, with the sign of P2 and P3 as it has to be for the stated losses.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from curvkit.core import messages
from curvkit.minima import _claims as claims
from curvkit.minima._calculus import BENDS, CRITERIA, Weights
from curvkit.minima._rationals import exact

PAPER = "arXiv 1611.06310"
# Beyond it the floats that the search for a proof starts from overflow in a squared loss.
LARGEST = int(1e30)

TEN_POINTS = (
    ("2.8", "0.4"), ("3.1", "4.3"), ("0.1", "-3.4"), ("-4.2", "-3.3"), ("-0.5", "0.2"),
    ("-2.7", "-0.4"), ("-3", "-4.3"), ("-0.1", "3.4"), ("4.2", "3.2"), ("0.4", "-0.1"),
)  # fmt: skip
TEN_LABELS = (1,) * 5 + (0,) * 5
XOR, XOR_LABELS = ((0, 0), (1, 1), (0, 1), (1, 0)), (0, 0, 1, 1)
JELLYFISH = (("1", "0"), ("0.2", "0.6"), ("0", "1"), ("0.6", "0.2"))
JELLYFISH_LABELS = (1, 1, 0, 0)
LINE_1 = ((5, 2), (4, 1), (3, 0), (1, -3), (-1, 3))
LINE_2 = ((-1, 5), (0, 0), (1, -1), (10, -3), (11, -4), (12, -5))
LINE_3 = ((-1, 3), (0, 0), (1, -1), (10, -3), (11, -4), (12, -6))
# Found by Adam, and rounded: any point with a lower loss will do.
BETTER_TEN = (
    [["-9.74", "9.302"], ["-0.8415", "0.8043"]], ["0.4856", "0.0339"], ["40.82", "-67.95"], "13.48",
)  # fmt: skip
BETTER_JELLYFISH = (
    [["-10.85", "5.89"], ["8.38", "11.12"]], ["-1.36", "-7.23"], ["-10.71", "12.13"], "-6.81",
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A network on data, with a minimum that is claimed and a better point; made by `example`."""

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    weights: Weights
    activation: str
    loss: str
    better: Weights | None = None
    claimed: str | None = None
    source: str = "own"

    def __repr__(self) -> str:
        points, units = len(self.targets), self.weights.units
        network = messages.counted(units, f"{self.activation} unit")
        return f"Example({self.name!r}: {network} on {messages.counted(points, 'point')})"


def example(
    inputs: Any,
    targets: Any,
    weights: Any,
    *,
    activation: str,
    loss: str,
    better: Any = None,
    claimed: str | None = None,
    name: str = "own network",
    source: str = "own",
) -> Example:
    """A network, its data and a claimed minimum, checked and taken exactly.

    Args:
        inputs: (points, features), or (points,) for one feature; fp64, integers, rationals or
            decimals as text.
        targets: (points,); 0 and 1 for the logistic loss.
        weights: `(hidden, bias, output, offset)`: (units, features), (units,), (units,), ().
        activation: sigmoid, tanh, softplus or relu.
        loss: logistic (Σ softplus(z) − y z) or squared (Σ (z − y)²).
        better: weights with a lower loss, if it is claimed that the minimum is a bad one.
        claimed: the loss that is claimed, as text, held to half a unit of the last digit given: to
            ±0.005 for "5.77". A digit of tens or more is held to ±0.5 all the same, and a ratio
            exactly.
        name: how the certificate calls it.
        source: where the claim is from.

    Raises:
        ValueError: with one sentence, if a name is unknown or a shape does not fit.

    >>> example([0, 1], [1, 0], ([[1.0]], [0.0], [1.0], 0.0), activation="tanh", loss="squared")
    Example('own network': 1 tanh unit on 2 points)
    """
    for kind, choice, known in (("activation", activation, BENDS), ("loss", loss, CRITERIA)):
        if not (isinstance(choice, str) and choice in known):
            raise ValueError(messages.unknown(kind, choice, known))
    inputs = _exact("inputs", inputs)
    inputs = inputs[:, None] if inputs.ndim == 1 else inputs
    targets = _exact("targets", targets)
    if inputs.ndim != 2 or targets.shape != inputs.shape[:1] or not inputs.size:
        expected = "of shapes (points, features) and (points,): one output, at least one point"
        raise ValueError(
            messages.refusal("inputs, targets", expected, (inputs.shape, targets.shape))
        )
    odd = [float(each) for each in targets if loss == "logistic" and each not in (0, 1)]
    if odd:
        raise ValueError(messages.refusal("targets", "0 and 1 for the logistic loss", odd[0]))
    weights = _weights("weights", weights, inputs.shape[1])
    better = None if better is None else _weights("better", better, inputs.shape[1])
    claimed = None if claimed is None else claims.read(claimed)
    return Example(name, inputs, targets, weights, activation, loss, better, claimed, source)


def _exact(name, values):
    try:
        fractions = exact(values)
    except (TypeError, ValueError, OverflowError) as error:
        expected = "an array of finite numbers"
        raise ValueError(messages.refusal(name, expected, values)) from error
    if any(abs(each) > LARGEST for each in fractions.ravel()):
        raise ValueError(messages.refusal(name, f"of at most {float(LARGEST):.0e} in size", values))
    return fractions


def _weights(name, given, features):
    parts = tuple(given) if isinstance(given, list | tuple) else ()
    if len(parts) != 4:
        expected = "(hidden, bias, output, offset), four arrays"
        raise ValueError(messages.refusal(name, expected, given))
    hidden, bias, output, offset = (_exact(name, each) for each in parts)
    hidden = hidden[:, None] if hidden.ndim == 1 else hidden
    units = len(hidden)
    shapes = (hidden.shape, bias.shape, output.shape, offset.shape)
    if shapes != ((units, features), (units,), (units,), ()) or not units:
        expected = "(hidden, bias, output, offset) of shapes "
        expected += f"(units, {features}), (units,), (units,), ()"
        raise ValueError(messages.refusal(name, expected, shapes))
    return Weights(hidden, bias, output, offset.item())


def counterexamples() -> tuple[Example, ...]:
    """All counterexamples of the room, each to be handed to `certify`.

    >>> [each.name for each in counterexamples()]
    ['ten_points', 'P1', 'P2', 'P3', 'P1_off', 'jellyfish_off']
    """
    return (ten_points(), *rectifiers(), *blind())


def ten_points() -> Example:
    """Two sigmoid units on ten points: a strict minimum at which 40 % are right.

    >>> ten_points().claimed
    '5.777378449063'
    """
    bad = (
        [["1.0595419073622803", "-0.03749353018778166"],
         ["-0.05625246045693214", "1.0951787134964592"]],
        ["-0.05068512445265975", "-0.06894406186606399"],
        ["3.7692459662059026", "-3.721433429020664"],
        "-0.014843730895574858",
    )  # fmt: skip
    return example(
        TEN_POINTS, TEN_LABELS, bad, activation="sigmoid", loss="logistic",
        better=BETTER_TEN, claimed="5.777378449063", name="ten_points",
        source=f"{PAPER}, the sigmoid theorem",
    )  # fmt: skip


def rectifiers() -> tuple[Example, ...]:
    """P1, P2 and P3: one, two and three rectifiers on a line, squared loss.

    >>> [each.claimed for each in rectifiers()]
    ['18', '8/3', '2/3']
    """
    third = Fraction(1, 3)
    entries = (
        ("P1", LINE_1, ([1], [-3], [1], 0), ([-1], [0], [3], 0), "18"),
        ("P2", LINE_2, ([-3, 1], [13 * third, -10], [1, -1], -3),
         ([-5, 1], [1, -8], [1, -1], -1), "8/3"),
        ("P3", LINE_3, ([-2, 1, 1], [11 * third, -10, -11], [1, -1, -1], -3),
         ([Fraction(-3, 2), Fraction(-3, 2), Fraction(3, 2)], [1, 0, Fraction(-79, 6)],
          [1, 1, -1], -1), "2/3"),
    )  # fmt: skip
    return tuple(
        example(
            [x for x, _ in line], [y for _, y in line], weights, activation="relu",
            loss="squared", better=better, claimed=claimed, name=name,
            source=f"{PAPER}, rectifiers on a line",
        )
        for name, line, weights, better, claimed in entries
    )  # fmt: skip


def blind() -> tuple[Example, ...]:
    """Failed initialisations: every unit is off on every point, and stays so.

    >>> [each.claimed for each in blind()]
    ['106/5', None]
    """
    line = example(
        [x for x, _ in LINE_1], [y for _, y in LINE_1], ([1], [-6], [1], Fraction(3, 5)),
        activation="relu", loss="squared", better=([1], [-3], [1], 0), claimed="106/5",
        name="P1_off", source=f"{PAPER}, section on blind spots",
    )  # fmt: skip
    jellyfish = example(
        JELLYFISH, JELLYFISH_LABELS, ([[-1, -1], [-2, -1]], [0, 0], [1, 1], 0),
        activation="relu", loss="logistic", better=BETTER_JELLYFISH,
        name="jellyfish_off", source=f"{PAPER}, section on blind spots",
    )  # fmt: skip
    return line, jellyfish

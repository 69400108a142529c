"""What a proof is made of: steps that hold or do not, and numbers between bounds.

| symbol | name | shape |
| --- | --- | --- |
| [low, high] | `Ball` | two floats, rounded outward |
| ⊢ | `Step.holds`: shown for certain | bool |
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from curvkit.core.messages import number
from curvkit.minima import _balls as balls

# A ratio of more digits than this says less than its first three decimals do.
LONGEST = 24


class Ball(NamedTuple):
    """A number that is known to be within `low` and `high`; `text` has the digits that are sure."""

    low: float
    high: float
    text: str

    @classmethod
    def exactly(cls, value: Fraction) -> "Ball":
        """The ball of a rational number: as text exact if it is short, as floats to their rounding.

        >>> Ball.exactly(Fraction(8, 3)).text, Ball.exactly(Fraction(1, 3) ** 60).text
        ('8/3', 'about 2.36e-29')
        """
        text = str(value)
        return cls(float(value), float(value), text if len(text) <= LONGEST else _about(value))

    @classmethod
    def around(cls, ball: Any) -> "Ball":
        """The same of a ball of `balls`; one of which no digit is sure is told by its size.

        >>> [Ball.around(balls.balls(0.0, radius).item()).text for radius in (0.0, 3e-52)]
        ['0.0', '0 ± 3.03e-52']
        """
        low, high = balls.ends(ball)
        if not float(ball.rad()):
            return cls(low, high, str(float(ball.mid())))
        digits = ball.str(14, radius=False)
        if not any(each in "123456789" for each in digits.partition("e")[0]):
            # A hundredth more than it is, which is more than three digits round away.
            digits = f"0 ± {number(1.01 * max(-low, high))}"
        return cls(low, high, digits)


class Step(NamedTuple):
    """One step of a proof: what is claimed, whether it was shown, and how, in words."""

    name: str
    holds: bool
    words: str


@dataclass
class Proof:
    """A proof while it is being made; attributes as in `certificate.Certificate`."""

    arithmetic: str
    steps: list[Step] = field(default_factory=list)
    loss: Ball | None = None
    better_loss: Ball | None = None
    radius: float | None = None
    distance: float | None = None
    eigenvalues: list[Ball] = field(default_factory=list)
    flat: list[str] = field(default_factory=list)
    right: int | None = None

    def step(self, name: str, holds: bool, words: str) -> bool:
        """Adds a step and says whether it holds."""
        self.steps.append(Step(name, bool(holds), words))
        return bool(holds)


def _about(value):
    return f"about {number(float(value))}"

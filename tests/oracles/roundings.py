"""What rounding can do to a bound: ReLU networks in exact rationals, and numbers that count.

A computed sum of products is off by at most n u / (1 - n u) of the sum of its terms' sizes, where
no term went through more than n roundings, in whatever order they were summed (Higham 2002, section
3.1; u is half an ulp of 1). `Counted` is a number that knows its n, and the sum of those sizes.
"""

from fractions import Fraction

import numpy as np

UNIT = 2.0**-53


class Counted:
    """A float with the most roundings that a term of it went through, and the terms' sizes."""

    def __init__(self, value, count=0, size=None):
        self.value, self.count = float(value), count
        self.size = abs(self.value) if size is None else size

    def _with(self, other, value, size):
        return Counted(value, max(self.count, other.count) + 1, size)

    def __add__(self, other):
        other = counted(other)
        return self._with(other, self.value + other.value, self.size + other.size)

    def __mul__(self, other):
        other = counted(other)
        found = self._with(other, self.value * other.value, self.size * other.size)
        found.count = self.count + other.count + 1
        return found

    def __neg__(self):
        return Counted(-self.value, self.count, self.size)

    def __sub__(self, other):
        return self + -counted(other)

    def __rsub__(self, other):
        return counted(other) + -self

    __radd__, __rmul__ = __add__, __mul__

    def __gt__(self, other):
        return self.value > counted(other).value

    def __lt__(self, other):
        return self.value < counted(other).value


def counted(value):
    """A number as one that counts; a plain one was never rounded."""
    return value if isinstance(value, Counted) else Counted(value)


def rows(width):
    """The rows of the identity, of numbers that count."""
    return np.array([[Counted(each) for each in row] for row in np.eye(width)])


def exact(layers, x):
    """The outputs at x in rational numbers, of affine layers and ReLUs."""
    x = [Fraction(each) for each in x]
    for layer in layers:
        if layer == "relu":
            x = [max(each, Fraction(0)) for each in x]
            continue
        weights, biases = (np.asarray(each).tolist() for each in layer)
        x = [
            sum((Fraction(w) * v for w, v in zip(row, x, strict=True)), Fraction(bias))
            for row, bias in zip(weights, biases, strict=True)
        ]
    return x

"""Specifications of exponentials: softmax expectations, and sums of digits.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| F = sum_j c_j exp(z_j) | `Exponentials` | scalar | arXiv 1902.09592, section 4 |
| z_j = y_j - y_label | margins over the true class | (terms,) | there |
| s = max(0, max_j z_j - 600) | `shift`: F e^-s has F's sign, and no overflow | scalar | own form |

Outputs of a network on unscaled pixels differ by hundreds, of which the exponential is no float64.
So wherever a margin is above `HIGHEST`, F stands for F e^-s. On a box s is that of the largest
margin: above zero a bound is then too low, by as much as the margins differ, and is raised by it.
"""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import block_diag

from curvkit.core.messages import refusal, whole
from curvkit.verification._bounds import floor
from curvkit.verification._networks import numbers
from curvkit.verification._specifications import ULPS, Specification

# Where tangents touch an exponential, as shares of the way from the lower to the upper bound.
TOUCH = np.linspace(0.0, 1.0, 5)
# Of larger margins the exponentials are divided by what is too much: e^600 times 1e47 is a float64.
HIGHEST = 600.0


class Exponentials(Specification):
    """The property sum_j c_j exp(rows_j · y) <= 0: c (terms,), rows (terms, outputs).

    Chords bound the terms with c > 0, tangents those with c < 0.
    """

    def __init__(self, c: Any, rows: Any):
        c, rows = numbers("c", c), numbers("rows", rows)
        if rows.ndim != 2 or not rows.size:
            raise ValueError(refusal("rows", "of shape (terms, outputs)", rows.shape))
        if c.shape != rows.shape[:1]:
            raise ValueError(refusal("c", f"a number for each of {len(rows)} rows", c.shape))
        super().__init__((None, rows), *_exponentials(), [c])


@lru_cache
def _exponentials(digits=None):
    """Value and planes of sum_j c_j exp(z_j), or of all sums of one of ten numbers of each digit.

    Sums are made after views are bounded: of a thousand sums only thirty views are.
    """
    if digits is None:
        total = apart = lambda each: each
    else:
        chosen = np.array(list(itertools.product(range(10), repeat=digits)))
        pick = np.concatenate([np.eye(10)[each] for each in chosen.T], axis=1)
        total, apart = (lambda z: pick @ z), (lambda slopes: slopes @ pick)

    def value(z, c):
        z = total(z)
        # Climbed as if it did not depend on z: that is the way in which F itself grows.
        return jnp.exp(z - jax.lax.stop_gradient(shift(z))) @ c

    def planes(lower, upper, c):
        sizes = total(jnp.maximum(jnp.abs(lower), jnp.abs(upper)))
        lower, upper = total(lower), total(upper)
        most, spread = shift(upper), shift(upper) - shift(lower)
        wide = upper - lower > 1e-6
        low, high = jnp.exp(lower - most), jnp.exp(upper - most)
        chord = jnp.where(wide, (high - low) / jnp.where(wide, upper - lower, 1), high)
        touch = lower + TOUCH[:, None] * (upper - lower)
        there = jnp.exp(touch - most)
        slopes = jnp.where(c > 0, chord, there) * c
        through = jnp.where(c > 0, low - chord * lower, there * (1 - touch))
        highest = jnp.where(c > 0, high, low)
        offsets = jnp.concatenate([through @ c, (highest @ c)[None]])
        least, ulps = floor(c.dtype), ULPS * (1 + len(c) / 16)
        # What rounds of a plane are the exponentials that it is made of.
        terms = jnp.concatenate([jnp.where(c > 0, high, there), highest[None]]) + least
        slack = ulps * ((terms * (1 + sizes + most)) @ (jnp.abs(c) + least))
        spread = jnp.where(most > 0, spread + ULPS * (1 + jnp.max(sizes)), 0)
        return apart(jnp.concatenate([slopes, 0 * slopes[:1]])), offsets + slack, spread

    return value, planes


def shift(z):
    """By how much the largest of some exponents is too large, a scalar.

    >>> float(shift(jnp.array([-3.0, 7.0]))), float(shift(jnp.array([1000.0, 7.0])))
    (0.0, 400.0)
    """
    return jnp.maximum(jnp.max(z) - HIGHEST, 0)


class SoftmaxSpec(Exponentials):
    """The property E_j d_j <= limit for j drawn from the softmax of the outputs.

    Multiplied by its denominator and divided by the true class's exponential, which bounds far
    better than the raw outputs do: F = sum_j (d_j - limit) exp(y_j - y_label). Where the largest
    exponent is above 600, F is that divided by what is too much of it, which has the same sign.

    Args:
        distance: d (outputs,), how far each class is from the true one.
        label: the true class.
        limit: the largest expected distance that is allowed.

    Raises:
        ValueError: with one sentence, if the label is no class, or a number is not finite.

    >>> SoftmaxSpec([0.0, 1.0], 0, 0.5).data[0]
    array([-0.5,  0.5])
    """

    def __init__(self, distance: Sequence[float], label: int, limit: float):
        far, limit = numbers("distance", distance), _limit(limit)
        if far.ndim != 1 or not far.size:
            expected = "a number for each class, of shape (outputs,)"
            raise ValueError(refusal("distance", expected, far.shape))
        most = len(far) - 1
        expected = f"a class of the distances, a whole number from 0 to {most}"
        label = whole("label", label, 0, expected, most)
        identity = np.eye(len(far))
        super().__init__(far - limit, identity - identity[label])


class DigitSumSpec(Specification):
    """The property E |sum of N digits - their true sum| <= limit, all 10^N combinations at once.

    The outputs are those of `networks.side_by_side`: ten for each digit, end to end.

    Args:
        labels: the true digits, at most three.
        limit: the largest expected error of the sum that is allowed.

    Raises:
        ValueError: with one sentence, if a label is no digit, or the limit not finite.

    >>> DigitSumSpec([3, 8], 1.0).from_outputs.shape
    (20, 20)
    """

    def __init__(self, labels: Sequence[int], limit: float):
        expected = "one to three digits from 0 to 9"
        if np.ndim(labels) != 1 or not 1 <= len(labels) <= 3:
            raise ValueError(refusal("labels", expected, labels))
        true = np.array([whole("labels", each, 0, expected, 9) for each in labels])
        limit = _limit(limit)
        drawn = np.array(list(itertools.product(range(10), repeat=len(true))))
        error = np.abs(drawn.sum(1) - true.sum())
        # Views are margins over the true digit, of each digit.
        identity = np.eye(10)
        rows = block_diag(*(identity - identity[label] for label in true))
        super().__init__((None, rows), *_exponentials(len(true)), [error - limit])


def _limit(value):
    limit = numbers("limit", value)
    if limit.ndim:
        raise ValueError(refusal("limit", "one number", value))
    return float(limit)

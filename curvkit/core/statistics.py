"""Shares: how sure a share of successes is, by Wilson's interval, right also near 0 and 1."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from curvkit.core import messages


def wilson(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """The shares p that `successes` of `trials` do not contradict, by Wilson's score interval.

    With z the normal quantile of the confidence and p̂ = k/n its ends are
    (p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n); Wilson 1927.

    Args:
        successes: counts, of any shape.
        trials: counts of the same shape; where there are none the interval is all of [0, 1].
        confidence: between 0 and 1.

    Returns:
        The low and high ends.

    Raises:
        ValueError: if a count is negative or more than its trials, or the confidence outside.

    >>> low, high = wilson(50, 100)
    >>> round(float(low), 4), round(float(high), 4)
    (0.4038, 0.5962)
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    if not (np.all(k >= 0) and np.all(k <= n)):
        raise ValueError(messages.refusal("successes", "from 0 to the trials", successes))
    if not 0 < confidence < 1:
        raise ValueError(messages.refusal("confidence", "between 0 and 1", confidence))
    z, positive = ndtri(0.5 + confidence / 2), np.maximum(n, 1)
    share = k / positive
    half = z * np.sqrt(share * (1 - share) / positive + z**2 / (4 * positive**2))
    middle, scale = share + z**2 / (2 * positive), 1 + z**2 / positive
    low, high = np.clip((middle - half) / scale, 0, 1), np.clip((middle + half) / scale, 0, 1)
    # At 0 and n the ends are exactly 0 and 1; rounding would leave them beside.
    low, high = np.where(k == 0, 0.0, low), np.where(k == n, 1.0, high)
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)

"""Quadratic specifications a^T Q a <= 0 with a = [1; x; y], sound in whatever units x and y are.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| a = [1; x; y] | inputs and outputs | (1 + inputs + outputs,) | arXiv 1902.09592, section 3 |
| S Q S = V D V^T | in units S, the sizes that a has on the box | | own form |
| p, n | rows of positive and negative part: Q = p^T p - n^T n, but for | (plus, ·), (minus, ·) | |
| R >= |Q - p^T p + n^T n| | `residual`, entry by entry | as Q | own form |

Without the box eigenvectors say nothing of units: of 1e-10 p² + 1e6 d² the first term is rounding
of the second, and on a box of 1e5 by 1e-6 it is all there is. Whatever the sizes were, what is left
out is added to every bound, |a|^T R |a| with |a| as it is on that bound's own box.
"""

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.messages import refusal, whole
from curvkit.verification._bounds import floor
from curvkit.verification._networks import numbers
from curvkit.verification._specifications import ULPS, Specification

# Of each single square a chord or one of these tangents; of a product no plane (the squares apart)
# or one of these blends of McCormick's two.
BLENDS = tuple(itertools.product((np.nan, 0.0, 0.5, 1.0), (0.0, 0.5, 1.0)))
# Sizes that are nearer to nothing, or larger, are taken for these.
LEAST, MOST = 1e-290, 1e290


class QuadraticSpec(Specification):
    """The property a^T Q a <= 0 with a = [1; x; y] and any square Q of that size.

    Eigenvectors of the quadratic part turn it into p² - n² and single squares; a pair becomes the
    product (p - n)(p + n), which McCormick's planes bound more tightly than each square alone.
    `verify` takes them in the units of the box; and what the decomposition rounds is added to every
    bound, so that what is verified is Q to its last digit.

    Args:
        q: Q, square, of 1 + inputs + outputs rows; a^T Q a is all that counts, so it need not be
            symmetric.
        inputs: how many inputs the network has, 1 or more.

    Raises:
        ValueError: with one sentence, if Q is not square, too small, or not finite.

    >>> QuadraticSpec(np.diag([-0.5, 1e-10, 1e6]), inputs=1).fit(1, 1).data[0]
    array(-0.5)
    """

    def __init__(self, q: Any, inputs: int):
        inputs, q = whole("inputs", inputs), numbers("q", q)
        if q.ndim != 2 or q.shape[0] != q.shape[1] or len(q) < inputs + 2:
            expected = f"a square matrix of 1 + {inputs} inputs + outputs rows"
            raise ValueError(refusal("q", expected, q.shape))
        self.q, self.inputs = q, inputs
        self._take_apart(np.ones(len(q) - 1))

    def _take_apart(self, sizes):
        """Views, planes and residual of Q for inputs and outputs of these sizes, end to end."""
        (matrix, signs), self.residual = decomposed(self.q, sizes)
        plus, minus = int(np.sum(signs > 0)), int(np.sum(signs < 0))
        pairs = min(plus, minus)
        positive, negative = matrix[1 : 1 + plus], matrix[1 + plus :]
        one, two = positive[:pairs] - negative[:pairs], positive[:pairs] + negative[:pairs]
        views = np.concatenate([matrix[:1], one, two, positive, negative])
        functions, constant = _quadratic(pairs, plus, minus), self.q[0, 0]
        views = views[:, : self.inputs], views[:, self.inputs :]
        super().__init__(views, *functions, [constant])

    def fit(
        self, inputs: int, outputs: int, scale: Callable[..., Any] | None = None
    ) -> Specification:
        """As `Specification.fit`; with `scale` decomposed anew, in the units of the box."""
        if scale is None or (inputs, inputs + outputs + 1) != (self.inputs, len(self.q)):
            return super().fit(inputs, outputs)
        of_box = QuadraticSpec(self.q, self.inputs)
        of_box._take_apart(np.concatenate(scale()))
        return Specification.fit(of_box, inputs, outputs)


def decomposed(
    q: np.ndarray, sizes: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Q as a linear row and signed squares of rows, and a bound of what these leave out.

    Args:
        q: Q, (1 + m, 1 + m).
        sizes: of the entries of a after the first, (m,); only how well Q is met depends on them.

    Returns:
        The rows (1 + squares, m), first twice the linear part; the signs of the squares, ones
        before minus ones, (squares,); and R (1 + m, 1 + m), in which all rounding is included.

    >>> (rows, signs), rest = decomposed(np.diag([0.0, 1e-10, -1e6]), np.array([1e5, 1e-6]))
    >>> signs.tolist(), bool(abs(rows[1, 0] ** 2 / 1e-10 - 1) < 1e-15), bool(rest[1, 1] < 1e-24)
    ([1.0, -1.0], True, True)
    """
    even = q / 2 + q.T / 2
    eps, m = np.finfo(float).eps, len(q) - 1
    # Powers of two, so that to change units rounds nothing but what falls out of range.
    powers = np.frexp(np.clip(sizes, LEAST, MOST))[1]
    together, inner = powers[:, None] + powers, even[1:, 1:]
    entries = inner != 0
    top = int((np.frexp(inner)[1] + together)[entries].max()) if entries.any() else 0
    top += top % 2
    with np.errstate(all="ignore"):
        scaled = np.ldexp(inner, together - top)
        eigen, vectors = np.linalg.eigh(scaled)
        large = np.abs(eigen) > 1e-14 * np.abs(eigen).max()
        rows = (np.sqrt(np.abs(eigen)) * vectors).T
        rows = np.concatenate([rows[large & (eigen > 0)][::-1], rows[large & (eigen < 0)]])
        signs = np.sign(np.concatenate([eigen[large & (eigen > 0)], eigen[large & (eigen < 0)]]))
        sizes_of_terms = np.abs(rows).T @ np.abs(rows) + np.abs(scaled)
        left = np.abs(scaled - (rows.T * signs) @ rows)
        # Sums of so many products round by so many ulps of their sizes, and underflow.
        left = left + 2 * (m + 8) * eps * sizes_of_terms + m * np.finfo(float).tiny
        residual = np.abs(even) * eps
        residual[1:, 1:] += np.ldexp(left, top - together)
        back = np.ldexp(rows, top // 2 - powers)
        matrix = np.concatenate([2 * even[:1, 1:], back])
        # Twice the rounding of |a|^T R |a| itself.
        return (matrix, signs), residual * (1 + 1e-9)


@lru_cache
def _quadratic(pairs, plus, minus):
    """Value and planes of z = (linear, pairs twice, squares that are added, that are taken off)."""
    cuts = [1, 1 + pairs, 1 + 2 * pairs, 1 + 2 * pairs + plus]

    def value(z, constant):
        linear, _, _, added, taken = jnp.split(z, cuts)
        return constant + linear[0] + (added**2).sum() - (taken**2).sum()

    def planes(lower, upper, constant):
        low, high = jnp.split(lower, cuts), jnp.split(upper, cuts)
        blends, touches = jnp.asarray(BLENDS).T
        return jax.vmap(lambda *how: plane(low, high, constant, *how))(blends, touches)

    def plane(low, high, constant, blend, touch):
        """Pairs as products with a blend of both McCormick planes, or (nan) as squares."""
        mix = jnp.where(jnp.isnan(blend), 0.0, 1.0)
        share = jnp.where(jnp.isnan(blend), 0.0, blend)
        (_, one, two, added, taken), (_, one_, two_, added_, taken_) = low, high
        of_one = mix * (share * two + (1 - share) * two_)
        of_two = mix * (share * one_ + (1 - share) * one)
        cross = mix * (share * one_ * two + (1 - share) * one * two_)
        chord = jnp.where(jnp.arange(plus) < pairs, 1 - mix, 1.0)
        tangent = jnp.where(jnp.arange(minus) < pairs, 1 - mix, 1.0)
        point = taken + touch * (taken_ - taken)
        slopes = [jnp.ones(1), of_one, of_two, chord * (added + added_), -2 * tangent * point]
        terms = jnp.concatenate([-cross, -chord * added * added_, tangent * point**2])
        return jnp.concatenate(slopes), constant + terms.sum() + slack(low, high, constant)

    def slack(low, high, constant):
        """What rounding and underflow of planes may come to: ulps of the sizes of all terms."""
        least = floor(constant.dtype)
        _, one, two, added, taken = (
            jnp.maximum(jnp.abs(a), jnp.abs(b)) + least for a, b in zip(low, high, strict=True)
        )
        size = abs(constant) + 2 * one @ two + added @ added + taken @ taken + least
        return ULPS * (1 + (plus + minus) / 16) * size

    return value, planes

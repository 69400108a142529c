"""Specifications F(x, y) <= 0 that can be relaxed: one object has the value and the planes.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| z = A x + B y | `from_inputs`, `from_outputs`: what F depends on | (views, ·) | own form |
| F | `value`, of z | scalar | arXiv 1902.09592, section 3 |
| C(F, X, Y) | `planes`: affine functions above F on a box of z | (planes, views) | there |

The planes are what the convex relaxations of arXiv 1902.09592 use for an upper bound: McCormick's
for a product, the chord and the tangents of an exponential. Any mixture of planes is one too.

A specification is a pytree: its numbers are arguments of a compiled program, its two functions are
part of it. So another label or another limit compiles nothing.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import block_diag

from curvkit.core.say import refusal

# Where tangents touch an exponential, as shares of the way from the lower to the upper bound.
TOUCH = np.linspace(0.0, 1.0, 5)
# Of each single square a chord or one of these tangents; of a product no plane (the squares apart)
# or one of these blends of McCormick's two.
BLENDS = tuple(itertools.product((np.nan, 0.0, 0.5, 1.0), (0.0, 0.5, 1.0)))
ULPS = 64 * np.finfo(float).eps


class Specification:
    """A property F(z) <= 0 with z = from_inputs x + from_outputs y, from its functions.

    Args:
        views: the pair (from_inputs (views, inputs), from_outputs (views, outputs)); None in the
            first place where F does not read the inputs.
        value: F of z (views,) and of `data`, in `jax.numpy`; the attack climbs it.
        planes: from bounds of z, (views,) each, and `data` to slopes (planes, views) and offsets
            (planes,) of affine functions that are nowhere below F on that box, their own rounding
            included. Where F is the largest of several parts: (parts, planes, views) and (parts,
            planes), the planes of each part.
        data: numbers that both functions take as further arguments. A function that is defined
            once is compiled once; so change numbers here, not in a closure.
    """

    def __init__(self, views: tuple, value: Callable, planes: Callable, data: Sequence = ()):
        from_inputs, from_outputs = views
        self.from_outputs = np.asarray(from_outputs, np.float64)
        if self.from_outputs.ndim != 2:
            expected = "a pair of matrices (views, inputs) and (views, outputs)"
            raise ValueError(refusal("views", expected, self.from_outputs.shape))
        self.from_inputs = None if from_inputs is None else np.asarray(from_inputs, np.float64)
        self.value, self.planes = value, planes
        self.data = tuple(np.asarray(each, np.float64) for each in data)

    def fit(self, inputs: int, outputs: int) -> "Specification":
        """The same for a network of these sizes; refuses another number, in one sentence."""
        known = self.from_outputs.shape[1]
        if known != outputs:
            raise ValueError(refusal("spec", f"of the network's {outputs} outputs", known))
        from_inputs = self.from_inputs
        if from_inputs is None:
            from_inputs = np.zeros((len(self.from_outputs), inputs))
        if from_inputs.shape != (len(self.from_outputs), inputs):
            expected = f"of the network's {inputs} inputs"
            raise ValueError(refusal("spec", expected, from_inputs.shape))
        return _made((self.value, self.planes), (from_inputs, self.from_outputs, self.data))

    def __call__(self, x, y):
        """F at an input and an output; of a specification that `fit` returned."""
        return self.value(self.from_inputs @ x + self.from_outputs @ y, *self.data)

    def above(self, lower, upper) -> tuple[Any, Any]:
        """The planes on a box of z: slopes (parts, planes, views), offsets (parts, planes)."""
        slopes, offsets = self.planes(lower, upper, *self.data)
        return slopes.reshape(-1, *slopes.shape[-2:]), offsets.reshape(-1, offsets.shape[-1])


def _made(functions, numbers):
    made = object.__new__(Specification)
    made.value, made.planes = functions
    made.from_inputs, made.from_outputs, made.data = numbers
    return made


jax.tree_util.register_pytree_node(
    Specification,
    lambda spec: (
        (spec.from_inputs, spec.from_outputs, spec.data),
        (spec.value, spec.planes),
    ),
    _made,
)


class LinearSpec(Specification):
    """The property C y + d <= 0, in every row: C (rows, outputs) or (outputs,), d (rows,) or one.

    F is the largest of the rows. Adversarial robustness is of this kind: C has a row for each wrong
    class, one there and minus one at the right class.
    """

    def __init__(self, c: Sequence, d: Any = 0.0):
        rows = np.atleast_2d(np.asarray(c, np.float64))
        limits = np.asarray(d, np.float64)
        if limits.shape not in ((), (len(rows),)):
            raise ValueError(refusal("d", f"one number or {len(rows)} of them", limits.shape))
        data = [np.broadcast_to(limits, len(rows))]
        super().__init__((None, rows), largest, row_planes, data)


def largest(z, d):
    """The value of a `LinearSpec`."""
    return jnp.max(z + d)


def row_planes(lower, upper, d):
    """The planes of a `LinearSpec`: each row is its own."""
    return jnp.eye(len(d))[:, None], d[:, None]


class QuadraticSpec(Specification):
    """The property a^T Q a <= 0 with a = [1; x; y] and any square Q of that size.

    Eigenvectors of the quadratic part turn it into p² - n² and single squares; a pair becomes the
    product (p - n)(p + n), which McCormick's planes bound more tightly than each square alone.
    This decomposition rounds: what is verified is Q up to 1e-14 of its largest entry.
    """

    def __init__(self, q, inputs: int):
        q = np.asarray(q, np.float64)
        if q.ndim != 2 or q.shape[0] != q.shape[1] or len(q) < inputs + 2:
            expected = f"a square matrix of 1 + {inputs} inputs + outputs rows"
            raise ValueError(refusal("q", expected, q.shape))
        q = (q + q.T) / 2
        eigen, vectors = np.linalg.eigh(q[1:, 1:])
        # Below this an eigenvalue is rounding of the decomposition itself.
        kept = np.abs(eigen) > 1e-14 * np.abs(eigen).max()
        rows = (np.sqrt(np.abs(eigen)) * vectors).T
        plus, minus = rows[kept & (eigen > 0)][::-1], rows[kept & (eigen < 0)]
        pairs = min(len(plus), len(minus))
        one, two = plus[:pairs] - minus[:pairs], plus[:pairs] + minus[:pairs]
        matrix = np.concatenate([2 * q[:1, 1:], one, two, plus, minus])
        functions = _quadratic(pairs, len(plus), len(minus))
        super().__init__((matrix[:, :inputs], matrix[:, inputs:]), *functions, [q[0, 0]])


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
        offset = constant + terms.sum()
        return jnp.concatenate(slopes), offset + ULPS * (abs(constant) + jnp.abs(terms).sum())

    return value, planes


class Exponentials(Specification):
    """The property sum_j c_j exp(rows_j · y) <= 0: c (terms,), rows (terms, outputs).

    Chords bound the terms with c > 0, tangents those with c < 0.
    """

    def __init__(self, c, rows):
        c, rows = np.asarray(c, np.float64), np.asarray(rows, np.float64)
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
        return jnp.exp(total(z)) @ c

    def planes(lower, upper, c):
        sizes = total(jnp.maximum(jnp.abs(lower), jnp.abs(upper)))
        lower, upper = total(lower), total(upper)
        wide = upper - lower > 1e-6
        low, high = jnp.exp(lower), jnp.exp(upper)
        chord = jnp.where(wide, (high - low) / jnp.where(wide, upper - lower, 1), high)
        touch = lower + TOUCH[:, None] * (upper - lower)
        slopes = jnp.where(c > 0, chord, jnp.exp(touch)) * c
        through = jnp.where(c > 0, low - chord * lower, jnp.exp(touch) * (1 - touch))
        highest = jnp.where(c > 0, high, low)
        offsets = jnp.concatenate([through @ c, (highest @ c)[None]])
        slack = ULPS * (1 + len(c) / 16) * ((high * (1 + sizes)) @ jnp.abs(c))
        return apart(jnp.concatenate([slopes, 0 * slopes[:1]])), offsets + slack

    return value, planes


class SoftmaxSpec(Exponentials):
    """The property E_j d_j <= limit for j drawn from the softmax of the outputs.

    Multiplied by its denominator and divided by the true class's exponential, which bounds far
    better than the raw outputs do: F = sum_j (d_j - limit) exp(y_j - y_label).

    Args:
        distance: d (outputs,), how far each class is from the true one.
        label: the true class.
        limit: the largest expected distance that is allowed.
    """

    def __init__(self, distance: Sequence[float], label: int, limit: float):
        distance = np.asarray(distance, np.float64)
        if distance.ndim != 1 or not 0 <= label < len(distance):
            expected = "a class of the distances"
            raise ValueError(refusal("label", expected, label))
        identity = np.eye(len(distance))
        super().__init__(distance - limit, identity - identity[label])


class DigitSumSpec(Specification):
    """The property E |sum of N digits - their true sum| <= limit, all 10^N combinations at once.

    The outputs are those of `networks.side_by_side`: ten for each digit, end to end.

    Args:
        labels: the true digits, at most three.
        limit: the largest expected error of the sum that is allowed.
    """

    def __init__(self, labels: Sequence[int], limit: float):
        labels = np.asarray(labels)
        if not 1 <= len(labels) <= 3 or labels.min() < 0 or labels.max() > 9:
            raise ValueError(refusal("labels", "one to three digits from 0 to 9", labels))
        drawn = np.array(list(itertools.product(range(10), repeat=len(labels))))
        error = np.abs(drawn.sum(1) - labels.sum())
        # Views are margins over the true digit, of each digit.
        identity = np.eye(10)
        rows = block_diag(*(identity - identity[label] for label in labels))
        super().__init__((None, rows), *_exponentials(len(labels)), [error - limit])

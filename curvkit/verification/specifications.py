"""Specifications F(x, y) <= 0 that can be relaxed: one object has the value and the planes.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| z = A x + B y | `from_inputs`, `from_outputs`: what F depends on | (views, ·) | own form |
| F | `value`, of z | scalar | arXiv 1902.09592, section 3 |
| C(F, X, Y) | `planes`: affine functions above F on a box of z | (planes, views) | there |

The planes are what the convex relaxations of arXiv 1902.09592 use for an upper bound: McCormick's
for a product, the chord and the tangents of an exponential. Any mixture of planes is one too.
"""

import itertools
from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np

from curvkit.core.say import refusal

# Where tangents touch an exponential, as shares of the way from the lower to the upper bound.
TOUCH = np.linspace(0.0, 1.0, 5)


class Specification:
    """A property F(z) <= 0 with z = from_inputs x + from_outputs y, from its three functions.

    Args:
        views: the pair (from_inputs (views, inputs), from_outputs (views, outputs)); None in the
            first place where F does not read the inputs.
        value: F of z (views,), in `jax.numpy`; the attack climbs it.
        planes: from bounds of z, (views,) each, to slopes (planes, views) and offsets (planes,) of
            affine functions that are nowhere below F on that box.
    """

    def __init__(self, views: tuple, value: Callable, planes: Callable):
        from_inputs, from_outputs = views
        self.from_outputs = np.asarray(from_outputs, np.float64)
        if self.from_outputs.ndim != 2:
            expected = "a pair of matrices (views, inputs) and (views, outputs)"
            raise ValueError(refusal("views", expected, self.from_outputs.shape))
        self.from_inputs = None if from_inputs is None else np.asarray(from_inputs, np.float64)
        self.value, self.planes = value, planes

    def fit(self, inputs: int, outputs: int) -> None:
        """Refuses, in one sentence, a network with another number of inputs or outputs."""
        known = self.from_outputs.shape[1]
        if known != outputs:
            raise ValueError(refusal("spec", f"of the network's {outputs} outputs", known))
        if self.from_inputs is None:
            self.from_inputs = np.zeros((len(self.from_outputs), inputs))
        if self.from_inputs.shape != (len(self.from_outputs), inputs):
            expected = f"of the network's {inputs} inputs"
            raise ValueError(refusal("spec", expected, self.from_inputs.shape))

    def __call__(self, x, y):
        """F at an input and an output."""
        return self.value(self.from_inputs @ x + self.from_outputs @ y)


class LinearSpec(Specification):
    """The property c · y + d <= 0, with c (outputs,) and a number d."""

    def __init__(self, c: Sequence[float], d: float = 0.0):
        row = np.atleast_2d(np.asarray(c, np.float64))
        if len(row) != 1:
            raise ValueError(refusal("c", "one row; verify each row by itself", row.shape))
        planes = lambda lower, upper: (jnp.ones((1, 1)), jnp.full(1, d))
        super().__init__((None, row), lambda z: z[0] + d, planes)


class QuadraticSpec(Specification):
    """The property a^T Q a <= 0 with a = [1; x; y] and any square Q of that size.

    Eigenvectors of the quadratic part turn it into p² - n² and single squares; a pair becomes the
    product (p - n)(p + n), which McCormick's planes bound more tightly than each square alone.
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
        plus, minus = rows[kept & (eigen > 0)], rows[kept & (eigen < 0)]
        pairs = min(len(plus), len(minus))
        plus, minus = plus[::-1], minus
        one, two = plus[:pairs] - minus[:pairs], plus[:pairs] + minus[:pairs]
        matrix = np.concatenate([2 * q[:1, 1:], one, two, plus, minus])
        self._counts, self._constant = (pairs, len(plus), len(minus)), q[0, 0]
        super().__init__((matrix[:, :inputs], matrix[:, inputs:]), self._value, self._planes)

    def _split(self, z):
        pairs, plus, minus = self._counts
        return jnp.split(z, np.cumsum([1, pairs, pairs, plus]))

    def _value(self, z):
        linear, _, _, plus, minus = self._split(z)
        return self._constant + linear[0] + (plus**2).sum() - (minus**2).sum()

    def _planes(self, lower, upper):
        parts = list(zip(self._split(lower), self._split(upper), strict=True))
        every = itertools.product((None, 0.0, 0.5, 1.0), (0.0, 0.5, 1.0))
        made = [self._plane(parts, blend, touch) for blend, touch in every]
        slopes, offsets = zip(*made, strict=True)
        return jnp.stack(slopes), jnp.stack(offsets)

    def _plane(self, parts, blend, touch):
        """One plane: pairs as products with a blend of both McCormick planes, or as squares."""
        _, one, two, plus, minus = parts
        pairs = 0 if blend is None else self._counts[0]
        mix, share = (0.0, 0.0) if blend is None else (1.0, blend)
        of_one = mix * (share * two[0] + (1 - share) * two[1])
        of_two = mix * (share * one[1] + (1 - share) * one[0])
        at = -mix * (share * one[1] * two[0] + (1 - share) * one[0] * two[1])
        chord, tangent = jnp.arange(len(plus[0])) >= pairs, jnp.arange(len(minus[0])) >= pairs
        point = minus[0] + touch * (minus[1] - minus[0])
        squares = [chord * (plus[0] + plus[1]), -2 * tangent * point]
        offset = (tangent * point**2).sum() - (chord * plus[0] * plus[1]).sum()
        slopes = jnp.concatenate([jnp.ones(1), of_one, of_two, *squares])
        return slopes, self._constant + at.sum() + offset


class Exponentials(Specification):
    """The property sum_j c_j exp(rows_j · y) <= 0: c (terms,), rows (terms, outputs).

    Chords bound the terms with c > 0, tangents those with c < 0.
    """

    def __init__(self, c, rows):
        c = np.asarray(c, np.float64)

        def planes(lower, upper):
            wide = upper - lower > 1e-6
            rise = jnp.exp(upper) - jnp.exp(lower)
            chord = jnp.where(wide, rise / jnp.where(wide, upper - lower, 1), jnp.exp(upper))
            touch = lower + TOUCH[:, None] * (upper - lower)
            slopes = jnp.where(c > 0, chord, jnp.exp(touch)) * c
            through = jnp.where(c > 0, jnp.exp(lower) - chord * lower, jnp.exp(touch) * (1 - touch))
            highest = jnp.where(c > 0, jnp.exp(upper), jnp.exp(lower))
            offsets = jnp.concatenate([through @ c, (highest @ c)[None]])
            return jnp.concatenate([slopes, 0 * slopes[:1]]), offsets

        super().__init__((None, rows), lambda z: jnp.exp(z) @ c, planes)


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


class DigitSumSpec(Exponentials):
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
        identity = np.eye(10)
        rows = np.concatenate([identity[each] for each in drawn.T], axis=1)
        rows = rows - np.concatenate([identity[each] for each in labels])
        super().__init__(np.abs(drawn.sum(1) - labels.sum()) - limit, rows)

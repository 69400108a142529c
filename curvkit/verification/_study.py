"""How many of some points keep a property in a box around them: nominal, attacked, verified.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| δ | `radius`, of a box around a point | scalar | arXiv 1902.09592, section 5 |
| nominal ≥ adversarial ≥ verified | `Robustness` | (points,) each | there |
"""

from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.tree import float64, ordinarily
from curvkit.verification import _certify as certify
from curvkit.verification._networks import COLD

# The studies of the paper: how each is called in words, and the radii of the boxes.
STUDIES = {
    "energy": ("The energy of a pendulum does not grow.", (0.002, 0.01, 0.02, 0.05, 0.1)),
    "semantics": ("A digit is taken for one that looks like it.", (0.01, 0.02, 0.05, 0.1)),
    "sums": ("The sum of digits is off by at most one.", (0.01, 0.02, 0.05)),
}
# More boxes than these at once want much memory where a specification has many terms.
AT_ONCE = 100


class Robustness(NamedTuple):
    """Which points keep their property themselves, against an attack, and by proof: (points,).

    `gap` is how far the bound is above the attack's value.
    """

    nominal: np.ndarray
    adversarial: np.ndarray
    verified: np.ndarray
    gap: np.ndarray


def stacked(specs):
    """Fitted specifications of one kind as one whose numbers have a leading axis."""
    return jax.tree.map(lambda *each: np.stack(each), *specs)


def robustness(
    layers, specs, points, radius: float, *, low=-np.inf, high=np.inf, steps: int = 0
) -> Robustness:
    """Which of some points keep their property F <= 0 in a box around them.

    Args:
        layers: a checked network.
        specs: a fitted specification for each point, or one for all.
        points: (points, inputs).
        radius: of the boxes, which are cut at `low` and `high`.
        low: the least value of an input.
        high: the largest value of an input.
        steps: of Adam on the bound, see `certify.bound`.
    """
    many = specs if isinstance(specs, list | tuple) else [specs] * len(points)
    points, batches = np.asarray(points, np.float64), []
    size = min(AT_ONCE, len(points))
    for begin in range(0, len(points), size):
        chosen = np.minimum(np.arange(begin, begin + size), len(points) - 1)
        centres, spec = points[chosen], stacked([many[at] for at in chosen])
        ends = np.clip(centres - radius, low, high), np.clip(centres + radius, low, high)
        with float64():
            values = _looked(steps)(layers, spec, centres, *ends)
            batches.append([np.asarray(each)[: len(points) - begin] for each in values])
    at, climbed, upper, slack = (np.concatenate(each) for each in zip(*batches, strict=True))
    top = np.fmax(at, climbed)
    # Above zero by less than rounding is no violation; not finite is no proof.
    return Robustness(at <= slack, top <= slack, upper <= 0, upper - top)


@lru_cache
def _looked(steps):
    def one(layers, spec, point, low, high):
        at = certify.valued(layers, spec, point[None])[0]
        starts = jnp.stack([point, (low + high) / 2])
        top = jnp.max(certify.climbed(layers, spec, starts, low, high)[1])
        bounds = certify.bound(layers, spec, low[None], high[None], steps=steps)
        return at, top, bounds.upper[0], bounds.slack[0]

    return ordinarily(jax.jit(jax.vmap(one, (None, 0, 0, 0, 0)), compiler_options=COLD))

"""The tuners by name, as a room or a sweep chooses among them.

| symbol | name | shape |
| --- | --- | --- |
| σ | `sigma` | scalar |
| η | `learning_rate` | scalar |
| β | `hypergradient_rate` | scalar |
| c | `slope` | scalar |
"""

from collections.abc import Callable, Mapping
from typing import Any

import optax

from curvkit.core import messages
from curvkit.tuners import _free as free
from curvkit.tuners import _rivals as rivals
from curvkit.tuners import _searches as searches
from curvkit.tuners._cdat import cdat, greedy
from curvkit.tuners._edge import oracle
from curvkit.tuners._names import NAMES

# From a base and the numbers of `choose` to a tuner.
Make = Callable[[optax.GradientTransformation, Any], Any]
# The paper's rule as it stands: a room shows what it does, also where it goes wrong.
_MADE: Mapping[str, Make] = {
    "cdat": lambda base, given: cdat(
        base, given.sigma, ema=given.ema, max_learning_rate=given.max_learning_rate, guard=False
    ),
    "constant": lambda base, given: rivals.constant(base, given.learning_rate),
    "warm_up": lambda base, given: rivals.warm_up(base, given.learning_rate, given.warm_up_steps),
    "warm_up_cosine": lambda base, given: rivals.warm_up(
        base, given.learning_rate, given.warm_up_steps, decay_steps=given.steps
    ),
    "greedy": lambda base, given: greedy(
        base, ema=given.ema, max_learning_rate=given.max_learning_rate, guard=False
    ),
    "armijo": lambda base, given: searches.armijo(
        base, slope_rtol=given.slope, max_learning_rate=given.max_learning_rate
    ),
    "exact": lambda base, given: searches.exact(base, max_learning_rate=given.max_learning_rate),
    "polyak": lambda base, given: rivals.polyak(base, max_learning_rate=given.max_learning_rate),
    "hypergradient": lambda base, given: rivals.hypergradient(
        base, given.learning_rate, given.hypergradient_rate
    ),
    "hypergradient_times": lambda base, given: rivals.hypergradient(
        base, given.learning_rate, given.hypergradient_rate, "multiplicative"
    ),
    "oracle": lambda base, given: oracle(
        base, given.sigma, diagonal=given.diagonal, critical=getattr(given, "critical", 2.0)
    ),
    "schedule_free": lambda base, given: free.schedule_free(base, given.learning_rate),
    "prodigy": lambda base, given: free.prodigy(base),
}
# A name without a tuner fails here, and a tuner without a name is none of the choices.
TUNERS: Mapping[str, Make] = {name: _MADE[name] for name in NAMES}


def choose(name: str, base: optax.GradientTransformation, given: Any):
    """The tuner of that name on `base`.

    Args:
        name: one of `TUNERS`.
        base: any optax direction.
        given: an object with the attributes sigma, ema, max_learning_rate, learning_rate,
            warm_up_steps, steps, slope, hypergradient_rate, diagonal and critical, as far as they
            are used.

    Raises:
        ValueError: if there is no tuner of that name.
    """
    if name not in TUNERS:
        raise ValueError(messages.unknown("tuner", name, TUNERS))
    return TUNERS[name](base, given)

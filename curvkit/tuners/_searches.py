"""Line searches: the largest rate that decreases enough, and the best rate of a line.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| c | `slope_rtol` | scalar | Armijo 1966, doi 10.2140/pjm.1966.16.1 |
| φ(η) | the loss at w + η u | scalar | |
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from curvkit.tuners._leaves import moved, over, select, strong, wide
from curvkit.tuners._line import slope_along
from curvkit.tuners._tuner import require_count, require_within, tuner

# What golden-section search keeps of a bracket at each evaluation.
GOLDEN = 0.6180339887498949


def armijo(
    base: optax.GradientTransformation,
    *,
    slope_rtol: float = 1e-4,
    decrease_factor: float = 0.8,
    increase_factor: float = 1.5,
    max_learning_rate: float = 1.0,
    max_backtracking_steps: int = 30,
) -> optax.GradientTransformationExtraArgs:
    """Backtracking until f(w + η u) ≤ f + c η gᵀu, by `optax.scale_by_backtracking_linesearch`.

    Takes optax's options, with optax's defaults. The search is along the line alone, in numbers
    over the slope, so that the unit of the loss and the dtype of the parameters do not matter. A
    search that finds nothing moves nothing, and the next begins where it ended.

    Raises:
        ValueError: for a setting out of range; from `update` without `value_fn` or `params`.

    >>> loss = lambda w: 2.0 * jnp.sum(w**2)
    >>> method, w = armijo(optax.identity(), slope_rtol=0.5, decrease_factor=0.5), jnp.ones(1)
    >>> float(method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1].learning_rate)
    0.25
    """
    require_within("slope_rtol", slope_rtol, 0, 1, "between 0 and 1")
    require_within("decrease_factor", decrease_factor, 0, 1, "between 0 and 1")
    require_within("increase_factor", increase_factor, 1 - 1e-9, jnp.inf, "a number of at least 1")
    require_within("max_learning_rate", max_learning_rate, 0, jnp.inf, "a number above 0")
    require_count("max_backtracking_steps", max_backtracking_steps, 1)
    own = optax.scale_by_backtracking_linesearch(
        max_backtracking_steps,
        slope_rtol=slope_rtol,
        decrease_factor=decrease_factor,
        increase_factor=increase_factor,
        max_learning_rate=max_learning_rate,
    )
    float32 = lambda number: jnp.asarray(number).astype(jnp.float32)
    lost = float32(increase_factor) * float32(decrease_factor) ** max_backtracking_steps

    def propose(seen, inner):
        value, slope = slope_along(seen.value_fn, seen.params, seen.direction, seen.backward)
        # The loss along u, over the size of its slope there: φ(η) with φ' = −1 at 0.
        steep = jnp.where(slope == 0, 1.0, jnp.abs(slope))
        along = lambda rate: float32(over(wide(_at(seen, rate)) - value, steep, seen.size))
        new: Any = own.update(
            float32(1.0), inner, float32(0.0),
            value=float32(0.0), grad=float32(jnp.sign(slope)), value_fn=along,
        )[1]  # fmt: skip
        rate = jnp.where(slope < 0, new.learning_rate, 0.0)
        ended = jnp.where(new.learning_rate > 0, new.learning_rate, lost * inner.learning_rate)
        known = jnp.isfinite(value) & jnp.isfinite(slope) & jnp.isfinite(seen.size)
        state = select(known & (slope < 0), new._replace(learning_rate=ended), inner)
        return jnp.where(known, rate, seen.last), state

    return tuner(base, lambda parts, like: strong(own.init(float32(0.0))), propose, needs="armijo")


def _at(seen, rate):
    """The loss at w + η u."""
    return seen.value_fn(moved(seen.params, rate * seen.size, seen.direction))


def exact(
    base: optax.GradientTransformation,
    *,
    max_learning_rate: float = 1e4,
    evaluations: int = 24,
) -> optax.GradientTransformationExtraArgs:
    """The rate at which the loss along u is least, to a relative 1e-4 or so.

    The last η is halved until the loss is not above that at 0, then doubled until it falls no
    more; what lies below is narrowed by golden sections. On a line with several valleys it is one
    of those in there.

    Args:
        base: any optax direction.
        max_learning_rate: η is not looked for beyond, above 0.
        evaluations: of the loss within the bracket; each narrows it by 0.62.

    >>> loss = lambda w: 2.0 * jnp.sum(w**2)
    >>> method, w = exact(optax.identity()), jnp.ones(1)
    >>> step = method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1]
    >>> round(float(step.learning_rate), 3)
    0.25
    """
    require_within("max_learning_rate", max_learning_rate, 0, jnp.inf, "a number above 0")
    require_count("evaluations", evaluations, 3)

    def propose(seen, last):
        # Along the direction over its largest entry, so that the unit of the loss does not matter.
        size = jnp.where(seen.size == 0, 1.0, seen.size)
        along = lambda far: _never_nan(seen.value_fn(moved(seen.params, far, seen.direction)))
        start = along(jnp.zeros((), jnp.float32))
        limit = jnp.minimum(max_learning_rate * size, jnp.finfo(jnp.float32).max / 4)
        low, high = _bracket(along, start, jnp.where(last > 0, last * size, 1.0), limit)
        best = _golden(along, low, high, evaluations)
        rate = jnp.where(along(best) <= start, best / size, 0.0)
        rate = jnp.where(jnp.isfinite(start) & jnp.isfinite(rate), rate, seen.last)
        return rate, jnp.where(rate > 0, rate, last)

    return tuner(base, lambda parts, like: jnp.zeros((), jnp.float32), propose, needs="exact")


def _never_nan(value):
    """A loss that is no number counts as infinitely bad."""
    return jnp.where(jnp.isnan(value), jnp.inf, value).astype(jnp.float32)


def _bracket(along, start, last, limit):
    """Two rates between which a loss of one valley is least: 0, and one at which it does not fall.

    Not half of that: where the loss falls steeply and climbs slowly, it is least anywhere below.
    """

    def halve(carry):
        rate, _ = carry
        return rate / 2, along(rate / 2)

    def double(carry):
        rate, value, _ = carry
        return 2 * rate, along(2 * rate), value

    rate = jnp.minimum(last, limit)
    bad = lambda carry: (carry[1] > start) & (carry[0] > 1e-12)
    rate, value = jax.lax.while_loop(bad, halve, (rate, along(rate)))
    falling = lambda carry: (carry[1] < carry[2]) & (carry[0] < limit)
    rate, *_ = jax.lax.while_loop(falling, double, (rate, value, jnp.full_like(value, jnp.inf)))
    # There it is no longer below half of it, or the limit is reached.
    return jnp.zeros_like(rate), jnp.minimum(rate, limit)


def _golden(along, low, high, evaluations):
    """The middle of [low, high] after so many golden sections."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)

    def narrow(_, carry):
        low, high, left, right, at_left, at_right = carry
        lower = at_left < at_right
        low, high = jnp.where(lower, low, left), jnp.where(lower, right, high)
        new = jnp.where(lower, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        value = along(new)
        left, right = jnp.where(lower, new, right), jnp.where(lower, left, new)
        at_left, at_right = jnp.where(lower, value, at_right), jnp.where(lower, at_left, value)
        return low, high, left, right, at_left, at_right

    first = (low, high, left, right, along(left), along(right))
    low, high, *_ = jax.lax.fori_loop(0, evaluations - 2, narrow, first)
    return (low + high) / 2

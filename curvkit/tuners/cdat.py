"""CDAT: the curvature dynamics aware tuner, for any optax direction, and what keeps it safe.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| u | direction, minus what the base returns | like `params` | arXiv 2407.06183, section 4 |
| n | `numerator`, max(−∇fᵀu, 0) | scalar | arXiv 2407.06183, section 4 |
| d | `denominator`, abs(uᵀHu) + ε | scalar | arXiv 2407.06183, section 4 |
| σ | `sigma` | scalar | arXiv 2407.06183, section 4 |
| η | `learning_rate`, σ n / d | scalar | arXiv 2407.06183, section 4 |
| c | `caution`, the share of σ that is used | scalar | measured, `benchmarks/tuners.py` |

The loss along u is, to second order, f − η n + η² d / 2. Its minimum is at n / d (σ = 1, greedy);
at 2 n / d it is back at f. For u = −g along the top eigenvector n / d is 1 / λ, so that σ = 2 is
the edge of stability. Of higher orders the rule knows nothing, of batches neither: σ = 2 then
climbs. The guard sees it by the loss and cuts σ until the loss falls again.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.tuners.leaves import inner_product, kept, over
from curvkit.tuners.line import line
from curvkit.tuners.tuner import Seen, require_within, tuner

# The guard, as chosen by `benchmarks/tuners.py --safety`: the averages it compares keep so much,
# the loss may rise by so much of its spread, the share of σ falls and recovers by such factors.
SHORT, LONG, SPREAD = 0.9, 0.97, 0.1
CUT, RECOVERY, LEAST = 0.5, 1.02, 1e-3
# The first step is this share shorter, the next by so much less each.
START, RAMP = 0.8, 0.2


class Guard(NamedTuple):
    """What the guard remembers, scalars all.

    Attributes:
        short, long, spread: averages of the loss, and of its distance from the long one.
        numerator, denominator: averages of n / ‖u‖² and d / ‖u‖².
        caution: the share of σ that is used, 1 where all is well.
    """

    short: jax.Array
    long: jax.Array
    spread: jax.Array
    numerator: jax.Array
    denominator: jax.Array
    caution: jax.Array


class CDATState(NamedTuple):
    """What CDAT remembers, and what it says of the last step; scalars all.

    Attributes:
        numerator, denominator: n and d of the last step with finite ones, averaged if `ema` > 0.
        descent: whether the last direction went downhill; where it did not, n is 0.
        non_finite: how many steps had no finite η and kept the last finite one.
        steps: how many had one.
        slope, bend, size: n / m, d / m² and m, the largest entry of u: they stay within what a
            number can hold where n and d, as of a loss in another unit, do not.
        guard: what the guard remembers.
    """

    numerator: jax.Array
    denominator: jax.Array
    descent: jax.Array
    non_finite: jax.Array
    steps: jax.Array
    slope: jax.Array
    bend: jax.Array
    size: jax.Array
    guard: Guard

    @classmethod
    def of(cls, state: Any) -> "CDATState":
        """The CDATState within any optax state that holds one: a chain, a mask, a wrapper."""
        is_one = lambda each: isinstance(each, cls)
        return next(each for each in jax.tree.leaves(state, is_leaf=is_one) if is_one(each))


def cdat(
    base: optax.GradientTransformation,
    sigma: float = 2.0,
    *,
    ema: float = 0.0,
    eps: float = 0.0,
    max_learning_rate: float | None = None,
    guard: bool = True,
) -> optax.GradientTransformationExtraArgs:
    """CDAT on any direction: η = σ max(−∇fᵀu, 0) / (|uᵀHu| + ε), guarded.

    Args:
        base: any optax direction without a learning rate: `optax.identity()`, `optax.trace(0.9)`,
            `optax.scale_by_rms()`, `optax.scale_by_adam()`, or a chain of such.
        sigma: σ > 0; 1 is greedy, 2 on the edge.
        ema: how much of the averages of n and of d is kept, in [0, 1).
        eps: ε ≥ 0.
        max_learning_rate: a cap on η, above 0, or None.
        guard: whether the first steps are shorter, σ is cut while the loss rises and recovers
            while it falls, and η is at most twice what averages of n / ‖u‖² and d / ‖u‖² give.
            False is the paper's rule as it stands; `benchmarks/tuners.py --safety` tells where each
            explodes: the paper's in 5 of 5 runs with momentum or Adam on batches of 16 digits.

    Returns:
        A transformation whose `update(grads, state, params, *, value_fn, **value_fn_kwargs)` takes
        the loss, a scalar function of `params` and of the keywords it names; one gradient more
        than the base costs at most. State: `TunerState`, its `inner` a `CDATState`. With an
        average, a step without descent enters it as n = 0; without one it gets η = 0.

    Raises:
        ValueError: for a setting out of range, or a base with a learning rate of its own; from
            `update` without `value_fn` or `params`, or with a `value_fn` that is not scalar.

    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2)
    >>> params = jnp.array([0.0, 1.0])
    >>> method = cdat(optax.identity(), sigma=1.0, guard=False)
    >>> grads, state = jax.grad(loss)(params), method.init(params)
    >>> updates, state = method.update(grads, state, params, value_fn=loss)
    >>> round(float(state.learning_rate), 6)  # one over the curvature along the gradient
    0.333333
    """
    require_within("sigma", sigma, 0, jnp.inf, "a number above 0")
    require_within("ema", ema, -1e-30, 1, "at least 0 and below 1")
    require_within("eps", eps, -1e-30, jnp.inf, "a number of at least 0")
    if max_learning_rate is not None:
        require_within("max_learning_rate", max_learning_rate, 0, jnp.inf, "above 0, or None")

    def propose(seen: Seen, inner: CDATState):
        value, slope, bend = line(seen.value_fn, seen.params, seen.direction, seen.backward)
        value, slope, bend = (each.astype(jnp.float32) for each in (value, -slope, bend))
        scale = jnp.where(seen.size == 0, 1.0, seen.size)
        floor = over(jnp.asarray(eps).astype(jnp.float32), scale, scale)
        now = (jnp.maximum(slope, 0.0), jnp.abs(bend) + floor)
        above, below = _averaged(ema, inner, now, scale)
        rate, watch = sigma * over(above, below, scale), inner.guard
        if guard:
            watch, limit = _guarded(watch, value, _of_length_one(seen, now, scale), inner.steps)
            share = watch.caution * (1 - START * RAMP ** inner.steps.astype(jnp.float32))
            rate = share * jnp.minimum(rate, sigma * limit)
        rate = jnp.where(above == 0, 0.0, rate)
        if max_learning_rate is not None:
            # A straight line has no curvature: then the cap is the answer, and no accident.
            rate = jnp.minimum(rate, max_learning_rate)
        known = jnp.isfinite(value) & jnp.isfinite(slope) & jnp.isfinite(bend) & jnp.isfinite(rate)
        return jnp.where(known, rate, seen.last), _remembered(
            inner, known, slope > 0, above, below, scale, watch
        )

    return tuner(base, lambda parts, like: _begin(), propose, needs="cdat")


def _begin() -> CDATState:
    # Each an array of its own: who runs a program may give the memory of each away.
    zero, whole = lambda: jnp.zeros((), jnp.float32), lambda: jnp.zeros((), jnp.int32)
    watch = Guard(zero(), zero(), zero(), zero(), zero(), jnp.ones((), jnp.float32))
    downhill = jnp.ones((), bool)
    return CDATState(zero(), zero(), downhill, whole(), whole(), zero(), zero(), zero(), watch)


def _remembered(inner, known, descent, above, below, scale, watch) -> CDATState:
    """The state after a step: the counts and the sign are of every one, the rest of those known."""
    counts = (inner.non_finite + jnp.where(known, 0, 1), inner.steps + jnp.where(known, 1, 0))
    read = (above * scale, below * scale * scale, descent)
    new = CDATState(*read, *counts, above, below, scale, watch)
    old = inner._replace(descent=descent, non_finite=counts[0], steps=counts[1])
    return kept(known, new, old)


def _averaged(keep, inner, now, scale):
    """Averages of n / m and of d / m², with the m of now, that of before being in the state."""
    # Beyond, what was before counts for all or nothing anyway, and its square is no number.
    shrunk = jnp.minimum(inner.size / scale, 1e18)
    rest = jnp.asarray(1.0, jnp.float32) - keep
    above = keep * inner.slope * shrunk + rest * now[0]
    return above, keep * inner.bend * shrunk * shrunk + rest * now[1]


def _of_length_one(seen, now, scale):
    """N / ‖u‖² and d / ‖u‖²; zeros where u is zero."""
    length = inner_product(seen.direction, seen.direction).astype(jnp.float32)
    length = jnp.where(length == 0, 1.0, length)
    return over(now[0], scale, length), now[1] / length


def _guarded(guard: Guard, value, unit, steps) -> tuple[Guard, jax.Array]:
    """What the guard remembers after a step, and the largest n / d that it lets pass.

    A loss whose short average stands above its long one, by more than its spread explains, rises:
    the share of σ is cut. A rate is at most a few times what averages give, the less the more
    cautious: a curvature near zero is an accident of one point, or of one batch.
    """
    first = steps == 0
    follow = lambda keep, old, new: jnp.where(first, new, keep * old + (1 - keep) * new)
    short, long = follow(SHORT, guard.short, value), follow(LONG, guard.long, value)
    spread = jnp.where(first, 0.0, SHORT * guard.spread + (1 - SHORT) * jnp.abs(value - long))
    rising = (short - long > SPREAD * spread) & ~first
    caution = jnp.where(rising, CUT * guard.caution, RECOVERY * guard.caution)
    caution = jnp.clip(caution, LEAST, 1.0)
    # Of directions of length one: else the longest of them would be the average.
    above, below = (
        SHORT * old + (1 - SHORT) * new
        for old, new in zip((guard.numerator, guard.denominator), unit, strict=True)
    )
    return Guard(short, long, spread, above, below, caution), (1 + caution**4) * above / below


def greedy(base: optax.GradientTransformation, **options: Any):
    """The quadratically greedy tuner: CDAT with σ = 1; takes the other options of `cdat`.

    >>> greedy(optax.identity()).init(jnp.ones(2)).learning_rate.item()
    0.0
    """
    return cdat(base, 1.0, **options)

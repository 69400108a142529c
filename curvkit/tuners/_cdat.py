"""CDAT: the curvature dynamics aware tuner, for any optax direction, and what keeps it safe.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| u | direction, minus what the base returns | like `params` | arXiv 2407.06183 |
| n | `numerator`, max(−∇fᵀu, 0) | scalar | arXiv 2407.06183 |
| d | `denominator`, abs(uᵀHu) + ε | scalar | arXiv 2407.06183 |
| σ | `sigma` | scalar | arXiv 2407.06183 |
| η | `learning_rate`, σ n / d | scalar | arXiv 2407.06183 |
| c | `caution`, the share of σ that is used | scalar | measured, `benchmarks/tuners.py` |

The loss along u is, to second order, f − η n + η² d / 2. Its minimum is at n / d (σ = 1, greedy);
at 2 n / d it is back at f. For u = −g along the top eigenvector n / d is 1 / λ, so that σ = 2 is
the edge of stability. Of higher orders the rule knows nothing, of batches neither: σ = 2 then
climbs. The guard is a search of Grippo, Lampariello and Lucidi's kind, without further looks at
the loss: a step that led above all recent losses is taken back, and the next ones are shorter.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages
from curvkit.tuners._leaves import over, select, whole
from curvkit.tuners._line import line
from curvkit.tuners._tuner import StepView, require_within, tuner

# The guard, as chosen by `benchmarks/tuners.py --safety`: how many losses it remembers, by what
# factors the share of σ falls and recovers, and how much of a loss may be rounding.
WINDOW, CUT, RECOVERY, LEAST, ROUNDING = 20, 0.5, 1.1, 1e-6, 1e-6


class Guard(NamedTuple):
    """What the guard remembers.

    Attributes:
        anchor: the parameters last seen at a loss within the recent ones; like `params`.
        losses: the recent ones, each of parameters that were kept.
        kept: how many were.
        caution: the share of σ that is used, 1 where all is well.
        back: whether the last update was a step back to `anchor`.
        returns: how many were.
    """

    anchor: Any
    losses: jax.Array
    kept: jax.Array
    caution: jax.Array
    back: jax.Array
    returns: jax.Array


class CDATState(NamedTuple):
    """What CDAT remembers, and what it says of the last step; scalars but for the guard.

    Attributes:
        numerator, denominator: n and d of the last step taken, averaged if `ema` > 0.
        descent: whether the last direction went downhill; where it did not, n is 0.
        non_finite: how many steps had no finite η and kept the last finite one, or went back.
        steps: how many had one and used it.
        slope, bend, size: n / m, d / m² and m, the largest entry of u: they stay within what a
            number can hold where n and d, as of a loss in another unit, do not.
        guard: what the guard remembers, or None without one.
    """

    numerator: jax.Array
    denominator: jax.Array
    descent: jax.Array
    non_finite: jax.Array
    steps: jax.Array
    slope: jax.Array
    bend: jax.Array
    size: jax.Array
    guard: Guard | None

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
        guard: whether a step that led above the highest of the last 20 losses is taken back: the
            update leads to the parameters before it, the base forgets its gradient, the rates are
            halved and recover by a tenth a step. `state.inner.guard` tells; it holds one copy of
            the parameters. False is the paper's rule as it stands, without that copy. Of 150 runs
            of 150 to 200 steps in `benchmarks/tuners.md`, three small models on all data and on
            batches of 16, none exploded; the paper's rule did in 46 of the 65 measured, all on
            batches. On the room's network, full batch, the last losses are the paper's or lower
            (medians of five seeds, 1000 steps; a single seed up to 36 % higher).

    Returns:
        A transformation whose `update(grads, state, params, *, value_fn, **value_fn_kwargs)` takes
        the loss, a scalar function of `params` and of the keywords it names. f, n and d take as
        many operations, beside the base's gradient, as 1.4 gradients of a perceptron, and as 2.2
        to 2.4 of the residual network and the transformer of `curvature.task` (XLA's count).
        State: `TunerState`, its `inner` a `CDATState`. With an average, a step without descent
        enters it as n = 0; without one it gets η = 0. On a step
        back `learning_rate` is half of the one before; what follows in a chain alters its way.

    Raises:
        ValueError: for a setting out of range, or a base with a learning rate of its own; from
            `update` without `value_fn` or `params`, or with a `value_fn` that is not scalar.

    >>> loss = lambda w: 0.5 * jnp.sum(jnp.array([1.0, 3.0]) * w**2)
    >>> params = jnp.array([0.0, 1.0])
    >>> method = cdat(optax.identity(), sigma=1.0)
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

    def propose(seen: StepView, inner: CDATState):
        loss = messages.known("value_fn", seen.value_fn)
        value, slope, bend = line(loss, seen.params, seen.direction, seen.backward)
        value, slope, bend = (each.astype(jnp.float32) for each in (value, -slope, bend))
        scale = jnp.where(seen.size == 0, 1.0, seen.size)
        floor = over(jnp.asarray(eps).astype(jnp.float32), scale, scale)
        now = (jnp.maximum(slope, 0.0), jnp.abs(bend) + floor)
        above, below = _averaged(ema, inner, now, scale)
        rate, watch = sigma * over(above, below, scale), inner.guard
        if guard:
            watch = _guarded(messages.known("the state of the guard", watch), value, seen)
            rate = watch.caution * rate
        rate = jnp.where(above == 0, 0.0, rate)
        if max_learning_rate is not None:
            # A straight line has no curvature: then the cap is the answer, and no accident.
            rate = jnp.minimum(rate, max_learning_rate)
        known = jnp.isfinite(value) & jnp.isfinite(slope) & jnp.isfinite(bend) & jnp.isfinite(rate)
        new = _remembered(inner, known, slope > 0, above, below, scale, watch)
        if not guard or watch is None:
            return jnp.where(known, rate, seen.last), new
        rate = jnp.where(watch.back, CUT * seen.last, jnp.where(known, rate, seen.last))
        return rate, new, watch.back, watch.anchor

    begin = lambda parts, like: _begin(_watching(like) if guard else None)
    return tuner(base, begin, propose, needs="cdat")


def _begin(watch) -> CDATState:
    # Each an array of its own: who runs a program may give the memory of each away.
    zero, count = lambda: jnp.zeros((), jnp.float32), lambda: jnp.zeros((), jnp.int32)
    downhill = jnp.ones((), bool)
    return CDATState(zero(), zero(), downhill, count(), count(), zero(), zero(), zero(), watch)


def _watching(params) -> Guard:
    anchor = jax.tree.map(lambda leaf: jnp.array(leaf, copy=True), params)
    count, caution = lambda: jnp.zeros((), jnp.int32), jnp.ones((), jnp.float32)
    return Guard(
        anchor, jnp.zeros(WINDOW, jnp.float32), count(), caution, jnp.zeros((), bool), count()
    )


def _remembered(inner, known, descent, above, below, scale, watch) -> CDATState:
    """The state after a step: counts, sign and guard are of every one, the rest of those taken."""
    taken = known if watch is None else known & ~watch.back
    counts = (inner.non_finite + jnp.where(known, 0, 1), inner.steps + jnp.where(taken, 1, 0))
    read = (above * scale, below * scale * scale, descent)
    new = CDATState(*read, *counts, above, below, scale, None)
    old = inner._replace(descent=descent, non_finite=counts[0], steps=counts[1], guard=None)
    return select(taken, new, old)._replace(guard=watch)


def _averaged(keep, inner, now, scale):
    """Averages of n / m and of d / m², with the m of now, that of before being in the state."""
    # Beyond, what was before counts for all or nothing anyway, and its square is no number.
    shrunk = jnp.minimum(inner.size / scale, 1e18)
    weight = jnp.asarray(1.0, jnp.float32) - keep
    above = keep * inner.slope * shrunk + weight * now[0]
    return above, keep * inner.bend * shrunk * shrunk + weight * now[1]


def _guarded(guard: Guard, value, seen) -> Guard:
    """What the guard remembers after a step, and whether it is one back.

    Kept is what is no higher than the highest of the recent losses. Back at the anchor any loss is
    kept: of another batch it may be another one, and so the guard learns how far they spread.
    """
    highest = jnp.max(guard.losses)
    low = value <= highest + ROUNDING * jnp.abs(highest)
    fine = jnp.isfinite(value) & (low | guard.back | (guard.kept == 0))
    slot = (jnp.arange(WINDOW) == guard.kept % WINDOW) | (guard.kept == 0)
    losses = jnp.where(fine & slot, value, guard.losses)
    better = jnp.minimum(1.0, jnp.where(guard.back, 1.0, RECOVERY) * guard.caution)
    caution = jnp.where(fine, better, jnp.maximum(CUT * guard.caution, LEAST))
    now = whole(seen.params, seen.which, guard.anchor)
    anchor = select(fine, now, guard.anchor)
    count = guard.kept + jnp.where(fine, 1, 0)
    return Guard(anchor, losses, count, caution, ~fine, guard.returns + jnp.where(fine, 0, 1))


def greedy(
    base: optax.GradientTransformation, **options: Any
) -> optax.GradientTransformationExtraArgs:
    """The quadratically greedy tuner: CDAT with σ = 1; takes the other options of `cdat`.

    >>> greedy(optax.identity()).init(jnp.ones(2)).learning_rate.item()
    0.0
    """
    return cdat(base, 1.0, **options)

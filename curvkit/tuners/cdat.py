"""CDAT: the curvature dynamics aware tuner, for any optax direction.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| u | direction, minus what the base returns | like `params` | arXiv 2407.06183, section 4 |
| n | `numerator`, max(−gᵀu, 0) | scalar | arXiv 2407.06183, section 4 |
| d | `denominator`, abs(uᵀHu) + ε | scalar | arXiv 2407.06183, section 4 |
| σ | `sigma` | scalar | arXiv 2407.06183, section 4 |
| η | `learning_rate`, σ n / d | scalar | arXiv 2407.06183, section 4 |

The loss along u is, to second order, f − η n + η² d / 2. Its minimum is at n / d (σ = 1, greedy);
at 2 n / d it is back at f. For u = −g along the top eigenvector n / d is 1 / λ, so that σ = 2 is
the edge of stability. uᵀHu is the second derivative of the loss along a line, a number: two
forward passes nested give it without a backward pass and without the vector H u.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.tuners.tuner import Seen, inner_product, require_within, tuner


class CDATState(NamedTuple):
    """What CDAT remembers, and what it says of the last step; scalars all.

    Attributes:
        numerator, denominator: n and d of the last step with finite ones, averaged if `ema` > 0.
        descent: whether the last direction went downhill; where it did not, n is 0.
        non_finite: how many steps had no finite η and kept the last finite one.
    """

    numerator: jax.Array
    denominator: jax.Array
    descent: jax.Array
    non_finite: jax.Array

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
) -> optax.GradientTransformationExtraArgs:
    """CDAT on any direction: η = σ max(−gᵀu, 0) / (|uᵀHu| + ε).

    Args:
        base: any optax direction without a learning rate: `optax.identity()`, `optax.trace(0.9)`,
            `optax.scale_by_rms()`, `optax.scale_by_adam()`, or a chain of such.
        sigma: σ > 0; 1 is greedy, 2 on the edge.
        ema: how much of the averages of n and of d is kept, in [0, 1); about 0.9 for mini-batches.
        eps: ε ≥ 0.
        max_learning_rate: a cap on η, above 0, or None. Wanted where the gradient can be
            orthogonal to all sharp directions: η is then huge, and the first step harmful.

    Returns:
        A transformation whose `update(grads, state, params, *, value_fn, **value_fn_kwargs)` takes
        the loss, a scalar function of `params` and of the keywords it names; one gradient more
        than the base costs at most. State: `TunerState`, its `inner` a `CDATState`. With an
        average, a step without descent enters it as n = 0; without one it gets η = 0.

    Raises:
        ValueError: for a setting out of range; from `update` without `value_fn` or `params`, or
            with a `value_fn` that is not scalar.

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

    def init(params):
        zero = jnp.zeros((), jnp.float32)
        return CDATState(zero, zero, jnp.ones((), bool), jnp.zeros((), jnp.int32))

    def propose(seen: Seen, inner: CDATState):
        slope = -inner_product(seen.grads, seen.direction)
        bend = curvature_along(seen.value_fn, seen.params, seen.direction)
        above = ema * inner.numerator + (1 - ema) * jnp.maximum(slope, 0.0)
        below = ema * inner.denominator + (1 - ema) * (jnp.abs(bend) + eps)
        rate = jnp.where(above == 0, 0.0, sigma * above / below)
        if max_learning_rate is not None:
            # A straight line has no curvature: then the cap is the answer, and no accident.
            rate = jnp.minimum(rate, max_learning_rate)
        known = jnp.isfinite(slope) & jnp.isfinite(bend) & jnp.isfinite(rate)
        rate = jnp.where(known, rate, seen.last)
        kept = lambda new, old: jnp.where(known, new, old).astype(jnp.float32)
        return rate, CDATState(
            kept(above, inner.numerator),
            kept(below, inner.denominator),
            slope > 0,
            inner.non_finite + jnp.where(known, 0, 1),
        )

    return tuner(base, init, propose, needs="cdat")


def curvature_along(loss: Callable[[Any], jax.Array], params: Any, direction: Any) -> jax.Array:
    """uᵀHu, the second derivative of `loss` from `params` along `direction`, exactly.

    Forward over forward; where the loss has a rule of its own for the backward pass only
    (`jax.custom_vjp`), reverse over reverse.

    Args:
        loss: a scalar function of `params`.
        params: any pytree of floating-point arrays.
        direction: u, like `params`.

    >>> float(curvature_along(lambda w: jnp.sum(w**3), jnp.ones(2), jnp.array([1.0, 2.0])))
    30.0
    """
    direction = jax.tree.map(lambda u, w: u.astype(w.dtype), direction, params)
    slope = lambda w: jax.jvp(loss, (w,), (direction,))[1]
    try:
        bend = jax.jvp(slope, (params,), (direction,))[1]
    except TypeError:
        slope = lambda w: inner_product(jax.grad(loss)(w), direction)
        return inner_product(direction, jax.grad(slope)(params))
    return bend.astype(jnp.promote_types(bend.dtype, jnp.float32))


def greedy(base: optax.GradientTransformation, **options: Any):
    """The quadratically greedy tuner: CDAT with σ = 1; takes the other options of `cdat`.

    >>> greedy(optax.identity()).init(jnp.ones(2)).learning_rate.item()
    0.0
    """
    return cdat(base, 1.0, **options)

"""Rivals that are whole methods of optax and no rates for a direction: schedule-free and Prodigy.

Both are optax's own. Here each has the state of a tuner, so that the room sees a learning rate, a
direction, and what the direction was divided by; and each begins where it is first asked, which may
be after a handover.

| symbol | name | source |
| --- | --- | --- |
| y, z, x | parameters, base iterate, average: y = (1 − β1) z + β1 x | arXiv 2405.15682 |
| c | weight of the newest z in x | arXiv 2405.15682 |
| d | Prodigy's estimate of the rate | arXiv 2306.06101 |
| v | its running mean of d² g² | arXiv 2306.06101 |
| P | `own_diagonal`, scaled so that ηλ(P⁻¹H) is critical where the base is | |
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax
from optax import contrib

from curvkit.curvature._thresholds import critical
from curvkit.tuners._names import FREE
from curvkit.tuners._tuner import TunerState

# optax's own defaults.
INTERPOLATION, BETAS, EPSILON = 0.9, (0.9, 0.999), 1e-8
# The direction that is left of a base, where the average takes the place of its momentum.
WITHOUT_MOMENTUM = {"gd": "gd", "heavy_ball": "gd", "rmsprop": "rmsprop", "adam": "rmsprop"}


def base_of(name: str, base: str) -> str:
    """The direction that a contender steps along: schedule-free has no momentum but its own.

    >>> base_of("schedule_free", "adam"), base_of("cdat", "adam")
    ('rmsprop', 'adam')
    """
    return WITHOUT_MOMENTUM[base] if name == "schedule_free" else base


def shaped(base: str, contenders: Sequence[str]) -> bool:
    """Whether the sharpness of any contender is that of a preconditioned Hessian.

    >>> shaped("gd", ["cdat", "constant"]), shaped("gd", ["cdat", "prodigy"])
    (False, True)
    """
    return base in ("rmsprop", "adam") or not set(FREE).isdisjoint(contenders)


def schedule_free(
    base: optax.GradientTransformation, learning_rate: Any
) -> optax.GradientTransformationExtraArgs:
    """Schedule-free steps of optax along a base without momentum; the gradient is taken at y.

    Args:
        base: any optax direction without momentum.
        learning_rate: η, above 0.

    >>> method, w = schedule_free(optax.identity(), 0.5), jnp.ones(1)
    >>> method.update(w, method.init(w), w)[0]  # the first z and x are both w − η g
    Array([-0.5], dtype=float32)
    """
    scaled = optax.chain(base, optax.scale(-learning_rate))
    own = contrib.schedule_free(scaled, learning_rate, b1=INTERPOLATION)

    def begin(params):
        state: Any = own.init(params)
        # What the base remembers stands where a tuner has it, as a handover hands it on.
        first, rest = state.base_optimizer_state
        return TunerState(
            first, jnp.zeros((), jnp.float32), state._replace(base_optimizer_state=rest)
        )

    def update(updates, state, params=None, **extra):
        held = state.inner
        held = held._replace(base_optimizer_state=(state.base, held.base_optimizer_state))
        begun = held.weight_sum > 0
        held = held._replace(z=jax.tree.map(lambda z, y: jnp.where(begun, z, y), held.z, params))
        after: Any
        steps, after = own.update(updates, held, params)
        first, *rest = after.base_optimizer_state
        inner = after._replace(base_optimizer_state=rest[0])
        return steps, TunerState(first, jnp.asarray(learning_rate, jnp.float32), inner)

    return optax.GradientTransformationExtraArgs(begin, update)


def averaged(state: TunerState, params: Any) -> Any:
    """The average x of schedule-free, where its loss is looked at; before a step, `params`."""
    inner: Any = state.inner
    begun = inner.weight_sum > 0
    of = lambda y, z: jnp.where(begun, (y - (1 - INTERPOLATION) * z) / INTERPOLATION, y)
    return jax.tree.map(of, params, inner.z)


def prodigy(base: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """Prodigy of optax: Adam's direction, whose rate grows with how far one is from the start.

    Args:
        base: remembered for a handover, and not followed: the direction is Prodigy's.

    >>> method, w = prodigy(optax.identity()), jnp.ones(1)
    >>> float(method.update(w, method.init(w), w)[1].learning_rate)  # d before the first step
    9.999999974752427e-07
    """
    own = contrib.prodigy(betas=BETAS, eps=EPSILON)

    def begin(params):
        return TunerState(base.init(params), jnp.zeros((), jnp.float32), own.init(params))

    def update(updates, state, params=None, **extra):
        held: Any = state.inner
        begun = held.count > 0
        first = jax.tree.map(lambda p0, p: jnp.where(begun, p0, p), held.params0, params)
        steps, after = own.update(updates, held._replace(params0=first), params)
        rate = jnp.asarray(held.estim_lr, jnp.float32)
        return steps, TunerState(state.base, rate, after)

    return optax.GradientTransformationExtraArgs(begin, update)


def own_diagonal(name: str, state: TunerState, base_diagonal: Any, base_critical: Any) -> Any:
    """The diagonal of P by which a method of `FREE` judges itself, after an update.

    A step of it along a direction whose sign changes each time is stable up to ηλ(P⁻¹H) =
    `base_critical`, as for every other contender: so one line is the edge of all.

    Args:
        name: schedule_free or prodigy.
        state: of its update.
        base_diagonal: of the preconditioner of the base, along which schedule-free steps, and
            both do where they have not begun.
        base_critical: the critical value of the base that the others tune.
    """
    inner: Any = state.inner
    if name == "schedule_free":
        # At a constant rate the weights of all z are equal; cf. `curvature._optimizers.averaged`.
        total = inner.weight_sum
        # Before its first step, which a handover puts off, it is the base's step alone.
        newest = jnp.where(total > 0, inner.max_lr**2 / jnp.where(total > 0, total, 1.0), 1.0)
        share = 1 - INTERPOLATION + INTERPOLATION * newest / (2 - newest)
        return base_diagonal * 2 / (share * base_critical)
    beta1, beta2 = BETAS
    begun, count = inner.count > 0, jnp.maximum(inner.count, 1)
    # Adam's P holds its correction of the first moment; d was another when v was filled.
    root = jnp.sqrt(1 - beta2**count)
    divisor = jnp.sqrt(inner.exp_avg_sq) + inner.estim_lr * EPSILON
    rate = jnp.where(begun, state.learning_rate, 1.0)
    scale = (1 - beta1**count) / (root * rate) * critical("adam", momentum=beta1) / base_critical
    return jnp.where(begun, divisor * scale, base_diagonal)

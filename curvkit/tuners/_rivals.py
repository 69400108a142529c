"""What CDAT is compared with: fixed rates, Polyak and hypergradients.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| η | `learning_rate` | scalar | |
| f* | `f_min` | scalar | arXiv 2002.10542 |
| β | `rate`, of the learning rate's own descent | scalar | arXiv 1703.04782 |
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages, tree
from curvkit.tuners import _leaves as leaves
from curvkit.tuners._line import slope_along
from curvkit.tuners._tuner import require_count, require_within, tuner

KINDS = ("additive", "multiplicative")


def constant(
    base: optax.GradientTransformation, learning_rate: float
) -> optax.GradientTransformationExtraArgs:
    """The same η at every step, above 0.

    >>> method = constant(optax.identity(), 0.5)
    >>> method.update(jnp.ones(2), method.init(jnp.ones(2)))[0]
    Array([-0.5, -0.5], dtype=float32)
    """
    require_within("learning_rate", learning_rate, 0, jnp.inf, "a number above 0")
    return tuner(base, lambda parts, like: (), lambda seen, inner: (learning_rate, inner))


def schedule(
    base: optax.GradientTransformation, learning_rate: Callable[[jax.Array], jax.Array]
) -> optax.GradientTransformationExtraArgs:
    """η as a function of the number of steps taken, such as any schedule of optax.

    >>> method = schedule(optax.identity(), optax.linear_schedule(0.0, 1.0, 10))
    >>> float(method.update(jnp.ones(()), method.init(jnp.ones(())))[0])
    -0.0
    """
    begin = lambda parts, like: jnp.zeros((), jnp.int32)
    if not callable(learning_rate):
        advice = "use constant(base, learning_rate) for a number"
        raise ValueError(
            messages.refusal("learning_rate", "a function of steps", learning_rate, advice)
        )
    return tuner(base, begin, lambda seen, count: (learning_rate(count), count + 1))


def warm_up(
    base: optax.GradientTransformation,
    peak: float,
    steps: int,
    *,
    decay_steps: int | None = None,
) -> optax.GradientTransformationExtraArgs:
    """Linear warm-up from 0 to `peak` over `steps`; constant then, or a cosine down to 0.

    Args:
        base: any optax direction.
        peak: the largest η, above 0.
        steps: how long the warm-up takes, at least 1.
        decay_steps: the step, warm-up included, at which the cosine is at 0; None for a constant.

    >>> method = warm_up(optax.identity(), 1.0, 4)
    >>> float(method.update(jnp.ones(()), method.init(jnp.ones(())))[0])
    -0.25
    """
    require_within("peak", peak, 0, jnp.inf, "a number above 0")
    require_count("steps", steps, 1)
    if decay_steps is not None:
        require_count("decay_steps", decay_steps, 1)
    number = lambda whole: jnp.asarray(whole).astype(jnp.float32)

    def rate(count):
        count, length = number(count), number(steps)
        rising = peak * jnp.minimum(1.0, (count + 1) / length)
        if decay_steps is None:
            return rising
        decay_length = jnp.maximum(number(decay_steps) - length, 1.0)
        through = jnp.clip((count - length) / decay_length, 0.0, 1.0)
        return rising * 0.5 * (1 + jnp.cos(jnp.pi * through))

    return schedule(base, rate)


def polyak(
    base: optax.GradientTransformation,
    *,
    f_min: float = 0.0,
    max_learning_rate: float = jnp.inf,
    eps: float = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """Polyak's step on any direction, η = min((f − f*) / (−∇fᵀu + ε), cap): (f − f*) / ‖g‖² for
    gradient descent, and 0 where u goes uphill.

    Args:
        base: any optax direction.
        f_min: f*, the least that the loss can be.
        max_learning_rate: the cap, above 0.
        eps: ε ≥ 0.

    >>> loss = lambda w: 2.0 * jnp.sum(w**2)
    >>> method, w = polyak(optax.identity()), jnp.ones(1)
    >>> float(method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1].learning_rate)
    0.125
    """
    require_within("f_min", f_min, -jnp.inf, jnp.inf, "a finite number")
    messages.real("max_learning_rate", max_learning_rate, "above 0", above=0, most=jnp.inf)
    require_within("eps", eps, -1e-30, jnp.inf, "a number of at least 0")

    def propose(seen, inner):
        value, slope = slope_along(seen.value_fn, seen.params, seen.direction, seen.backward)
        scale = jnp.where(seen.size == 0, 1.0, seen.size).astype(slope.dtype)
        gap = jnp.maximum(value - f_min, 0.0)
        below = -slope + jnp.asarray(eps).astype(scale.dtype) / scale
        rate = jnp.minimum(leaves.over(gap, below, scale), max_learning_rate)
        # Not by the sign alone: what is no number is neither above nor below.
        return jnp.where((slope >= 0) & jnp.isfinite(gap), 0.0, rate), inner

    return tuner(base, lambda parts, like: (), propose, needs="polyak")


def hypergradient(
    base: optax.GradientTransformation,
    learning_rate: float,
    rate: float,
    kind: str = "additive",
) -> optax.GradientTransformationExtraArgs:
    """Descends in η as well: by β ⟨−g_t, u_{t−1}⟩, or by the factor 1 + β cos of their angle.

    The additive β is in the units of η over squared gradients: what suits gradient descent makes
    Adam and RMSProp diverge, whose directions have other units. The factor has none.

    Args:
        base: any optax direction.
        learning_rate: η of the first step, above 0.
        rate: β, at least 0.
        kind: additive or multiplicative.

    >>> method = hypergradient(optax.identity(), 0.1, 0.01)
    >>> w = jnp.ones(1)
    >>> state = method.update(w, method.init(w))[1]
    >>> round(float(method.update(w, state)[1].learning_rate), 6)
    0.11
    """
    require_within("learning_rate", learning_rate, 0, jnp.inf, "a number above 0")
    require_within("rate", rate, -1e-30, jnp.inf, "a number of at least 0")
    if kind not in KINDS:
        raise ValueError(messages.unknown("kind", kind, KINDS))

    def init(parts, like):
        first = jnp.asarray(learning_rate).astype(jnp.float32)
        return first, jax.tree.map(jnp.zeros_like, like), jnp.zeros((), jnp.float32)

    def propose(seen, inner):
        last, before, size = inner
        # Both over their largest entries: the square of a small or a large one is no number.
        steep = leaves.largest(seen.grads)
        grads = leaves.unit(seen.grads, steep, seen.grads)
        old = leaves.part(before, seen.which)
        along = -tree.inner_product(grads, old).astype(jnp.float32)
        if kind == "additive":
            new = last + rate * along * steep * size
        else:
            squares = [tree.inner_product(each, each) for each in (grads, old)]
            lengths = jnp.sqrt(squares[0]) * jnp.sqrt(squares[1])
            cosine = along / jnp.where(lengths == 0, 1.0, lengths).astype(jnp.float32)
            new = last * (1 + rate * cosine)
        new = jnp.maximum(new, 0.0)
        known = jnp.isfinite(new) & jnp.isfinite(seen.size) & jnp.isfinite(steep)
        new = jnp.where(known, new, last)
        now = leaves.whole(seen.direction, seen.which, before)
        return new, leaves.select(known, (new, now, seen.size), inner)

    return tuner(base, init, propose)

"""What CDAT is compared with: fixed rates, Polyak, hypergradients, and an oracle.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| η | `learning_rate` | scalar | |
| f* | `f_min` | scalar | arXiv 2002.10542, section 2 |
| β | `rate`, of the learning rate's own descent | scalar | arXiv 1703.04782, equations 3 and 7 |
| λ | largest eigenvalue of P^(-1/2) H P^(-1/2) | scalar | arXiv 2407.06183, section 2 |
| σ | `sigma` | scalar | arXiv 2407.06183, section 2 |
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from curvkit.core import say
from curvkit.curvature.lanczos import EigenPairs, top_eigenpairs
from curvkit.tuners.tuner import inner_product, require_within, tuner

KINDS = ("additive", "multiplicative")


def constant(base: optax.GradientTransformation, learning_rate: float):
    """The same η at every step, above 0.

    >>> method = constant(optax.identity(), 0.5)
    >>> method.update(jnp.ones(2), method.init(jnp.ones(2)))[0]
    Array([-0.5, -0.5], dtype=float32)
    """
    require_within("learning_rate", learning_rate, 0, jnp.inf, "a number above 0")
    return tuner(base, lambda params: (), lambda seen, inner: (learning_rate, inner))


def schedule(base: optax.GradientTransformation, learning_rate: Callable[[jax.Array], jax.Array]):
    """η as a function of the number of steps taken, such as any schedule of optax.

    >>> method = schedule(optax.identity(), optax.linear_schedule(0.0, 1.0, 10))
    >>> float(method.update(jnp.ones(()), method.init(jnp.ones(())))[0])
    -0.0
    """
    begin = lambda params: jnp.zeros((), jnp.int32)
    return tuner(base, begin, lambda seen, count: (learning_rate(count), count + 1))


def warm_up(
    base: optax.GradientTransformation,
    peak: float,
    steps: int,
    *,
    decay_steps: int | None = None,
):
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

    def rate(count):
        rising = peak * jnp.minimum(1.0, (count + 1) / steps)
        if decay_steps is None:
            return rising
        through = jnp.clip((count - steps) / jnp.maximum(decay_steps - steps, 1), 0.0, 1.0)
        return rising * 0.5 * (1 + jnp.cos(jnp.pi * through))

    return schedule(base, rate)


def polyak(
    base: optax.GradientTransformation,
    *,
    f_min: float = 0.0,
    max_learning_rate: float = jnp.inf,
    eps: float = 0.0,
):
    """Polyak's step, η = min((f − f*) / (‖u‖² + ε), cap), by `optax.scale_by_polyak`.

    >>> loss = lambda w: 2.0 * jnp.sum(w**2)
    >>> method, w = polyak(optax.identity()), jnp.ones(1)
    >>> float(method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1].learning_rate)
    0.125
    """
    own = optax.scale_by_polyak(f_min, max_learning_rate, eps, variant="sps+")

    def propose(seen, inner):
        value = seen.value_fn(seen.params) if seen.value is None else seen.value
        scaled, inner = own.update(seen.direction, inner, seen.params, value=value)
        length = inner_product(seen.direction, seen.direction)
        along = inner_product(scaled, seen.direction)
        return jnp.where(length > 0, along / length, 0.0), inner

    return tuner(base, own.init, propose, needs="polyak")


def hypergradient(
    base: optax.GradientTransformation,
    learning_rate: float,
    rate: float,
    kind: str = "additive",
):
    """Descends in η as well: by β ⟨−g_t, u_{t−1}⟩, or by the factor 1 + β cos of their angle.

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
        raise ValueError(say.unknown("kind", kind, KINDS))

    def init(params):
        return jnp.asarray(learning_rate, jnp.float32), jax.tree.map(jnp.zeros_like, params)

    def propose(seen, inner):
        now, before = inner
        along = -inner_product(seen.grads, before)
        if kind == "additive":
            now = now + rate * along
        else:
            lengths = inner_product(seen.grads, seen.grads) * inner_product(before, before)
            now = now * (1 + rate * along / jnp.sqrt(jnp.maximum(lengths, 1e-30)))
        now = jnp.maximum(now, 0.0).astype(jnp.float32)
        return now, (now, jax.tree.map(lambda u, b: u.astype(b.dtype), seen.direction, before))

    return tuner(base, init, propose)


def oracle(
    base: optax.GradientTransformation,
    sigma: float = 2.0,
    *,
    diagonal: Callable[[Any, Any], Any] | None = None,
    seed: int = 0,
):
    """η = σ / λ, with λ the largest eigenvalue of the Hessian, found anew at each step.

    Args:
        base: any optax direction.
        sigma: σ > 0; what is 2 for gradient descent is larger with momentum.
        diagonal: `diagonal(base_state, params)`, the diagonal of the base's preconditioner P, a
            positive pytree like `params`; without it λ is that of the Hessian itself.
        seed: of the first directions.

    >>> loss = lambda w: 2.0 * jnp.sum(w**2)
    >>> method, w = oracle(optax.identity(), 2.0), jnp.ones(3)
    >>> float(method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1].learning_rate)
    0.5
    """
    require_within("sigma", sigma, 0, jnp.inf, "a number above 0")

    def init(params):
        return EigenPairs.blank(_wide(params)), jnp.zeros((), jnp.int32)

    def propose(seen, inner):
        start, count = inner
        precondition = None if diagonal is None else _wide(diagonal(seen.base, seen.params))
        narrow = lambda wide: jax.tree.map(lambda w, p: w.astype(p.dtype), wide, seen.params)
        loss = lambda wide: seen.value_fn(narrow(wide)).astype(jnp.float32)
        pairs = top_eigenpairs(
            loss, _wide(seen.params), key=jax.random.fold_in(jax.random.key(seed), count),
            start=start, tolerance=1e-3, preconditioner=precondition,
        )  # fmt: skip
        return sigma / jnp.maximum(pairs.values[0], 1e-30), (pairs, count + 1)

    return tuner(base, init, propose, needs="oracle")


def _wide(tree):
    """A pytree in single precision or better: an eigenvalue is not to be had in half."""
    return jax.tree.map(lambda w: w.astype(jnp.promote_types(w.dtype, jnp.float32)), tree)

"""The oracle: the rate at the edge of stability, from the largest eigenvalue itself.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| η | `learning_rate` | scalar | |
| λ | largest eigenvalue of P^(-1/2) H P^(-1/2) | scalar | arXiv 2407.06183 |
| σ | `sigma` | scalar | arXiv 2407.06183 |
| ηλ* | `critical` | scalar | arXiv 2207.14484 |

The eigenpair is found on one flat vector in single precision or better, whole in each place of a
mesh, and of the loss over its steepest slope: neither half precision nor the unit is its business.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from curvkit.core import programs
from curvkit.curvature._eigenpairs import EigenPairs, top_eigenpairs
from curvkit.tuners import _leaves as leaves
from curvkit.tuners._tuner import require_count, require_within, tuner


def oracle(
    base: optax.GradientTransformation,
    sigma: float = 2.0,
    *,
    diagonal: Callable[[Any, Any], Any] | None = None,
    critical: float = 2.0,
    max_learning_rate: float | None = None,
    seed: int = 0,
) -> optax.GradientTransformationExtraArgs:
    """η = σ ηλ* / (2 λ), with λ the largest eigenvalue of the Hessian, found anew at each step.

    Where no eigenvalue is positive the rate is the last one, at first that of the eigenvalue's
    size.

    Args:
        base: any optax direction.
        sigma: σ > 0; 2 is the edge of stability.
        diagonal: `diagonal(base_state, params)`, the diagonal of the base's preconditioner P, a
            positive pytree like `params`; asked for where the base has second moments. Without it
            λ is that of the Hessian itself.
        critical: ηλ*, at which the base becomes unstable on a parabola, above 0: 2 for gradient
            descent, 3.8 for `optax.trace(0.9)`, 38 for Adam; `curvature.critical`.
        max_learning_rate: a cap on η, above 0, or None.
        seed: of the first directions.

    Raises:
        ValueError: for a setting out of range; from `init` for a base with second moments without
            `diagonal`; from `update` without `value_fn` or `params`.

    >>> loss = lambda w: 2.0 * jnp.sum(w**2)
    >>> method, w = oracle(optax.identity(), 2.0), jnp.ones(3)
    >>> float(method.update(jax.grad(loss)(w), method.init(w), w, value_fn=loss)[1].learning_rate)
    0.5
    """
    require_within("sigma", sigma, 0, jnp.inf, "a number above 0")
    require_within("critical", critical, 0, jnp.inf, "a number above 0")
    if max_learning_rate is not None:
        require_within("max_learning_rate", max_learning_rate, 0, jnp.inf, "above 0, or None")
    require_count("seed", seed, 0)

    def init(parts, like):
        return EigenPairs.blank(_flat(parts)), jnp.zeros((), jnp.int32)

    def propose(seen, inner):
        start, count = inner
        key = jax.random.fold_in(jax.random.key(seed), count)
        pairs, steep = _top(seen, start, key, _weights(diagonal, seen))
        value = pairs.values[0].astype(jnp.float32)
        known = jnp.all(jnp.isfinite(_flat(jax.tree.leaves(pairs._replace(num_hvps=None)))))
        curved = jnp.where((value < 0) & (seen.last == 0), -value, value)
        rate = leaves.over(jnp.asarray(sigma * critical / 2).astype(jnp.float32), curved, steep)
        if max_learning_rate is not None:
            rate = jnp.minimum(rate, max_learning_rate)
        rate = jnp.where(known & (curved > 0) & jnp.isfinite(rate), rate, seen.last)
        return rate, (leaves.select(known, pairs, start), count + 1)

    return _asking(tuner(base, init, propose, needs="oracle"), diagonal)


def _asking(method, diagonal):
    """`method`, whose `init` asks for the preconditioner that a base with second moments has."""

    def begin(params):
        state = method.init(params)
        if diagonal is None and _has_second_moments(state.base):
            raise ValueError(
                "oracle needs the base's preconditioner, since the base divides by the root of "
                "second moments: pass diagonal=lambda base_state, params: ... and critical=."
            )
        return state

    return optax.GradientTransformationExtraArgs(begin, method.update)


def _has_second_moments(state: Any) -> bool:
    """Whether an optax state holds averages of squares, as Adam's and RMSProp's do."""
    holds = lambda each: hasattr(each, "nu")
    return any(holds(each) for each in jax.tree.leaves(state, is_leaf=holds))


def _weights(diagonal, seen):
    """The diagonal of P as one vector."""
    if diagonal is None:
        return None
    expected = "a function of the base's state and params that returns a pytree like params"
    weights = programs.own(diagonal, "diagonal", expected)(seen.base, seen.whole)
    return _flat(leaves.part(weights, leaves.moving(seen.whole)))


def _top(seen, start, key, weights):
    """The top eigenpair of the loss over its steepest slope, and that slope."""
    steep = jax.lax.stop_gradient(leaves.largest(seen.grads))
    steep = jnp.where((steep > 0) & jnp.isfinite(steep), steep, 1.0)

    def loss(vector):
        value = leaves.wide(seen.value_fn(_parted(vector, seen.params)))
        return (value / steep.astype(value.dtype)).astype(vector.dtype)

    # Compiled as one: on its own, a loss that is not finite would be an error.
    read = jax.jit(lambda vector, key, start, weights: top_eigenpairs(
        loss, vector, k=1, key=key, start=start, tolerance=1e-3, preconditioner=weights
    ))  # fmt: skip
    return read(_flat(seen.params), key, start, weights), steep


def _flat(parts: list[jax.Array]) -> jax.Array:
    """The leaves as one vector, in single precision or better, whole in each place."""
    parts = [leaves.wide(leaves.replicated(each)).ravel() for each in jax.tree.leaves(parts)]
    dtype = jnp.float32
    for each in parts:
        dtype = jnp.promote_types(dtype, each.dtype)
    return jnp.concatenate([jnp.zeros(0, dtype), *(each.astype(dtype) for each in parts)])


def _parted(vector: jax.Array, like: list[jax.Array]) -> list[jax.Array]:
    """The leaves again, of the dtypes and in the places of `like`."""
    arrays, begin = [], 0
    for each in like:
        leaf = vector[begin : begin + each.size].reshape(each.shape).astype(each.dtype)
        arrays.append(leaves.placed_like(each, leaf))
        begin += each.size
    return arrays

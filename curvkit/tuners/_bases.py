"""What a base is: a direction, or steps that have their rate and their sign in them already.

| symbol | name | shape |
| --- | --- | --- |
| g | a gradient made up to look at the response | like `params` |
| s | the response, a sum of products of g and what the base returns | scalar per leaf |
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages

# A schedule may begin at zero, or flip: a base is asked so many times.
QUESTIONS = 3


def require_direction(base: Any) -> None:
    """Raises ValueError unless `base` is an optax transformation."""
    if not (hasattr(base, "init") and hasattr(base, "update")):
        advice = "pass optax.identity() for gradient descent"
        raise ValueError(messages.refusal("base", "an optax gradient transformation", base, advice))


def require_no_rate(base: optax.GradientTransformation, params: Any = None) -> bool:
    """Whether it could be seen that `base` returns a direction, on small arrays like `params`.

    A base with a learning rate of its own, such as `optax.adam(1e-3)` or a chain that ends in one,
    points downhill: a tuner would climb, as it subtracts what it is given.

    Raises:
        ValueError: if it has one.

    >>> require_no_rate(optax.scale_by_adam())
    True
    """
    small = lambda leaf: jnp.ones([min(size, 2) for size in jnp.shape(leaf)], jnp.float32)
    # Small numbers, but at once: a tuner may be made or begun while something else is traced.
    with jax.ensure_compile_time_eval():
        try:
            like = jnp.ones(3) if params is None else jax.tree.map(small, params)
            responses = _responses(optax.with_extra_args_support(base), like)
        except Exception:
            # Whatever a base asks for that is not here: a structure of its own, the loss.
            return False
    if any(all(number <= 0 for number in row) and min(row) < 0 for row in responses):
        raise ValueError(
            "base must be a direction without a learning rate, but it returns steps downhill, as "
            "optax.adam(1e-3), optax.sgd(0.1) and chains that end in a rate do; pass "
            "optax.scale_by_adam(), optax.trace(0.9) or, for gradient descent, optax.identity()."
        )
    return any(any(row) for row in responses)


def _responses(base, params) -> list[list[float]]:
    """For each leaf the products of gradient and response, at a few steps in a row."""
    gradient = lambda leaf: jnp.linspace(1.0, 2.0, leaf.size).reshape(leaf.shape)
    grads = jax.tree.map(gradient, params)
    state, products = base.init(params), []
    for _ in range(QUESTIONS):
        updates, state = base.update(grads, state, params)
        pairs = zip(jax.tree.leaves(grads), jax.tree.leaves(updates), strict=True)
        products.append([float(jnp.sum(g * u)) for g, u in pairs])
    return [list(row) for row in zip(*products, strict=True)]

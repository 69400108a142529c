"""A base that has a rate of its own is told from a direction."""

import jax
import jax.numpy as jnp
import optax
import pytest
from oracles.tuned import TABLE

from curvkit.tuners._bases import require_no_rate


def gone_down(base):
    """Whether three steps of CDAT on `base` come down a bowl."""
    method, params = TABLE["cdat"](base), {"w": jnp.ones(3)}
    loss = lambda p: 0.5 * jnp.sum(jnp.array([5.0, 3.0, 1.0]) * p["w"] ** 2)
    begun, state = loss(params), method.init(params)
    for _ in range(3):
        updates, state = method.update(jax.grad(loss)(params), state, params, value_fn=loss)
        params = optax.apply_updates(params, updates)
    return bool(loss(params) < begun)


OWN_RATES = {
    "adam": lambda: optax.adam(1e-3),
    "adamw": lambda: optax.adamw(1e-3),
    "sgd": lambda: optax.sgd(0.1),
    "sgd with momentum": lambda: optax.sgd(0.1, momentum=0.9),
    "a schedule from 0": lambda: optax.adam(optax.linear_schedule(0.0, 1e-3, 100)),
    "a chain": lambda: optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1)),
    "a sign": lambda: optax.scale(-1.0),
    "injected": lambda: optax.inject_hyperparams(optax.adam)(learning_rate=1e-3),
    "lion": lambda: optax.lion(1e-4),
}
DIRECTIONS = {
    "clipped": optax.chain(optax.clip(1.0), optax.scale_by_adam()),
    "decayed": optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(0.1)),
    "lion": optax.scale_by_lion(),
    "a positive rate": optax.scale_by_learning_rate(0.1, flip_sign=False),
    "masked": optax.masked(optax.scale_by_adam(), {"w": True}),
}


@pytest.mark.parametrize("given", OWN_RATES)
def test_a_base_with_a_rate_of_its_own_is_refused_with_what_to_pass(given):
    for name in TABLE:
        with pytest.raises(ValueError, match=r"without a learning rate.*scale_by_adam"):
            TABLE[name](OWN_RATES[given]())


def test_such_a_base_behind_a_mask_is_refused_when_it_is_begun():
    masked = optax.masked(optax.sgd(0.1), {"w": True})
    parts = optax.multi_transform(
        {"a": optax.adam(1e-3), "b": optax.scale_by_adam()}, {"w": "a", "v": "b"}
    )
    for base, params in ((masked, {"w": jnp.ones(3)}), (parts, dict(w=jnp.ones(3), v=jnp.ones(2)))):
        method = TABLE["cdat"](base)
        for init in (method.init, jax.jit(method.init)):
            with pytest.raises(ValueError, match="without a learning rate"):
                init(params)


@pytest.mark.parametrize("given", DIRECTIONS)
def test_a_direction_is_taken_for_one(given):
    assert gone_down(DIRECTIONS[given])


def test_what_cannot_be_seen_at_once_is_not_called_a_direction():
    assert require_no_rate(optax.scale_by_adam())
    # It wants parameters of a structure of its own, and a rate of zero has no sign.
    assert not require_no_rate(DIRECTIONS["masked"])
    assert not require_no_rate(optax.set_to_zero())

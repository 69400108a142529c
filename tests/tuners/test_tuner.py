"""What every tuner passes, whatever it is: the list that optax holds its own to, written anew."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close, compilations
from oracles.tuned import diagonal

from curvkit.core.tree import inner_product
from curvkit.tuners import (
    armijo,
    cdat,
    constant,
    exact,
    greedy,
    hypergradient,
    oracle,
    polyak,
    schedule,
    unmasked,
    warm_up,
)  # fmt: skip
from curvkit.tuners._tuner import bound

BASES = {
    "gd": optax.identity(),
    "heavy_ball": optax.trace(0.5),
    "adam": optax.scale_by_adam(),
}
TABLE = {
    "cdat": functools.partial(cdat, sigma=1.5, max_learning_rate=0.5),
    "cdat with averages": functools.partial(cdat, sigma=1.5, ema=0.5, max_learning_rate=0.5),
    "greedy": functools.partial(greedy, max_learning_rate=0.5),
    "constant": functools.partial(constant, learning_rate=0.1),
    "warm_up": functools.partial(warm_up, peak=0.1, steps=5),
    "schedule": functools.partial(schedule, learning_rate=optax.constant_schedule(0.1)),
    "armijo": armijo,
    "exact": functools.partial(exact, max_learning_rate=10.0),
    "polyak": functools.partial(polyak, max_learning_rate=0.5),
    "hypergradient": functools.partial(hypergradient, learning_rate=0.05, rate=1e-3),
    "hypergradient_times": functools.partial(
        hypergradient, learning_rate=0.05, rate=1e-2, kind="multiplicative"
    ),
    "oracle": functools.partial(oracle, sigma=1.0, diagonal=diagonal),
}
# Lanczos within a tuner, or a search, takes its time to compile.
LONG = ("oracle", "armijo", "exact")
each_tuner = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in TABLE]
)


def parabola(params):
    """Least, zero, at w = 1, b = −2."""
    return jnp.sum((params["w"] - 1.0) ** 2) + 0.5 * jnp.sum((params["b"] + 2.0) ** 2)


def start(dtype=jnp.float32):
    return {"w": jnp.zeros((2, 3), dtype), "b": jnp.ones(2, dtype)}


def trained(method, loss, params, steps, **extra):
    """The parameters after so many steps in one compiled loop, and the state."""

    def one(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = method.update(
            grads, state, params, value_fn=loss, value=value, grad=grads, **extra
        )
        return (optax.apply_updates(params, updates), state), state

    begin = (params, method.init(params))
    return jax.jit(lambda begin: jax.lax.scan(one, begin, None, steps))(begin)[0]


@pytest.mark.grid
@each_tuner
@pytest.mark.parametrize("base", BASES)
def test_a_tuner_comes_down_a_parabola(name, base):
    begin = float(parabola(start()))
    params, state = trained(TABLE[name](BASES[base]), parabola, start(), 300)
    assert float(parabola(params)) < 0.02 * begin
    assert float(state.learning_rate) >= 0


@pytest.mark.slow
@pytest.mark.grid
@each_tuner
@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_updates_keep_the_dtype_of_the_parameters(name, dtype):
    method, params = TABLE[name](optax.identity()), start(dtype)
    state = method.init(params)
    for _ in range(2):
        grads = jax.grad(parabola)(params)
        updates, state = method.update(grads, state, params, value_fn=parabola)
        assert {each.dtype for each in jax.tree.leaves(updates)} == {jnp.dtype(dtype)}
        params = optax.apply_updates(params, updates)
    assert state.learning_rate.dtype == jnp.float32
    assert all(np.isfinite(np.asarray(e, np.float32)).all() for e in jax.tree.leaves(params))


@each_tuner
def test_the_state_keeps_its_structure_shapes_and_types(name):
    method, params = TABLE[name](optax.scale_by_adam()), start()
    before = method.init(params)
    after = method.update(jax.grad(parabola)(params), before, params, value_fn=parabola)[1]
    assert jax.tree.structure(before) == jax.tree.structure(after)
    form = lambda tree: [(jnp.shape(e), jnp.result_type(e)) for e in jax.tree.leaves(tree)]
    assert form(before) == form(after)


@each_tuner
def test_compiled_and_not_a_step_is_the_same(name):
    method, params = TABLE[name](optax.identity()), start()
    state, grads = method.init(params), jax.grad(parabola)(params)
    step = lambda grads, state, params: method.update(grads, state, params, value_fn=parabola)
    plain, compiled = step(grads, state, params), jax.jit(step)(grads, state, params)
    for one, other in zip(jax.tree.leaves(plain), jax.tree.leaves(compiled), strict=True):
        # Compiled, sums are taken in another order.
        assert_close(one, other, rtol=1e-4, atol=1e-5)


@each_tuner
def test_a_vmap_over_starts_is_each_start_by_itself(name):
    method = TABLE[name](optax.identity())
    starts = {"w": jnp.arange(12.0).reshape(2, 2, 3) / 7, "b": jnp.ones((2, 2))}
    together = jax.vmap(lambda params: trained(method, parabola, params, 3)[0])(starts)
    for at in range(2):
        alone = trained(method, parabola, jax.tree.map(lambda e, i=at: e[i], starts), 3)[0]
        for one, other in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
            assert_close(one[at], other, rtol=1e-3, atol=1e-4)


@each_tuner
def test_it_works_within_a_chain_and_with_accumulated_gradients(name):
    method = optax.chain(optax.clip_by_global_norm(5.0), TABLE[name](optax.identity()))
    method = optax.with_extra_args_support(method)
    params = start()
    state = method.init(params)
    for _ in range(3):
        grads = jax.grad(parabola)(params)
        updates, state = method.update(grads, state, params, value_fn=parabola)
        params = optax.apply_updates(params, updates)
    assert float(parabola(params)) < float(parabola(start()))


@each_tuner
def test_under_a_mask_only_what_is_shown_moves(name):
    method = optax.masked(TABLE[name](optax.identity()), {"w": True, "b": False})
    params = start()
    state = method.init(params)
    grads = jax.grad(parabola)(params)
    loss = lambda part: parabola(unmasked(part, params))
    updates, state = method.update(grads, state, params, value_fn=loss)
    assert np.any(np.asarray(updates["w"]) != 0)
    # optax passes on what is masked as it is.
    assert_close(updates["b"], grads["b"])


@pytest.mark.parametrize(
    "make, named, changed",
    [
        (cdat, dict(base=optax.identity(), sigma=1.0), dict(sigma=0.5)),
        (constant, dict(base=optax.identity(), learning_rate=0.2), dict(learning_rate=0.1)),
        (oracle, dict(base=optax.identity(), sigma=1.0), dict(sigma=0.5)),
    ],
)
def test_hyperparameters_can_be_injected_and_changed_while_running(make, named, changed):
    static = ("seed",) if make is oracle else ()
    method = optax.inject_hyperparams(make, static_args=static)(**named)
    params, found = start(), []
    state = method.init(params)
    step = jax.jit(lambda g, s, p: method.update(g, s, p, value_fn=parabola))
    grads = jax.grad(parabola)(params)
    for values in ({}, changed):
        fresh = {k: jnp.float32(v) for k, v in values.items()}
        state.hyperparams.update(fresh)
        with compilations() as count:
            updates, _ = step(grads, state, params)
        found.append(np.asarray(updates["w"]))
    assert count() == 0  # the second time, at other values
    assert_close(found[1], found[0] / 2, rtol=1e-5)


def test_the_loss_gets_its_own_arguments_by_name_and_no_others():
    loss = lambda w, batch, scale=1.0: scale * jnp.sum((w - batch) ** 2)
    assert float(bound(loss, dict(batch=2.0, value=7.0, other=3))(jnp.ones(1))) == 1.0
    assert float(bound(loss, dict(batch=2.0, scale=3.0))(jnp.ones(1))) == 3.0
    everything = lambda w, **more: jnp.sum(w) + len(more)
    assert float(bound(everything, dict(batch=1, value=2, grad=3))(jnp.ones(1))) == 2.0
    method, w = cdat(optax.identity(), 1.0), jnp.zeros(2)
    batch = jnp.array([1.0, 2.0])
    grads = jax.grad(loss)(w, batch)
    updates, _ = method.update(grads, method.init(w), w, value_fn=loss, batch=batch, value=0.0)
    assert_close(w + updates, batch, rtol=1e-6)


def test_small_numbers_of_half_precision_are_summed_in_single():
    many = jnp.full(10_000, 0.1, jnp.bfloat16)
    expected = 10_000 * float(jnp.asarray(0.1, jnp.bfloat16)) ** 2
    assert_close(inner_product(many, many), expected, rtol=1e-4)

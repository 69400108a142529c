"""What every tuner bears, whatever it is given: one table of tuners, one table of hard inputs."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close, float64
from oracles.tuned import BLIND, FREE_OF_UNITS, TABLE

from curvkit.tuners import unmasked

BENDS = (5.0, 3.0, 1.0)
# Lanczos within a tuner takes its time to compile.
each_tuner = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "oracle")) for name in TABLE]
)


def bowl(params, unit=1.0):
    w = params["w"]
    return unit * 0.5 * jnp.sum(jnp.asarray(BENDS, w.dtype) * w**2)


def stepped(method, loss, params, count=3, grad=jax.grad, **extra):
    """The parameters and the state after a few compiled steps, and how often a step was traced."""
    traces = []

    @jax.jit
    def step(params, state):
        traces.append(None)
        updates, state = method.update(grad(loss)(params), state, params, value_fn=loss, **extra)
        return optax.apply_updates(params, updates), state

    state = method.init(params)
    for _ in range(count):
        params, state = step(params, state)
    return params, state, len(traces)


def finite(tree):
    numbers = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(tree)]
    return all(np.isfinite(each).all() for each in numbers)


@each_tuner
def test_a_step_is_traced_once_and_its_state_may_be_donated(name):
    base = optax.trace(0.5) if name == "oracle" else optax.scale_by_rms()
    method, params = TABLE[name](base), {"w": jnp.ones(3)}
    traces = []

    def step(params, state):
        traces.append(None)
        updates, state = method.update(jax.grad(bowl)(params), state, params, value_fn=bowl)
        return optax.apply_updates(params, updates), state

    step, state = jax.jit(step, donate_argnums=(0, 1)), method.init(params)
    for _ in range(3):
        params, state = step(params, state)
    assert len(traces) == 1
    assert finite(params)


@pytest.mark.grid
@each_tuner
@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision_goes_down(name, dtype):
    params = {"w": jnp.ones(3, dtype)}
    after, state, traces = stepped(TABLE[name](optax.identity()), bowl, params)
    assert after["w"].dtype == dtype and traces == 1
    assert float(bowl(after)) < float(bowl(params)) and finite(state.learning_rate)


@each_tuner
def test_a_counter_and_statistics_among_the_parameters_stay(name):
    counted = lambda p: bowl(p) * jnp.where(p["count"] > 0, 1.0, 1.0) + 0 * jnp.sum(p["mean"])
    params = {"count": jnp.asarray(7, jnp.int32), "mean": jnp.ones(2), "w": jnp.ones(3)}
    grad = functools.partial(jax.grad, allow_int=True)
    after, _, traces = stepped(TABLE[name](optax.trace(0.5)), counted, params, grad=grad)
    assert int(after["count"]) == 7 and after["count"].dtype == params["count"].dtype
    assert traces == 1 and float(bowl(after)) < float(bowl(params))


@each_tuner
def test_double_precision_and_strict_promotion_go_down(name):
    params = {"w": np.ones(3, np.float32)}
    with jax.numpy_dtype_promotion("strict"):
        after, *_ = stepped(TABLE[name](optax.identity()), bowl, params)
    assert float(bowl(after)) < 4.5
    with float64():
        params = {"w": jnp.ones(3)}
        after, _, traces = stepped(TABLE[name](optax.identity()), bowl, params)
        assert after["w"].dtype == jnp.float64 and traces == 1 and float(bowl(after)) < 4.5


@pytest.mark.grid
@pytest.mark.parametrize("name", FREE_OF_UNITS)
@pytest.mark.parametrize("unit", [1e-30, 1e-16, 1e14, 1e25])
def test_the_unit_of_the_loss_does_not_matter(name, unit):
    options = dict(max_learning_rate=1e38) if name == "exact" else {}
    method, params = TABLE[name](optax.identity(), **options), {"w": jnp.array([1.0, -2.0, 0.5])}
    plain, state, _ = stepped(method, bowl, params)
    other, scaled, _ = stepped(method, functools.partial(bowl, unit=unit), params)
    # A search sees the bottom of a parabola to the root of its rounding; paths then part.
    assert_close(other["w"], plain["w"], rtol=2e-3, atol=2e-3)
    assert_close(scaled.learning_rate * unit, state.learning_rate, rtol=5e-3)


@pytest.mark.parametrize("name", [name for name in TABLE if name not in BLIND and name != "oracle"])
def test_a_loss_with_a_rule_for_the_backward_pass_only_is_trained_on(name):
    @jax.custom_vjp
    def square(x):
        return x**2

    square.defvjp(lambda x: (square(x), x), lambda x, up: (2 * x * up,))
    loss = lambda p: jax.jit(lambda w: 0.5 * jnp.sum(jnp.asarray(BENDS) * square(w)))(p["w"])
    params = {"w": jnp.ones(3)}
    after, state, _ = stepped(TABLE[name](optax.identity()), loss, params)
    plain, known, _ = stepped(TABLE[name](optax.identity()), bowl, params)
    assert_close(after["w"], plain["w"], rtol=1e-3, atol=1e-4)
    assert_close(state.learning_rate, known.learning_rate, rtol=1e-3)


@each_tuner
def test_one_step_that_is_no_number_is_the_only_one(name):
    method, params = TABLE[name](optax.trace(0.5)), {"w": jnp.ones(3)}

    def one(carry, scale):
        params, state = carry
        loss = lambda p: scale * bowl(p)
        updates, state = method.update(jax.grad(loss)(params), state, params, value_fn=loss)
        params = optax.apply_updates(params, updates)
        return (params, state), (params["w"], state.learning_rate)

    scales = jnp.array([1.0] * 3 + [jnp.nan, jnp.inf] + [1.0] * 4)
    (params, state), (path, rates) = jax.lax.scan(one, (params, method.init(params)), scales)
    assert finite((path, rates)) and finite((params, state))
    # A guarded tuner cannot know whether it was the step before, and takes that back.
    guarded = hasattr(state.inner, "guard") and state.inner.guard is not None
    assert_close(path[3], path[1 if guarded else 2], atol=1e-6 if guarded else 0)
    assert rates[-1] > 0
    assert float(bowl(params)) < float(bowl({"w": path[2]}))


@each_tuner
def test_a_state_is_mapped_as_optax_maps_states(name):
    method, params = TABLE[name](optax.trace(0.5)), {"w": jnp.ones(3)}
    state = method.init(params)
    mapped = optax.tree_map_params(method, lambda leaf: leaf + 1, state)
    assert_close(mapped.base.trace["w"], np.ones(3))
    assert jax.tree.structure(mapped) == jax.tree.structure(state)


@pytest.mark.parametrize(
    "name, options",
    [
        ("cdat", dict(sigma="2")),
        ("cdat", dict(sigma=None)),
        ("cdat", dict(sigma=True)),
        ("cdat", dict(sigma=np.float32(-0.1))),
        ("cdat", dict(sigma=jnp.float32(-0.1))),
        ("cdat", dict(sigma=np.ones(1))),
        ("cdat", dict(ema=np.float32(1.5))),
        ("cdat", dict(eps=np.nan)),
        ("cdat", dict(max_learning_rate=np.float64(0))),
        ("greedy", dict(ema=1)),
        ("constant", dict(learning_rate="1")),
        ("warm_up", dict(steps=0)),
        ("warm_up", dict(steps=np.int64(-3))),
        ("warm_up", dict(steps=1.5)),
        ("warm_up", dict(decay_steps=0)),
        ("warm_up", dict(peak=np.float32(-1))),
        ("schedule", dict(learning_rate=0.1)),
        ("armijo", dict(decrease_factor=1.5)),
        ("armijo", dict(increase_factor=0.5)),
        ("armijo", dict(slope_rtol=-1)),
        ("armijo", dict(max_backtracking_steps=0)),
        ("armijo", dict(max_learning_rate=0)),
        ("exact", dict(evaluations=1)),
        ("exact", dict(max_learning_rate=-1)),
        ("polyak", dict(f_min=np.nan)),
        ("polyak", dict(max_learning_rate=np.float32(-1))),
        ("polyak", dict(eps=-1)),
        ("hypergradient", dict(rate="1")),
        ("oracle", dict(sigma="2")),
        ("oracle", dict(critical=0)),
        ("oracle", dict(seed=0.5)),
    ],
)
def test_an_argument_out_of_range_is_refused_by_its_name(name, options):
    with pytest.raises(ValueError, match=f"{next(iter(options))} must be"):
        TABLE[name](optax.identity(), **options)


def test_whole_numbers_of_numpy_are_numbers():
    TABLE["warm_up"](optax.identity(), steps=np.int64(3))
    TABLE["armijo"](optax.identity(), max_backtracking_steps=np.int32(3))


@pytest.mark.parametrize("name", ["cdat", "armijo", "polyak"])
def test_a_masked_tuner_names_unmasked_where_the_loss_wants_all(name):
    method = optax.masked(TABLE[name](optax.identity()), {"w": True, "b": False})
    params = {"w": jnp.ones(3), "b": jnp.ones(2)}
    loss = lambda p: bowl(p) + jnp.sum(p["b"] * 2.0)
    with pytest.raises(ValueError, match=r"tuners\.unmasked"):
        method.update(jax.grad(loss)(params), method.init(params), params, value_fn=loss)
    whole = lambda part: loss(unmasked(part, params))
    updates, _ = method.update(jax.grad(loss)(params), method.init(params), params, value_fn=whole)
    assert float(updates["w"][0]) < 0


def test_parts_with_tuners_of_their_own_are_trained_together():
    params = {"w": jnp.ones(3), "b": jnp.ones(2)}
    loss = lambda p: bowl(p) + jnp.sum(p["b"] ** 2)
    method = optax.multi_transform(
        {"one": TABLE["cdat"](optax.identity()), "two": TABLE["cdat"](optax.scale_by_adam())},
        {"w": "one", "b": "two"},
    )
    state = method.init(params)
    for _ in range(10):
        whole = lambda part, params=params: loss(unmasked(part, params))
        updates, state = method.update(jax.grad(loss)(params), state, params, value_fn=whole)
        params = optax.apply_updates(params, updates)
    assert float(loss(params)) < 1.0


def test_an_nnx_model_is_trained_as_the_sentence_says():
    nnx = pytest.importorskip("flax.nnx")
    model = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
    x = jnp.eye(3)
    loss = lambda model: jnp.mean((model(x) - 1.0) ** 2)
    optimizer = nnx.Optimizer(model, TABLE["cdat"](optax.identity()), wrt=nnx.Param)
    begun, grads = float(loss(model)), nnx.grad(loss)(model)
    with pytest.raises(ValueError, match=r"nnx\.merge\(graphdef, state\)"):
        optimizer.update(model, grads, value_fn=loss)
    graphdef = nnx.graphdef(model)
    optimizer.update(model, grads, value_fn=lambda state: loss(nnx.merge(graphdef, state)))
    assert float(loss(model)) <= begun * 1.01


MESHES = """
import functools, sys
import jax, jax.numpy as jnp, optax
from jax.sharding import NamedSharding, PartitionSpec as P
from oracles.tuned import TABLE

def trained(method, params, loss):
    step = lambda p, s: method.update(jax.grad(loss)(p), s, p, value_fn=loss)
    compiled, state = jax.jit(step), method.init(params)
    for each in (compiled,) * 3:
        updates, state = each(params, state)
        params = optax.apply_updates(params, updates)
    return params

loss = lambda p: 0.5 * jnp.sum(jnp.arange(1.0, 9.0) * p["w"] ** 2) + jnp.sum(p["b"] ** 2)
plain = {"w": jnp.ones(8), "b": jnp.ones((4, 2))}
mesh = jax.make_mesh((4,), ("x",), axis_types=(getattr(jax.sharding.AxisType, sys.argv[1]),))
place = lambda leaf: jax.device_put(leaf, NamedSharding(mesh, P("x")))
wrong = []
for name in TABLE:
    for base in (optax.trace(0.5),):
        method = TABLE[name](base)
        expected = trained(method, plain, loss)
        outside = lambda: trained(method, jax.tree.map(place, plain), loss)
        def inside():
            with jax.set_mesh(mesh):
                return trained(method, jax.tree.map(place, plain), loss)
        for where in (outside, inside):
            try:
                found = where()
                apart = max(float(abs(jax.device_get(a) - jax.device_get(b)).max())
                            for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected)))
                if not apart < 2e-3:
                    wrong.append((name, where.__name__, apart))
            except Exception as error:
                wrong.append((name, getattr(where, "__name__", "?"), repr(error)[:300]))
print("\\n".join(map(str, wrong)))
sys.exit(bool(wrong))
"""


@pytest.mark.slow
@pytest.mark.full  # eleven tuners on four devices are minutes of compiling
@pytest.mark.parametrize("axes", ["Explicit", "Auto"])
def test_on_a_mesh_of_four_every_tuner_steps_as_on_one(axes):
    tests = Path(__file__).parents[1]
    given = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)]),
    }
    done = subprocess.run([sys.executable, "-c", MESHES, axes], env=given, capture_output=True)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()[-2000:]

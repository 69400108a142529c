"""A loss is what it reads now, compiled once for all that do the same, and keeps no data alive."""

import gc
import resource
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, compilations

from curvkit import curvature, kernels
from curvkit.core import programs

KEY = jax.random.key(0)
ONES = jnp.ones(3)
X = jnp.eye(3)


def reads_a_global(w):
    return jnp.mean((X @ w) ** 2)


class Trainer:
    """A loss that reads what its object holds."""

    def __init__(self):
        self.scale, self.batch = 1.0, {"x": np.eye(3, dtype=np.float32)}
        self.inner = jax.jit(lambda w, x: jnp.mean((x @ w) ** 2))

    def loss(self, w):
        return self.scale * self.inner(w, self.batch["x"])

    __call__ = loss


def sharpness(loss, params=ONES, *args, **options):
    return float(curvature.sharpness(loss, params, *args, key=KEY, **options))


def all_readings(loss):
    yield float(curvature.hvp(loss, ONES, ONES)[0])
    yield sharpness(loss)
    yield float(curvature.top_eigenpairs(loss, ONES, key=KEY, tolerance=1e-4).values[0])
    yield float(curvature.block_sharpness(loss, ONES, key=KEY)[0]["params"])
    yield float(curvature.hessian_trace(loss, ONES, key=KEY, samples=2)[0]) / 3
    yield float(curvature.spectral_density(loss, ONES, key=KEY, order=3, samples=1).moment(1))


def test_a_global_that_is_bound_anew_is_read_anew(monkeypatch):
    assert_close(list(all_readings(reads_a_global)), [2 / 3] * 6, rtol=1e-4)
    monkeypatch.setitem(globals(), "X", 10 * jnp.eye(3))
    assert_close(list(all_readings(reads_a_global)), [200 / 3] * 6, rtol=1e-4)


def test_attributes_and_arrays_changed_in_place_are_read_anew():
    trainer = Trainer()
    for loss in (trainer.loss, trainer):
        trainer.scale, trainer.batch = 1.0, {"x": np.eye(3, dtype=np.float32)}
        assert_close(sharpness(loss), 2 / 3, rtol=1e-4)
        trainer.batch["x"] *= 10
        assert_close(sharpness(loss), 200 / 3, rtol=1e-4)
        trainer.scale = 3.0
        assert_close(sharpness(loss), 200.0, rtol=1e-4)
        trainer.batch = {"x": np.zeros((7, 3), np.float32) + np.eye(7, 3, dtype=np.float32)}
        assert_close(sharpness(loss), 6 / 7, rtol=1e-4)


def test_batches_summed_over_are_judged_by_the_loss_of_now():
    scale = {"by": 1.0}
    total = curvature.over_batches(lambda w, x: scale["by"] * jnp.mean((x @ w) ** 2), [X, X[:2]])
    before = sharpness(total)
    scale["by"] = 10.0
    assert_close(sharpness(total), 10 * before, rtol=1e-4)


def test_an_empty_batch_counts_nothing():
    mean = lambda w, x: jnp.mean((x @ w) ** 2)
    with_empty = curvature.over_batches(mean, [X, X[:0]])
    assert_close(sharpness(with_empty), sharpness(mean, ONES, X), rtol=1e-5)


def test_the_shape_of_a_function_follows_what_it_reads():
    box = {"a": 1.0}
    function = lambda x: jnp.tanh(box["a"] * x)
    first = kernels.shape(function, depth=20).alpha
    box["a"] = 2.0
    assert_close(kernels.shape(function, depth=20).alpha, first / 2, rtol=1e-6)


@jax.custom_vjp
def through(x):
    return jnp.sign(x)


SLOPE = {"by": 1.0}
through.defvjp(lambda x: (through(x), x), lambda x, g: (SLOPE["by"] * x * g,))


def test_a_rule_for_the_backward_pass_is_read_anew():
    loss = lambda w: jnp.sum(through(w))
    assert_close(sharpness(loss), 1.0, rtol=1e-4)
    SLOPE["by"] = 5.0
    assert_close(sharpness(loss), 5.0, rtol=1e-4)
    SLOPE["by"] = 1.0


def test_a_loop_of_fresh_functions_and_batches_compiles_once():
    def step(number):
        batch, weight = number * jnp.eye(3), 0.5 + number
        loss = lambda w: weight * jnp.mean((batch @ jax.nn.relu(w)) ** 2)
        return (
            sharpness(loss) / (weight * number**2),
            sharpness(lambda w, x: jnp.mean((x @ w) ** 2), ONES, batch) / number**2,
            float(curvature.hessian_trace(loss, ONES, key=KEY)[0]) / (weight * number**2),
            float(curvature.block_sharpness(loss, ONES, key=KEY)[0]["params"]) / weight,
        )

    first = step(1)
    step(2)
    with compilations() as count:
        found = [step(number) for number in range(3, 8)]
    assert count() == 0
    assert_close([each[:3] for each in found], [first[:3]] * 5, rtol=1e-4)


def test_two_hundred_steps_keep_no_batch_alive():
    def once(number):
        batch = jnp.full((1000, 500), number, jnp.float32)  # 2 MB
        sharpness(lambda w: jnp.mean((batch @ w) ** 2), jnp.ones(500), num_hvps=2)
        return weakref.ref(batch)

    first = [once(number) for number in range(1, 11)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = first + [once(number) for number in range(11, 201)]
    gc.collect()
    assert sum(each() is not None for each in kept) <= 1
    # In kB; the batches together would be 380 MB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


def test_what_differs_is_not_taken_for_the_same():
    ways = [
        lambda w: jnp.sum(jnp.sin(w)), lambda w: jnp.sum(jnp.cos(w)), lambda w: jnp.sum(w**2),
        lambda w: jnp.sum(w**3), lambda w: jnp.sum(w[:2]), lambda w: jnp.sum(w[1:]),
        lambda w: jnp.sum(jax.nn.relu(w)), lambda w: jnp.sum(jnp.maximum(w, 0)),
        lambda w: jax.lax.scan(lambda c, x: (c + x, None), 0.0, w)[0],
        lambda w: jax.lax.scan(lambda c, x: (c * x, None), 0.0, w)[0],
        lambda w: jax.lax.cond(w[0] > 0, jnp.sum, jnp.prod, w),
        lambda w: jax.lax.cond(w[0] > 0, jnp.prod, jnp.sum, w),
        lambda w: jnp.sum(w * jnp.arange(3)), lambda w: jnp.sum(w * jnp.arange(1, 4)),
    ]  # fmt: skip
    keys = [programs.Traced(way, [ONES]).key for way in ways]
    assert len(set(keys)) == len(ways)
    again = [programs.Traced(lambda w, way=way: way(w), [ONES]).key for way in ways]
    assert keys == again


@pytest.mark.parametrize("way", ["jit", "scan", "vmap"])
def test_what_is_being_traced_may_be_closed_over(way):
    read = lambda x: curvature.sharpness(lambda w: jnp.mean((x * w) ** 2), ONES, key=KEY)
    batches = jnp.stack([jnp.ones(3), 2 * jnp.ones(3)])
    if way == "jit":
        found = [jax.jit(read)(each) for each in batches]
    elif way == "scan":
        found = jax.lax.scan(lambda _, each: (None, read(each)), None, batches)[1]
    else:
        found = jax.vmap(read)(batches)
    assert_close(found, [2 / 3, 8 / 3], rtol=1e-4)


def test_a_reading_that_is_no_number_leaves_none_after_it():
    def body(pairs, scale):
        pairs = curvature.top_eigenpairs(
            lambda v: scale * jnp.sum(v**4) / 12, jnp.ones(5), key=KEY, start=pairs, num_hvps=3
        )
        return pairs, pairs.values[0]

    scales = jnp.array([1.0] * 5 + [jnp.nan] + [1.0] * 8)
    blank = curvature.EigenPairs.blank(jnp.ones(5))
    found = jax.lax.scan(body, blank, scales)[1]
    assert_close(found, np.where(np.arange(14) == 5, np.nan, 1.0), rtol=1e-4)


def test_pairs_in_a_jitted_step_are_traced_once_and_may_be_given_away():
    traces = []

    @jax.jit
    def step(pairs, w):
        traces.append(1)
        return curvature.top_eigenpairs(
            lambda w: jnp.sum(w**4), w, key=KEY, start=pairs, num_hvps=3
        )

    given = jax.jit(step, donate_argnums=0)
    pairs = curvature.EigenPairs.blank(ONES)
    for _ in range(3):
        pairs = given(pairs, ONES)
    assert len(traces) == 1
    assert_close(pairs.values, [12.0], rtol=1e-4)


def test_a_whole_number_by_place_is_k_where_the_loss_takes_no_more():
    found = curvature.top_eigenpairs(lambda w: jnp.sum(w**2 * jnp.arange(3)), ONES, 2, key=KEY)
    assert_close(found.values, [4.0, 2.0], rtol=1e-4)
    with pytest.raises(ValueError, match="loss.params, …. raises TypeError"):
        curvature.sharpness(lambda w: jnp.sum(w), ONES, jnp.ones(2), key=KEY)

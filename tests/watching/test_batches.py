"""The sharpness of batches in a loop of one's own, against the Hessian of each of them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close
from jax.flatten_util import ravel_pytree
from oracles import dense

import curvkit
from curvkit.curvature import _batches as batches
from curvkit.watching import Trace, figures

DATA = (
    np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32),
    np.arange(12, dtype=np.int32),
)
KEY = jax.random.key(5)


def loss(params, batch):
    inputs, labels = batch
    outputs = jnp.tanh(inputs @ params["w"]) + params["b"]
    return jnp.mean((outputs - 0.1 * labels) ** 2)


def watched(method, **options):
    watcher = curvkit.watch(loss, optimizer=method, every=1, budget=None, key=KEY, **options)
    params = {"b": jnp.ones(()), "w": jnp.array([0.5, -1.0, 2.0])}
    state, visited = method.init(params), []
    for step in range(3):
        updates, state = method.update(jax.grad(loss)(params, DATA), state, params)
        params = optax.apply_updates(params, updates)
        watcher.observe(params, state, step, DATA)
        visited.append(params)
    return watcher, visited, state


@pytest.mark.slow
def test_the_sharpness_of_batches_is_that_of_their_dense_hessians():
    watcher, visited, _ = watched(optax.sgd(0.05), batch_size=4)
    inputs, labels = (jnp.asarray(each) for each in DATA)
    of = lambda flat, rows: loss(ravel_pytree(visited[0])[1](flat), (inputs[rows], labels[rows]))
    for step, params in enumerate(visited):
        key = jax.random.fold_in(jax.random.fold_in(KEY, step), 1)
        expected = dense.along_gradients(of, ravel_pytree(params)[0], batches.drawn(key, 12, 4))
        assert_close(watcher.trace.batch_sharpness[step], expected.mean(), rtol=1e-4)
    drawn = figures.batches(watcher.trace)
    assert [each.name for each in drawn.data] == ["all data, ηλ", "critical", "batches of 4", "2"]
    assert "Of batches of 4, along their own gradients" in watcher.words()


@pytest.mark.slow
def test_adam_s_is_over_its_preconditioner_and_a_scan_reads_the_same():
    method = optax.adam(0.01)
    watcher, visited, state = watched(method, batch_size=12)
    # A batch of all: the curvature along the step P⁻¹ g, whatever is drawn.
    params, last = visited[-1], watcher.trace.batch_sharpness[-1]
    flat = lambda tree: np.concatenate([np.ravel(each) for each in jax.tree.leaves(tree)])
    gradient = flat(jax.grad(loss)(params, DATA))
    step = gradient / (np.sqrt(flat(state[0].nu) / (1 - 0.999**3)) + 1e-8)
    matrix = dense.hessian(lambda params: loss(params, DATA), params)
    assert_close(last, step @ matrix @ step / (gradient @ step) / (1 - 0.9**3), rtol=1e-3)
    again = curvkit.watch(loss, optimizer=method, every=1, batch_size=12, key=KEY)
    row = again.pure_observe(again.begin(params), params, state, jnp.asarray(2), DATA)[1]
    assert_close(row["batch_sharpness"], last, rtol=1e-5)


def test_what_has_no_examples_and_what_steps_in_a_norm_is_refused():
    of = lambda w, batch: jnp.mean(batch[0]) * jnp.sum(w**2) + jnp.mean(batch[1])
    watcher = curvkit.watch(of, learning_rate=0.1, batch_size=4)
    with pytest.raises(ValueError, match="examples on one leading axis"):
        watcher.observe(jnp.ones(3), None, 0, (DATA[0], DATA[0][:5]))
    with pytest.raises(ValueError, match="batch_size must be left out"):
        watched(optax.sign_sgd(0.1), batch_size=4)
    with pytest.raises(ValueError, match="batch_size"):
        curvkit.watch(loss, batch_size=0)


def test_without_it_nothing_is_recorded_and_older_traces_are_read(tmp_path):
    watcher, *_ = watched(optax.sgd(0.05))
    assert np.isnan(watcher.trace.batch_sharpness).all()
    made = Trace.completed({}, {"step": np.arange(3)}, Trace.LATER)
    assert np.isnan(made["batch_sharpness"]).all() and len(made["batch_sharpness"]) == 3
    assert Trace.load(watcher.save(tmp_path / "seen")).readings == 3

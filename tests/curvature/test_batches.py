"""Batch sharpness against dense Hessians of every batch, and a run on batches against a loop."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles import dense

from curvkit import curvature
from curvkit.core import knob
from curvkit.curvature import Settings, experiment
from curvkit.curvature import _batches as batches
from curvkit.curvature._tasks import task

INPUTS = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
SMALL = dict(width=3, depth=1, examples=12, batch=4, steps=22)


@pytest.mark.slow
def test_the_mean_over_all_batches_is_that_of_their_dense_hessians():
    start, loss, _ = task("mlp", INPUTS, np.eye(6, 2, dtype=np.float32), width=2, depth=1)
    params = start(jax.random.key(0))
    rows = np.array(list(itertools.combinations(range(6), 2)))
    found = batches.sharpness(loss, params, jnp.asarray(rows))
    assert_close(found, dense.along_gradients(loss, params, rows).mean(), rtol=1e-4)


def test_batches_have_no_example_twice_and_one_is_all_there_is():
    drawn = np.asarray(batches.drawn(jax.random.key(0), 12, 4))
    assert drawn.shape == (batches.DRAWS, 4)
    assert all(len(set(each)) == 4 for each in drawn.tolist())
    assert sorted(np.asarray(batches.drawn(jax.random.key(0), 5, 9))[0].tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_a_run_on_batches_is_a_plain_loop_and_reads_what_dense_hessians_say():
    settings, trace = knob.read(Settings, SMALL), curvature.run(SMALL)
    of = experiment.trained(settings)[0]
    state = experiment.begin(settings, jax.random.key(0))
    params, gradient = state.params, jax.jit(jax.grad(of.loss))
    for step in range(settings.steps + 1):
        if step % settings.every == 0:
            at = step // settings.every
            assert_close(trace.loss[at], of.loss(params), rtol=1e-4)
            matrix = dense.hessian(lambda w: of.loss(w), params)
            assert_close(trace.sharpness[at], dense.largest(matrix)[0], rtol=2e-3)
            key = jax.random.fold_in(state.key, experiment.BATCHES + 1)
            drawn = batches.drawn(jax.random.fold_in(key, step), of.examples, 4)
            expected = dense.along_gradients(of.loss, params, drawn).mean()
            assert_close(trace.batch_sharpness[at], expected, rtol=1e-3)
        key = jax.random.fold_in(state.key, experiment.BATCHES)
        params = params - settings.learning_rate * gradient(
            params, batches.rows(key, step, of.examples, 4)
        )


def test_without_batches_it_is_the_curvature_along_the_gradient_of_all_data():
    trace = curvature.run(data="quadratic", steps=22)
    np.testing.assert_array_equal(trace.batch_sharpness, trace.directional_curvature)

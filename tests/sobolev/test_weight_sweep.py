"""Ends of many trainings are those of each alone, from one program."""

import functools

import jax
import numpy as np
import optax
from helpers import assert_close, compilations, same_bits

from curvkit.curvature import _network as network
from curvkit.sobolev import _functions as functions
from curvkit.sobolev import _weight_sweep as ends

HOW = dict(width=4, activation="tanh", learning_rate=0.01)


def problem(pairs=3, points=5):
    draws = np.random.default_rng(0)
    return draws.uniform(-1, 1, (pairs, points, 2)), draws.normal(size=(pairs, ends.size(4)))


def test_other_functions_weights_and_lengths_compile_nothing_and_change_no_other_end():
    inputs, normal = problem()
    weights = [0.0, *np.geomspace(1e-3, 10, 7)]  # 24 networks a function: two blocks
    many = ends.ends(["booth", "ackley"], weights, inputs, normal, steps=9, **HOW)
    with compilations() as count:
        one = ends.ends(["ackley"], weights[-2:], inputs, normal, steps=9, **HOW)
        more = ends.ends(["bukin"], [0.0], inputs, normal, steps=3, **HOW)
    assert count() == 0
    for found, alone in zip(many, one, strict=True):
        assert same_bits(found[1, -2:], alone[0])
    assert more.values.shape == (1, 1, 3) and np.isfinite(more.slopes).all()


def test_an_end_is_that_of_a_plain_loop_over_values():
    inputs, normal = problem()
    found = ends.ends(["beale"], [0.0, 1.0], inputs, normal, steps=5, **HOW)
    known = jax.jit(functools.partial(ends.known, "beale"))
    grid = functions.grid()
    both = known(np.concatenate([inputs[0].astype(np.float32), grid]))
    data, tested = (
        jax.tree.map(lambda each, at=at: each[at], both) for at in (slice(5), slice(5, None))
    )
    params = ends.first(normal[0].astype(np.float32), 4)
    predict = lambda params, inputs: network.predict(params, inputs, "tanh")[:, 0]
    error = lambda params: ((predict(params, data.inputs) - data.values) ** 2).mean()
    adam = optax.adam(0.01)
    state, slope = adam.init(params), jax.jit(jax.grad(error))
    for _ in range(5):
        moved, state = adam.update(slope(params), state)
        params = optax.apply_updates(params, moved)
    wrong = predict(params, grid) - tested.values
    # Five steps of one hundredth, each rounded otherwise.
    assert_close(found.values[0, 0, 0], np.mean(wrong**2), rtol=1e-4)
    assert found.values[0, 1, 0] != found.values[0, 0, 0]


def test_noise_moves_slopes_alone():
    inputs, normal = problem()
    noise = np.random.default_rng(1).normal(size=inputs.shape)
    quiet, noisy = (
        ends.ends(["booth"], [0.0, 1.0], inputs, normal, each, steps=4, **HOW)
        for each in (0.0, noise)
    )
    assert same_bits(quiet.values[:, 0], noisy.values[:, 0])
    assert np.all(quiet.values[:, 1] != noisy.values[:, 1])

"""What a race records, against the networks layer by layer and a plain loop of Adam."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close

from curvkit import data, kernels
from curvkit.kernels.race import Settings, experiment, run, stream

SMALL = dict(depth=3, width=8, steps=7, activation="tanh", learning_rate=0.01, seed=2)
TRAINED, BATCH = 1437, 128


@pytest.fixture(scope="module")
def seen():
    """The trace, and the state at each reading."""
    settings = Settings.read(SMALL)
    state, states = stream.begin(settings, jax.random.key(0)), []
    for _ in range(3):
        states.append(state)
        state = stream.advanced(settings, state, 1).state
    return run(settings), states


def digits():
    """Pixels and a one, of mean square one, and the digits that they show."""
    table = data.digits(1797)
    pixels = np.append(table.inputs, np.ones((1797, 1), np.float32), axis=1)
    size = np.sqrt(np.mean(pixels.astype(float) ** 2, 1, keepdims=True))
    return (pixels / size).astype(np.float32), table.targets.argmax(1)


def hidden(params, numbers, x):
    """The last hidden layer: a network whose activation is shaped by four numbers."""
    alpha, beta, gamma, delta = numbers
    weights = [params.first, *params.inner]
    for weight, bias in zip(weights, params.biases, strict=True):
        x = gamma * (jnp.tanh(alpha * (x @ weight + bias) + beta) + delta)
    return x


def cross_entropy(outputs, labels):
    """The mean of −log of what softmax gives the right class."""
    top = jnp.max(outputs, 1, keepdims=True)
    total = top[:, 0] + jnp.log(jnp.sum(jnp.exp(outputs - top), 1))
    return jnp.mean(total - outputs[jnp.arange(len(labels)), labels])


def loss(params, numbers, x, labels):
    return cross_entropy(hidden(params, numbers, x) @ params.last, labels)


def runner(state, at):
    return jax.tree.map(lambda each: each[at], state.params)


def test_the_numbers_are_those_of_shape_and_chance_is_one_of_ten(seen):
    trace = seen[0]
    dks = kernels.shape("tanh", depth=3, zeta=1.5)
    tat = kernels.shape("tanh", depth=3, method="tat", tau=0.3)
    shaped = [(each.alpha, each.beta, each.gamma, each.delta) for each in (dks, tat)]
    assert_close(trace.parameters, [(1, 0, 1, 0), *shaped], rtol=1e-5, atol=1e-6)
    assert trace.classes == len({*digits()[1].tolist()}) == 10


def test_losses_accuracies_and_spreads_are_those_of_the_networks_layer_by_layer(seen):
    trace, states = seen
    x, labels = digits()
    first, tested = (x[:256], labels[:256]), (x[TRAINED:], labels[TRAINED:])
    assert trace.step.tolist() == [0, 5, 7]
    for at, state in enumerate(states):
        for one in range(3):
            params, numbers = runner(state, one), trace.parameters[one]
            assert_close(trace.loss[at, one], loss(params, numbers, *first), rtol=2e-5)
            outer = hidden(params, numbers, tested[0])
            named = jnp.argmax(outer @ params.last, 1)
            assert_close(trace.accuracy[at, one], np.mean(named == tested[1]), atol=0.003)
            unit = np.asarray(outer / jnp.linalg.norm(outer, axis=1, keepdims=True), float)
            pairs = unit @ unit.T
            others = pairs[~np.eye(len(pairs), dtype=bool)]
            assert_close(trace.spread[at, one], others.mean(), atol=1e-3)
    # What is learnt is seen in five steps.
    assert np.all(trace.loss[1] < trace.loss[0])


def test_seven_steps_are_those_of_adam_on_batches_that_all_runners_share(seen):
    trace, states = seen
    x, labels = digits()
    adam = optax.adam(SMALL["learning_rate"])
    slope = jax.jit(jax.grad(loss))
    for one in range(3):
        params, numbers = runner(states[0], one), trace.parameters[one]
        moments = adam.init(params)
        for step in range(7):
            key = jax.random.fold_in(states[0].key, step)
            chosen = jax.random.randint(key, (BATCH,), 0, TRAINED)
            gradient = slope(params, numbers, x[chosen], labels[chosen])
            updates, moments = adam.update(gradient, moments)
            params = optax.apply_updates(params, updates)
        assert_close(trace.loss[2, one], loss(params, numbers, x[:256], labels[:256]), rtol=2e-3)
        assert_close(params.last, runner(states[2], one).last, atol=2e-4)
    assert experiment.EVERY == 5

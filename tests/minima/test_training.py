"""Many runs at once, against one run at a time by a loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64
from oracles import networks

from curvkit.minima import _training as training
from curvkit.minima._training import LabelledPoints, Runs

INPUTS = np.array([[1.0, 0.5], [-0.3, 2.0], [0.2, -1.0]])
TARGETS = np.array([1.0, 0.0, 1.0])


def drawn(widths, most=3, initialization="normal_with_biases", features=2):
    return training.draw(jax.random.key(1), initialization, features, jnp.array(widths), most)


def flat(runs, at, width):
    """The weights of one run as a flat vector, its own units only."""
    parts = runs.hidden[:width, :, at], runs.bias[:width, at], runs.output[:width, at]
    return np.concatenate([np.ravel(each) for each in (*parts, runs.offset[at])])


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_every_run_of_a_batch_is_a_run_of_its_own(optimizer, activation):
    widths, steps, rate = [1, 3, 2], 12, 0.05
    with float64():
        runs = jax.tree.map(lambda each: each.astype(float), drawn(widths))
        data = LabelledPoints(jnp.array(INPUTS), jnp.array(TARGETS))
        how = (data, activation, optimizer, rate, jnp.array(widths))
        end = training.descend(training.start(runs), steps, *how).runs
        for at, width in enumerate(widths):
            alone = networks.trained(
                flat(runs, at, width),
                INPUTS,
                TARGETS,
                activation,
                "logistic",
                optimizer,
                rate,
                steps,
            )
            # Adam divides by roots of small squares: rounding grows by some orders in 12 steps.
            assert_close(flat(end, at, width), alone, rtol=1e-7, atol=1e-9)


def test_units_beyond_a_run_s_width_stay_at_zero():
    widths = jnp.array([1, 2])
    how = (LabelledPoints(jnp.array(INPUTS), jnp.array(TARGETS)), "tanh", "adam", 0.1, widths)
    end = training.descend(training.start(drawn([1, 2])), 20, *how).runs
    for at, width in enumerate((1, 2)):
        beyond = [each[width:, ..., at] for each in (end.hidden, end.bias, end.output)]
        assert not any(np.any(each) for each in beyond)


@pytest.mark.parametrize("loss", sorted(training.LOSSES))
@pytest.mark.parametrize("activation", sorted(training.ACTIVATIONS))
def test_the_loss_of_a_run_is_that_of_the_loop(activation, loss):
    runs = drawn([3, 2])
    got = training.losses(
        runs, LabelledPoints(jnp.array(INPUTS), jnp.array(TARGETS), loss), activation
    )
    for at, width in enumerate((3, 2)):
        expected = networks.loss(flat(runs, at, width), INPUTS, TARGETS, activation, loss)
        assert_close(got[at], expected, rtol=1e-5)  # single precision


def test_many_features_go_the_other_way_to_the_same_preactivations():
    inputs = np.random.default_rng(0).normal(size=(4, 7))
    runs = drawn([2, 2], most=2, features=7)
    got = training.preactivations(runs, jnp.array(inputs))
    for at in (0, 1):
        expected = inputs @ np.asarray(runs.hidden[..., at]).T + np.asarray(runs.bias[..., at])
        assert_close(got[..., at], expected, atol=1e-5)


def test_a_unit_is_dead_exactly_if_it_is_off_on_every_point():
    hidden = jnp.array([[[-1.0, 1.0]], [[-1.0, -1.0]]])
    runs = Runs(hidden, jnp.zeros((2, 2)), jnp.ones((2, 2)), jnp.zeros(2))
    data = LabelledPoints(jnp.array([[1.0], [2.0]]), jnp.zeros(2))
    assert training.dead_units(runs, data, jnp.array([2, 2])).tolist() == [2, 1]
    assert training.dead_units(runs, data, jnp.array([1, 1])).tolist() == [1, 0]


def test_wrong_points_are_counted():
    runs = Runs(jnp.ones((1, 1, 1)), jnp.zeros((1, 1)), jnp.ones((1, 1)), jnp.zeros(1))
    data = LabelledPoints(jnp.array([[1.0], [-1.0]]), jnp.array([1.0, 1.0]))
    assert training.wrong(runs, data, "tanh").tolist() == [1]
    assert training.wrong(runs, data._replace(loss="squared"), "tanh").tolist() == [1]


@pytest.mark.parametrize("name, deviation", [("normal", 1.0), ("lecun", 0.5), ("glorot", 0.5)])
def test_initial_weights_have_the_deviation_of_their_law(name, deviation):
    runs = training.draw(jax.random.key(0), name, 4, jnp.full((4000,), 4), 4)
    # 64 000 numbers: the deviation is known to 0.3 %.
    assert_close(np.std(runs.hidden), deviation, rtol=0.02)
    assert not np.any(runs.bias) and not np.any(runs.offset)


def test_an_unknown_initialization_is_refused():
    with pytest.raises(ValueError, match="known ones are glorot, lecun"):
        drawn([1], initialization="he")

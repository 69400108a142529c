"""What the contest shows over three seeds, and that its rows are of the networks built."""

import jax
import numpy as np
import pytest

from curvkit import data
from curvkit.kernels.contest import Settings, Standings, experiment, run
from curvkit.kernels.contest import _tasks as tasks

SEEDS = range(3)


@pytest.mark.slow
def test_the_first_reading_is_of_the_network_that_was_built():
    settings = Settings(activation="sigmoid", blocks=2, width=16, steps=1)
    trace = run(settings)
    state = experiment.begin(settings, jax.random.key(0))
    (inputs, labels), tested = experiment.examples(Settings())
    model = experiment.model(settings, state.numbers)
    one = jax.tree.map(lambda leaf: leaf[0], state.params)
    outputs = np.asarray(model.apply(one, inputs[:256]), float)
    logs = outputs - np.log(np.exp(outputs).sum(1, keepdims=True))
    loss = -np.mean(logs[np.arange(256), np.asarray(labels[:256])])
    np.testing.assert_allclose(trace.loss[0], loss, rtol=1e-4)
    right = np.argmax(np.asarray(model.apply(one, tested[0])), 1) == np.asarray(tested[1])
    np.testing.assert_allclose(trace.accuracy[0], right.mean(), atol=1 / 360 + 1e-6)


def test_adam_s_rates_are_thirty_times_smaller():
    sgd, adam = (np.asarray(experiment.rates(Settings(optimizer=each))) for each in ("sgd", "adam"))
    np.testing.assert_allclose(sgd, 30 * adam, rtol=1e-6)
    np.testing.assert_allclose(sgd, [0.01 / 9, 0.01 / 3, 0.01, 0.03], rtol=1e-6)


def test_readings_are_every_so_many_steps_and_chance_is_one_in_ten():
    trace = run(blocks=1, width=8, steps=20, shaping="none")
    assert trace.step[0] == 0 and trace.step[-1] == 20
    assert len({*np.diff(trace.step)[:-1].tolist()}) == 1
    assert (
        float(trace.classes)
        == len(np.unique(np.asarray(experiment.examples(Settings())[1][1])))
        == 10
    )


def test_standings_are_a_table_with_a_row_for_each():
    trace = run(blocks=1, width=8, steps=1, shaping="none")
    shown = Standings({"one": trace})._repr_markdown_().splitlines()
    assert len(shown) == 3 and shown[2].startswith("| one |") and shown[2].count("|") == 6
    assert trace.diverged.sum() == 0


def test_shortcuts_with_normalisation_take_no_shape():
    assert not experiment.is_shaped(Settings(network="batch_norm"))
    numbers = experiment.solve(Settings(network="layer_norm", activation="relu"))
    np.testing.assert_array_equal(numbers, [1, 0, 1, 0])


@pytest.mark.full
def test_shaped_residual_networks_keep_up_with_normalised_ones_over_three_seeds():
    best = lambda **given: np.array(
        [run(seed=each, **given).merits()["accuracy"] for each in SEEDS]
    )
    standard = best(network="batch_norm", activation="relu")
    # Equal steps, each at its best of four rates; within two points on average.
    for name in ("softplus", "sigmoid"):
        shaped = best(activation=name)
        assert shaped.mean() > standard.mean() - 0.02
        assert name != "sigmoid" or (shaped > 0.95).all()
    assert (best(network="chain", activation="sigmoid") > 0.95).all()


@pytest.mark.full
def test_without_shape_or_normalisation_nothing_is_learned():
    for seed in SEEDS:
        plain = run(network="plain_sums", activation="relu", seed=seed)
        assert plain.merits()["diverged"] == 4
        assert run(shaping="none", seed=seed).accuracy[-1].max() < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("task", ["digits", "images", "autoencoder"])
def test_k_fac_trains_each_task(task):
    """Its last loss is below its first at the best rate, and rates are ten times those of SGD."""
    trace = run(task=task, optimizer="kfac", blocks=2, width=32, steps=20, network="chain")
    assert trace.loss[-1].min() < 0.9 * trace.loss[0, 0]
    np.testing.assert_allclose(trace.rate, 0.1 * experiment.RATES, rtol=1e-6)


@pytest.mark.full
def test_k_fac_is_ahead_of_adam_and_of_gradient_descent_on_the_autoencoder_over_three_seeds():
    """At half of the others' steps."""
    deep = dict(task="autoencoder", network="chain", blocks=14)
    losses = lambda **given: np.array(
        [run(**deep, **given, seed=each).merits()["loss"] for each in SEEDS]
    )
    newton, adam = losses(optimizer="kfac", steps=150), losses(optimizer="adam", steps=300)
    assert (newton < adam).all()
    assert (losses(steps=300) > 1.2 * newton).all()


@pytest.mark.slow
def test_larger_data_are_trained_on_as_digits_are_and_refused_where_they_cannot_be_had(monkeypatch):
    digits, wide = data.digits(1797), 28**2
    pixels, labels = np.resize(digits.inputs, (1797, wide)), digits.targets
    monkeypatch.setattr(tasks, "COUNTS", {"mnist": (1437, 1797), "cifar10": (1437, 1797)})
    monkeypatch.setattr(experiment, "fetched", lambda name, most: (pixels[:most], labels[:most]))
    trace = run(data="mnist", blocks=2, width=16, steps=20, activation="tanh")
    assert trace.loss[-1].min() < 0.9 * trace.loss[0, 0]

    def offline(name, most):
        raise ConnectionError(f"{name} is not in here and openml.org cannot be reached.")

    monkeypatch.setattr(experiment, "fetched", offline)
    with pytest.raises(ConnectionError, match="cannot be reached"):
        run(data="cifar10", blocks=2, width=16, steps=1)

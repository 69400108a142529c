"""What the contest shows over three seeds, and that its rows are of the networks built."""

import jax
import numpy as np
import pytest

from curvkit import data
from curvkit.core.x64 import compiled
from curvkit.kernels import Chain, network_maps, ways
from curvkit.kernels.contest import (
    Settings,
    Standings,
    Trace,
    Verdicts,
    dialled,
    experiment,
    run,
    stream,
)
from curvkit.kernels.contest import _networks as networks
from curvkit.kernels.contest import _tasks as tasks

SEEDS = range(3)
# Compiled: operation by operation they take several times as long.
SOLVE, LAST = (compiled(each, mixed=True) for each in (experiment.solve, experiment.last))


@pytest.mark.slow
def test_the_first_reading_is_of_the_network_that_was_built():
    settings = Settings(activation="sigmoid", blocks=2, width=16, steps=1)
    trace = run(settings)
    state = stream.started(settings, jax.random.key(0))
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


SAID = {
    "a chain": dict(network="dial", activation="tanh", gain=1.3, bias=0.2),
    "growing, BatchNorm": dict(network="dial", activation="relu", weights="he", norm="batch",
                               shortcut="growing"),
    "zeroed": dict(network="dial", activation="selu", weights="lecun", shortcut="zeroed"),
    "LayerNorm after": dict(network="dial", activation="relu", norm="layer_after", gain=1.0),
    "standard": dict(network="batch_norm", activation="relu"),
    "DKS": dict(activation="sigmoid"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", SAID)
def test_what_is_foretold_is_what_the_maps_of_the_network_in_double_precision_say(case):
    """Those of the very plan that is built, in NumPy and without a loop."""
    settings = Settings(blocks=4, **SAID[case])
    numbers = np.asarray(SOLVE(settings))
    found = {name: np.asarray(each) for name, each in
             LAST(settings, experiment.State(numbers, *[None] * 6)).items()}  # fmt: skip
    given, shaped = settings.activation, experiment.is_shaped(settings)
    if shaped:
        alpha, beta, gamma, delta = (float(each) for each in numbers)
        given = lambda x: gamma * (jax.nn.sigmoid(alpha * x + beta) + delta)
    weight = settings.weight if settings.network == "rescaled" else 0.0
    whole = Chain(experiment.plans(settings, weight))
    maps = network_maps(whole, given, np.linspace(-1, 1, 17))
    np.testing.assert_allclose(found["map_cosine"], maps.c, atol=3e-4)
    assert found["map_log_slope"] == pytest.approx(np.log10(maps.slope), abs=1e-3)
    assert found["map_log_square"] == pytest.approx(np.log10(maps.q), abs=1e-4)
    assert found["map_kappa"] == pytest.approx(maps.condition, rel=2e-3)


def test_a_dial_that_cannot_be_trained_is_refused_and_looks_linear_is_mirrored():
    knobs = dialled(ways.Settings(activation="looks_linear", weights="lecun", depth=6))
    assert (knobs["activation"], knobs["weights"], knobs["blocks"]) == ("relu", "mirrored", 3)
    for turned in (dict(weights="he"), dict(weights="lecun", norm="batch"), dict(gain=1.0, bias=1)):
        with pytest.raises(ValueError, match="looks_linear must be with weights='lecun'"):
            dialled(ways.Settings(activation="looks_linear", **turned))
    shown = ways.Settings(activation="relu", shortcut="plain", depth=8)
    plan = experiment.plans(Settings.read(dialled(shown)), 0.8)[0]
    assert plan == networks.contender("dial", 4, 0.8, shown.gain, shown.bias, 1, "none", "plain")


def verdict(cosine, log_slope, log_square, accuracy, steps=60):
    """A trace of which the maps and the outcome are given."""
    settings = {"task": "digits", "steps": steps}
    maps = dict(map_cosine=np.full(17, cosine), map_log_slope=log_slope, map_log_square=log_square)
    return Trace(
        header={"settings": settings}, step=np.array([0, steps]), loss=np.ones((2, 1)),
        accuracy=np.array([[0.1], [accuracy]]), rate=np.ones(1), classes=np.array(10.0),
        map_kappa=np.array(np.nan), **{name: np.array(each) for name, each in maps.items()},
    )  # fmt: skip


@pytest.mark.parametrize(
    "maps, obstacle",
    [((0.3, 0, 0), ""), ((0.98, 0, 0), "angles are lost"), ((0, 5, 0), "nearby inputs part"),
     ((0, 0, 7.5), "lengths explode"), ((0, 0, -14), "lengths vanish")],
)  # fmt: skip
def test_what_was_foretold_is_held_against_the_outcome(maps, obstacle):
    for accuracy, learned in ((0.9, 1), (0.2, 0)):
        trace = verdict(*maps, accuracy)
        assert trace.obstacle() == obstacle and trace.foretold == (obstacle == "")
        assert trace.learned == learned
        assert trace.merits()["came_true"] == (learned == (obstacle == ""))
    early = verdict(*maps, 0.9, steps=20)
    assert np.isnan(early.merits()["came_true"])
    assert "too early" in Verdicts({"one": early})._repr_markdown_()
    unknown = Trace.completed({}, {}, Trace.LATER)
    assert np.isnan(verdict(np.nan, 0, 0, 0.9).foretold) and set(unknown) == Trace.LATER


@pytest.mark.full
def test_what_the_maps_foretell_of_the_dial_comes_true():
    """The ways of shaping that the table has, as they are trained for 100 steps."""
    relu, tanh = dict(activation="relu"), dict(activation="tanh")
    he, lecun = dict(weights="he"), dict(weights="lecun")
    dials = {
        "ReLU, He": relu | he, "LayerNorm before": relu | he | dict(norm="layer_before"),
        "LayerNorm after": relu | lecun | dict(norm="layer_after"),
        "edge": tanh | dict(gain=1.76**0.5, bias=0.05**0.5),
        "order": tanh | dict(gain=1.0, bias=0.5),
        "chaos": tanh | dict(gain=2.5, bias=0.0), "sigmoid": lecun | dict(activation="sigmoid"),
        "GELU": lecun | dict(activation="gelu"), "SELU": lecun | dict(activation="selu"),
        "growing": relu | he | dict(shortcut="growing"),
        "growing, BatchNorm": relu | he | dict(shortcut="growing", norm="batch"),
        "plain sums": relu | he | dict(shortcut="plain"),
        "zeroed": relu | he | dict(shortcut="zeroed"),
        "looks-linear": relu | dict(weights="mirrored"), "Dirac": relu | dict(weights="dirac"),
    }  # fmt: skip
    runs = {name: run(network="dial", steps=100, **each) for name, each in dials.items()}
    missed = [name for name, each in runs.items() if each.merits()["came_true"] != 1]
    assert not missed
    assert {each.foretold for each in runs.values()} == {0.0, 1.0}


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
@pytest.mark.parametrize(
    "task", ["digits", pytest.param("images", marks=pytest.mark.full), "autoencoder"]
)
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
        raise ConnectionError(f"{name} is not in here and the rest cannot be fetched.")

    monkeypatch.setattr(experiment, "fetched", offline)
    with pytest.raises(ConnectionError, match="cannot be fetched"):
        run(data="cifar10", blocks=2, width=16, steps=1)

"""What a state alone tells is used; what it does not tell is asked for, or told as assumed."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from oracles.edges import place

from curvkit import tuners
from curvkit.curvature import _edges as edges
from curvkit.curvature import _states as states

BENDS = jnp.array([5.0, 3.0, 1.0])
PARAMS = {"w": jnp.array([1.0, -1.0, 2.0])}
inject = optax.inject_hyperparams


def trained(optimizer, steps=5, params=PARAMS, bends=BENDS):
    """The state after a few updates on ½ Σ bends w²."""
    state = optimizer.init(params)
    for _ in range(steps):
        gradients = jax.tree.map(lambda w: bends * w, params)
        updates, state = optimizer.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
    return state


def read(state, rule, given=None, hand=None):
    """The edge, and the sharpness of the quadratic, of what is read."""
    links, assumed = states.facts(state, place(PARAMS), rule, given or {})
    found = edges.edge(links, 1, hand)
    weights = [PARAMS["w"]]
    diagonal = edges.diagonal(links, found, weights, weights, hand) if found.shaped else [1.0]
    return found, float(jnp.max(BENDS / diagonal[0])), assumed


def test_the_numbers_of_adam_are_those_of_its_state():
    state = trained(inject(optax.adam)(learning_rate=0.01, b1=0.5, b2=0.9, eps=1e-3))
    found, sharpness, assumed = read(state, "adam")
    moment = state.inner_state[0].nu["w"] / (1 - 0.9**5)
    expected = jnp.max(BENDS / ((1 - 0.5**5) * (jnp.sqrt(moment) + 1e-3)))
    assert sharpness == pytest.approx(float(expected), rel=1e-5) and assumed == []
    assert float(found.critical) == pytest.approx(6.0)


def test_the_decay_of_rmsprop_is_that_of_its_state():
    for options in (dict(decay=0.9, bias_correction=True), dict(decay=0.8)):
        state = trained(inject(optax.rmsprop)(learning_rate=0.01, **options))
        bias = 1 - 0.9**5 if "bias_correction" in options else 1.0
        expected = jnp.max(BENDS / jnp.sqrt(state.inner_state[0].nu["w"] / bias))
        assert read(state, "rmsprop")[1] == pytest.approx(float(expected), rel=1e-5)


def test_amsgrad_is_divided_by_its_largest_moments():
    state = trained(optax.amsgrad(0.01), 30)
    expected = jnp.max(BENDS / ((1 - 0.9**30) * jnp.sqrt(state[0].nu_max["w"])))
    for rule in ("adam", "amsgrad", None):
        assert read(state, rule, hand=0.01)[1] == pytest.approx(float(expected), rel=1e-5)


def test_the_rate_of_a_tuner_is_its_own():
    state = tuners.cdat(optax.identity()).init(PARAMS)._replace(learning_rate=jnp.asarray(0.3))
    for rule, assumed in (("gd", []), (None, ["gradient descent as the base"])):
        found, _, told = read(state, rule)
        assert float(found.rate) == pytest.approx(0.3) and told == assumed


def test_a_decay_that_was_injected_counts():
    state = trained(inject(optax.adamw)(learning_rate=0.1, weight_decay=2.0))
    found, _, _ = read(state, "adam")
    assert found.rule == "adamw" and float(found.critical) == pytest.approx(1.8 * 19)


def test_of_two_groups_each_has_its_own_moments():
    params = {"a": jnp.ones(1), "b": jnp.ones(1)}
    optimizer = optax.multi_transform(
        {"x": optax.adam(0.1), "y": optax.adam(0.1)}, {"a": "x", "b": "y"}
    )
    state = optimizer.init(params)
    gradients = {"a": jnp.array([1.0]), "b": jnp.array([50.0])}
    state = optimizer.update(gradients, state, params)[1]
    links, _ = states.facts(state, place(params), "adam", {})
    found = edges.edge(links, 2, 0.1)
    values = edges.diagonal(links, found, *[jax.tree.leaves(params)] * 2, 0.1)
    # Of the first step: the gradient's size, times 1 − β1.
    assert np.allclose(values, [[0.1], [5.0]], rtol=1e-4)


def test_what_a_rule_by_name_leaves_open_is_told_as_assumed():
    state = trained(optax.adam(0.01))
    assert read(state, "adam", hand=0.01)[2] == [
        "momentum 0.9", "second_moment_decay 0.999", "epsilon 1e-08",
    ]  # fmt: skip
    given = dict(momentum=0.9, second_moment_decay=0.999, epsilon=1e-8)
    assert read(state, "adam", given, 0.01)[2] == []
    assert "weight decay 0" in read(trained(optax.lion(0.01)), None, hand=0.01)[2]


def test_without_a_state_a_rule_by_name_is_that_of_the_formula():
    for rule, critical in (("gd", 2), (None, 2), ("heavy_ball", 3), ("ema_momentum", 6)):
        found, _, _ = read(None, rule, dict(momentum=0.5), 0.1)
        assert float(found.critical) == pytest.approx(critical)


groups = optax.multi_transform({"x": inject(optax.sgd)(0.1), "y": optax.sgd(0.1)}, {"w": "x"})
free = optax.contrib.schedule_free_sgd(0.01)
ASKED = {
    "gradient or sign descent": (
        optax.sgd(0.1),
        None,
        "gradient descent or sign descent, and does",
    ),
    "sign descent": (optax.sign_sgd(0.1), None, "gradient descent or sign descent, and does not"),
    "Adam's kind": (optax.nadam(0.1), None, "Adam, AdamW, NAdam, Adamax, Yogi or LAMB"),
    "a momentum": (optax.sgd(0.1, 0.9), None, "heavy ball or Nesterov, and does not tell which"),
    "another rule": (optax.adam(0.1), "gd", "has adam in it, which is not rule='gd'"),
    "a rule without momentum": (optax.sgd(0.1, 0.9), "gd", "has trace in it, which is not"),
    "no moments": (optax.sgd(0.1), "adam", "opt_state has no second moments or momentum"),
    "no state at all": (None, "rmsprop", "opt_state has no second moments or momentum"),
    "groups": (groups, "gd", "has several groups and does not tell which arrays 'x' trains"),
    "schedule-free": (free, "gd", "is schedule-free's, whose edge is its own"),
    "not known": (optax.adan(0.1), None, "has 'ScaleByAdanState' in it, whose edge is not known"),
    "not known, by name": (optax.novograd(0.1), "adam", "has 'ScaleByNovogradState' in it"),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_a_state_does_not_tell_is_asked_for(case):
    optimizer, rule, sentence = ASKED[case]
    with pytest.raises(ValueError, match=sentence):
        read(optimizer and optimizer.init(PARAMS), rule, hand=0.1)


def test_schedule_free_is_told_by_its_state():
    state = trained(free, 200)
    found, _, assumed = read(state, None, hand=0.01)
    assert found.rule == "schedule-free gd" and assumed == ["gradient descent as the base"]
    # With the newest of some two hundred weighted alike, a little below 2 / (1 − β1).
    newest = 1 / 201
    share = 0.1 + 0.9 * newest / (2 - newest)
    assert float(found.critical) == pytest.approx(2 / share, rel=1e-4)

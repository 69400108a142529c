"""The edge that is told is where optax itself begins to grow, for each rule and in groups."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from oracles.edges import SMALL, bisected, dense, filled, place, told

from curvkit.curvature import _edges as edges
from curvkit.curvature import _links as links
from curvkit.curvature._optimizers import transformed

PARAMS = {
    "a": SMALL * jnp.array([1.0, -2.0, 0.5]),
    "b": SMALL * jnp.array([[1.0, 0.3], [-0.4, 2.0]]),
}
TWO, FULL = {"a": "x", "b": "y"}, pytest.mark.full
GROUPED = {"x": optax.adam(1e-2), "y": optax.sgd(0.05, momentum=0.5)}
contrib = optax.contrib

RULES = {
    "gd": optax.sgd(0.1),
    "heavy_ball": optax.sgd(optax.piecewise_constant_schedule(0.2, {9: 0.5}), momentum=0.9),
    "nesterov": optax.sgd(0.1, momentum=0.8, nesterov=True),
    "ema_momentum": optax.chain(optax.ema(0.9), optax.scale(-0.1)),
    "adam": optax.adam(1e-3, b1=0.8, b2=0.95, eps=1e-1),
    "adamw": optax.adamw(1e-2, weight_decay=30.0),
    "adamw + adam": optax.adamw(1e-2, weight_decay=30.0, mask={"a": True, "b": False}),
    "nadam": optax.nadam(1e-3),
    "rmsprop": optax.rmsprop(1e-2, bias_correction=True, decay=0.8),
    "rmsprop with heavy_ball": optax.rmsprop(1e-2, momentum=0.9),
    "adagrad": optax.adagrad(0.1),
    "amsgrad": optax.amsgrad(1e-2, b1=0.7),
    "adabelief": optax.adabelief(1e-2),
    "adamax": optax.adamax(1e-2),
    "adafactor": optax.adafactor(1e-1, min_dim_size_to_factor=2),
    "adafactor with decay": optax.adafactor(0.1, momentum=0.9, weight_decay_rate=0.1),
    "heavy_ball with decay": optax.chain(
        optax.add_decayed_weights(3.0), optax.sgd(0.1, momentum=0.9)
    ),
    "adam with decay": optax.chain(optax.add_decayed_weights(3.0), optax.adam(0.1)),
    "adam + heavy_ball": optax.multi_transform(GROUPED, TWO),
    "schedule-free gd": contrib.schedule_free_sgd(0.01, b1=0.9),
    "schedule-free rmsprop with decay": contrib.schedule_free_adamw(0.01, weight_decay=0.5),
}
SLOW = ("adabelief", "adamax", "adam with decay", "ema_momentum", "adafactor with decay")
SLOW += ("rmsprop with heavy_ball", "schedule-free rmsprop with decay", "nadam", "nesterov")
marked = [pytest.param(rule, marks=FULL) if rule in SLOW else rule for rule in RULES]


@pytest.mark.slow
@pytest.mark.parametrize("rule", marked)
def test_the_edge_is_where_optax_itself_begins_to_grow(rule):
    optimizer, matrix = RULES[rule], dense(7)
    state = filled(optimizer.init(PARAMS))
    sums = dict(weight_sum=jnp.asarray(0.02), max_lr=jnp.asarray(0.01))
    state = state._replace(**sums) if "schedule" in rule else state
    # P is what the update divided by, so that of the state after it.
    after = optimizer.update(PARAMS, state, PARAMS)[1]
    after = after._replace(**sums) if "schedule" in rule else after
    found, scale = told(optimizer, after, PARAMS, matrix)
    assert found.rule == rule
    # The last grid is as fine as 1e-3.
    assert bisected(optimizer, state, PARAMS, matrix, scale) == pytest.approx(scale, rel=4e-3)


@pytest.mark.full
@pytest.mark.parametrize("rule", ["heavy_ball", "adam", "adam + heavy_ball"])
def test_it_is_so_on_a_diagonal_quadratic(rule):
    optimizer, matrix = RULES[rule], jnp.diag(jnp.linspace(0.1, 1.0, 7))
    state = filled(optimizer.init(PARAMS))
    _, scale = told(optimizer, optimizer.update(PARAMS, state, PARAMS)[1], PARAMS, matrix)
    assert bisected(optimizer, state, PARAMS, matrix, scale) == pytest.approx(scale, rel=4e-3)


@pytest.mark.slow
def test_lamb_is_judged_with_its_trust_ratio():
    """Held at what it is: the rate is divided by what the ratio becomes, and so stands still."""
    matrix, ratio = dense(7), 0.3
    direction = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(0.1))
    whole = {"a": SMALL * jnp.arange(1.0, 8.0)}
    optimizer = optax.inject_hyperparams(optax.lamb)(0.01, weight_decay=0.1)
    state = filled(optimizer.init(whole))

    def adjust(state, weights, gradient):
        inner = (state.inner_state[0], optax.EmptyState())
        step = direction.update(gradient, inner, weights)[0]["a"]
        now = jnp.linalg.norm(weights["a"]) / jnp.linalg.norm(step)
        return state._replace(hyperparams=state.hyperparams | {"learning_rate": 0.01 * ratio / now})

    after = optimizer.update(whole, state, whole)[1]
    found, scale = told(optimizer, after, whole, matrix)
    read = transformed(optimizer, after, place(whole))
    ratios = edges.diagonal([link for link in read if link.kind != "trust"], found, *(
        [whole["a"]], [1e-3 * whole["a"]], None))  # fmt: skip
    shaped = edges.diagonal(read, found, [whole["a"]], [1e-3 * whole["a"]], None)
    # What it was told with: the ratio of now, on a tiny gradient.
    scale *= float(jnp.median(ratios[0] / shaped[0])) / ratio
    assert found.rule == "lamb"
    assert bisected(optimizer, state, whole, matrix, scale, adjust) == pytest.approx(
        scale, rel=0.02
    )


def test_a_frozen_array_is_held_still_and_the_rate_is_the_largest():
    optimizer = optax.multi_transform(
        {"x": optax.sgd(0.01), "y": optax.sgd(0.1), "z": optax.set_to_zero()},
        {"a": "x", "b": "y", "c": "z"},
    )
    params = {"a": jnp.ones(1), "b": jnp.ones(1), "c": jnp.ones(1)}
    read = transformed(optimizer, optimizer.init(params), place(params))
    found = edges.edge(read, 3)
    values = edges.diagonal(read, found, jax.tree.leaves(params), jax.tree.leaves(params), None)
    assert float(found.rate) == pytest.approx(0.1) and found.critical == 2.0
    assert np.allclose(values, [[10.0], [1.0], [np.inf]])


def test_a_rate_of_zero_has_no_edge_and_no_warning():
    optimizer = optax.sgd(optax.linear_schedule(0.0, 0.1, 10), momentum=0.9)
    read = transformed(optimizer, optimizer.init(PARAMS), place(PARAMS))
    found = edges.edge(read, 2)
    assert found.rate == 0 and found.critical == pytest.approx(3.8)


two_rates = optax.masked(optax.sgd(0.1), {"a": True, "b": False})
signum = optax.chain(optax.ema(0.9, debias=False), optax.sign_sgd(0.1))
NOT_KNOWN = {
    "two momenta": (optax.chain(optax.trace(0.9), optax.adam(0.1)), "has two momenta, trace and"),
    "uphill": (optax.sgd(-0.1), "adds the gradient instead of subtracting it"),
    "no rate": (optax.scale_by_adam(), "opt_state has no learning rate in it"),
    "a rate for some": (two_rates, "has a learning rate for some arrays of params and none for"),
    "a sign of Adam": (
        optax.chain(optax.scale_by_adam(), optax.scale_by_sign(), optax.scale(-0.1)),
        "has adam and sign and rate in a row",
    ),
    "a sign for some": (
        optax.multi_transform({"x": optax.sign_sgd(0.1), "y": optax.sgd(0.1)}, TWO),
        "moves some arrays by a sign or a polar factor and others by another rule",
    ),
    "a Lion that keeps too much": (optax.lion(0.1, b1=0.9, b2=0.9), "only for β1 up to β2²"),
    "a sign of an average": (signum, "β1=0.9 and β2=0.9, whose edge is known only"),
    "nothing trained": (optax.set_to_zero(), "trains none of the arrays"),
}


@pytest.mark.parametrize("case", NOT_KNOWN)
def test_what_has_no_known_edge_is_refused_in_a_sentence(case):
    optimizer, sentence = NOT_KNOWN[case]
    with pytest.raises(ValueError, match=sentence):
        edges.edge(transformed(optimizer, optimizer.init(PARAMS), place(PARAMS)), 2)


def test_names_are_those_that_people_know():
    for optimizer, name in (
        (optax.chain(optax.clip(1.0), optax.nadamw(0.1)), "nadamw"),
        (signum, "signum"),
        (optax.lion(0.1), "lion with decay"),
        (optax.lars(0.1), "heavy_ball with trust ratio"),
    ):
        read = transformed(optimizer, optimizer.init(PARAMS), place(PARAMS))
        assert links.name([link for link in read if 0 in link.leaves]) == name

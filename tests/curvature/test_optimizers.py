"""An optax transformation is read whatever it is wrapped in, and what is not known is refused."""

import functools
import inspect

import jax
import jax.numpy as jnp
import optax
import pytest
from oracles.edges import place

from curvkit import tuners
from curvkit.curvature import _edges as edges
from curvkit.curvature._optimizers import transformed

PARAMS = {"a": jnp.ones(2), "b": jnp.ones(3)}
RULE = optax.sgd(0.1, momentum=0.9)
jitted = optax.GradientTransformation(RULE.init, jax.jit(RULE.update))
partly = optax.GradientTransformation(RULE.init, functools.partial(RULE.update))
WRAPPED = {
    "itself": RULE,
    "a chain": optax.chain(optax.clip_by_global_norm(1.0), optax.chain(RULE)),
    "a named chain": optax.named_chain(("clip", optax.clip(1.0)), ("rule", RULE)),
    "several steps": optax.MultiSteps(RULE, 4),
    "several steps as a transformation": optax.MultiSteps(RULE, 4).gradient_transformation(),
    "only where finite": optax.apply_if_finite(RULE, 3),
    "injected": optax.inject_hyperparams(optax.sgd)(0.1, momentum=0.9),
    "injected by a schedule": optax.inject_hyperparams(optax.sgd)(
        optax.constant_schedule(0.1), momentum=0.9
    ),
    "a schedule": optax.sgd(optax.constant_schedule(0.1), momentum=0.9),
    "masked, all shown": optax.masked(RULE, {"a": True, "b": True}),
    "two alike groups": optax.multi_transform({"x": RULE, "y": RULE}, {"a": "x", "b": "y"}),
    "jitted": jitted,
    "as a partial": partly,
    "a tuner": tuners.cdat(optax.trace(0.9)),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_rule_is_the_same_in_whatever_it_is_wrapped(name):
    optimizer = WRAPPED[name]
    state = optimizer.init(PARAMS)
    if name == "a tuner":
        state = state._replace(learning_rate=jnp.asarray(0.1))
    found = edges.edge(transformed(optimizer, state, place(PARAMS)), 2)
    assert found.rule == "heavy_ball"
    assert float(found.rate) == pytest.approx(0.1)
    assert float(found.critical) == pytest.approx(3.8)


def test_the_rate_is_that_of_the_step_that_follows():
    schedule = optax.linear_schedule(0.2, 0.1, 10)
    for optimizer in (optax.sgd(schedule), optax.inject_hyperparams(optax.sgd)(schedule)):
        state = optimizer.init(PARAMS)
        for step in range(3):
            found = edges.edge(transformed(optimizer, state, place(PARAMS)), 2)
            assert float(found.rate) == pytest.approx(0.2 - 0.01 * step)
            state = optimizer.update(PARAMS, state, PARAMS)[1]


def test_a_rate_changed_by_hand_is_read_from_the_state():
    optimizer = optax.inject_hyperparams(optax.adam)(0.1, b1=0.5)
    state = optimizer.init(PARAMS)
    state.hyperparams.update(learning_rate=jnp.asarray(0.3), b1=jnp.asarray(0.6))
    found = edges.edge(transformed(optimizer, state, place(PARAMS)), 2)
    assert float(found.rate) == pytest.approx(0.3)
    assert float(found.critical) == pytest.approx(3.2 / 0.4)


def test_summed_gradients_of_several_steps_are_so_many_times_as_long():
    optimizer = optax.MultiSteps(optax.sgd(0.1), 4, use_grad_mean=False)
    found = edges.edge(transformed(optimizer, optimizer.init(PARAMS), place(PARAMS)), 2)
    assert float(found.critical) == 0.5


own = optax.GradientTransformation(lambda params: (), lambda g, s, p=None: (g, s))
NOT_KNOWN = {
    "one's own": (own, "optimizer has '<lambda>' in it"),
    "optax's that is not known": (optax.adan(0.1), "optimizer has 'scale_by_adan' in it"),
    "a function of one's own": (optax.stateless(lambda g, p: g), "optimizer has 'stateless' in it"),
}
if "mode" in inspect.signature(optax.scale_by_lion).parameters:
    NOT_KNOWN["a smooth Lion"] = optax.scale_by_lion(mode="smooth"), "scale_by_lion"


@pytest.mark.parametrize("name", NOT_KNOWN)
def test_what_is_not_known_is_refused_in_a_sentence(name):
    optimizer, sentence = NOT_KNOWN[name]
    with pytest.raises(ValueError, match=sentence) as caught:
        transformed(optimizer, optimizer.init(PARAMS), place(PARAMS))
    assert "pass rule=None" in str(caught.value)


@pytest.mark.parametrize(
    "optimizer, other",
    [
        (optax.adam(0.1), optax.sgd(0.1)),
        (optax.sgd(0.1), optax.adam(0.1)),
        (optax.adam(0.1), optax.amsgrad(0.1)),
        (optax.sgd(0.1, momentum=0.9), optax.sgd(0.1)),
        (optax.sgd(0.1), optax.adamw(0.1)),
    ],
)
def test_a_state_of_another_optimizer_is_refused(optimizer, other):
    with pytest.raises(ValueError, match="opt_state is not the state of optimizer"):
        transformed(optimizer, other.init(PARAMS), place(PARAMS))
    with pytest.raises(ValueError, match="opt_state is not the state of optimizer"):
        transformed(optimizer, None, place(PARAMS))

"""Rules against plain loops, and the preconditioner against what the rule divides by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles import recurrences

from curvkit.curvature import _rules as rules
from curvkit.curvature._generalised import Matrices

BETA, DECAY = 0.8, 0.95
GRADIENTS = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
GRADIENTS[:, 0] *= 1e-3  # one small entry, which adaptive rules blow up


@pytest.mark.parametrize("rule", rules.RULES)
def test_a_rule_is_the_plain_loop_and_its_preconditioner_what_it_divides_by(rule):
    made, diagonals = [], []
    shapes = ((2, 2), (1,))
    transformation = rules.direction(rule, BETA, DECAY, Matrices(shapes))
    params = jnp.ones(5)
    state = transformation.init(params)
    for gradient in GRADIENTS:
        direction, state = transformation.update(jnp.asarray(gradient), state, params)
        made.append(direction)
        diagonals.append(rules.preconditioner(rule, state, params, BETA, DECAY))
    # Single precision, with 1 − β^t as small as 0.05 in the first steps.
    expected = recurrences.directions(rule, GRADIENTS, BETA, DECAY, shapes)
    # Muon's iteration ends as near the polar factor as its rounds and single precision allow.
    near = dict(rtol=2e-3, atol=2e-3) if rule == "muon" else dict(rtol=2e-5, atol=1e-6)
    assert_close(made, expected, **near, what=rule)
    expected = recurrences.preconditioners(rule, GRADIENTS, BETA, DECAY)
    assert_close(diagonals, expected, rtol=2e-5, what=rule)


@pytest.mark.parametrize("rule", ["rmsprop", "adam"])
def test_a_step_is_the_averaged_gradient_over_the_preconditioner(rule):
    transformation = rules.direction(rule, BETA, DECAY)
    state, average = transformation.init(jnp.ones(5)), np.zeros(5)
    for gradient in GRADIENTS:
        direction, state = transformation.update(jnp.asarray(gradient), state)
        average = BETA * average + (1 - BETA) * gradient
    diagonal = rules.preconditioner(rule, state, jnp.ones(5), BETA, DECAY)
    plain = average if rule == "adam" else GRADIENTS[-1]
    assert_close(direction, plain / diagonal, rtol=2e-5)


def test_an_unknown_rule_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no rule 'sgd'.*adam, gd, heavy_ball, lion, muon"):
        rules.direction("sgd", BETA, DECAY)


def test_turning_momentum_and_decay_recompiles_nothing():
    calls = []

    @jax.jit
    def step(gradient, state, momentum, decay):
        calls.append(1)
        return rules.direction("adam", momentum, decay).update(gradient, state)

    state = rules.direction("adam", 0.5, 0.9).init(jnp.ones(5))
    for momentum, decay in ((0.0, 0.9), (0.5, 0.99), (0.99, 0.9999)):
        step(jnp.ones(5), state, momentum, decay)
    assert len(calls) == 1

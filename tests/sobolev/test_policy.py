"""A policy is distilled: students by three methods, on equal data, and what they cost."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit.core.messages import number
from curvkit.sobolev import _policy as policy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    return policy.distil(steps=200)


def test_slopes_bring_students_nearer_to_the_teacher_from_the_same_states(found):
    plain, some, whole = found.divergence
    assert np.all(some < plain) and np.all(whole < plain)
    assert 0 <= found.otherwise.min() and found.otherwise.max() < 0.2


def test_the_teacher_has_learnt_and_students_act_about_as_well(found):
    assert found.teacher < 0.3 * found.random
    assert np.all(found.prices < 0.5 * found.random)


def test_one_direction_takes_fewer_operations_than_whole_jacobians_and_the_table_says_so(found):
    plain, some, whole = found.flops
    assert plain < some < whole
    told = found._repr_markdown_()
    assert f"takes {number(some / whole)} of their operations" in told
    assert told.count("\n|") == 2 + len(policy.METHODS)


def test_operations_are_counted_where_only_compiled_programs_tell(found, monkeypatch):
    def absent(backend):
        raise RuntimeError(f"Unknown backend {backend}")  # as JAX says where JAX_PLATFORMS=cuda

    monkeypatch.setattr(jax, "local_devices", absent)
    monkeypatch.setattr(jax.stages.Lowered, "cost_analysis", lambda self: None)
    plain, some, whole = policy.distil(steps=1, seeds=1).flops
    assert plain < some < whole
    assert_close(some / whole, found.flops[1] / found.flops[2], rtol=0.2)


def test_a_body_moves_as_a_loop_of_plain_numbers_says():
    place, velocity = np.array([1.0, -0.5]), np.array([0.2, 0.1])
    state = jnp.array([*place, *velocity])
    for push in policy.PUSHES[[0, 3, 8]]:
        state = policy.moved(state, push)
        velocity = 0.9 * velocity + 0.4 * push
        place = place + 0.2 * velocity
    assert_close(state, [*place, *velocity], atol=1e-6)


def test_the_rock_costs_and_the_nine_pushes_are_a_policy():
    assert float(policy.price(jnp.array([*policy.ROCK, 0, 0]))) > 3
    assert float(policy.price(jnp.zeros(4))) < 0.1
    weights = policy.network(np.random.default_rng(0), 4)
    assert_close(jnp.sum(jnp.exp(policy.log_policy(weights, jnp.ones(4)))), 1, atol=1e-6)
    assert_close(np.linalg.norm(policy.PUSHES, axis=1), [1] * 8 + [0], atol=1e-6)


def test_too_many_states_and_a_weight_of_nothing_are_refused():
    with pytest.raises(ValueError, match="states must be from 1 to 750 for each student, but 751"):
        policy.distil(751)
    with pytest.raises(ValueError, match="weight must be a number above 0"):
        policy.distil(weight=0.0)


def test_the_penalty_of_students_is_that_of_the_loss_of_log_probabilities():
    weights = policy.network(np.random.default_rng(0), 4)
    teacher = policy.network(np.random.default_rng(1), 4)
    states = jnp.ones((1, 4))
    log, slopes = jax.jit(policy._told)(teacher, states)
    key = jax.random.key(0)
    error = jax.jit(lambda by: policy._error(weights, key, states, log, slopes, (None, by)))
    plain, whole = error(0.0), error(2.0)
    jacobian = jax.jit(lambda params: jax.jacfwd(policy.log_policy, 1)(params, states[0]))
    apart = np.sum((jacobian(weights) - jacobian(teacher)) ** 2)
    assert_close(whole - plain, 2 * apart / 9, rtol=1e-4)

"""The cycle of the three states: its fixed point, its turning, its size and period."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64

from curvkit.distillation import _aliased as aliased
from curvkit.distillation._variants import VARIANTS

DT = 0.1


@functools.cache
def compiled():
    @jax.jit
    def ways(weights, process, teacher, starts):
        def step(theta, _):
            one = lambda each: aliased.advanced(weights, process, teacher, each, DT)
            return jax.vmap(one)(theta), theta

        return jax.lax.scan(step, starts, None, 8000)[1]

    return ways, jax.jit(aliased.slope), jax.jit(jax.jacfwd(aliased.slope, 3))


def followed(name, starts, separate=False):
    with float64():
        process = aliased.three_states(not separate)
        teacher = aliased.its_teacher(process)
        row = VARIANTS[name].weights
        return np.asarray(compiled()[0](row, process, teacher, jnp.asarray(starts, float)))


STARTS = [(6.0, 6.0), (-6.0, 6.0), (6.0, -6.0), (-6.0, -6.0), (0.3, 0.3)]


@pytest.fixture(scope="module")
def turning():
    return followed("on_policy_reward", STARTS)


def test_its_fixed_point_is_an_unstable_spiral():
    with float64():
        process = aliased.three_states()
        parts = (VARIANTS["on_policy_reward"].weights, process, aliased.its_teacher(process))
        theta = jnp.array([-0.5, 0.2])
        for _ in range(20):
            theta -= jnp.linalg.solve(compiled()[2](*parts, theta), compiled()[1](*parts, theta))
        assert_close(theta, [-0.47641, 0.16435], atol=1e-5)
        turns = np.linalg.eigvals(compiled()[2](*parts, theta))
        assert_close(turns.real, [0.0675] * 2, atol=1e-4)
        assert_close(sorted(turns.imag), [-0.0577, 0.0577], atol=1e-4)


def test_all_starts_come_to_one_cycle(turning):
    late = turning[6000:]
    # About two periods of 888 steps: each coordinate has been to both of its ends.
    for run in range(len(STARTS)):
        assert_close(np.ptp(late[:, run], axis=0), np.ptp(late[:, 0], axis=0), rtol=2e-3)
    assert_close(np.ptp(late[:, 0], axis=0), [3.56, 1.47], atol=0.01)


def test_the_cycle_has_its_period(turning):
    late = turning[4000:, 0, 0] + 0.47641
    ups = np.flatnonzero((late[:-1] < 0) & (late[1:] >= 0))
    assert_close(np.diff(ups) * DT, [88.8] * (len(ups) - 1), atol=0.2)


@pytest.mark.parametrize("name", [n for n, row in VARIANTS.items() if row.gradient])
def test_no_gradient_field_turns(name):
    with float64():
        process = aliased.three_states()
        parts = (VARIANTS[name].weights, process, aliased.its_teacher(process))
        for theta in np.random.default_rng(0).normal(size=(5, 2)):
            J = np.asarray(compiled()[2](*parts, jnp.asarray(theta)))
            assert abs(J[0, 1] - J[1, 0]) <= 1e-12 * max(1, np.abs(J).max())


def test_the_correction_brings_it_to_rest():
    end = followed("n_distill_reward", [(0.3, 0.3)])[-1, 0]
    assert_close(end, [-2.45, -1.35], atol=0.01)


def test_with_a_logit_for_each_state_it_comes_to_rest():
    late = followed("on_policy_reward", [(0.3, 0.3, 0.3)], separate=True)[6000:, 0]
    assert np.ptp(late, axis=0).max() < 1e-3


def test_rounded_numbers_kill_the_cycle():
    with float64():
        process = aliased.three_states()
        P = process.transitions.at[1, 0, 0].set(0.03)
        process = process._replace(transitions=P, rewards=process.rewards.at[2, 0].set(-0.4))
        teacher = aliased.its_teacher(process)
        starts = jnp.array([[0.3, 0.3]] * len(STARTS))
        late = compiled()[0](VARIANTS["on_policy_reward"].weights, process, teacher, starts)[6000:]
    assert np.ptp(late[:, 0], axis=0).max() < 3


def test_a_random_process_ends_and_its_teacher_is_a_policy():
    process, teacher = aliased.random_process(jax.random.key(5), 6, 2)
    assert_close(process.transitions.sum(2), np.full((6, 2), 0.9), rtol=1e-5)
    assert_close(jnp.exp(teacher.log_policy).sum(1), np.ones(6), rtol=1e-5)

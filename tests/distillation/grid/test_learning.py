"""What an episode teaches is the exact update on average; what is measured is what solves say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit.distillation import _field as field
from curvkit.distillation import _process as process
from curvkit.distillation._variants import VARIANTS
from curvkit.distillation.grid import _learning as learning
from curvkit.distillation.grid import _worlds as worlds

KEY = jax.random.key(4)


@jax.jit
def _small():
    """A small world that ends soon, its table, a policy, its teacher and a student's logits."""
    world = worlds.world(worlds.drawn(KEY, 3, 0.1, 0.2, 0.1), 0.2, 0.3)
    log_policy = jax.nn.log_softmax(jax.random.normal(KEY, (9, 4)))
    values = worlds.gained(world, jnp.exp(log_policy), world.rewards, 60)
    logits = 0.3 * jax.random.normal(jax.random.fold_in(KEY, 1), (9, 4))
    return world, worlds.table(world), log_policy, field.Teacher(log_policy, values), logits


MADE, TABLE, LOG_POLICY, TAUGHT, LOGITS = _small()


@pytest.mark.slow
def test_the_mean_of_what_episodes_teach_is_the_exact_update():
    student = learning.Learnt(LOGITS, jnp.zeros((9, 2)))
    rate, length, episodes = 1e-3, 30, 1500

    @jax.jit
    def moved(weights):
        keys = jax.random.split(KEY, episodes)
        one = lambda key: learning.after_an_episode(
            rate, weights, MADE, TAUGHT, student, key, length, longest=1e9
        )
        every = (jax.vmap(one)(keys).logits - LOGITS) / rate
        exact = field.update(weights, TABLE, TAUGHT, LOGITS)
        return every.mean(0), jnp.std(every, 0) / episodes**0.5, exact

    for name in ("on_policy", "teacher_distill", "n_distill_reward", "reward_alone"):
        mean, error, exact = moved(VARIANTS[name].weights)
        # Single precision of logits divided by the rate leaves 1e-4.
        assert np.all(np.abs(mean - exact) <= 5 * error + 1e-3), name


def test_a_critic_comes_to_what_cells_gain():
    student = learning.Learnt(LOG_POLICY, jnp.zeros((9, 2)))
    # Its own rewards are none, the task's are what the gate compares.
    row = VARIANTS["on_policy"].weights
    keys = jax.random.split(KEY, 4000)

    def step(learnt, key):
        new = learning.after_an_episode(0.0, row, MADE, TAUGHT, learnt, key, 40)
        return new, new.critic

    critics = jax.lax.scan(step, student, keys)[1]
    start = worlds.start(3)
    # A running mean of rate 0.1, over 3000 episodes.
    own, task = critics[1000:, start].mean(0)
    assert own == 0
    assert_close(task, TAUGHT.values[start], atol=0.4)


def test_measures_are_those_of_linear_solves_in_a_world_that_ends_soon():
    value, apart = jax.jit(learning.measured)(MADE, TAUGHT, LOGITS)
    p = jnp.exp(field.policies(TABLE, LOGITS))
    assert_close(value, process.values(TABLE, p, TABLE.rewards)[worlds.start(3)], atol=1e-4)
    each = jnp.sum(p * (jnp.log(p) - LOG_POLICY), 1)
    assert_close(apart, process.visits(TABLE, p) @ each, atol=1e-4)


def test_no_episode_moves_a_student_further_than_the_longest_move():
    far = learning.Learnt(LOGITS, jnp.full((9, 2), 1e6))
    row = VARIANTS["reward_alone"].weights
    new = jax.jit(learning.after_an_episode)(1.0, row, MADE, TAUGHT, far, KEY)
    assert_close(jnp.linalg.norm(new.logits - LOGITS), learning.LONGEST, rtol=1e-4)


def test_contests_are_of_known_variants():
    assert {name for each in learning.CONTESTS.values() for name in each} <= {*VARIANTS}
    assert {len({*each}) for each in learning.CONTESTS.values()} == {4}

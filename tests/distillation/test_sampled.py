"""Sampled updates have the exact field as their mean, for every variant."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st

from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _field as field
from curvkit.distillation import _sampled as sampled
from curvkit.distillation._process import values, visits
from curvkit.distillation._variants import VARIANTS

EPISODES, LENGTH = 2000, 60


@functools.cache
def compiled():
    """Mean and standard error of sampled updates, and the exact one, of a random process."""

    @jax.jit
    def both(weights, key, baseline):
        process, teacher = aliased.random_process(key)
        process = process._replace(
            transitions=process.transitions * 0.7, observed=jnp.array([0, 1, 0, 2])
        )
        teacher = field.teacher(process, teacher.log_policy)
        logits = jax.random.normal(jax.random.fold_in(key, 1), (3, 3))
        p = jnp.exp(field.policies(process, logits))
        own = values(process, p, process.rewards)
        one = lambda key: sampled.one_update(
            weights, process, teacher, logits, key, LENGTH, own, baseline * own
        )[0]
        every = jax.vmap(one)(jax.random.split(jax.random.fold_in(key, 2), EPISODES))
        error = jnp.std(every, 0) / EPISODES**0.5
        return every.mean(0), error, field.update(weights, process, teacher, logits)

    return both


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), baseline=st.sampled_from([0.0, 1.0]))
def test_sampled_updates_are_the_exact_one_within_their_standard_error(name, seed, baseline):
    mean, error, exact = compiled()(VARIANTS[name].weights, jax.random.key(seed), baseline)
    # Of 720 numbers in all, normal ones pass five deviations once in two thousand times.
    assert_close(mean, exact, atol=float(5 * error.max() + 1e-6))
    assert np.all(np.abs(mean - exact) <= 5 * error + 1e-5)


def test_an_episode_visits_states_as_often_as_the_solve_says():
    process, teacher = aliased.random_process(jax.random.key(3))
    policy = jnp.exp(teacher.log_policy)
    keys = jax.random.split(jax.random.key(0), 4000)
    made = jax.vmap(lambda key: sampled.play(process, policy, key, 120))(keys)
    counts = np.stack([np.sum((made.state == s) & made.alive, 1) for s in range(4)], 1)
    assert_close(counts.mean(0), visits(process, policy), atol=5 * counts.std() / 4000**0.5)


def test_nothing_of_an_episode_counts_after_its_end():
    process, teacher = aliased.random_process(jax.random.key(3))
    episode = sampled.play(process, jnp.exp(teacher.log_policy), jax.random.key(1), 200)
    length = int(episode.alive.sum())
    assert 1 <= length < 200 and bool(episode.ended[length - 1])
    assert not np.any(np.asarray(episode.alive)[length:])
    logits, zero = jnp.zeros((4, 3)), jnp.zeros(4)
    cut = jax.tree.map(lambda each: each[:length], episode)
    compiled = jax.jit(sampled.sampled)
    for row in VARIANTS.values():
        long, short = (
            compiled(row.weights, process, teacher, logits, each, zero, zero)[0]
            for each in (episode, cut)
        )
        assert_close(long, short, rtol=1e-5, atol=1e-5)

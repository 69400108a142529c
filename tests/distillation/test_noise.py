"""Three estimates of one update: their mean is the exact one, and where their noise differs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _field as field
from curvkit.distillation import _noise as noise
from curvkit.distillation._variants import VARIANTS


@pytest.mark.slow
def test_all_three_have_the_exact_update_as_their_mean():
    episodes = 4000

    @jax.jit
    def both(key):
        made, taught = aliased.random_process(key)
        # So that hardly any episode is longer than is played.
        made = made._replace(transitions=0.7 * made.transitions)
        taught = field.teacher(made, taught.log_policy)
        logits = jax.random.normal(key, (4, 3))
        keys = jax.random.split(key, episodes)
        every = jax.vmap(noise.estimates(made, taught, logits))(keys)
        exact = field.update(VARIANTS["expected_entropy"].weights, made, taught, logits)
        return every.mean(0), jnp.std(every, 0) / episodes**0.5, exact

    mean, error, exact = both(jax.random.key(5))
    # Of 36 numbers, normal ones pass five deviations once in fifty thousand times.
    assert np.all(np.abs(mean - exact) <= 5 * error + 1e-4)


@pytest.mark.full
def test_means_keep_noise_from_growing_with_actions_where_episodes_are_of_one_length_only():
    found = noise.noise_by_actions((4, 256), episodes=200)
    (few, few_by_chance), (many, many_by_chance) = (row.noise for row in found.rows)
    assert many[0] > 3 * few[0] and many[2] < 2 * few[2] and many[0] > 5 * many[2]
    # How long an episode is makes all the noise: sampling adds nothing to it.
    for one in (few_by_chance, many_by_chance):
        assert max(one) < 1.1 * min(one)
    assert found._repr_markdown_().count("\n") == 5


@pytest.mark.parametrize("wrong", [(), (1,), (4, 0)])
def test_too_few_actions_are_refused(wrong):
    with pytest.raises(ValueError, match="actions must be numbers of at least 2"):
        noise.noise_by_actions(wrong)


def test_episodes_that_do_not_come_in_batches_are_refused():
    with pytest.raises(ValueError, match="episodes must be a multiple of 50, but 30"):
        noise.noise_by_actions(episodes=30)

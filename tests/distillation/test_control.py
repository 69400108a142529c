"""A network's update from episodes is that of a table's; and on Gymnasium's cart it balances."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close

from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _control as control
from curvkit.distillation import _field as field
from curvkit.distillation import _sampled as sampled
from curvkit.distillation._variants import REWARDS, VARIANTS

FREE = [name for name, row in VARIANTS.items() if not (row.gated or REWARDS[row.reward][2])]
GYMNASIUM = "gymnasium is not installed, so there is no cart."


def test_the_surrogate_has_the_sampled_update_as_its_gradient():
    process, taught = aliased.random_process(jax.random.key(1))
    logits, zero = jax.random.normal(jax.random.key(2), (4, 3)), jnp.zeros(4)

    @jax.jit
    def both(weights, keys):
        policy = field.acting(weights, taught, field.policies(process, logits))
        made = jax.vmap(lambda key: sampled.play(process, policy, key, 30))(keys)
        one = lambda each: sampled.sampled(weights, process, taught, logits, each, zero, zero)[0]
        along = jax.tree.map(jnp.transpose, made)

        def loss(logits):
            log_policy = jax.nn.log_softmax(logits)[along.state]
            rewards = process.rewards[along.state, along.action]
            return control.surrogate(weights, log_policy, taught.log_policy[along.state],
                                     along.action, rewards, along.alive)  # fmt: skip

        return jax.vmap(one)(made).mean(0), -jax.grad(loss)(logits)

    keys = jax.random.split(jax.random.key(3), 3)
    for name in FREE:
        expected, found = both(VARIANTS[name].weights, keys)
        # An episode that is cut has no next state to lose in; of these none is.
        assert_close(found, expected, atol=2e-4, what=name)


def test_the_students_of_both_libraries_are_one():
    params = control.fresh(jax.random.key(0)) | {"last": jnp.ones((control.WIDTH, 2))}
    seen = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    plain = jax.tree.map(np.asarray, params)
    assert_close(control.student(plain, seen), control.student(params, seen), atol=1e-4)


def test_a_noisy_controller_is_a_policy_without_zeros():
    seen = np.random.default_rng(0).normal(size=(50, 4)) * 100
    chance = np.exp(control.teacher(seen, 0.2))
    assert_close(chance.sum(1), np.ones(50), rtol=1e-12)
    assert chance.min() >= 0.1 - 1e-12


@pytest.mark.slow
def test_a_network_learns_to_balance_gymnasium_s_pole():
    pytest.importorskip("gymnasium", reason=GYMNASIUM)
    found = control.balance(("on_policy",), rounds=8, learning_rate=0.03)
    (row,) = found.rows
    assert found.teacher == control.LIMIT and found.rounds == (0, 1, 2, 4, 8)
    # Untaught it stands some twenty steps.
    assert row.steps[0] < 50 and row.steps[-1] > 150
    assert found._repr_markdown_().count("\n") == 4


@pytest.mark.full
def test_a_true_gradient_of_a_sum_of_losses_lets_the_pole_fall_soon():
    pytest.importorskip("gymnasium", reason=GYMNASIUM)
    variants = ("on_policy", "n_distill", "on_policy_reward")
    for seed in (0, 1):
        found = control.balance(variants, rounds=16, noise=0.3, learning_rate=0.03, seed=seed)
        cloned, summed, rewarded = (row.steps[-1] for row in found.rows)
        assert summed < 40 < cloned and rewarded > found.teacher


def test_episodes_end_where_the_pole_falls():
    pytest.importorskip("gymnasium", reason=GYMNASIUM)
    made = control.play(control._environment(4), control._either, np.random.default_rng(0))
    lengths = made.alive.sum(0)
    assert made.observations.shape == (control.LIMIT, 4, 4)
    assert np.all((lengths > 5) & (lengths < control.LIMIT))
    for n, length in enumerate(lengths):
        assert made.alive[:length, n].all() and not made.alive[length:, n].any()
        # Beyond 0.2095 radians it has fallen.
        assert np.all(np.abs(made.observations[:length, n, 2]) < 0.2095)


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(variants=("value_gate",)), "such as need no value of a state, but 'value_gate'"),
        (dict(variants=("on_polici",)), "no variant 'on_polici'"),
        (dict(rounds=0), "rounds must be a whole number of at least 1, but 0"),
        (dict(noise=1.0), "noise must be a share from 0 to below 1, but 1.0"),
        (dict(learning_rate=0.0), "learning_rate must be a number above 0, but 0.0"),
    ],
)
def test_what_cannot_be_balanced_is_refused_in_a_sentence(given, said):
    with pytest.raises(ValueError, match=said):
        control.balance(**given)


def test_without_gymnasium_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs gymnasium: pip install .curvkit\[models"):
        control.balance()

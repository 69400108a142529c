"""Expected updates against sums over all episodes; which are gradients; what is refused."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64
from oracles.episodes import expected_update

from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _field as field
from curvkit.distillation._process import decision_process
from curvkit.distillation._variants import VARIANTS

named = pytest.mark.parametrize("name", VARIANTS)
KEYS = 6


@functools.cache
def compiled():
    return jax.jit(field.update), jax.jit(field.jacobian)


@pytest.fixture(scope="module")
def tables():
    """Random processes of four states and three actions, teachers and students."""
    with float64():
        keys = [jax.random.key(n) for n in range(KEYS)]
        made = jax.jit(lambda key: (aliased.random_process(key), jax.random.normal(key, (4, 3))))
        return [(*both, logits) for both, logits in map(made, keys)]


@named
def test_an_expected_update_is_the_sum_over_all_episodes(name):
    with float64():
        seen = np.array([0, 1, 0])  # aliased too
        draws = np.random.default_rng(3)
        P = 0.3 * draws.dirichlet(np.ones(3), (3, 2))
        process = decision_process(P, draws.normal(size=(3, 2)), np.ones(3) / 3, seen)
        policy = np.log(draws.dirichlet(np.ones(2), 3))
        teacher, logits = field.teacher(process, policy), draws.normal(size=(2, 2))
        got = compiled()[0](VARIANTS[name].weights, process, teacher, jnp.asarray(logits))
        # 0.3^25 of the episodes are left out; differences are right to 1e-10.
        expected = expected_update(VARIANTS[name], process, teacher, logits, 25)
        assert_close(got, expected, rtol=1e-7, atol=1e-8)


@named
def test_a_variant_is_a_gradient_where_it_is_said_and_only_there(name, tables):
    row = VARIANTS[name]
    with float64():
        found = [float(field.asymmetry(compiled()[1](row.weights, *each))) for each in tables]
    if row.gradient:
        assert max(found) < 1e-12
    elif row.gradient is False:
        assert min(found) > 1e-2
    else:  # the gate may be closed everywhere, or open everywhere
        assert max(found) > 1e-2


@pytest.mark.parametrize("name", ["n_distill", "expected_entropy", "n_distill_reward",
                                  "expected_entropy_reward"])  # fmt: skip
def test_minus_the_next_loss_makes_the_update_the_gradient_of_the_objective(name, tables):
    with float64():
        slope = jax.jit(jax.grad(functools.partial(field.objective, name), argnums=2))
        for each in tables[:3]:
            got = compiled()[0](VARIANTS[name].weights, *each)
            assert_close(got, slope(*each), atol=1e-12)


def test_entropy_regularised_and_expected_entropy_are_one_update(tables):
    with float64():
        for each in tables:
            one, other = (
                compiled()[0](VARIANTS[name].weights, *each)
                for name in ("entropy_regularised", "expected_entropy")
            )
            assert_close(one, other, atol=1e-12)


def test_teachers_values_as_rewards_are_a_baseline_and_no_more(tables):
    with float64():
        for each in tables:
            one, other = (
                compiled()[0](VARIANTS[name].weights, *each)
                for name in ("teacher_value", "reward_alone")
            )
            assert_close(one, other, atol=1e-12)


def test_on_policy_distillation_never_works_against_teacher_distillation(tables):
    with float64():
        for each in tables:
            one, other = (
                compiled()[0](VARIANTS[name].weights, *each)
                for name in ("on_policy", "teacher_distill")
            )
            assert np.all(np.sum(np.asarray(one) * np.asarray(other), 1) >= 0)


def test_a_stopped_gradient_would_make_on_policy_distillation_look_symmetric(tables):
    process, teacher, logits = tables[0]
    weights = VARIANTS["on_policy"].weights
    with float64():
        visits = field.visits(process, jnp.exp(field.policies(process, logits)))

        def stopped(theta):
            p = jnp.exp(field.policies(process, theta.reshape(4, 3)))
            return (visits[:, None] * (jnp.exp(teacher.log_policy) - p)).ravel()

        whole = compiled()[0](weights, *tables[0])
        assert_close(stopped(logits.ravel()), whole.ravel(), atol=1e-12)
        assert field.asymmetry(jax.jacfwd(stopped)(logits.ravel())) < 1e-12
        assert field.asymmetry(compiled()[1](weights, *tables[0])) > 1e-2


def test_a_logit_that_runs_away_leaves_finite_updates():
    process = aliased.three_states()
    teacher = aliased.its_teacher(process)
    for row in VARIANTS.values():
        for far in (300.0, -300.0):
            found = compiled()[0](row.weights, process, teacher, jnp.array([[far, 0], [-far, 0]]))
            assert np.all(np.isfinite(found)), row


def test_states_that_cannot_be_reached_are_not_touched():
    process = decision_process(np.zeros((2, 2, 2)), np.eye(2), [1.0, 0.0])
    teacher = field.teacher(process, np.log(np.full((2, 2), 0.5)))
    found = field.update("on_policy_reward", process, teacher, jnp.ones((2, 2)))
    assert np.all(np.asarray(found)[1] == 0) and np.any(np.asarray(found)[0] != 0)


def test_a_noisy_teacher_of_no_noise_is_the_teacher_and_of_all_noise_chance():
    sharp = jnp.log(jnp.array([[1.0, 0.0, 0.0]]))
    assert_close(jnp.exp(field.noisy(sharp, 0.0)), [[1.0, 0.0, 0.0]])
    assert_close(jnp.exp(field.noisy(sharp, 1.0)), np.full((1, 3), 1 / 3), rtol=1e-6)
    assert_close(jnp.exp(field.noisy(sharp, 0.3)), [[0.8, 0.1, 0.1]], rtol=1e-6)


def test_a_boltzmann_teacher_goes_from_chance_to_the_best_action():
    worth = jnp.array([[1.0, 2.0, 0.0]])
    assert_close(jnp.exp(field.boltzmann(worth, 1e6)), np.full((1, 3), 1 / 3), atol=1e-5)
    assert_close(jnp.exp(field.boltzmann(worth, 1e-3)), [[0.0, 1.0, 0.0]], atol=1e-6)


def once():
    return decision_process(np.zeros((1, 2, 1)), [[1.0, 0.0]], [1.0])


def test_a_teacher_with_zeros_is_taken_where_no_logarithm_of_it_is():
    process = once()
    with np.errstate(divide="ignore"):
        sure = field.teacher(process, np.log([[1.0, 0.0]]))
    found = field.update("on_policy_reward", process, sure, jnp.zeros((1, 2)))
    assert_close(found, [[0.75, -0.75]], rtol=1e-6)
    for name in ("expected_entropy", "entropy_regularised"):
        with pytest.raises(ValueError, match="may do anything, but .*action 1 in state 0.*noisy.*"):
            field.update(name, process, sure, jnp.zeros((1, 2)))


@pytest.mark.parametrize(
    "policy, said",
    [
        (np.log([[0.5, 0.4]]), r"log_policy must be such that exp of each row sums to 1, but 0\.9"),
        ([[np.nan, 0.0]], "log_policy must be such that exp of each row sums to 1, but nan"),
        ([[0.0]], r"log_policy must be of shape \(1, 2\), but \(1, 1\)"),
    ],
)
def test_a_policy_that_is_none_is_refused(policy, said):
    with pytest.raises(ValueError, match=said):
        field.teacher(once(), policy)


def test_a_teacher_that_never_ends_is_refused():
    process = decision_process([[[1.0], [0.0]]], [[0.0, 0.0]], [1.0])
    with pytest.raises(ValueError, match="log_policy must be such that every episode ends, but"):
        field.teacher(process, [[0.0, -np.inf]])


def test_an_unknown_variant_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no variant 'on_polici'; did you mean 'on_policy'"):
        field.update("on_polici", *aliased.random_process(jax.random.key(0)), jnp.zeros((4, 3)))


TWO = decision_process(
    [[[0.0, 0.5], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]], [[1, 0], [0, 1]], [1, 0]
)
HALF = field.teacher(TWO, np.log(np.full((2, 2), 0.5)))


@pytest.mark.parametrize("of", [field.update, field.jacobian, field.objective])
@pytest.mark.parametrize(
    "logits, said",
    [
        (np.zeros((3, 2)), "a row for each observation, 2 of them, of 2 numbers, but .3, 2."),
        (np.zeros((1, 2)), "a row for each observation"),
        (np.zeros((2, 1)), "a row for each observation"),
        (np.zeros(2), "a row for each observation"),
        (np.full((2, 2), np.nan), "logits must be a table"),
        (np.full((2, 2), -np.inf), "logits must be finite numbers"),
        ("a", "logits must be a table"),
        (None, "logits must be a table"),
    ],
)
def test_logits_that_are_not_those_of_the_process_are_refused(of, logits, said):
    with pytest.raises(ValueError, match=said) as refused:
        of("on_policy", TWO, HALF, logits)
    assert "\n" not in str(refused.value)


def test_logits_may_be_whole_numbers_in_a_list():
    assert_close(
        field.update("on_policy", TWO, HALF, [[1, 0], [0, 1]]),
        field.update("on_policy", TWO, HALF, jnp.array([[1.0, 0.0], [0.0, 1.0]])),
        rtol=1e-6,
    )


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, "a", None, np.float32(0), [1.0]])
def test_a_temperature_is_above_zero(value):
    with pytest.raises(ValueError, match="temperature must be a number above 0"):
        field.boltzmann(jnp.zeros((2, 2)), value)
    made = [field.boltzmann([[1, 0]], kind(2)) for kind in (int, np.float32, jnp.float32)]
    for each in made:
        assert_close(each, jax.nn.log_softmax(jnp.array([[0.5, 0.0]])), rtol=1e-6)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, "a", None, jnp.float32(-1)])
def test_a_share_of_chance_is_from_zero_to_one(value):
    with pytest.raises(ValueError, match="share must be a share from 0 to 1"):
        field.noisy(jnp.log(jnp.full((2, 2), 0.5)), value)


@pytest.mark.parametrize(
    "table", [np.nan, [[np.nan, 0.0]], [[np.inf, 0.0]], "a", None, [[1j]], np.zeros((0, 2))]
)
def test_what_is_no_table_of_numbers_is_refused(table):
    for of in (field.boltzmann, field.noisy):
        with pytest.raises(ValueError, match="must be a table"):
            of(table, 0.5)

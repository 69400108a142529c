"""What the race and the contest share: keys, digits, batches, and how far a run goes."""

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import _runners as runners


def test_each_seed_has_its_own_key_and_each_step_its_own_batch():
    one, other = (runners.quick_key(jax.random.key(0), seed) for seed in (1, 2))
    assert not np.array_equal(jax.random.key_data(one), jax.random.key_data(other))
    examples = jnp.arange(1437.0)[:, None], jnp.arange(1437)
    (x, y), (again, _) = (runners.batch(one, step, examples) for step in (4, 5))
    np.testing.assert_array_equal(x[:, 0], y)
    assert not np.array_equal(x, again)
    assert len(np.unique(y)) > 100


def test_digits_have_mean_square_one_and_none_is_both_trained_on_and_tested():
    inputs = np.random.default_rng(0).normal(3.0, 2.0, (1500, 5))
    (x, labels), (tested, _) = runners.split(inputs, np.eye(10)[np.arange(1500) % 10])
    np.testing.assert_allclose(np.mean(np.square(np.concatenate([x, tested])), 1), 1, rtol=1e-5)
    assert len(x) + len(tested) == 1500
    np.testing.assert_array_equal(labels, np.arange(1437) % 10)


def test_a_program_holds_digits_as_they_are_and_its_compiler_works_nothing_out_of_them():
    inputs, targets = np.ones((1500, 5), np.float32), np.eye(10)[np.arange(1500) % 10]
    program = jax.make_jaxpr(lambda: runners.split(inputs, targets)[0][0])()
    large = [each for each in program.consts if np.ndim(each) == 2]
    assert len(large) == 1
    np.testing.assert_array_equal(large[0], inputs)
    compiled = jax.jit(lambda: runners.split(inputs, targets)[0][0]).lower().compile().as_text()
    assert "reduce(" in compiled, "the mean squares were worked out by the compiler"


def test_a_run_goes_on_to_its_last_step_and_ends_with_its_last_finite_loss():
    count = lambda step, carry: carry + 1
    go = lambda step, losses: runners.further(jnp.array(step), 10, 4, count, 0, jnp.array(losses))
    assert [tuple(map(int, go(step, [1.0]))) for step in (0, 8, 10)] == [
        (4, 4, 0), (2, 10, 0), (0, 10, 1),
    ]  # fmt: skip
    assert int(go(0, [np.nan, 1.0])[2]) == 0 and int(go(0, [np.nan, np.inf])[2]) == 1

"""The compiled kernel takes the estimator's path, for many problems at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.selection import GroupOMP
from curvkit.selection import _kernel as kernel
from curvkit.selection import _problems as problems
from curvkit.selection._recovery import noise_levels, recovery

SHAPE = problems.ProblemSize(60, 10, 3)
STEPS, COUNT = 4, 6


@functools.cache
def drawn():
    """Problems of 50 rows, 9 groups of 3 in larger arrays, and their paths by both rules."""
    make = functools.partial(problems.draw, shape=SHAPE, rows=50, groups=9, size=3, good=3,
                             within=0.5, between=0.2, noise=0.3)  # fmt: skip
    made = jax.jit(jax.vmap(lambda key: make(key)))(jax.random.split(jax.random.key(0), COUNT))
    both = lambda raw: jax.vmap(
        lambda x, y: (kernel.group_omp(x, y, STEPS, raw), kernel.whiten(x).turn)
    )
    paths = jax.jit(lambda raw: both(raw)(made.columns, made.targets))
    return made, {raw: jax.tree.map(np.asarray, paths(raw)) for raw in (False, True)}


@pytest.mark.parametrize("raw", [False, True])
def test_it_takes_the_path_of_the_estimator(raw):
    made, paths = drawn()
    found, turn = paths[raw]
    for at in range(COUNT):
        columns = np.asarray(made.columns[at])[:50, :9].reshape(50, 27)
        targets = np.asarray(made.targets[at])[:50]
        model = GroupOMP(np.repeat(range(9), 3), n_groups=STEPS, whiten=not raw)
        model.fit(columns, targets)
        assert list(model.selected_groups_) == list(found.picks[at])
        # Single precision, over sums of fifty products.
        np.testing.assert_allclose(found.residual_norms[at], model.residual_norms_path_, rtol=2e-5)
        scores = found.scores[at][:, :9]
        np.testing.assert_allclose(scores, model.scores_path_, atol=2e-4 * scores.max())
        beta = np.einsum("jmq,sjq->sjm", turn[at], found.coefficients[at])[:, :9].reshape(-1, 27)
        np.testing.assert_allclose(beta, model.path_, atol=2e-4)


def test_what_is_not_there_is_never_taken_and_has_no_coefficient():
    made, paths = drawn()
    assert not np.any(np.asarray(made.columns)[:, 50:]) and not np.any(made.columns[:, :, 9:])
    for found, _ in paths.values():
        assert np.all(found.picks < 9) and not np.any(found.coefficients[:, :, 9:])


def test_dependent_columns_become_zero():
    vectors = jnp.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0], [0.0, 0.0, 1.0]])
    basis, turn = kernel.orthonormalise(vectors, jnp.eye(3))
    gram = np.asarray(basis.T @ basis)
    np.testing.assert_allclose(gram, np.diag([1.0, 0.0, 1.0]), atol=1e-6)
    np.testing.assert_allclose(vectors @ turn, basis, atol=1e-6)


def test_its_verdict_is_that_of_the_theory_in_double_precision():
    made, _ = drawn()
    judge = jax.jit(lambda x, order: kernel.verdict(kernel.whiten(x).basis, order[:4], 3))
    for at in range(3):
        mu, rho = (float(each) for each in judge(made.columns[at], made.order[at]))
        columns = np.asarray(made.columns[at], float)[:50, :9].reshape(50, 27)
        good = np.asarray(made.order[at][:3]).tolist()
        exact = recovery(columns, np.repeat(range(9), 3), good)
        # By traces of powers: above by 3^(1/128) at most, and ρ below by 12^(1/1024).
        assert exact.mu_sum * (1 - 1e-4) <= mu <= exact.mu_sum * 3 ** (1 / 128) * (1 + 1e-4)
        assert exact.rho - 0.01 <= rho <= exact.rho + 1e-4
        assert exact.mu_low <= exact.mu_high * (1 + 1e-12) <= mu * (1 + 1e-4)


@pytest.mark.parametrize("squarings", [0, 3, 6])
def test_traces_of_powers_bound_the_largest_eigenvalue(squarings):
    rng = np.random.default_rng(0)
    half = rng.normal(size=(20, 5, 5)).astype(np.float32)
    matrices = half @ np.swapaxes(half, 1, 2)
    true = np.linalg.eigvalsh(matrices)[:, -1]
    found = np.asarray(kernel.largest_eigenvalue(matrices, squarings))
    assert np.all(found >= true * (1 - 1e-5))
    assert np.all(found <= true * 5 ** (1 / 2**squarings) * (1 + 1e-5))
    assert not kernel.largest_eigenvalue(jnp.zeros((2, 2)), squarings)


@pytest.mark.parametrize("size, bad", [(1, 1), (5, 30), (5, 1000)])
def test_the_stopping_level_in_closed_form_is_above_the_exact_one(size, bad):
    exact = noise_levels(0.7, 0.5, 1.0, [size], [size] * bad, 0.05)[1]
    found = float(kernel.stopping_level(0.7, 0.5, size, bad, 0.05))
    # Of one column the closed form is at its worst, 1.65 times the exact quantile.
    assert exact <= found <= (1.7 if bad == 1 else 1.35) * exact

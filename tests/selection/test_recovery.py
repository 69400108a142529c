"""The recovery condition: bounds that enclose, and a theorem that is never contradicted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from curvkit.selection import GroupOMP
from curvkit.selection._recovery import (
    incoherence,
    noise_levels,
    recovery,
    remembered_levels,
    smallest_eigenvalue,
)


def bases(rng, rows=60, count=6, most=4):
    return [np.linalg.qr(rng.normal(size=(rows, rng.integers(1, most + 1))))[0]
            for _ in range(count)]  # fmt: skip


def tried(inside, outside, rng, number=2000):
    """The largest Σ_i ‖(X_good⁺ X_Gj u)_i‖ among random u."""
    joined, best = np.hstack(inside), 0.0
    cuts = np.cumsum([each.shape[1] for each in inside])[:-1]
    for basis in outside:
        u = rng.normal(size=(basis.shape[1], number))
        image = np.linalg.lstsq(joined, basis @ (u / np.linalg.norm(u, axis=0)), rcond=None)[0]
        sums = sum(np.linalg.norm(part, axis=0) for part in np.split(image, cuts))
        best = max(best, sums.max())
    return best


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_bounds_enclose_mu(seed):
    rng = np.random.default_rng(seed)
    every = bases(rng)
    low, high, total = incoherence(every[:3], every[3:])
    assert low <= high * (1 + 1e-12) and high <= total * (1 + 1e-12)
    # Random directions come near to the supremum, and never beyond it.
    assert tried(every[:3], every[3:], rng) <= low * (1 + 1e-9)
    # What the bounds leave open is little, though nothing promises it.
    assert high <= 1.1 * low


def test_of_one_good_group_mu_is_a_norm():
    rng = np.random.default_rng(0)
    every = bases(rng)
    low, high, total = incoherence(every[:1], every[1:])
    expected = max(np.linalg.norm(every[0].T @ each, 2) for each in every[1:])
    np.testing.assert_allclose([low, high, total], expected, rtol=1e-9)


def test_of_single_columns_mu_is_the_exact_recovery_coefficient():
    rng = np.random.default_rng(1)
    every = bases(rng, most=1, count=9)
    joined, outside = np.hstack(every[:4]), np.hstack(every[4:])
    expected = np.abs(np.linalg.pinv(joined) @ outside).sum(0).max()
    np.testing.assert_allclose(incoherence(every[:4], every[4:]), expected, rtol=1e-9)


def test_dependent_good_groups_prove_nothing():
    rng = np.random.default_rng(2)
    (one, other) = bases(rng, count=2)
    assert smallest_eigenvalue([one, one]) < 1e-12
    assert incoherence([one, one], [other]) == (np.inf,) * 3
    X = np.hstack([one, one, other])
    labels = np.repeat([0, 1, 2], [one.shape[1], one.shape[1], other.shape[1]])
    condition = recovery(X, labels, [0, 1], sigma=1.0)
    assert condition.noiseless == "not proved" and not np.isfinite(condition.epsilon)


def problem(rng, rows, count, size, good, length=1.0):
    X = rng.normal(size=(rows, count * size))
    chosen = rng.choice(count, good, replace=False)
    beta = np.zeros((count, size))
    beta[chosen] = rng.normal(size=(good, size)) * length
    return X, np.repeat(np.arange(count), size), sorted(map(int, chosen)), beta.ravel()


def test_where_mu_is_below_one_every_pick_is_good_without_noise():
    rng, proved = np.random.default_rng(3), 0
    for _ in range(60):
        X, labels, good, beta = problem(rng, 80, 8, 3, 2)
        condition = recovery(X, labels, good)
        if condition.noiseless == "proved":
            proved += 1
            found = GroupOMP(labels, n_groups=2).fit(X, X @ beta).selected_groups_
            assert sorted(found) == good
    assert proved > 30


def test_where_a_bad_group_copies_the_sum_of_good_ones_mu_is_above_one_and_it_is_picked():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(100, 6))
    X[:, 4:] = X[:, :2] + X[:, 2:4] + 0.01 * X[:, 4:]
    labels, beta = [0, 0, 1, 1, 2, 2], np.array([1.0, 1, 1, 1, 0, 0])
    condition = recovery(X, labels, [0, 1])
    assert condition.mu_low > 1 and condition.noiseless == "not proved"
    assert GroupOMP(labels, n_groups=1).fit(X, X @ beta).selected_groups_[0] == 2


def test_the_theorem_with_noise_holds_as_often_as_it_says():
    rng, eta, sigma, held, proved, far = np.random.default_rng(5), 0.1, 0.5, 0, 0, 0
    for _ in range(150):
        X, labels, good, beta = problem(rng, 200, 8, 3, 2, length=6.0)
        condition = recovery(X, labels, good, beta=beta, sigma=sigma, eta=eta)
        if condition.noisy == "proved":
            proved += 1
            y = X @ beta + sigma * rng.normal(size=200)
            model = GroupOMP(labels, tol=condition.epsilon).fit(X, y)
            held += sorted(model.selected_groups_) == good
            centred = X - X.mean(0)
            for j in good:
                # Errors in coordinates in which the group is orthonormal.
                upper = np.linalg.qr(centred[:, labels == j])[1]
                error = upper @ (model.coef_ - beta)[labels == j]
                far += np.max(np.abs(error)) > condition.linf
    assert proved > 100
    # If each were right with 1 − 2η exactly, so few would come once in a thousand times.
    assert held >= binom.ppf(1e-3, proved, 1 - 2 * eta) and far <= 2 * proved * 2 * eta


def test_the_remembered_levels_are_never_smaller():
    for mu in (0.0, 0.5, 0.9):
        for size in (1, 3, 10):
            ours = noise_levels(1.0, mu, 0.5, [size] * 3, [size] * 20, 0.05)
            coarse = remembered_levels(1.0, mu, 0.5, 23 * size, 0.05)
            assert coarse[0] > ours[1] and coarse[1] > ours[2]
    assert remembered_levels(1.0, 1.0, 0.5, 10, 0.05) == (np.inf, np.inf)


def test_the_stopping_level_grows_with_noise_and_with_mu():
    levels = lambda sigma, mu: noise_levels(sigma, mu, 0.5, [3, 3], [3] * 9, 0.05)[1]
    assert levels(2.0, 0.5) == pytest.approx(2 * levels(1.0, 0.5))
    assert levels(1.0, 0.0) < levels(1.0, 0.9) < levels(1.0, 1.0) == np.inf


def test_it_is_told_in_words_with_its_numbers():
    rng = np.random.default_rng(6)
    X, labels, good, beta = problem(rng, 200, 6, 2, 2, length=50.0)
    told = recovery(X, labels, good, beta=beta, sigma=0.1).words()
    assert "recovery is proved" in told and "ε = **" in told and told.endswith(".")
    assert "no stopping level" in recovery(X[:12], labels, [0, 1, 2, 3], sigma=0.1).words()


@pytest.mark.parametrize(
    "changed, said",
    [
        (dict(good=[9]), "no group 9"),
        (dict(good=[]), "at least one group"),
        (dict(eta=0.5), "eta must be a number between 0 and 1/2"),
        (dict(sigma=-1.0), "sigma must be a number of at least 0"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(changed, said):
    given = dict(good=[0]) | changed
    with pytest.raises(ValueError, match=said):
        recovery(np.eye(4), [0, 0, 1, 1], given.pop("good"), **given)

"""A trial counts what it says, and a problem of which recovery is proved is solved."""

import functools

import jax
import numpy as np
import pytest
from helpers import assert_close
from oracles import group_omp

from curvkit.core import knob
from curvkit.selection import _problems as problems
from curvkit.selection import odds
from curvkit.selection.odds import _study as study


@functools.cache
def ran(**turned):
    return odds.run(knob.read(odds.Settings, turned))


def test_supports_are_compared_as_sets():
    good = np.array([True, False, True, False])
    assert study._first(np.array([2, 0, 1]), good, 2)
    assert not study._first(np.array([2, 1]), good, 2)
    touched = study._touched(np.array([0, 0, 2, 1]), 4)
    assert study._ever(touched, good) and not study._ever(touched[:2], good)


@pytest.mark.slow
def test_more_rows_solve_more_and_the_paper_s_rule_beats_the_raw_one_under_correlation():
    trace = ran(within=0.9, good=4)
    solved = trace.solved
    assert np.all(np.diff(solved[:, 0]) >= -2) and solved[-1, 0] == trace.trials
    # Paired trials: the raw rule loses far more than it wins.
    assert solved[:, 0].sum() > solved[:, 1].sum() + 10
    assert np.all(np.diff(trace.mu[:, 1]) < 0) and np.all(np.diff(trace.rho[:, 1]) > 0)


def bounds(columns, good):
    """ρ, and the bound on μ, of groups of real columns (rows, groups, size)."""
    basis = [np.linalg.qr(columns[:, j])[0] for j in range(columns.shape[1])]
    together = np.concatenate([basis[j] for j in good], 1)
    inverse = np.linalg.pinv(together)
    sums = [
        sum(np.linalg.norm(block, 2) for block in np.split(inverse @ basis[j], len(good)))
        for j in range(len(basis))
        if j not in good
    ]
    return np.linalg.eigvalsh(together.T @ together)[0], max(sums)


SHAPE = problems.ProblemSize(125, 30, 4)
drawn = jax.jit(jax.vmap(lambda key, knobs: problems.draw(key, SHAPE, **knobs), (0, None)))


def picked(columns, targets, count, whiten):
    """The groups that a slow search picks of columns (rows, groups, size) that are centred."""
    groups = np.arange(columns[0].size).reshape(columns.shape[1:])
    flat = columns.reshape(len(columns), -1)
    picks = group_omp.slow_path(flat, targets, groups, count, centre=False, whiten=whiten)[0]
    return {*picks.tolist()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "turned", [dict(within=0.9, good=4), dict(noise=0.0, good=2, within=0.0)], ids=str
)
def test_a_place_counts_problems_that_have_the_knob_at_its_value(turned):
    trace, count = ran(**turned), turned["good"]
    assert trace.value.tolist() == trace.sweep.tolist() == [20, 30, 40, 50, 65, 80, 100, 125]
    keys = jax.random.split(jax.random.fold_in(jax.random.key(0), 0), trace.trials)
    names = ("groups", "size", "between", "within", "noise", "good")
    knobs = {name: float(trace.settings[name]) for name in names}
    for at in (1, 4, 6):
        made, rows = drawn(keys, knobs | {"rows": float(trace.value[at])}), int(trace.value[at])
        theory, solved = [], []
        for columns, targets, order in zip(*(np.asarray(each) for each in (
            made.columns[:, :rows], made.targets[:, :rows], made.order)), strict=True):  # fmt: skip
            good = order[:count].tolist()
            columns, targets = columns.astype(float), targets.astype(float)
            theory.append(bounds(columns, good))
            each = [picked(columns, targets, count, whiten) == {*good} for whiten in (True, False)]
            solved.append(each)
        assert trace.solved[at, :2].tolist() == np.sum(solved, axis=0).tolist()
        rho, mu = np.quantile(theory, (0.25, 0.5, 0.75), axis=0).T
        # ρ is bounded from below and μ from above, by traces of powers.
        assert_close(trace.rho[at], rho, rtol=0.02)
        assert_close(trace.mu[at], mu, rtol=0.02)
        least, most = (sum(each * wider < 1 for _, each in theory) for wider in (1.02, 1))
        assert least <= trace.proved[at, 0] <= most


@pytest.mark.slow
def test_theory_is_sufficient_and_far_from_necessary():
    trace = ran(noise=0.0, good=2, within=0.0)
    # Proved problems without noise are all solved; long before any is proved, all are.
    assert np.all(trace.solved[:, 0] >= trace.proved[:, 0])
    early = int(np.argmax(trace.proved[:, 0] > 0))
    assert trace.proved[-1, 0] > trace.trials // 2 and early >= 3
    assert trace.solved[early - 2, 0] == trace.trials


@pytest.mark.slow
def test_a_problem_of_which_recovery_is_proved_despite_noise_is_solved():
    trace = ran(noise=0.05, good=2, groups=8, size=2, within=0.3)
    proved = trace.proved[:, 1]
    # With noise it may fail once in ten times, by the theorem; where all are proved none fails.
    assert proved.sum() > 24
    assert np.all(trace.solved[:, 0] >= 0.9 * proved)

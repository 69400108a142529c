"""A trial counts what it says, and a problem of which recovery is proved is solved."""

import functools

import jax
import numpy as np
import pytest

from curvkit.core import knob
from curvkit.selection import odds, problems
from curvkit.selection.odds import study


@functools.cache
def ran(**turned):
    return odds.run(knob.read(odds.Settings, turned))


def test_supports_are_compared_as_sets():
    good = np.array([True, False, True, False])
    assert study._first(np.array([2, 0, 1]), good, 2) and not study._first(
        np.array([2, 1]), good, 2
    )
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


@pytest.mark.slow
def test_theory_is_sufficient_and_far_from_necessary():
    trace = ran(noise=0.0, good=2, within=0.0, against="good")
    # Proved problems without noise are all solved; of the solved few are proved.
    assert np.all(trace.solved[:, 0] >= trace.proved[:, 0])
    assert trace.proved[0, 0] == trace.trials and trace.solved[2:, 0].min() >= 20
    assert trace.proved[2:, 0].max() <= 2


def test_a_proved_problem_is_solved_whatever_is_drawn():
    given = dict(rows=150, groups=8, size=2, good=2, within=0.3, between=0.0, noise=0.05)
    shape = problems.Shape(150, 8, 2)

    @jax.jit
    @jax.vmap
    def one(key):
        made = problems.draw(key, shape, **given)
        return study.trial(made, 2, given["noise"], most=2, slow=False)

    found = one(jax.random.split(jax.random.key(3), 64))
    proved = np.asarray(found.proved)
    assert proved.sum() > 10
    # With noise it may fail once in ten times, by the theorem; it does far less often.
    assert np.mean(np.asarray(found.found)[proved, 0]) >= 0.9

"""A trial counts what it says, and a problem of which recovery is proved is solved."""

import functools

import numpy as np
import pytest

from curvkit.core import knob
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

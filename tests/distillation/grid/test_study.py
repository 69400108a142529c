"""The claims of the study over 32 random worlds, and the statistics that they rest on."""

import dataclasses
import functools

import numpy as np
import pytest
from helpers import assert_close

from curvkit.core import knob
from curvkit.distillation import grid
from curvkit.distillation.grid import _learning as learning
from curvkit.distillation.grid import _names, figures


@functools.cache
def ran(**turned):
    return grid.run(knob.read(grid.Settings, turned))


def lines(steps, *slopes):
    """A trace whose students gain evenly, two worlds each; teachers gain 1 and 3."""
    whole = ran(steps=2)
    value = np.stack([np.stack([np.full(2, slope) * step for slope in slopes]) for step in steps])
    still = np.zeros((len(steps), 4, 121, 2), np.float32)
    return dataclasses.replace(
        whole, step=np.array(steps), value=value.astype(np.float32),
        divergence=0 * value.astype(np.float32), arrows=still,
        gate=np.zeros((len(steps), 4, 121), int), teacher_value=np.array([1.0, 3.0], np.float32),
        best_value=np.array([2.0, 4.0], np.float32),
    )  # fmt: skip


def test_episodes_to_a_share_are_found_between_readings():
    trace = lines([0, 10, 20, 30], 0.1, 0.05, 0.2, 0.01)
    reached, drawn = trace.episodes_to(0.75)
    assert_close(reached, [15.0, 30.0, 7.5, np.nan])
    # Worlds drawn anew have teachers of 1, 2 or 3 on average.
    assert_close(np.unique(drawn[:, 2].round(6)), [3.75, 7.5, 11.25])
    assert_close(trace.ahead()[1], [[0, -2], [-0.5, -2.5], [1, -1], [-0.9, -2.9]], atol=1e-6)


def test_what_few_worlds_never_reach_counts_as_late():
    drawn = np.array([[1.0, 1.0]] * 38 + [[2.0, np.nan]] * 2)
    assert_close(figures._spread(drawn), [[1.0, 1.0], [2.0, np.nan]])


def test_teachers_that_gain_nothing_are_reached_by_nobody():
    trace = dataclasses.replace(
        lines([0, 10], 1, 1, 1, 1), teacher_value=np.array([-1.0, 0.5], np.float32)
    )
    assert np.all(np.isnan(trace.episodes_to(0.9)[0]))


def test_figures_call_the_variants_by_their_names():
    told = {
        contest: tuple(name.replace("_", " ") for name in names)
        for contest, names in learning.CONTESTS.items()
    }
    assert told == _names.NAMES


@pytest.mark.full
def test_student_driven_distillation_comes_to_the_teacher_faster_than_teacher_driven():
    for seed in (0, 1):
        trace = ran(seed=seed)
        assert trace.value.shape[2] == 32
        for share in (0.8, 0.9, 0.95):
            reached, drawn = trace.episodes_to(share)
            # What is not reached is reached later.
            late = np.where(np.isnan(drawn[:, 1]), np.inf, drawn[:, 1])
            assert reached[0] < np.nan_to_num(reached[1], nan=np.inf), (seed, share)
            # In nineteen of twenty draws of the worlds.
            assert np.quantile(late / drawn[:, 0], 0.05) > 1, (seed, share)


@pytest.mark.full
def test_the_value_gate_goes_beyond_a_noisy_teacher_that_cloning_ends_at():
    for seed in (0, 1):
        ahead = ran(contest="rewards", teacher_noise=0.4, seed=seed).ahead()[-1]
        error = 2 * ahead.std(1) / 31**0.5
        mean = dict(zip(learning.CONTESTS["rewards"], ahead.mean(1), strict=True))
        assert mean["value_gate"] > error[3] and mean["value_gate"] > 1
        assert abs(mean["on_policy"]) < 0.4
        beside = ahead[3] - ahead[0]
        assert beside.mean() > 2 * beside.std() / 31**0.5

"""The scene of the selection room: a pick by hand held against the rule's, exactly."""

import numpy as np
import pytest
from helpers import assert_close

from curvkit import selection


@pytest.fixture(scope="module")
def seen():
    trace = selection.run(rows=60, groups=8, size=3, good=3, picks=4, between=0.6, within=0.3)
    return trace, selection.scenes.picks(trace)


def test_the_shadow_of_the_residual_and_what_is_left_make_a_right_angle(seen):
    trace, scene = seen
    for t, length in enumerate(trace.residual_norm):
        foot = np.stack([scene.rows["foot_x"][t], scene.rows["foot_y"][t]], 1)
        rest = np.array([0, length]) - foot
        size = length**2
        assert_close(np.sum(foot * rest, 1), 0 * rest[:, 0], rtol=0, atol=1e-4 * size, what="angle")
        left = trace.left_after[t, : trace.count]
        assert_close(np.linalg.norm(rest, axis=1), left, rtol=1e-3, atol=1e-3, what="what is left")
        # The plane's edges run through where the shadow points.
        x, y = scene.rows["plane_x"][t], scene.rows["plane_y"][t]
        along = np.stack([x[:, 3] - x[:, 0], y[:, 3] - y[:, 0]], 1)
        across = along[:, 0] * foot[:, 1] - along[:, 1] * foot[:, 0]
        assert np.abs(across).max() < 1e-4 * size


def test_the_rule_s_pick_leaves_what_the_next_reading_records(seen):
    trace, scene = seen
    assert_close(scene.rows["rule_left"][:-1], trace.residual_norm[1:], rtol=1e-3, what="left")


def test_a_pick_by_hand_is_better_worse_the_same_or_taken_already(seen):
    trace, scene = seen
    verdicts = np.stack([scene.rows[name] for name in ("less", "more", "same", "gone")])
    assert (np.isfinite(verdicts).sum(0) == 1).all()
    rows = np.arange(trace.readings)
    assert np.isfinite(scene.rows["same"][rows[:-1], trace.best[:-1]]).all()
    for t in rows[1:]:
        taken = np.flatnonzero(np.isfinite(scene.rows["gone"][t]))
        assert sorted(taken) == sorted(trace.best[:t])
        assert_close(trace.left_after[t, taken], trace.residual_norm[t] + 0 * taken, rtol=1e-3)
    less = trace.left_after[:, : trace.count] < scene.rows["rule_left"][:, None] * (1 - 1e-6)
    np.testing.assert_array_equal(np.isfinite(scene.rows["less"]) & less, less)


def test_the_first_pick_of_the_rule_leaves_least_of_all(seen):
    """Before anything is taken the score of a group is the length of its shadow."""
    trace, _ = seen
    assert np.argmin(trace.left_after[0, : trace.count]) == trace.best[0]
    scores = np.sqrt(trace.residual_norm[0] ** 2 - trace.left_after[0] ** 2)
    assert_close(scores, trace.scores[0], rtol=1e-2, atol=1e-2, what="scores")


def test_real_groups_are_chosen_by_their_names():
    trace = selection.run(data="diabetes", rows=60, picks=2)
    scene = selection.scenes.picks(trace)
    assert scene.views[0].choose.names == tuple(trace.names)
    assert scene.rows["left_after"].shape == (trace.readings, len(trace.names))


def test_a_trace_of_an_earlier_version_is_drawn_without_picks_by_hand(seen, tmp_path):
    trace, _ = seen
    trace.save(tmp_path / "now.npz")
    with np.load(tmp_path / "now.npz") as stored:
        kept = {name: stored[name] for name in stored.files if name != "left_after"}
    np.savez(tmp_path / "before.npz", **kept)
    before = selection.Trace.load(tmp_path / "before.npz")
    assert np.isnan(before.left_after).all() and before.finite == trace.finite
    scene = selection.scenes.picks(before)
    assert np.isnan(scene.rows["rule_left"]).all()
    np.testing.assert_array_equal(scene.rows["score"], trace.scores[:, : trace.count])

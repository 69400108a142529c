"""What a run of the distillation room records, against sums over time and differences."""

import jax
import numpy as np
import pytest
from helpers import assert_close, float64

from curvkit import distillation
from curvkit.distillation import _aliased as aliased

TURNED = dict(variant="on_policy", aliased=False, steps=3, learning_rate=0.3)


@pytest.fixture(scope="module")
def seen():
    settings = distillation.Settings.read(TURNED)
    state = distillation.stream.begin(settings, jax.random.key(0))
    return distillation.run(settings), state


def walked(process, policy, worth, most=400):
    """Visits and expected gains from the start, summed step by step."""
    moves, gains = np.asarray(process.transitions, float), np.asarray(process.rewards, float)
    here, visits, total = np.asarray(process.start, float), 0.0, 0.0
    for _ in range(most):
        visits = visits + here
        total += here @ np.sum(policy * gains, 1)
        here = np.einsum("s,sa,sat->t", here, policy, moves)
    return visits @ worth, total


def policy_of(logits):
    one = 1 / (1 + np.exp(-np.asarray(logits, float)))
    return np.stack([one, 1 - one], 1)


def test_values_and_divergences_are_sums_over_the_steps_of_an_episode(seen):
    trace, state = seen
    teacher = policy_of(trace.teacher_logits)
    assert_close(np.log(teacher), state.teacher.log_policy, atol=1e-5)
    assert_close(trace.teacher_value, walked(state.process, teacher, np.zeros(3))[1], rtol=1e-4)
    for at in (0, 3):
        for run in range(trace.logits.shape[1]):
            p = policy_of(trace.logits[at, run])
            apart = np.sum(p * np.log(p / teacher), 1)
            divergence, value = walked(state.process, p, apart)
            assert_close(trace.value[at, run], value, rtol=1e-3, atol=1e-4)
            assert_close(trace.divergence[at, run], divergence, rtol=1e-3, atol=1e-4)


def test_steps_flow_curl_and_asymmetry_are_those_of_the_update_by_differences(seen):
    trace, state = seen
    with float64():
        wide = jax.tree.map(
            lambda e: np.asarray(e, float) if np.asarray(e).dtype.kind == "f" else np.asarray(e),
            tuple(state[:3]),
        )
        slope = jax.jit(lambda theta: aliased.slope(*wide, theta))
        update = lambda theta: np.asarray(slope(np.asarray(theta, float)), float)
        turned = lambda theta, h=1e-5: np.stack(
            [(update(theta + h * e) - update(theta - h * e)) / (2 * h) for e in np.eye(3)], 1
        )
        start = np.asarray(trace.logits[0], float)
        assert trace.step.tolist() == [0, 1, 2, 3] and np.all(np.abs(start) <= 5)
        for run in range(len(start)):
            jacobian = turned(start[run])
            expected = np.linalg.norm(jacobian - jacobian.T) / np.linalg.norm(jacobian)
            assert_close(trace.asymmetry[0, run], expected, rtol=1e-2, atol=1e-3)
            theta = start[run]
            for at in range(1, 4):
                theta = theta + 0.3 * update(theta + 0.15 * update(theta))  # the midpoint rule
                assert_close(trace.logits[at, run], theta, rtol=1e-4, atol=1e-4)
        assert_close(trace.axis, np.linspace(-6, 6, 21), atol=1e-5)
        for row, column in ((0, 0), (3, 17), (12, 5)):
            one, other = trace.axis[column], trace.axis[row]
            there = np.array([one, other, one], float)
            assert_close(trace.flow[row, column], update(there)[:2], rtol=1e-3, atol=1e-5)
            # The first and the third logit are one coordinate of the plane.
            h, jacobian = 1e-5, np.zeros((2, 2))
            for at, move in enumerate(([1, 0, 1], [0, 1, 0])):
                ahead, behind = (update(there + s * h * np.array(move)) for s in (1, -1))
                jacobian[:, at] = (ahead - behind)[:2] / (2 * h)
            curl = jacobian[1, 0] - jacobian[0, 1]
            assert_close(trace.curl[row, column], curl, rtol=1e-2, atol=1e-4)

"""What a run of grid worlds records, against matrices made by loops over cells and moves."""

import jax
import numpy as np
import pytest
from helpers import assert_close
from oracles import gridworld

from curvkit.distillation import grid
from curvkit.distillation.grid import _learning as learning

# Of a few cells, with noise, so that teachers are soft and every kind of cell is met.
SMALL = dict(
    steps=30, size=5, walls=0.2, goals=0.1, pits=0.1, noise=0.2, ending=0.1, teacher_noise=0.6,
    temperature=0.5, seed=1,
)  # fmt: skip
LENGTH, START = 60, 60  # of an episode; the middle of 11 by 11 cells
WATCHED = (0, 7)  # of the 32 worlds, beside the one that is drawn
MOVES = np.array(gridworld.MOVES, float)


def expected(moves, gains, policy):
    """What a policy gains from each cell in an episode, step by step from the last one."""
    worth = np.zeros(len(moves))
    for _ in range(LENGTH):
        worth = np.sum(policy * (gains + moves @ worth), 1)
    return worth


def softmax(x):
    e = np.exp(np.asarray(x, float) - np.max(x, axis=1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def taught(moves, gains):
    """The noisy teacher's policy, and that of the best moves."""
    worth = np.zeros(len(moves))
    for _ in range(LENGTH - 1):
        worth = np.max(gains + moves @ worth, 1)
    each = gains + moves @ worth
    soft = softmax(each / SMALL["temperature"])
    # Moves of one worth are the same move, but for rounding.
    best = np.eye(4)[np.argmax(np.round(each, 4), 1)]
    return (1 - SMALL["teacher_noise"]) * soft + SMALL["teacher_noise"] / 4, best


@pytest.fixture(scope="module")
def seen():
    """The trace, the kinds of all cells, and each reading's state."""
    settings = grid.Settings.read(SMALL)
    state, states = grid.stream.begin(settings, jax.random.key(0)), []
    kinds = np.asarray(state.worlds.kinds)
    for _ in range(31):
        states.append(jax.tree.map(np.asarray, state.learnt))
        state = grid.stream.advanced(settings, state, 1).state
    return grid.run(settings), kinds, states


@pytest.fixture(scope="module")
def tables(seen):
    """By number of a world: transitions and gains, the teacher and the best policy."""
    trace, kinds, _ = seen
    made = {}
    for at in (*WATCHED, drawn(trace)):
        each = gridworld.tables(kinds[at], SMALL["noise"], SMALL["ending"])
        made[at] = (*each, *taught(*each))
    return made


def drawn(trace):
    """The number of the world in the middle of them all."""
    return int(np.argsort(trace.best_value, kind="stable")[16])


def test_teachers_and_the_best_policies_gain_what_matrices_say(seen, tables):
    trace = seen[0]
    for at, (moves, gains, teacher, best) in tables.items():
        assert_close(trace.teacher_value[at], expected(moves, gains, teacher)[START], atol=1e-3)
        assert_close(trace.best_value[at], expected(moves, gains, best)[START], atol=1e-3)
    assert len({*trace.best_value[list(tables)].round(2)}) == 3


def test_what_is_drawn_is_the_world_in_the_middle_and_its_teacher(seen, tables):
    trace, kinds, _ = seen
    at = drawn(trace)
    assert trace.kinds.tolist() == kinds[at].tolist() and {*trace.kinds.tolist()} == {0, 1, 2, 3}
    assert_close(trace.teacher_arrows, tables[at][2] @ MOVES, atol=1e-3)
    # So far as five cells along each side reach; what is around them is wall.
    square = trace.kinds.reshape(11, 11) != gridworld.WALL
    assert square[5, 5] and not square[[0, 1, 2, 8, 9, 10]].any() and not square[:, :3].any()


def test_values_and_divergences_of_students_are_sums_over_an_episode(seen, tables):
    trace, _, states = seen
    assert trace.step.tolist() == [*range(31)] and trace.value.shape == (31, 4, 32)
    for reading, method in ((0, 0), (1, 0), (30, 1), (30, 3)):
        for at, (moves, gains, teacher, _) in tables.items():
            policy = softmax(states[reading].logits[method, at])
            apart = np.sum(policy * np.log(policy / teacher), 1)[:, None]
            value = expected(moves, gains, policy)[START]
            assert_close(trace.value[reading, method, at], value, atol=2e-3)
            divergence = expected(moves, apart + 0 * gains, policy)[START]
            assert_close(trace.divergence[reading, method, at], divergence, rtol=1e-3, atol=1e-3)


def test_arrows_are_mean_moves_and_gates_compare_the_teacher_with_the_critic(seen, tables):
    trace, _, states = seen
    at = drawn(trace)
    moves, gains, teacher, _ = tables[at]
    worth = expected(moves, gains, teacher)
    assert learning.LENGTH == LENGTH
    for reading in (0, 1, 17, 30):
        for method in range(4):
            policy = softmax(states[reading].logits[method, at])
            assert_close(trace.arrows[reading, method], policy @ MOVES, atol=1e-5)
            more = worth - states[reading].critic[method, at, :, 1]
            sure = np.abs(more) > 1e-3
            assert np.array_equal(trace.gate[reading, method][sure], (more > 0)[sure])
    assert np.any(trace.gate != trace.gate[0]) and {*trace.gate.ravel().tolist()} == {0, 1}

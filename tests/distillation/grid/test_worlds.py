"""Grid worlds keep the rules that a person would write down, cell by cell."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles import gridworld

from curvkit.distillation import _process as process
from curvkit.distillation.grid import _worlds as worlds


@jax.jit
def _drawn():
    kinds = worlds.drawn(jax.random.key(5), 5, 0.2, 0.1, 0.1)
    return kinds, worlds.world(kinds, 0.2, 0.05)


KINDS, MADE = _drawn()
POLICY = jax.nn.softmax(jax.random.normal(jax.random.key(1), (25, 4)))


def test_tables_are_those_of_loops_over_cells_and_moves():
    made = worlds.table(MADE)
    transitions, rewards = gridworld.tables(np.asarray(KINDS), 0.2, 0.05)
    assert_close(made.transitions, transitions, atol=1e-6)
    assert_close(made.rewards, rewards, atol=1e-5)
    assert made.start[12] == 1 and made.start.sum() == 1
    process.decision_process(*made)


def test_sweeps_come_to_what_linear_solves_say():
    made = worlds.table(MADE)
    assert_close(worlds.best(MADE, 400), process.best(made), atol=1e-3)
    long = worlds.gained(MADE, POLICY, MADE.rewards, 400)
    assert_close(long, process.values(made, POLICY, made.rewards), atol=1e-4)


def test_what_is_gained_in_some_steps_is_a_sum_over_time():
    made = worlds.table(MADE)
    moves = np.einsum("sa,sat->st", POLICY, made.transitions)
    each = np.sum(POLICY * made.rewards, 1)
    total = sum(np.linalg.matrix_power(moves, t) @ each for t in range(7))
    assert_close(worlds.gained(MADE, POLICY, MADE.rewards, 7), total, atol=1e-5)


def test_episodes_go_where_the_rules_let_them_as_often_as_they_say():
    keys, length = jax.random.split(jax.random.key(2), 4000), 25
    made = jax.vmap(lambda key: worlds.play(MADE, POLICY, key, length))(keys)
    counts = np.stack([np.sum((made.state == s) & made.alive, 1) for s in range(25)], 1)
    draws = np.random.default_rng(0)
    policy = np.asarray(POLICY, float)
    policy /= policy.sum(1, keepdims=True)
    plain = [
        gridworld.play(np.asarray(KINDS), 0.2, 0.05, policy, draws, length) for _ in range(2000)
    ]
    visits = np.array([np.bincount(cells, minlength=25) for cells, _ in plain])
    error = np.sqrt(counts.var(0) / 4000 + visits.var(0) / 2000)
    # Of 25 numbers, normal ones pass five deviations once in seventy thousand times.
    assert np.all(np.abs(counts.mean(0) - visits.mean(0)) <= 5 * error + 1e-3)
    gains = np.array([gain for _, gain in plain])
    mean = float(worlds.gained(MADE, POLICY, MADE.rewards, length)[12])
    assert abs(gains.mean() - mean) < 5 * gains.std() / 2000**0.5


def test_noise_of_a_share_goes_that_often_astray():
    corridor = worlds.world(jnp.zeros(81, int), 0.4, 1e-3)
    right = jnp.zeros((81, 4)).at[:, 1].set(1.0)
    keys = jax.random.split(jax.random.key(3), 4000)
    made = jax.vmap(lambda key: worlds.play(corridor, right, key, 1))(keys)
    shares = [np.mean(made.after[:, 0] == 40 + step) for step in (9, 1, -9, -1)]
    assert_close(shares, [0.1, 0.7, 0.1, 0.1], atol=0.035)


@pytest.mark.parametrize("size", [3, 4, 7])
def test_a_smaller_world_is_walls_further_out(size):
    kinds = worlds.drawn(jax.random.key(0), 9, 0.0, 0.0, 0.0, size=size)
    assert int(np.sum(kinds == worlds.FREE)) == size**2
    assert int(kinds[worlds.start(9)]) == worlds.FREE


def test_shares_of_cells_are_those_asked_for():
    keys = jax.random.split(jax.random.key(0), 300)
    kinds = jax.vmap(lambda key: worlds.drawn(key, 9, 0.2, 0.1, 0.05))(keys)
    shares = [np.mean(kinds == kind) for kind in (worlds.WALL, worlds.GOAL, worlds.PIT)]
    # 300 worlds of 81 cells, of which the middle one is free.
    assert_close(shares, np.array([0.2, 0.1, 0.05]) * 80 / 81, atol=0.012)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: worlds.drawn(jax.random.key(0), 2, 0.1, 0.1, 0.1), "side must be a whole number"),
        (lambda: worlds.drawn(jax.random.key(0), 5, 0.9, 0.1, 0.1), "must be shares of 1 in all"),
        (
            lambda: worlds.drawn(jax.random.key(0), 5, -0.1, 0.1, 0.1),
            "walls must be a share from 0 to 1, but -0.1",
        ),
        (lambda: worlds.world(jnp.zeros(8, int), 0.1, 0.1), "the cells of a square"),
        (lambda: worlds.world(jnp.zeros(9, int), 1.1, 0.1), "noise must be a probability, but 1.1"),
        (lambda: worlds.world(jnp.zeros(9, int), 0.1, 0.0), "ending must be .* above 0, but 0.0"),
    ],
)
def test_what_is_no_world_is_refused_in_a_sentence(call, said):
    with pytest.raises(ValueError, match=said) as refused:
        call()
    assert str(refused.value).endswith(".")

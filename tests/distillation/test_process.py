"""Visits and values against long sums, the best policy against an outside program's table."""

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, float64

from curvkit.distillation._process import (
    best,
    decision_process,
    from_gymnasium,
    reachable,
    values,
    visits,
)


def some(states=4, actions=3):
    draws = np.random.default_rng(1)
    P = 0.6 * draws.dirichlet(np.ones(states), (states, actions))
    start = draws.dirichlet(np.ones(states))
    return decision_process(P, draws.normal(size=(states, actions)), start)


def test_visits_and_values_are_sums_over_time():
    with float64():
        process = some()
        policy = np.random.default_rng(2).dirichlet(np.ones(3), 4)
        moves = np.einsum("sa,sat->st", policy, process.transitions)
        powers = [np.linalg.matrix_power(moves, t) for t in range(80)]
        gained = np.sum(policy * np.asarray(process.rewards), 1)
        found = visits(process, jnp.asarray(policy))
        # 0.6^80 is below rounding.
        assert_close(found, sum(np.asarray(process.start) @ each for each in powers), rtol=1e-12)
        worth = values(process, jnp.asarray(policy), process.rewards)
        assert_close(worth, sum(each @ gained for each in powers), rtol=1e-12, atol=1e-12)
        assert_close(found @ gained, process.start @ worth, rtol=1e-12)


def test_the_best_policy_is_worth_what_value_iteration_says_and_no_other_more():
    process = some()
    Q = best(process)
    greedy = np.eye(3)[np.argmax(Q, 1)]
    top = values(process, jnp.asarray(greedy), process.rewards)
    assert_close(top, np.max(Q, 1), rtol=1e-4)
    for policy in np.random.default_rng(3).dirichlet(np.ones(3), (50, 4)):
        assert np.all(values(process, jnp.asarray(policy), process.rewards) <= top + 1e-5)


def test_frozen_lake_is_solved_as_its_own_rules_have_it():
    gymnasium = pytest.importorskip(
        "gymnasium", reason="gymnasium is not installed, so there is no outside oracle."
    )
    lake = gymnasium.make("FrozenLake-v1", is_slippery=True).unwrapped
    process = from_gymnasium(lake.P, lake.initial_state_distrib)
    # The plain recurrence on the dictionary itself.
    worth = np.zeros(16)
    for _ in range(3000):
        worth = np.array(
            [
                max(
                    sum(p * (r + (0 if done else worth[after])) for p, after, r, done in each)
                    for each in lake.P[state].values()
                )
                for state in range(16)
            ]
        )
    assert_close(np.max(best(process, 1e-7), 1), worth, atol=1e-3)
    # Undiscounted, the known chance of the best policy to reach the goal is 14/17.
    assert_close(np.max(best(process, 1e-7), 1)[0], 14 / 17, atol=1e-3)


def test_states_that_cannot_be_reached_are_said():
    P = np.zeros((3, 2, 3))
    P[0, 0, 1] = P[2, 1, 0] = 0.5
    process = decision_process(P, np.zeros((3, 2)), [1, 0, 0])
    assert reachable(process).tolist() == [True, True, False]
    assert_close(visits(process, jnp.full((3, 2), 0.5)), [1, 0.25, 0])


FINE = dict(transitions=np.full((2, 2, 2), 0.4), rewards=np.zeros((2, 2)), start=[1.0, 0.0])
LOOP = np.zeros((2, 2, 2))
LOOP[0, :, 1] = LOOP[1, :, 1] = 1.0


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"transitions": np.full((2, 2), 0.4)}, "transitions must be of shape"),
        ({"transitions": np.full((2, 2, 2), 0.6)}, "rows sum to at most 1, but .*1.2"),
        ({"transitions": np.full((2, 2, 2), -0.1)}, "transitions must be probabilities"),
        ({"transitions": np.full((2, 2, 2), np.nan)}, "transitions must be probabilities"),
        ({"transitions": LOOP}, "every episode ends, but 'a loop at state 0'.*probability of end"),
        ({"rewards": np.zeros(2)}, "rewards must be of shape"),
        ({"rewards": np.full((2, 2), np.inf)}, "rewards must be finite"),
        ({"start": [0.5, 0.4]}, "start must be probabilities that sum to 1"),
        ({"start": [1.5, -0.5]}, "start must be probabilities that sum to 1"),
        ({"observed": [0, 2]}, "observed must be a whole number"),
        ({"observed": [0.0, 1.0]}, "observed must be a whole number"),
    ],
)
def test_tables_that_are_no_process_are_refused_in_a_sentence(wrong, said):
    with pytest.raises(ValueError, match=said) as refused:
        decision_process(**{**FINE, **wrong})
    assert str(refused.value).endswith(".")


def test_a_loop_without_end_that_cannot_be_reached_is_let_through():
    decision_process(LOOP * 0 + np.eye(2)[:, None] * [[[0.0]], [[1.0]]], np.zeros((2, 2)), [1, 0])


END = [(1.0, 0, 5.0, True)]


@pytest.mark.parametrize(
    "table",
    [{0: {0: END, 1: END}, 1: {0: [(0.5, 0, 1.0, False), (0.5, 1, 3.0, True)], 1: END}},
     {1: {1: END, 0: [(0.5, 0, 1.0, False), (0.5, 1, 3.0, True)]}, 0: {1: END, 0: END}},
     [[END, END], [[[0.5, np.int64(0), np.float32(1), np.False_], (0.5, 1, 3, 1)], END]]],
    ids=["in order", "in another order", "lists"],
)  # fmt: skip
def test_a_table_is_read_by_its_numbers(table):
    made = from_gymnasium(table, [0.5, 0.5])
    assert_close(made.rewards, [[5.0, 5.0], [2.0, 5.0]], rtol=1e-6)
    assert_close(made.transitions[1, 0], [0.5, 0.0], rtol=1e-6)


@pytest.mark.parametrize(
    "table, said",
    [
        ({}, "table must be a mapping from states numbered 0, 1, 2"),
        (None, "table must be a mapping from states"),
        ({"a": {0: END}}, "table must be a mapping from states"),
        ({0: {0: END}, 2: {0: END}}, "table must be a mapping from states"),
        ({0: {}}, r"table\[0\] must be a mapping from actions"),
        ({0: {"left": END}}, r"table\[0\] must be a mapping from actions"),
        ({0: {0: END, 1: END}, 1: {0: END}}, r"table\[1\] must be of 2 actions"),
        ({0: {0: []}}, r"table\[0\]\[0\] must be a list of \(probability, next state"),
        ({0: {0: 3}}, r"table\[0\]\[0\] must be a list of"),
        ({0: {0: [(1.0, 0, 5.0, True, 7)]}}, r"table\[0\]\[0\] must be a list of"),
        ({0: {0: [(1.0, 0, 5.0)]}}, r"table\[0\]\[0\] must be a list of"),
        ({0: {0: [(1.0, 7, 5.0, True)]}}, "the next state in .* from 0 to 0, but 7"),
        ({0: {0: [(1.0, -1, 5.0, True)]}}, "the next state in"),
        ({0: {0: [(1.0, "a", 5.0, True)]}}, "the next state in"),
        ({0: {0: [("x", 0, 5.0, True)]}}, "the probability in .* from 0 to 1"),
        ({0: {0: [(1.5, 0, 5.0, True)]}}, "the probability in"),
        ({0: {0: [(0.4, 0, 5.0, True)]}}, "probabilities that sum to 1, but 0.4"),
        ({0: {0: [(1.0, 0, np.nan, True)]}}, "the reward in .* a finite number"),
        ({0: {0: [(1.0, 0, 5.0, "no")]}}, "True or False"),
    ],
)
def test_a_table_of_another_form_is_refused_in_a_sentence(table, said):
    with pytest.raises(ValueError, match=said) as refused:
        from_gymnasium(table, [1.0])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "start, said",
    [([0.5, 0.5], "start must be of shape"), ("a", "start must be an array of numbers"),
     ([np.nan], "probabilities that sum to 1"), (None, "start must be")],
)  # fmt: skip
def test_a_wrong_start_is_refused_in_a_sentence(start, said):
    with pytest.raises(ValueError, match=said):
        from_gymnasium({0: {0: END}}, start)

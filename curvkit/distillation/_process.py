"""Decision processes with finitely many states, as tables: visits, values, the best policy.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| P | `Process.transitions`, rows sum to at most 1; the rest ends the episode | (S, A, S) | |
| r | `Process.rewards`, expected, of an action in a state | (S, A) | |
| ρ | `Process.start` | (S,) | |
| o(s) | `Process.observed`, which row of the student's logits a state uses | (S,) | |
| d | `visits`, expected number of visits: d = (I − P_qᵀ)⁻¹ ρ | (S,) | arXiv 1902.02186 |
| V, Q | `values`, `best` | (S,), (S, A) | |

Episodes are not discounted; they have to end.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages

# What rounding may leave of a sum of probabilities in single precision.
ROUNDING = 1e-5
SWEEPS = 20_000


@runtime_checkable
class Tables(Protocol):
    """What an update from episodes reads: of a `Process`, or of a world without transitions."""

    @property
    def rewards(self) -> jax.Array:
        """R, as below."""
        ...

    @property
    def observed(self) -> jax.Array:
        """Which row of the student's logits a state uses."""
        ...


class Process(NamedTuple):
    """A decision process as tables, which `decision_process` checks; the symbols are above."""

    transitions: jax.Array
    rewards: jax.Array
    start: jax.Array
    observed: jax.Array


def decision_process(transitions: Any, rewards: Any, start: Any, observed: Any = None) -> Process:
    """A checked process from its tables.

    Args:
        transitions: (S, A, S), probabilities of the next state; what a row lacks to 1 is the
            probability that the episode ends.
        rewards: (S, A).
        start: (S,), probabilities of the first state.
        observed: (S,) whole numbers from 0; states of one number share their logits. By default
            every state has its own.

    Raises:
        ValueError: if shapes do not fit, if something is no probability, or if there is a state
            that can be reached and from which no action ever leads to an end.

    >>> walk = decision_process([[[0.5], [0.0]]], [[1.0, 2.0]], [1.0])
    >>> walk.transitions.shape
    (1, 2, 1)
    """
    tables = dict(transitions=transitions, rewards=rewards, start=start)
    P, r, first = (_floats(name, each) for name, each in tables.items())
    if P.ndim != 3 or P.shape[0] != P.shape[2]:
        raise ValueError(
            messages.refusal("transitions", "of shape (states, actions, states)", P.shape)
        )
    for name, each, shape in (("rewards", r, P.shape[:2]), ("start", first, P.shape[:1])):
        if each.shape != shape:
            raise ValueError(messages.refusal(name, f"of shape {shape}", each.shape))
    if not np.all(np.isfinite(r)):
        raise ValueError(messages.refusal("rewards", "finite numbers", r))
    if not P.size:
        raise ValueError(
            messages.refusal("transitions", "of at least one state and action", P.shape)
        )
    if not (np.all(P >= 0) and np.all(P.sum(2) <= 1 + ROUNDING)):
        raise ValueError(
            messages.refusal(
                "transitions", "probabilities whose rows sum to at most 1", P.sum(2).max()
            )
        )
    if not (np.all(first >= 0) and abs(first.sum() - 1) <= ROUNDING):
        raise ValueError(messages.refusal("start", "probabilities that sum to 1", first.sum()))
    seen = np.arange(len(P)) if observed is None else np.asarray(observed)
    whole = np.issubdtype(seen.dtype, np.integer) and seen.shape == first.shape
    if not whole or seen.min() < 0 or seen.max() >= len(P):
        raise ValueError(
            messages.refusal(
                "observed", "a whole number from 0 below the number of states each", seen
            )
        )
    every = np.full(P.shape[:2], 1 / P.shape[1])
    require_an_end(P, first, every, "transitions")
    real = lambda table: jnp.asarray(table, float)
    return Process(real(P), real(r), real(first), jnp.asarray(seen))


def _floats(name: str, given: Any) -> np.ndarray:
    try:
        return np.asarray(given, float)
    except (TypeError, ValueError) as error:
        raise ValueError(messages.refusal(name, "an array of numbers", given)) from error


def require_an_end(transitions: Any, start: Any, policy: Any, name: str) -> None:
    """Raises ValueError where a policy (S, A) can come to a state that it never ends from."""
    P = np.asarray(transitions)
    moves = np.einsum("sa,sat->st", np.asarray(policy), P)
    reached = _spread(np.asarray(start) > 0, moves.T > 0)
    ends = _spread(moves.sum(1) < 1 - ROUNDING, moves > 0)
    stuck = np.flatnonzero(reached & ~ends)
    if len(stuck):
        advice = "give that loop a probability of ending"
        raise ValueError(
            messages.refusal(
                name, "such that every episode ends", f"a loop at state {stuck[0]}", advice
            )
        )


def _spread(places: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """All states that are in `places`, or lead there by the rows of `steps`."""
    while True:
        more = places | np.any(steps & places, axis=1)
        if np.array_equal(more, places):
            return places
        places = more


def reachable(process: Process) -> np.ndarray:
    """Which states an episode can come to, (S,) booleans; no update touches the others.

    >>> split = decision_process([[[0, 0], [0, 0]], [[0, 0], [0, 0]]], [[0, 1], [0, 1]], [1, 0])
    >>> reachable(split).tolist()
    [True, False]
    """
    moves = np.asarray(process.transitions).max(1) > 0
    return _spread(np.asarray(process.start) > 0, moves.T)


def visits(process: Process, policy: jax.Array) -> jax.Array:
    """How often a policy (S, A) comes to each state in an episode, expected: (S,), at least 0.

    Differentiable in the policy (arXiv 1902.02186, section 3).

    >>> walk = decision_process([[[0.5], [0.0]]], [[1.0, 2.0]], [1.0])
    >>> round(float(visits(walk, jnp.array([[1.0, 0.0]]))[0]), 4)
    2.0
    """
    moves = jnp.einsum("sa,sat->st", policy, process.transitions)
    return jnp.linalg.solve(jnp.eye(len(moves)) - moves.T, process.start)


def values(process: Process, policy: jax.Array, rewards: jax.Array) -> jax.Array:
    """The expected sum of `rewards` (S, A) from each state on under a policy (S, A): (S,).

    >>> walk = decision_process([[[0.5], [0.0]]], [[1.0, 2.0]], [1.0])
    >>> round(float(values(walk, jnp.array([[1.0, 0.0]]), walk.rewards)[0]), 4)
    2.0
    """
    moves = jnp.einsum("sa,sat->st", policy, process.transitions)
    return jnp.linalg.solve(jnp.eye(len(moves)) - moves, jnp.sum(policy * rewards, 1))


def best(process: Process, tolerance: float = 1e-6) -> jax.Array:
    """What each action is worth if all later ones are the best, (S, A), by value iteration.

    Args:
        process: a checked process.
        tolerance: it ends where no value moves by more, or after 20 000 sweeps; above 0.

    >>> walk = decision_process([[[0.5], [0.0]]], [[1.0, 2.0]], [1.0])
    >>> [round(float(each), 3) for each in best(walk)[0]]
    [2.0, 2.0]
    """

    tolerance = messages.real("tolerance", tolerance, above=0)

    def sweep(carry):
        Q, _, count = carry
        new = process.rewards + process.transitions @ jnp.max(Q, 1)
        return new, jnp.max(jnp.abs(new - Q)), count + 1

    going = lambda carry: (carry[1] > tolerance) & (carry[2] < SWEEPS)
    begun = (jnp.zeros_like(process.rewards), jnp.asarray(jnp.inf, process.rewards.dtype), 0)
    return jax.lax.while_loop(going, sweep, begun)[0]


def from_gymnasium(table: Mapping[int, Mapping[int, list[Any]]], start: Any) -> Process:
    """A process from the transition table of a Gymnasium environment, its attribute `P`.

    Args:
        table: `table[state][action]` is a list of (probability, next state, reward, ended), as
            FrozenLake, CliffWalking and Taxi have it: states and actions are numbered from 0, and
            every state has every action.
        start: (S,), their `initial_state_distrib`.

    Raises:
        ValueError: with one sentence, if the table is of another form; or as `decision_process`.

    >>> from_gymnasium({0: {0: [(1.0, 0, 5.0, True)]}}, [1.0]).rewards.tolist()
    [[5.0]]
    """
    rows = _numbered("table", "states", table)
    choices = [_numbered(f"table[{s}]", "actions", row) for s, row in enumerate(rows)]
    states, actions = len(rows), len(choices[0])
    P, r = np.zeros((states, actions, states)), np.zeros((states, actions))
    for s, row in enumerate(choices):
        if len(row) != actions:
            expected = f"of {actions} actions, as table[0] is"
            raise ValueError(messages.refusal(f"table[{s}]", expected, f"{len(row)} of them"))
        for a, outcomes in enumerate(row):
            for probability, after, reward, ended in _outcomes(
                f"table[{s}][{a}]", outcomes, states
            ):
                r[s, a] += probability * reward
                if not ended:
                    P[s, a, after] += probability
    return decision_process(P, r, start)


def _numbered(name: str, kind: str, given: Any) -> list[Any]:
    """The values of a mapping whose keys are 0, 1, 2 …, or of a list, in that order."""
    if isinstance(given, Mapping):
        keys = list(given)
        whole = all(isinstance(key, int | np.integer) for key in keys)
        if keys and whole and sorted(keys) == [*range(len(keys))]:
            return [given[at] for at in range(len(keys))]
        given = keys
    elif isinstance(given, list | tuple) and given:
        return list(given)
    expected = f"a mapping from {kind} numbered 0, 1, 2 and so on"
    raise ValueError(
        messages.refusal(name, expected, given, "number them, as Gymnasium's env.P does")
    )


def _outcomes(name: str, outcomes: Any, states: int) -> list[tuple[float, int, float, bool]]:
    """What an action may lead to, checked."""
    expected = "a list of (probability, next state, reward, ended)"
    rows = list(outcomes) if isinstance(outcomes, list | tuple) else []
    if not rows or not all(isinstance(each, list | tuple) and len(each) == 4 for each in rows):
        raise ValueError(messages.refusal(name, expected, outcomes))
    checked = [
        (
            messages.real(f"the probability in {name}", probability, least=0, most=1 + ROUNDING),
            messages.whole(f"the next state in {name}", after, 0, most=states - 1),
            messages.real(f"the reward in {name}", reward),
            bool(messages.whole(f"whether {name} ended", int(ended) if _is_flag(ended) else ended,
                                0, "True or False", 1)),
        )
        for probability, after, reward, ended in rows
    ]  # fmt: skip
    total = sum(each[0] for each in checked)
    if abs(total - 1) > ROUNDING:
        advice = "what ends the episode is an outcome with ended = True"
        raise ValueError(messages.refusal(name, "of probabilities that sum to 1", total, advice))
    return checked


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)

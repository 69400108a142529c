"""A pole on a cart, as Gymnasium has it: a small network learns from a controller, by any variant.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| o_t | observations: place and speed of the cart, angle and turning of the pole | (T, N, 4) | |
| π | `teacher`: pushes against w·o, the more surely the further it is from 0 | (…, 2) | |
| π_θ | `student`: two layers of tanh between observations and logits | (…, 2) | |
| ĝ | the gradient of `surrogate`: the update of N episodes | params | eq. 1 |

No table of states is there: the update comes from episodes alone. What needs the teacher's value of
a state is refused, since a controller has none. Gymnasium is asked for where a pole is, not before.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.special import log_softmax

from curvkit.core import messages
from curvkit.distillation import _field as field
from curvkit.distillation._variants import REWARDS, Variant, VariantWeights

MISSING = 'A pole on a cart needs gymnasium: pip install "curvkit[models]".'
# What the controller weighs the four observations by, and of what size they are.
WEIGHTS = np.array([0.1, 0.5, 3.0, 1.0])
SCALE = np.array([1.0, 1.0, 0.1, 1.0])
WIDTH, LIMIT, EPISODES = 32, 200, 16


class VariantSteps(NamedTuple):
    """Steps that the pole stood under the student's own policy, on average, at some rounds."""

    variant: str
    steps: tuple[float, ...]


class Balanced(NamedTuple):
    """The table, which a notebook shows as one, and the teacher's steps for comparison."""

    rows: tuple[VariantSteps, ...]
    rounds: tuple[int, ...]
    teacher: float

    def _repr_markdown_(self) -> str:
        lines = [
            f"Steps that the pole stands under the student, of at most {LIMIT}; the teacher's pole "
            f"stands {messages.number(self.teacher)}:",
            "",
            f"| variant | {' | '.join(f'{each} rounds' for each in self.rounds)} |",
            f"| --- |{' --- |' * len(self.rounds)}",
        ]
        for variant, steps in self.rows:
            lines.append(f"| {variant} | {' | '.join(messages.number(each) for each in steps)} |")
        return "\n".join(lines)


def teacher(observations: Any, noise: float = 0.0) -> np.ndarray:
    """The controller's log-probabilities (…, 2) of pushing left and right at observations (…, 4).

    Args:
        observations: as CartPole gives them.
        noise: in which share of cases it acts at random, 0 to 1.

    >>> teacher(np.zeros(4)).round(3).tolist()
    [-0.693, -0.693]
    """
    pull = 4 * (np.asarray(observations) @ WEIGHTS)
    right = (1 - noise) / (1 + np.exp(-np.clip(pull, -30, 30))) + noise / 2
    return np.log(np.stack([1 - right, right], -1))


def fresh(key: jax.Array) -> dict[str, jax.Array]:
    """The parameters of a student that acts at random.

    >>> sorted(fresh(jax.random.key(0)))
    ['between', 'first', 'last']
    """
    first_key, between_key = jax.random.split(key)
    return {
        "first": jax.random.normal(first_key, (4, WIDTH)) / 2,
        "between": jax.random.normal(between_key, (WIDTH, WIDTH)) / WIDTH**0.5,
        "last": jnp.zeros((WIDTH, 2)),
    }


def student(params: dict[str, Any], observations: Any) -> Any:
    """The logits (…, 2) of a student, in JAX or in NumPy as its parameters are.

    >>> student(fresh(jax.random.key(0)), jnp.zeros((3, 4))).shape
    (3, 2)
    """
    lib = np if isinstance(params["last"], np.ndarray) else jnp
    first = lib.tanh(observations / SCALE @ params["first"])
    return lib.tanh(first @ params["between"]) @ params["last"]


class Episodes(NamedTuple):
    """N episodes side by side: observations (T, N, 4), actions, rewards, and whether each still
    goes on (T, N).
    """

    observations: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    alive: np.ndarray


def surrogate(
    weights: VariantWeights,
    log_policy: jax.Array,
    log_teacher: jax.Array,
    actions: jax.Array,
    rewards: jax.Array,
    alive: jax.Array,
    centred: bool = False,
) -> jax.Array:
    """A number whose gradient, downhill, is a variant's mean update over N episodes (eq. 1).

    Args:
        weights: the numbers of a variant without the teacher's value.
        log_policy, log_teacher: (T, N, A).
        actions, rewards, alive: (T, N).
        centred: whether the mean return of episodes still running is subtracted from the returns.

    >>> from curvkit.distillation._variants import VARIANTS
    >>> half, one = jnp.log(jnp.full((1, 1, 2), 0.5)), jnp.ones((1, 1))
    >>> row = VARIANTS["on_policy"].weights
    >>> round(float(surrogate(row, half, half, one.astype(int), one, one)), 4)
    0.6931
    """
    p, pi = jnp.exp(log_policy), jnp.exp(log_teacher)
    each = (-jnp.sum(pi * log_policy, 2), -jnp.sum(p * log_teacher, 2), -jnp.sum(p * log_policy, 2))
    loss = alive * jnp.einsum("k,ktn->tn", weights.loss, jnp.stack(each))
    taken = lambda table: jnp.take_along_axis(table, actions[..., None], 2)[..., 0]
    following = jnp.concatenate([loss[1:], jnp.zeros_like(loss[:1])])
    log_weight, next_weight, _ = weights.reward
    steps = weights.task * rewards + log_weight * taken(log_teacher) - next_weight * following
    steps = alive * jax.lax.stop_gradient(steps)
    total = jnp.cumsum(steps[::-1], 0)[::-1]
    returns = jnp.where(weights.summed > 0, total, steps)
    # Each of N has a part in that mean, so that the update becomes smaller by 1/N.
    usual = jnp.sum(alive * returns, 1) / jnp.maximum(jnp.sum(alive, 1), 1)
    score = alive * taken(log_policy) * (returns - centred * usual[:, None])
    return jnp.mean(jnp.sum(loss - score, 0))


def _environment(episodes: int):
    try:
        import gymnasium
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(MISSING) from error
    return gymnasium.make_vec(
        "CartPole-v1", num_envs=episodes, vectorization_mode="vector_entry_point"
    )


def play(environment: Any, policy: Callable[..., Any], draws: np.random.Generator) -> Episodes:
    """One episode in each of N poles side by side, at most LIMIT steps.

    Args:
        environment: a vector environment of Gymnasium.
        policy: from observations (N, 4) to log-probabilities (N, A).
        draws: what actions are drawn from, and the first state.
    """
    seen, _ = environment.reset(seed=int(draws.integers(2**31)))
    alive, rows = np.ones(len(seen), bool), []
    for _ in range(LIMIT):
        chances = np.cumsum(np.exp(policy(seen)), 1)
        actions = np.minimum(np.sum(draws.random((len(seen), 1)) >= chances, 1), 1)
        after, rewards, fallen, late, _ = environment.step(actions)
        rows.append(Episodes(seen, actions, rewards, alive))
        alive, seen = alive & ~(fallen | late), after
        if not alive.any():
            break
    # Of one length, so that one program does for all: what is added is not alive.
    joined = (np.stack(each) for each in zip(*rows, strict=True))
    return Episodes(*(_padded(each) for each in joined))


def _padded(rows):
    return np.concatenate([rows, np.zeros((LIMIT - len(rows), *rows.shape[1:]), rows.dtype)])


def balance(
    variants: tuple[str | Variant, ...] = ("on_policy", "teacher_distill"),
    rounds: int = 16,
    noise: float = 0.0,
    learning_rate: float = 0.03,
    seed: int = 0,
) -> Balanced:
    """Teaches a network to balance Gymnasium's pole, by each of some variants, from its episodes.

    Each round plays 16 episodes by the policy that the variant says acts, and takes one step of
    Adam. How long the pole stands is counted on other episodes, by the student alone.

    Args:
        variants: names in VARIANTS, or rows of one's own.
        rounds: how many, at least 1.
        noise: in which share of cases the teacher acts at random, 0 to below 1.
        learning_rate: of Adam, above 0.
        seed: of students and episodes.

    Raises:
        ModuleNotFoundError: with the extra to install, if Gymnasium is not there.
        ValueError: if a variant needs the teacher's value of a state, or a number is out of range.

    >>> balance(("teacher_value",))
    Traceback (most recent call last):
    ValueError: variants must be such as need no value of a state, but 'teacher_value' was given.
    """
    rows = [(str(each), field.row(each)) for each in variants]
    for name, row in rows:
        if row.gated or REWARDS[row.reward][2]:
            raise ValueError(messages.refusal("variants", "such as need no value of a state", name))
    rounds, seed = messages.whole("rounds", rounds), messages.whole("seed", seed, 0)
    noise = messages.real("noise", noise, "a share from 0 to below 1", least=0, below=1)
    learning_rate = messages.real("learning_rate", learning_rate, above=0)
    environment = _environment(EPISODES)
    marks = tuple(dict.fromkeys(int(rounds * part) for part in (0, 0.125, 0.25, 0.5, 1)))
    act = lambda observations: teacher(observations, noise)
    learner = lambda row: _learnt(environment, row, act, rounds, marks, learning_rate, seed)
    learnt = [VariantSteps(name, learner(row)) for name, row in rows]
    stood = play(environment, act, np.random.default_rng(seed)).alive.sum(0).mean()
    return Balanced(tuple(learnt), marks, float(stood))


def _learnt(environment, row, act, rounds, marks, learning_rate, seed):
    """Steps that the pole stands at some rounds of one student."""
    draws, weights = np.random.default_rng(seed), row.weights
    params = fresh(jax.random.key(seed))
    state = optax.adam(learning_rate).init(params)
    stood = []
    for each in range(rounds + 1):
        plain = jax.tree.map(np.asarray, params)
        own = lambda seen, plain=plain: log_softmax(student(plain, seen), 1)
        if each in marks:
            stood.append(float(play(environment, own, draws).alive.sum(0).mean()))
        if each < rounds:
            acting = {"teacher": act, "student": own, "uniform": _either}[row.driver]
            played = play(environment, acting, draws)
            log_teacher = act(played.observations)
            params, state = _step(weights, learning_rate, params, state, played, log_teacher)
    return tuple(stood)


def _either(observations):
    return np.full((len(observations), 2), np.log(0.5))


@jax.jit
def _step(weights, learning_rate, params, state, played, log_teacher):
    def loss(params):
        log_policy = jax.nn.log_softmax(student(params, played.observations))
        gained = (played.actions, played.rewards, played.alive)
        return surrogate(weights, log_policy, log_teacher, *gained, centred=True)

    moved, state = optax.adam(learning_rate).update(jax.grad(loss)(params), state)
    return optax.apply_updates(params, moved), state

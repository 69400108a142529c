"""A policy is distilled: a body learns to go round a rock, and students learn from its policy.

| symbol | name | shape |
| --- | --- | --- |
| s = (p, v) | a state: place and velocity in the plane | (4,) |
| u_a | `PUSHES`, eight directions and none | (9, 2) |
| v' = 0.9 v + 0.4 u_a, p' = p + 0.2 v' | `moved` | |
| c(s) | `price`: far from 0, fast, on the rock | () |
| log π, log π_θ | `log_policy` of the teacher and of a student | (9,) |
| KL | mean of Σ π (log π − log π_θ) over states | () |
| v | one random direction a state and step | (9,) |

The teacher is trained here, by the gradient of what it pays under its mean push. Students see the
same n states that it came to; their loss is KL, to which `penalty` adds λ times the squared
difference of the Jacobians of log-probabilities, whole or along v. Where arXiv 1706.04859 distils
policies of Atari games, this is a small world of curvkit's own.
"""

import concurrent.futures
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core import messages
from curvkit.sobolev._loss import draw, penalty

ANGLES = np.arange(8) * np.pi / 4
PUSHES = np.array([*np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1), [0, 0]], np.float32)
ROCK = np.array([0.6, 0.0], np.float32)
LENGTH, STARTS, TAUGHT, TESTED = 20, 200, 300, 1000
METHODS = ("values alone", "one random direction", "whole Jacobians")
# Compiled in a third of the time; nothing of this runs for long.
QUICKLY = {"xla_backend_optimization_level": 1}


class Distilled(NamedTuple):
    """Students by method (3) and seed: divergence, share of other actions, price; and costs.

    `prices` has what each pays a step in the world, `teacher` what the teacher does and `random`
    what is paid under random pushes. `flops` are operations of one training step by method, as XLA
    counts them before it optimises.
    """

    states: int
    weight: float
    divergence: np.ndarray
    otherwise: np.ndarray
    prices: np.ndarray
    teacher: float
    random: float
    flops: np.ndarray

    def words(self) -> str:
        """What slopes gain, and what one direction costs and gains beside the whole Jacobian."""
        plain, along, whole = np.median(self.divergence, 1)
        number = messages.number
        cost = self.flops[1] / self.flops[2]
        return (
            f"From {self.states} states the median divergence from the teacher is "
            f"**{number(plain)}** on values alone and **{number(whole)}** with whole "
            f"Jacobians. One random direction takes {number(cost)} of their operations and "
            f"comes to {number(along)}, {number(along / whole)} times their divergence."
        )

    def _repr_markdown_(self) -> str:
        number = messages.number
        lines = [
            self.words(),
            f"The teacher pays {number(self.teacher)} a step, random pushes {number(self.random)}.",
            "",
            "| taught by | KL: median [least, largest] | other action | price a step "
            "| operations a step |",
            "| --- |" + " --- |" * 4,
        ]
        for at, name in enumerate(METHODS):
            low, mid, high = np.quantile(self.divergence[at], [0, 0.5, 1])
            lines.append(
                f"| {name} | {number(mid)} [{number(low)}, {number(high)}] "
                f"| {np.median(self.otherwise[at]):.1%} | {number(np.median(self.prices[at]))} "
                f"| ×{self.flops[at] / self.flops[0]:.1f} |"
            )
        return "\n".join(lines)


def moved(state: Any, push: Any) -> jax.Array:
    """The state (4,) one moment later, under a push (2,).

    >>> np.asarray(moved(jnp.zeros(4), jnp.array([1.0, 0.0]))).round(2)
    array([0.08, 0.  , 0.4 , 0.  ], dtype=float32)
    """
    velocity = 0.9 * state[2:] + 0.4 * push
    return jnp.concatenate([state[:2] + 0.2 * velocity, velocity])


def price(state: jax.Array) -> jax.Array:
    """What a moment in a state costs: at rest in the middle next to nothing, on the rock much."""
    place, velocity = state[:2], state[2:]
    rock = 3 * jnp.exp(-jnp.sum((place - ROCK) ** 2) / 0.08)
    return jnp.sum(place**2) + 0.1 * jnp.sum(velocity**2) + rock


def log_policy(params: Any, state: jax.Array) -> jax.Array:
    """Log-probabilities of the nine pushes in a state."""
    for weight, bias in params[:-1]:
        state = jnp.tanh(state @ weight + bias)
    return jax.nn.log_softmax(state @ params[-1][0] + params[-1][1])


def network(draws: np.random.Generator, width: int = 64) -> list[tuple[np.ndarray, np.ndarray]]:
    """First weights of a policy with two hidden layers."""
    sizes = (4, width, width, len(PUSHES))
    real = lambda array: array.astype(np.float32)
    return [
        (real(draws.normal(size=(a, b)) / a**0.5), np.zeros(b, np.float32))
        for a, b in zip(sizes[:-1], sizes[1:], strict=True)
    ]


def _starts(draws, *shape):
    places = draws.uniform(-2, 2, (*shape, 2))
    return np.concatenate([places, draws.normal(size=(*shape, 2)) / 2], -1).astype(np.float32)


@functools.partial(jax.jit, compiler_options=QUICKLY)
def _teach(params, starts):
    """The teacher: Adam on what its mean push pays, with a little for staying undecided."""

    def paid(params, state):
        def step(state, _):
            log = log_policy(params, state)
            state = moved(state, jnp.exp(log) @ PUSHES)
            return state, price(state) + 0.03 * jnp.sum(jnp.exp(log) * log)

        return jnp.mean(jax.lax.scan(step, state, None, LENGTH)[1])

    adam = optax.adam(3e-3)

    def update(carry, starts):
        params, state = carry
        mean = lambda params: jnp.mean(jax.vmap(lambda state: paid(params, state))(starts))
        moves, state = adam.update(jax.grad(mean)(params), state)
        return (optax.apply_updates(params, moves), state), None

    return jax.lax.scan(update, (params, adam.init(params)), starts)[0][0]


@functools.partial(jax.jit, compiler_options=QUICKLY)
def _play(many, starts, noise):
    """States that policies come to from their starts, and what they pay; by policy."""

    def step(params, state, noise):
        # The largest of log-probabilities with Gumbel noise is a draw from the policy.
        action = jnp.argmax(log_policy(params, state) + noise)
        later = moved(state, jnp.asarray(PUSHES)[action])
        return later, (state, price(later))

    def play(params, state, noise):
        return jax.lax.scan(lambda state, noise: step(params, state, noise), state, noise)[1]

    return jax.vmap(lambda params: jax.vmap(lambda *a: play(params, *a))(starts, noise))(many)


def _error(params, key, states, log, slopes, lambdas):
    """KL, and the penalty on whole Jacobians and along one direction, each by its own weight."""
    own = jax.vmap(lambda state: log_policy(params, state))(states)
    total = jnp.mean(jnp.sum(jnp.exp(log) * (log - own), 1))
    data = (lambda state: log_policy(params, state)), states, log, slopes
    along, whole = lambdas
    if whole is not None:
        total += penalty(*data, weights=whole)
    if along is not None:
        total += penalty(*data, weights=along, projections=draw(key, states, log))
    return total


@functools.partial(jax.jit, compiler_options=QUICKLY)
def _students(first, keys, states, teacher, lambdas, tested, steps):
    """All methods and seeds side by side: parameters, divergence and share of other actions."""
    log, slopes = _told(teacher, states)
    adam = optax.scale_by_adam()

    def train(params, key, states, log, slopes, lambdas):
        def step(at, carry):
            params, state = carry
            drawn = jax.random.fold_in(key, at)
            gradient = jax.grad(_error)(params, drawn, states, log, slopes, lambdas)
            moves, state = adam.update(gradient, state)
            return jax.tree.map(lambda value, move: value - 2e-3 * move, params, moves), state

        return jax.lax.fori_loop(0, steps, step, (params, adam.init(params)))[0]

    seeds = jax.vmap(train, (0, 0, 0, 0, 0, None))
    students = jax.vmap(seeds, (None,) * 5 + (0,))(first, keys, states, log, slopes, lambdas)
    truth = jax.vmap(lambda state: log_policy(teacher, state))(tested)

    def judged(params):
        own = jax.vmap(lambda state: log_policy(params, state))(tested)
        far = jnp.mean(jnp.sum(jnp.exp(truth) * (truth - own), 1))
        return far, jnp.mean(jnp.argmax(truth, 1) != jnp.argmax(own, 1))

    return students, *jax.vmap(jax.vmap(judged))(students)


def _told(teacher, states):
    """The teacher's log-probabilities and their Jacobians at states (..., 4)."""
    both = lambda state: (log_policy(teacher, state), jax.jacfwd(log_policy, 1)(teacher, state))
    for _ in range(states.ndim - 1):
        both = jax.vmap(both)
    return both(states)


@functools.cache
def trained(seed: int = 0):
    """A teacher's parameters, trained from a seed in a second or two once compiled."""
    draws = np.random.default_rng(seed)
    return jax.device_get(_teach(network(draws), _starts(draws, TAUGHT, 32)))


def distil(
    states: int = 50, *, weight: float = 0.1, steps: int = 600, seeds: int = 4, seed: int = 0
) -> Distilled:
    """Distils the teacher's policy on equal data: values alone, along a direction, whole Jacobians.

    Args:
        states: n, of the teacher's, at least 1; each seed has its own.
        weight: λ, above 0.
        steps: of full-batch Adam at 2e-3.
        seeds: students by each method, from the same first weights.
        seed: of the teacher, its states and the students.

    Raises:
        ValueError: with one sentence, if there are not so many states, or λ is not above 0.

    >>> distil(0)
    Traceback (most recent call last):
    ValueError: states must be from 1 to 750 for each student, but 0 was given.
    """
    seeds, seed = messages.whole("seeds", seeds), messages.whole("seed", seed, 0)
    steps, weight = messages.whole("steps", steps), messages.real("weight", weight, above=0)
    most = (STARTS * LENGTH - TESTED) // seeds
    states = messages.whole("states", states, 1, f"from 1 to {most} for each student", most)
    draws, keys = np.random.default_rng(seed + 1), jax.random.split(jax.random.key(seed), seeds)
    first = jax.tree.map(lambda *each: np.stack(each), *(network(draws) for _ in range(seeds)))
    # By method: the weight of the random direction, and that of whole Jacobians.
    lambdas = np.float32(weight) * np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    learn = lambda data, teacher, tested, steps: _students(
        first, keys, data, teacher, tuple(lambdas.T), tested, steps
    )
    with concurrent.futures.ThreadPoolExecutor() as pool:
        # The students' program compiles while the teacher learns.
        pool.submit(learn, _starts(draws, seeds, states), network(draws), _starts(draws, TESTED), 0)
        teacher = trained(seed)
    world = _starts(draws, STARTS), draws.gumbel(size=(STARTS, LENGTH, len(PUSHES)))
    # In one program with the students: as many policies, and one that pushes at random.
    crowd = len(METHODS) * seeds + 1
    many = jax.tree.map(lambda each: np.broadcast_to(each, (crowd, *each.shape)), teacher)
    seen, paid = (np.asarray(each[0]) for each in _play(many, *world))
    order = draws.permutation(seen.reshape(-1, 4))
    data, tested = order[TESTED:][: seeds * states].reshape(seeds, states, 4), order[:TESTED]
    students, far, other = learn(data, teacher, tested, steps)
    # A policy of zeros takes every push alike.
    last = lambda each: np.concatenate(
        [each.reshape(-1, *each.shape[2:]), np.zeros_like(each[0, :1])]
    )
    prices = np.asarray(_play(jax.tree.map(last, jax.device_get(students)), *world)[1]).mean((1, 2))
    return Distilled(states, weight, np.asarray(far), np.asarray(other),
                     prices[:-1].reshape(far.shape), float(paid.mean()), float(prices[-1]),
                     _flops(first, keys, data, teacher))  # fmt: skip


def _flops(first, keys, data, teacher):
    """Operations of one step of one student by each method, of the program as it is written."""
    student = jax.tree.map(lambda each: each[0], first)
    shapes = jax.eval_shape(lambda: (student, keys[0], data[0], *_told(teacher, data[0])))
    one = np.float32(1)
    ways = ((None, None), (one, None), (None, one))

    def count(way):
        written = jax.jit(lambda *given: jax.grad(_error)(*given, way)).lower(*shapes)
        # Of a program that is not compiled yet not every backend tells this.
        costs: Any = written.cost_analysis() or written.compile().cost_analysis()
        return costs["flops"]

    with jax.default_device(_processor()):
        return np.array([count(way) for way in ways])


def _processor():
    """Where operations are counted without compiling; None where JAX was told to leave it out."""
    try:
        return jax.local_devices(backend="cpu")[0]
    except RuntimeError:
        return None

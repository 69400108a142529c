"""A damped pendulum, networks that learnt one step of it, and the property that energy must fall.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| (w, h, ω) | a state: sin θ, -cos θ, ω/5 | (3,) | arXiv 1902.09592, section 4 |
| E = g h + ω²/2 | `energy`, of unit mass and length | scalar | there |
| F = E(f(x)) - E(x) | `falling`, a quadratic specification | | there |

The two models fit equally well. Model A saw data alone; model B was also fined where an attack
found that energy grows.
"""

from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core.say import refusal, unknown
from curvkit.core.tree import float32, float64
from curvkit.verification.networks import Box, Network, network, outputs
from curvkit.verification.specifications import QuadraticSpec

GRAVITY, DAMPING, DT, SUBSTEPS, FASTEST = 9.8, 0.5, 0.05, 20, 5.0
MODELS = ("A", "B")
# Above rest, in joules: where long paths begin.
LOW = 12.0
# The recipe of both models; the penalty is on states moved by an attack, and begins below zero.
PAIRS, BATCH, STEPS, RATE = 40000, 256, 6000, 3e-3
PENALTY, RADIUS, MARGIN = 0.01, 0.02, 0.02


def features(theta, omega):
    """States as the network sees them, (..., 3)."""
    return jnp.stack([jnp.sin(theta), -jnp.cos(theta), omega / FASTEST], -1)


def energy(x):
    """The energy of states (..., 3), in joules above the height of the pivot.

    >>> float(energy(features(jnp.pi, 0.0)))
    9.8
    """
    return GRAVITY * x[..., 1] + 0.5 * FASTEST**2 * x[..., 2] ** 2


def falling_matrix(tolerance: float = 0.0) -> np.ndarray:
    """The matrix Q of the property E(y) - E(x) <= tolerance, in joules: (7, 7)."""
    q = np.zeros((7, 7))
    q[0, 0], q[0, 2], q[0, 5] = -tolerance, -GRAVITY, GRAVITY
    q[3, 3], q[6, 6] = -0.5 * FASTEST**2, 0.5 * FASTEST**2
    return q


def falling(tolerance: float = 0.0) -> QuadraticSpec:
    """The property E(y) - E(x) <= tolerance, in joules.

    >>> float(falling(0.5).fit(3, 3).data[0])
    -0.5
    """
    return QuadraticSpec(falling_matrix(tolerance), inputs=3)


def after(theta, omega):
    """The true state one time step later: Runge and Kutta's method in twenty substeps."""

    def speed(theta, omega):
        return omega, -GRAVITY * jnp.sin(theta) - DAMPING * omega

    def substep(at, _):
        step, (theta, omega) = DT / SUBSTEPS, at
        one = speed(theta, omega)
        two = speed(theta + step / 2 * one[0], omega + step / 2 * one[1])
        three = speed(theta + step / 2 * two[0], omega + step / 2 * two[1])
        four = speed(theta + step * three[0], omega + step * three[1])
        ways = zip(at, one, two, three, four, strict=True)
        return tuple(a + step / 6 * (b + 2 * c + 2 * d + e) for a, b, c, d, e in ways), None

    return jax.lax.scan(substep, (theta, omega), None, SUBSTEPS)[0]


def drawn(key: jax.Array, count: int):
    """Angles and speeds of random states, (count,) each."""
    one, two = jax.random.split(key)
    theta = jax.random.uniform(one, (count,), minval=-jnp.pi, maxval=jnp.pi)
    return theta, jax.random.uniform(two, (count,), minval=-FASTEST, maxval=FASTEST)


def models(seed: int = 0, width: int = 32) -> tuple[Network, Network]:
    """Models A and B, 3-width-width-3 with ReLUs, trained in float32 in a few seconds; kept.

    Raises:
        ValueError: if `width` is no whole number from 1 to 256.
    """
    if not isinstance(width, int) or not 1 <= width <= 256:
        raise ValueError(refusal("width", "a whole number from 1 to 256", width))
    return _models(int(seed), width)


@lru_cache(maxsize=8)
def _models(seed, width):
    # The same numbers wherever they are asked for: within a program, or a block of float64.
    with float32(), jax.ensure_compile_time_eval():
        penalties = jnp.array([0.0, PENALTY])
        weights = jax.device_get(_both(jax.random.key(seed), penalties, width=width))
    made = []
    for model in range(len(MODELS)):
        layers = []
        for weight, bias in weights:
            layers += [(weight[model], bias[model]), "relu"]
        made.append(network(layers[:-1]))
    return tuple(made)


def model(name: str, seed: int = 0, width: int = 32) -> Network:
    """The model of that name, of `MODELS`.

    Raises:
        ValueError: with one sentence, if there is no such model.
    """
    if name not in MODELS:
        raise ValueError(unknown("model", name, MODELS))
    return models(seed, width)[MODELS.index(name)]


def _train(key, penalty, width):
    places, start = jax.random.split(key)
    theta, omega = drawn(places, PAIRS)
    x, y = features(theta, omega), features(*after(theta, omega))
    shapes = [(width, 3), (width, width), (3, width)]
    keys = jax.random.split(start, len(shapes))
    weights = [
        ((2 / shape[1]) ** 0.5 * jax.random.normal(key, shape), jnp.zeros(shape[0]))
        for key, shape in zip(keys, shapes, strict=True)
    ]

    adam = optax.adamw(optax.cosine_decay_schedule(RATE, STEPS))

    def step(carry, at):
        weights, state = carry
        # States are drawn independently, so any run of them is a fair batch.
        some = [
            jax.lax.dynamic_slice_in_dim(e, at * BATCH % (PAIRS - BATCH), BATCH) for e in (x, y)
        ]
        move, state = adam.update(jax.grad(_loss)(weights, *some, penalty), state, weights)
        return (optax.apply_updates(weights, move), state), None

    return jax.lax.scan(step, (weights, adam.init(weights)), jnp.arange(STEPS))[0][0]


def _predict(weights, x):
    for weight, bias in weights[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    return x @ weights[-1][0].T + weights[-1][1]


def _grown(weights, x):
    return energy(_predict(weights, x)) - energy(x)


def _attacked(weights, x):
    slope = jax.grad(lambda x: jnp.sum(_grown(weights, x)))(x)
    return jax.lax.stop_gradient(x + RADIUS * jnp.sign(slope))


def _loss(weights, x, y, penalty):
    fine = jnp.mean(jax.nn.relu(_grown(weights, _attacked(weights, x)) + MARGIN))
    return jnp.mean((_predict(weights, x) - y) ** 2) + penalty * fine


@partial(jax.jit, static_argnames="width")
def _both(key, penalties, width):
    return jax.vmap(lambda penalty: _train(key, penalty, width))(penalties)


def arc(low, high) -> Box:
    """The box of (sin θ, -cos θ) of angles from `low` to `high`, arrays from -π to π."""
    ends = [jnp.stack([jnp.sin(each), -jnp.cos(each)], -1) for each in (low, high)]
    lower, upper = jnp.minimum(*ends), jnp.maximum(*ends)
    # Where the extremes of both lie: sin at ±π/2, -cos at 0 (the lowest) and ±π (ends of all).
    has = lambda angle: (low <= angle) & (angle <= high)
    ulp = 4 * jnp.finfo(lower.dtype).eps
    floor = jnp.stack([has(-jnp.pi / 2), has(0.0)], -1)
    ceiling = jnp.stack([has(jnp.pi / 2), jnp.zeros_like(has(0.0))], -1)
    return Box(jnp.where(floor, -1.0, lower - ulp), jnp.where(ceiling, 1.0, upper + ulp))


def true_path(theta, omega, steps: int):
    """The true pendulum's states from (count,) angles and speeds: (steps + 1, count, 3)."""
    step = lambda at, _: (after(*at), features(*at))
    return jax.lax.scan(step, (jnp.asarray(theta), jnp.asarray(omega)), None, steps + 1)[1]


def roll_out(layers, theta, omega, steps: int, renormalise: bool = True):
    """Roll-outs of a model: energies (steps + 1, count) and states (steps + 1, count, 3).

    Args:
        layers: a model of `models`.
        theta: angles to start from, (count,).
        omega: speeds to start from, (count,).
        steps: how many time steps of `DT`.
        renormalise: whether (w, h) is put back on the circle after each step, as states are.
    """

    def step(x, _):
        y = jax.vmap(lambda x: outputs(layers, x))(x)
        size = jnp.linalg.norm(y[:, :2], axis=1, keepdims=True)
        on_circle = jnp.concatenate([y[:, :2] / jnp.maximum(size, 1e-9), y[:, 2:]], 1)
        return jnp.where(renormalise, on_circle, y), x

    states = jax.lax.scan(step, features(theta, omega), None, steps + 1)[1]
    return energy(states), states


def paths(key: jax.Array, seed: int, runs: int, steps: int, on_circle: bool):
    """The true pendulum, model A and model B from the same states: (3, runs, steps + 1, 3).

    States begin below a height from which speeds would leave the range of the training.
    """
    theta, omega = (np.asarray(each, np.float64) for each in drawn(key, 20 * runs))
    with float64():
        height = np.asarray(energy(features(theta, omega))) + GRAVITY
        low = np.flatnonzero(height < LOW)[:runs]
        ways = [true_path(theta[low], omega[low], steps)]
        for each in models(seed):
            ways.append(roll_out(each, theta[low], omega[low], steps, on_circle)[1])
        return np.asarray(jnp.stack(ways)).transpose(0, 2, 1, 3)

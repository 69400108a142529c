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
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.messages import unknown, whole
from curvkit.core.tree import float32, float64, ordinarily
from curvkit.verification._networks import COLD, Box, CheckedNetwork, outputs
from curvkit.verification._quadratic import QuadraticSpec
from curvkit.verification._training import Recipe, initial, predicted, trained

GRAVITY, DAMPING, DT, SUBSTEPS, FASTEST = 9.8, 0.5, 0.05, 20, 5.0
MODELS = ("A", "B")
# Above rest, in joules: where long paths begin.
LOW = 12.0
# The recipe of both models; the penalty is on states moved by an attack, and begins below zero.
PAIRS, RECIPE = 40000, Recipe(batch=256, steps=6000, rate=3e-3)
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
        k1 = speed(theta, omega)
        k2 = speed(theta + step / 2 * k1[0], omega + step / 2 * k1[1])
        k3 = speed(theta + step / 2 * k2[0], omega + step / 2 * k2[1])
        k4 = speed(theta + step * k3[0], omega + step * k3[1])
        ways = zip(at, k1, k2, k3, k4, strict=True)
        return tuple(a + step / 6 * (b + 2 * c + 2 * d + e) for a, b, c, d, e in ways), None

    return jax.lax.scan(substep, (theta, omega), None, SUBSTEPS)[0]


@ordinarily
@partial(jax.jit, compiler_options=COLD)
def _pairs(theta, omega):
    return features(theta, omega), features(*after(theta, omega))


def drawn(seed, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Angles and speeds of random states, (count,) each; a seed is a number, or some of them."""
    random = np.random.default_rng(seed)
    return random.uniform(-np.pi, np.pi, count), random.uniform(-FASTEST, FASTEST, count)


def places(theta, omega) -> np.ndarray:
    """What `features` computes, by NumPy in float64, for states that are given: (..., 3).

    >>> places(0.0, 5.0)
    array([ 0., -1.,  1.])
    """
    return np.stack([np.sin(theta), -np.cos(theta), np.asarray(omega) / FASTEST], -1)


def models(seed: int = 0, width: int = 32) -> tuple[CheckedNetwork, CheckedNetwork]:
    """Models A and B, 3-width-width-3 with ReLUs, trained in float32 in a few seconds; kept.

    Raises:
        ValueError: if `width` is no whole number from 1 to 256.
    """
    networks: Any = _models(whole("seed", seed, 0), whole("width", width, most=256))
    return networks


@lru_cache(maxsize=8)
def _models(seed, width):
    at = [np.float32(each) for each in drawn((seed, 0), PAIRS)]
    weights = initial(np.random.default_rng((seed, 1)), (3, width, width, 3))
    # The same numbers wherever they are asked for: within a program, or a block of float64.
    with float32(), jax.ensure_compile_time_eval():
        penalties = np.array([0, PENALTY], np.float32)
        return trained(_loss, weights, _pairs(*at), penalties, RECIPE)


def model(name: str, seed: int = 0, width: int = 32) -> CheckedNetwork:
    """The model of that name, of `MODELS`.

    Raises:
        ValueError: with one sentence, if there is no such model.
    """
    if name not in MODELS:
        raise ValueError(unknown("model", name, MODELS))
    return models(seed, width)[MODELS.index(name)]


def _grown(weights, x):
    return energy(predicted(weights, x)) - energy(x)


def _attacked(weights, x):
    slope = jax.grad(lambda x: jnp.sum(_grown(weights, x)))(x)
    return jax.lax.stop_gradient(x + RADIUS * jnp.sign(slope))


def _loss(weights, x, y, penalty, _):
    fine = jnp.mean(jax.nn.relu(_grown(weights, _attacked(weights, x)) + MARGIN))
    return jnp.mean((predicted(weights, x) - y) ** 2) + penalty * fine


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


def let_go(layers, theta, omega, steps: int):
    """A model's pendulum and the true one, let go at one state: angles and speeds (2, steps + 1).

    Angles go on beyond π where it turns over.

    Args:
        layers: a model of `models`.
        theta: the angle to start from.
        omega: the speed to start from.
        steps: how many time steps of `DT`.
    """
    start = jnp.reshape(theta, (1,)), jnp.reshape(omega, (1,))
    learnt = roll_out(layers, *start, steps)[1][:, 0]
    states = jnp.stack([learnt, true_path(*start, steps)[:, 0]])
    angle = jnp.unwrap(jnp.arctan2(states[..., 0], -states[..., 1]), axis=1)
    return angle, FASTEST * states[..., 2]


def paths(seed: int, runs: int, steps: int, on_circle: bool) -> np.ndarray:
    """The true pendulum, model A and model B from the same states: (3, runs, steps + 1, 3).

    States begin below a height from which speeds would leave the range of the training.
    """
    theta, omega = drawn((7, seed), 20 * runs)
    low = np.flatnonzero(energy(places(theta, omega)) + GRAVITY < LOW)[:runs]
    with float64():
        ways = _ways(models(seed), theta[low], omega[low], on_circle, steps=steps)
        return np.asarray(ways).transpose(0, 2, 1, 3)


@ordinarily
@partial(jax.jit, static_argnames="steps", compiler_options=COLD)
def _ways(both, theta, omega, on_circle, *, steps):
    learnt = [roll_out(each, theta, omega, steps, on_circle)[1] for each in both]
    return jnp.stack([true_path(theta, omega, steps), *learnt])

"""Many runs at once: two-layer networks trained side by side, the runs along the last axis.

A run is a column: with the runs last, every elementary operation goes over all of them at once.
Units beyond a run's own width are masked, so that runs of several widths share one program.

| symbol | name | shape |
| --- | --- | --- |
| W, b, v, c | `Runs(…)` | (units, features, runs), (units, runs) ×2, (runs,) |
| x, y | `inputs`, `targets` | (points, features), (points,) |
| z = v·φ(W x + b) + c | `outputs` | (points, runs) |
| L | `losses`, a sum over points; what is descended is the mean | (runs,) |
| η | `learning_rate` | scalar |
| β₁, β₂, ε of Adam | 0.9, 0.999, 1e-8 | |
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from curvkit.core import messages

LEAK = 0.1
ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "relu": jax.nn.relu,
    "leaky_relu": lambda a: jnp.where(a > 0, a, LEAK * a),
}


@jax.custom_jvp
def logistic(z: ArrayLike, y: ArrayLike) -> jax.Array:
    """Softplus(z) − y z; its slope is taken as σ(z) − y, which costs one exponential, not three.

    >>> float(jax.grad(logistic)(0.0, 1.0))
    -0.5
    """
    return jax.nn.softplus(z) - y * z


@logistic.defjvp
def _logistic_jvp(at, along):
    (z, y), (dz, dy) = at, along
    return logistic(z, y), (jax.nn.sigmoid(z) - y) * dz - z * dy


LOSSES: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "logistic": logistic,
    "squared": lambda z, y: (z - y) ** 2,
}
# Deviation of weights by fan in and fan out; the second word says whether biases are drawn too.
INITIALIZATIONS = {
    "normal": (lambda fan_in, fan_out: 1.0, 0.0),
    "normal_with_biases": (lambda fan_in, fan_out: 1.0, 1.0),
    "glorot": (lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5, 0.0),
    "lecun": (lambda fan_in, fan_out: fan_in**-0.5, 0.0),
}
OPTIMIZERS = ("adam", "gd")
FEW_FEATURES = 4


class Runs(NamedTuple):
    """The parameters of many networks; the runs are the last axis of each array."""

    hidden: jax.Array
    bias: jax.Array
    output: jax.Array
    offset: jax.Array


class LabelledPoints(NamedTuple):
    """What is learnt: points (points, features), targets (points,), and by which loss."""

    inputs: jax.Array | np.ndarray
    targets: jax.Array | np.ndarray
    loss: str = "logistic"


class Law(NamedTuple):
    """Of which deviation first weights are drawn, for each run: hidden ones, biases, outputs."""

    hidden: jax.Array
    biases: jax.Array
    output: jax.Array


def law(initialization: str, features: int, widths: jax.Array | np.ndarray) -> Law:
    """The deviations of an initialization for networks of these widths, (runs,) each.

    Raises:
        ValueError: if it is unknown.

    >>> law("lecun", 4, jnp.array([1, 4])).output.tolist()
    [1.0, 0.5]
    """
    if initialization not in INITIALIZATIONS:
        raise ValueError(messages.unknown("initialization", initialization, INITIALIZATIONS))
    deviation, biases = INITIALIZATIONS[initialization]
    ones = jnp.ones(len(widths))
    return Law(deviation(features, widths) * ones, biases * ones, deviation(widths, 1) * ones)


def draw(key: jax.Array, initialization: str, features: int, widths: jax.Array, most: int) -> Runs:
    """Random networks, one per entry of `widths`.

    Args:
        key: a JAX random key.
        initialization: normal (N(0, 1), biases zero), normal_with_biases, glorot or lecun
            (normal, by fan in and out), biases zero.
        features: of the data.
        widths: hidden units of each run, (runs,).
        most: the largest of them.

    Raises:
        ValueError: if the initialization is unknown.

    >>> draw(jax.random.key(0), "lecun", 2, jnp.array([1, 3]), 3).output[:, 0].tolist()[1:]
    [0.0, 0.0]
    """
    return drawn(key, law(initialization, features, widths), features, widths, most)


def drawn(key: jax.Array, law: Law, features: int, widths: jax.Array, most: int) -> Runs:
    """The same with the deviations given, so that they need not be known when it is compiled."""
    runs, there = len(widths), jnp.arange(most)[:, None] < widths
    # One call for all numbers: each call of a random generator takes its time to compile.
    cuts = [most * features, most * (features + 1), most * (features + 2)]
    hidden, bias, output, offset = jnp.split(jax.random.normal(key, (cuts[-1] + 1, runs)), cuts)
    hidden = hidden.reshape(most, features, runs) * law.hidden
    bias, output, offset = law.biases * bias, output * law.output, law.biases * offset[0]
    return Runs(hidden * there[:, None], bias * there, output * there, offset)


def preactivations(runs: Runs, inputs: jax.Array | np.ndarray) -> jax.Array:
    """W x + b, (points, units, runs)."""
    features = inputs.shape[1]
    if features > FEW_FEATURES:
        return jnp.einsum("pf,ufr->pur", inputs, runs.hidden) + runs.bias
    # So few products are cheaper side by side than as a matrix product.
    terms = (inputs[:, k, None, None] * runs.hidden[:, k] for k in range(features))
    total: Any = sum(terms, start=runs.bias)
    return total


def outputs(runs: Runs, inputs: jax.Array | np.ndarray, activation: str) -> jax.Array:
    """Z at every point, (points, runs)."""
    bent = ACTIVATIONS[activation](preactivations(runs, inputs))
    return jnp.sum(bent * runs.output, axis=1) + runs.offset


def losses(runs: Runs, data: LabelledPoints, activation: str) -> jax.Array:
    """L of every run, a sum over points, (runs,)."""
    z = outputs(runs, data.inputs, activation)
    return jnp.sum(LOSSES[data.loss](z, jnp.asarray(data.targets)[:, None]), axis=0)


def gradients(runs: Runs, data: LabelledPoints, activation: str, widths: jax.Array) -> Runs:
    """The gradient of every run's mean loss, zero for units beyond its width."""
    mean = lambda runs: jnp.sum(losses(runs, data, activation)) / len(data.targets)
    there = jnp.arange(runs.bias.shape[0])[:, None] < widths
    gradient = jax.grad(mean)(runs)
    masked = gradient.hidden * there[:, None], gradient.bias * there, gradient.output * there
    return Runs(*masked, gradient.offset)


def gradient_norms(
    runs: Runs, data: LabelledPoints, activation: str, widths: jax.Array
) -> jax.Array:
    """The length of each run's gradient of L, (runs,)."""
    gradient = gradients(runs, data, activation, widths)
    squares = [jnp.sum(each**2, axis=tuple(range(each.ndim - 1))) for each in gradient]
    return len(data.targets) * jnp.sqrt(sum(squares))


class Descent(NamedTuple):
    """Where all runs stand: parameters, Adam's two moments, steps taken."""

    runs: Runs
    first: Runs
    second: Runs
    step: jax.Array


def start(runs: Runs) -> Descent:
    """Before the first step."""
    zeros = jax.tree.map(jnp.zeros_like, runs)
    return Descent(runs, zeros, zeros, jnp.zeros((), int))


def descend(
    at: Descent, steps: jax.Array, data: LabelledPoints, activation: str, optimizer: str,
    learning_rate: float | jax.Array, widths: jax.Array,
) -> Descent:  # fmt: skip
    """All runs after `steps` more steps of full-batch Adam or gradient descent.

    The learning rate is that for the mean loss over points.
    """

    def gd(at):
        gradient = gradients(at.runs, data, activation, widths)
        move = lambda param, slope: param - learning_rate * slope
        return at._replace(runs=jax.tree.map(move, at.runs, gradient), step=at.step + 1)

    def adam(at):
        gradient, t = gradients(at.runs, data, activation, widths), at.step + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, at.first, gradient)
        second = jax.tree.map(lambda m, g: 0.999 * m + 0.001 * g * g, at.second, gradient)
        # Its two corrections, of m by 1 − 0.9ᵗ and of s by root², as factors of scalars.
        root = jnp.sqrt(1 - 0.999**t)
        rate, small = learning_rate * root / (1 - 0.9**t), 1e-8 * root
        move = lambda p, m, s: p - rate * m / (jnp.sqrt(s) + small)
        return Descent(jax.tree.map(move, at.runs, first, second), first, second, t)

    step = {"gd": gd, "adam": adam}[optimizer]
    return jax.lax.fori_loop(0, steps, lambda _, at: step(at), at)


def wrong(runs: Runs, data: LabelledPoints, activation: str) -> jax.Array:
    """How many points each run has on the wrong side, z > 0 for label 1, (runs,).

    Under the squared loss: how many are off by half or more.
    """
    z, y = outputs(runs, data.inputs, activation), data.targets[:, None]
    if data.loss == "squared":
        return jnp.sum(jnp.abs(z - y) >= 0.5, axis=0)
    return jnp.sum((z > 0) != (y > 0.5), axis=0)


def dead_units(runs: Runs, data: LabelledPoints, widths: jax.Array) -> jax.Array:
    """How many of each run's own units have no positive preactivation on any point, (runs,)."""
    silent = jnp.all(preactivations(runs, data.inputs) <= 0, axis=0)
    return jnp.sum(silent & (jnp.arange(silent.shape[0])[:, None] < widths), axis=0)

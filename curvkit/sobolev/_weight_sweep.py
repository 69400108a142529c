"""Where networks end at many weights of the slopes: many small trainings, one compiled program.

| symbol | name | shape |
| --- | --- | --- |
| u | `inputs`, the same random points for every function, by pair | (pairs, n, 2) |
| g(u), ∇g(u) | `Known`, by function | (pairs, n), (pairs, n, 2) |
| θ₀ | `first`: He's weights, zero biases; those of a pair are the same for all weights | by pair |
| λ | `weights`, from 0 | (m,) |
| e, e′ | test errors of values and of slopes, as in `Trace` | (functions, m, pairs) |

Trainings go through the program in blocks of one function, `LANES` networks each, so that neither
another function nor another list of weights is another program.
"""

import concurrent.futures
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.curvature import _network as network
from curvkit.sobolev import _functions as functions
from curvkit.sobolev._loss import loss

LANES = 20


class Known(NamedTuple):
    """Inputs (..., n, 2), values (..., n) and slopes (..., n, 2), in scaled units."""

    inputs: jax.Array
    values: jax.Array
    slopes: jax.Array


class Ends(NamedTuple):
    """Test errors at the end: of values over the variance, of slopes over their mean square."""

    values: np.ndarray
    slopes: np.ndarray


def known(name: str, inputs: jax.Array) -> Known:
    """A test function and its slopes at inputs (n, 2)."""
    return Known(inputs, *jax.vmap(jax.value_and_grad(functions.scaled(name)))(inputs))


def first(flat: jax.Array, width: int) -> Any:
    """The weights of a network of normal numbers (P,): He's, with zero biases."""
    layers = network.unflattened((2, width, width, 1))(flat)
    scaled = lambda each: (2 / len(each.weight)) ** 0.5 * each.weight
    return [network.Layer(scaled(each), 0 * each.bias) for each in layers]


def size(width: int) -> int:
    """How many numbers `first` takes.

    >>> size(64)
    4417
    """
    return width * (width + 5) + 1


def fitted(params: Any, activation: str) -> Callable[[jax.Array], jax.Array]:
    """The network as a function of one input (2,), a scalar."""
    return lambda x: network.predict(params, x, activation)[0]


def ends(
    names: Sequence[str],
    weights: Sequence[float],
    inputs: jax.Array | np.ndarray,
    normal: jax.Array | np.ndarray,
    noise: jax.Array | np.ndarray | float = 0.0,
    *,
    width: int,
    activation: str,
    learning_rate: float,
    steps: int,
) -> Ends:
    """Trains a network for each function, weight and pair, and returns errors on the test grid.

    Args:
        names: of `FUNCTIONS`.
        weights: λ, each at least 0; at 0 slopes teach nothing.
        inputs: (pairs, n, 2), in [-1, 1].
        normal: (pairs, `size(width)`), what first weights are made of.
        noise: on the slopes, (pairs, n, 2), in units of their root mean square on the grid.
        width: of both hidden layers.
        activation: of `network.ACTIVATIONS`.
        learning_rate, steps: of full-batch Adam.

    >>> draws = np.random.default_rng(0)
    >>> inputs, normal = draws.uniform(-1, 1, (1, 5, 2)), draws.normal(size=(1, size(4)))
    >>> how = dict(width=4, activation="tanh", learning_rate=0.01, steps=1)
    >>> ends(["booth"], [0.0, 1.0], inputs, normal, **how).values.shape
    (1, 2, 1)
    """
    real = lambda array: np.asarray(array, jnp.result_type(float))
    pairs, how = len(inputs), dict(width=width, activation=activation)
    lanes = [(weight, pair) for weight in weights for pair in range(pairs)]
    blocks = [lanes[at : at + LANES] for at in range(0, len(lanes), LANES)]
    drawn, noisy = real(normal), np.broadcast_to(real(noise), np.shape(inputs))

    def work(job):
        name, block = job
        # The last block is filled up with what it has already.
        lambdas, chosen = (np.array(each) for each in zip(*(block * LANES)[:LANES], strict=True))
        samples = jax.tree.map(lambda each: each[chosen], data[name])
        lane_data = drawn[chosen], samples, tested[name], real(lambdas)
        errors = _train(*lane_data, learning_rate, steps, **how)
        return np.asarray(errors, float)[:, : len(block)]

    # Two cores serve two blocks, and before that compile two programs: one trains nothing yet.
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        empty = _blank(LANES, np.shape(inputs)[1]), _blank(functions.GRID**2), np.zeros(LANES)
        empty = jax.tree.map(real, (drawn[np.zeros(LANES, int)], *empty))
        ready = pool.submit(_train, *empty, learning_rate, 0, **how)
        data, tested = jax.device_get(_all_known(real(inputs)))
        for name, samples in data.items():
            typical = np.sqrt(np.mean(tested[name].slopes ** 2))
            data[name] = samples._replace(slopes=samples.slopes + typical * noisy)
        ready.result()
        errors = list(pool.map(work, [(name, block) for name in names for block in blocks]))
    shape = (2, len(names), len(weights), pairs)
    return Ends(*np.concatenate(errors, axis=1).reshape(shape))


def _blank(*shape):
    empty: Any = np.zeros  # the arrays of a program that only compiles
    return Known(empty((*shape, 2)), empty(shape), empty((*shape, 2)))


@functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
def _all_known(inputs):
    """Data and test grid of all functions: one program, whichever are asked for."""
    pairs, grid, flat = inputs.shape[:2], functions.grid(), inputs.reshape(-1, 2)
    data, tested = {}, {}
    for name in functions.FUNCTIONS:
        # In one sweep, the points and the grid.
        every = known(name, jnp.concatenate([flat, grid]))
        data[name], tested[name] = (
            jax.tree.map(lambda each: each[: len(flat)].reshape(*pairs, *each.shape[1:]), every),
            jax.tree.map(lambda each: each[len(flat) :], every),
        )
    return data, tested


@functools.partial(jax.jit, static_argnames=("width", "activation"))
def _train(normal, data, tested, weights, rate, steps, *, width, activation):
    params = jax.vmap(lambda flat: first(flat, width))(normal)
    adam = optax.scale_by_adam()

    def move(params, state, data, weight):
        error = lambda params: loss(fitted(params, activation), *data, weights=weight)
        direction, state = adam.update(jax.grad(error)(params), state)
        return jax.tree.map(lambda value, step: value - rate * step, params, direction), state

    def step(_, carry):
        params, state = carry
        return jax.vmap(move)(params, state, data, weights)

    params, _ = jax.lax.fori_loop(0, steps, step, (params, jax.vmap(adam.init)(params)))
    square = jnp.mean(jnp.sum(tested.slopes**2, 1))

    def errors(params):
        values, slopes = jax.vmap(jax.value_and_grad(fitted(params, activation)))(tested.inputs)
        apart = jnp.mean(jnp.sum((slopes - tested.slopes) ** 2, 1))
        return jnp.stack([jnp.mean((values - tested.values) ** 2), apart / square])

    return jax.vmap(errors, out_axes=1)(params)

"""Small networks, trained a few ways at once from the same beginning.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| W_k, b_k | `weights`, with a ReLU between two layers | (out, in), (out,) | arXiv 1902.09592 |

Networks differ in their `ways`: in numbers that the loss takes, such as a penalty.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree

from curvkit.core.tree import float32, ordinarily
from curvkit.verification._networks import BRISK, CheckedNetwork, network


class Recipe(NamedTuple):
    """How a network is trained: the size of a batch, steps, and Adam's highest rate."""

    batch: int
    steps: int
    rate: float


def initial(random: np.random.Generator, widths) -> list[Any]:
    """Initial weights in float32, scaled for ReLUs.

    >>> [each.shape for each in initial(np.random.default_rng(0), (3, 2))[0]]
    [(2, 3), (2,)]
    """
    layers = []
    for inner, outer in zip(widths, widths[1:], strict=False):
        weight = random.normal(size=(outer, inner)) * (2 / inner) ** 0.5
        layers.append((weight.astype(np.float32), np.zeros(outer, np.float32)))
    return layers


def predicted(weights, x):
    """The outputs at inputs (examples, inputs)."""
    for weight, bias in weights[:-1]:
        x = jax.nn.relu(x @ weight.T + bias)
    return x @ weights[-1][0].T + weights[-1][1]


def trained(
    loss: Callable[..., Any], weights: list[Any], data: tuple[Any, ...], ways: Any, recipe: Recipe
):
    """A network for each of `ways`, by Adam in float32 on batches that follow one another.

    Args:
        loss: of weights, a batch of each of `data`, a way, and how far training is, from 0 to 1.
        weights: to begin with, as `initial` makes them.
        data: arrays with a leading axis of examples, in an order drawn at random.
        ways: (ways, ...), what the networks differ in.
        recipe: see `Recipe`.
    """
    with float32():
        networks = jax.device_get(_trained(weights, data, ways, loss=loss, recipe=recipe))
    return tuple(_layers(networks, at) for at in range(len(ways)))


def _layers(weights, at) -> CheckedNetwork:
    layers = []
    for weight, bias in weights:
        layers += [(weight[at], bias[at]), "relu"]
    return network(layers[:-1])


@ordinarily
@partial(jax.jit, static_argnames=("loss", "recipe"), compiler_options=BRISK)
def _trained(weights, data, ways, *, loss, recipe):
    batch, steps, rate = recipe
    # One vector, so that Adam is one operation and not one for each array.
    flat, back = ravel_pytree(weights)
    adam = optax.adamw(optax.cosine_decay_schedule(rate, steps))

    def one(way):
        def step(carry, at):
            flat, state = carry
            begin = at * batch % (len(data[0]) - batch)
            examples = [jax.lax.dynamic_slice_in_dim(each, begin, batch) for each in data]
            slope = jax.grad(lambda flat: loss(back(flat), *examples, way, at / steps))(flat)
            move, state = adam.update(slope, state, flat)
            return (flat + move, state), None

        return jax.lax.scan(step, (flat, adam.init(flat)), jnp.arange(steps))[0][0]

    return jax.vmap(back)(jax.vmap(one)(ways))

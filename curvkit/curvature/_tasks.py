"""What a room trains: a perceptron, a small residual network, or a small transformer.

Each takes flat parameters, so that curvature is of one vector whatever the network is.

| symbol | name | shape |
| --- | --- | --- |
| w | `params` | (parameters,) |
| φ | `activation` | elementwise |
| L | `Task.loss(w, rows)` | scalar |
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from curvkit.core import messages
from curvkit.curvature import _network as network

CRITERIA = {"mse": network.mean_squared_error, "cross_entropy": network.cross_entropy}
# Of the residual network: the images, the kernels, and how many units make one channel.
SIDE, REACH, UNITS_PER_CHANNEL = 8, 3, 4
STARTS = ("torch", "lecun")
HEADS, EXPANSION, STEADY = 2, 4, 1e-5

Draw = Callable[..., jax.Array]


class Task(NamedTuple):
    """A network on its examples.

    Attributes:
        start: `start(key)`, the flat parameters to begin with.
        loss: `loss(params, rows)`, on the examples of these numbers; on all where it is None.
        examples: how many there are.
    """

    start: Callable[[jax.Array], jax.Array]
    loss: Callable[..., jax.Array]
    examples: int


def task(
    name: str,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    loss: str = "mse",
    width: int = 32,
    depth: int = 2,
    activation: str = "tanh",
    initialization: str = "torch",
    scale: float = 1.0,
) -> Task:
    """The network of that name on these examples.

    Args:
        name: one of `TASKS`. `mlp` has `depth` hidden layers; `residual` a convolution, a mean
            over 2 × 2 pixels and `depth` blocks of two convolutions, on images of 8 × 8; so does
            `transformer` have `depth` blocks of causal attention, with LayerNorm before each part.
        inputs: (examples, features), or one-hot characters (pieces, context, characters).
        targets: (examples, outputs), or the next characters, like `inputs`.
        loss: `mse` or `cross_entropy`.
        width: hidden units, the transformer's features, four times the channels.
        depth: layers or blocks, at least 0.
        activation: a name of `network.ACTIVATIONS`.
        initialization: `torch` or `lecun`, as `network.mlp` draws.
        scale: multiplies the initial weights.

    Raises:
        ValueError: for an unknown name, or data of which the network can make nothing.

    >>> start, loss, count = task("transformer", *2 * [np.ones((3, 8, 5), np.float32)], width=4)
    >>> start(jax.random.key(0)).shape, loss(start(jax.random.key(0))).shape, count
    ((537,), (), 3)
    """
    if name not in TASKS:
        raise ValueError(messages.unknown("task", name, TASKS))
    if loss not in CRITERIA:
        raise ValueError(messages.unknown("loss", loss, CRITERIA))
    width, depth = messages.whole("width", width), messages.whole("depth", depth, 0)
    messages.real("scale", scale, "a number above 0", above=0)
    if activation not in network.ACTIVATIONS:
        raise ValueError(messages.unknown("activation", activation, network.ACTIVATIONS))
    if initialization not in STARTS:
        raise ValueError(messages.unknown("initialization", initialization, STARTS))
    drawn, predict = TASKS[name](inputs.shape, targets.shape, width, depth, activation)
    criterion = CRITERIA[loss]
    # With no number drawn: only the shapes are asked for.
    blank = drawn(lambda fan_in, *shape: jnp.zeros(shape))
    layers = ravel_pytree(blank)[1]

    def start(key):
        if name == "mlp":  # drawn layer by layer, as it ever was: old traces begin like that
            sizes = [inputs.shape[1], *[width] * depth, targets.shape[1]]
            return ravel_pytree(network.mlp(key, sizes, initialization, scale))[0]
        return ravel_pytree(drawn(_drawing(key, initialization, scale)))[0]

    def of(params, rows=None):
        x, y = (jnp.asarray(e) if rows is None else jnp.asarray(e)[rows] for e in (inputs, targets))
        return criterion(predict(layers(params), x), y)

    return Task(start, of, len(inputs))


def shapes(
    name: str, inputs: Any, targets: Any, *, width: int, depth: int, activation: str = "tanh"
) -> list[tuple[int, ...]]:
    """The shapes of the arrays that the flat parameters of `task` are made of, in their order.

    >>> shapes("mlp", np.ones((3, 8)), np.ones((3, 2)), width=4, depth=1)
    [(8, 4), (4,), (4, 2), (2,)]
    """
    drawn = TASKS[name](inputs.shape, targets.shape, width, depth, activation)[0]
    blank = jax.eval_shape(lambda: drawn(lambda fan_in, *shape: jnp.zeros(shape)))
    return [each.shape for each in jax.tree.leaves(blank)]


def _drawing(key, initialization: str, scale) -> Draw:
    """`draw(fan_in, *shape)`, each call with a key of its own."""
    keys = iter(jax.random.split(key, 256))

    def draw(fan_in, *shape):
        if fan_in == 0:  # a bias or a gain, which starts at nothing
            return jnp.zeros(shape)
        deviation = 1 / math.sqrt(fan_in)
        if initialization == "torch":
            drawn = jax.random.uniform(next(keys), shape, minval=-deviation, maxval=deviation)
        else:
            drawn = deviation * jax.random.normal(next(keys), shape)
        return scale * drawn

    return draw


def _perceptron(inputs, targets, width, depth, activation):
    sizes = [inputs[1], *[width] * depth, targets[1]]

    def drawn(draw):
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        return [network.Layer(draw(1, a, b), draw(0, b)) for a, b in pairs]

    return drawn, functools.partial(_swapped, network.predict, activation)


def _swapped(predict, activation, layers, inputs):
    return predict(layers, inputs, activation)


def _residual(inputs, targets, width, depth, activation):
    if inputs[1:] != (SIDE * SIDE,):
        expected = f"images of {SIDE} × {SIDE} pixels for a residual network"
        raise ValueError(messages.refusal("inputs", expected, inputs))
    channels, around = max(1, width // UNITS_PER_CHANNEL), REACH * REACH
    act = network.ACTIVATIONS[activation]

    def drawn(draw):
        return {
            "stem": draw(around, around, channels),
            "blocks": draw(around * channels, depth, 2, around * channels, channels),
            "out": network.Layer(draw(channels, channels, targets[1]), draw(0, targets[1])),
        }

    def predict(layers, images):
        hidden = _convolved(images.reshape(-1, SIDE, SIDE, 1), layers["stem"])
        half = SIDE // 2
        hidden = hidden.reshape(-1, half, 2, half, 2, channels).mean((2, 4))

        def block(hidden, kernels):
            branch = _convolved(act(hidden), kernels[0])
            return hidden + _convolved(act(branch), kernels[1])

        hidden = _through(block, hidden, layers["blocks"])
        return act(hidden).mean((1, 2)) @ layers["out"].weight + layers["out"].bias

    return drawn, predict


def _through(block, hidden, layers):
    """`hidden` after all blocks: written once, however many there are, since it is compiled so."""
    return jax.lax.scan(lambda hidden, one: (block(hidden, one), None), hidden, layers)[0]


def _convolved(images, kernel):
    """A convolution as one product with the patches: a kernel for each of many runs is as quick."""
    _, height, breadth, _ = images.shape
    margin = REACH // 2
    padded = jnp.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    shifts = [(row, col) for row in range(REACH) for col in range(REACH)]
    patches = [padded[:, row : row + height, col : col + breadth] for row, col in shifts]
    return jnp.concatenate(patches, -1) @ kernel


def _transformer(inputs, targets, width, depth, activation):
    if len(inputs) != 3 or inputs != targets:
        expected = "one-hot characters (pieces, context, characters) for a transformer"
        raise ValueError(messages.refusal("inputs", expected, inputs))
    _, context, letters = inputs
    heads = HEADS if width % HEADS == 0 else 1
    act = network.ACTIVATIONS[activation]

    def drawn(draw):
        square = lambda: draw(width, depth, width, width)
        inner = EXPANSION * width
        blocks = {
            "query": square(), "key": square(), "value": square(), "mixed": square(),
            "wide": network.Layer(draw(width, depth, width, inner), draw(0, depth, inner)),
            "narrow": network.Layer(draw(inner, depth, inner, width), draw(0, depth, width)),
            "gains": draw(0, depth, 2, width), "shifts": draw(0, depth, 2, width),
        }  # fmt: skip
        out = network.Layer(draw(width, width, letters), draw(0, letters))
        return {
            "letters": draw(width, letters, width), "places": draw(width, context, width),
            "blocks": blocks, "gain": draw(0, width), "out": out,
        }  # fmt: skip

    attended = functools.partial(_attended, heads)

    def block(hidden, one):
        gains, shifts = 1 + one["gains"], one["shifts"]
        hidden = hidden + attended(one, _normalised(hidden) * gains[0] + shifts[0])
        inner = _normalised(hidden) * gains[1] + shifts[1]
        inner = act(inner @ one["wide"].weight + one["wide"].bias)
        return hidden + inner @ one["narrow"].weight + one["narrow"].bias

    def predict(layers, pieces):
        hidden = pieces @ layers["letters"] + layers["places"]
        hidden = _through(block, hidden, layers["blocks"])
        final = _normalised(hidden) * (1 + layers["gain"])
        return final @ layers["out"].weight + layers["out"].bias

    return drawn, predict


def _attended(heads: int, block: Any, hidden: jax.Array) -> jax.Array:
    """What each place of (pieces, context, width) takes from itself and from those before it."""
    causal = np.tril(np.ones((hidden.shape[1],) * 2, bool))
    split = lambda each: each.reshape(*each.shape[:-1], heads, -1)
    query, key, value = (split(hidden @ block[name]) for name in ("query", "key", "value"))
    scores = jnp.einsum("pihd,pjhd->phij", query, key) / math.sqrt(query.shape[-1])
    shares = jax.nn.softmax(jnp.where(causal, scores, -1e9), axis=-1)
    return jnp.einsum("phij,pjhd->pihd", shares, value).reshape(hidden.shape) @ block["mixed"]


def _normalised(hidden):
    """LayerNorm without gain and shift: mean 0 and variance 1 over the features."""
    centred = hidden - hidden.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + STEADY)


TASKS: dict[str, Callable[..., tuple[Any, Any]]] = {
    "mlp": _perceptron,
    "residual": _residual,
    "transformer": _transformer,
}

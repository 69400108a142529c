"""Synthetic gradients: the lower half of a network learns from a prediction of its gradient.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| h = f(x) | what the lower half hands up | (16,) | arXiv 1706.04859, section 4.3 |
| L(h, y) | the loss of the upper half, for one example | () | there |
| v(h, y) | `value` network: what it predicts of L | () | there |
| d(h, y) | `direct` network: what it predicts of ∂L/∂h | (16,) | there |
| δ | what the lower half is given for ∂L/∂h | (16,) | there |
| λ | `weight` of squared slopes beside squared values | | |

The lower half never sees ∂L/∂h. It is given ∂v/∂h, where v learns L alone (values alone), ∂L/∂h
alone (slopes alone) or both (Sobolev), or d itself; beside them stand backpropagation, δ = ∂L/∂h,
and nothing, δ = 0. Where the paper has CIFAR-10 and ImageNet, these are scikit-learn's digits.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core import messages
from curvkit.sobolev._loss import loss, penalty

BOTTLENECK, HIDDEN, BATCH, RATE = 16, 32, 64, 3e-3
# Method: how much of ∂L/∂h, ∂v/∂h and d the lower half is given, and what v learns from.
METHODS = {
    "backpropagation": (1, 0, 0, 1, 1),
    "Sobolev": (0, 1, 0, 1, 1),
    "slopes alone": (0, 1, 0, 0, 1),
    "values alone": (0, 1, 0, 1, 0),
    "direct": (0, 0, 1, 1, 1),
    "nothing": (0, 0, 0, 1, 1),
}
QUICKLY = {"xla_backend_optimization_level": 1}


class Synthetic(NamedTuple):
    """By method (6) and seed: accuracy on images kept apart, and the cosine of δ and ∂L/∂h."""

    accuracy: np.ndarray
    cosine: np.ndarray

    def words(self) -> str:
        """What the gradient of a prediction is worth, taught in two ways."""
        mid = dict(zip(METHODS, np.median(self.accuracy, 1), strict=True))
        cosine = dict(zip(METHODS, np.median(self.cosine, 1), strict=True))
        won = np.sum(self.accuracy[_at("Sobolev")] > self.accuracy[_at("values alone")])
        return (
            f"By backpropagation the network has **{mid['backpropagation']:.1%}** of the images "
            f"right, with a lower half that learns nothing {mid['nothing']:.1%}. On gradients of a "
            f"prediction that was taught values alone it has **{mid['values alone']:.1%}**, "
            f"and **{mid['Sobolev']:.1%}** where slopes were taught too, which is better in "
            f"{won} of {messages.counted(self.accuracy.shape[1], 'seed')}. The cosine with the "
            f"true gradient is {_plain(cosine['values alone'])} and {_plain(cosine['Sobolev'])}. "
            f"Slopes alone come to {mid['slopes alone']:.1%}, a gradient predicted directly to "
            f"{mid['direct']:.1%}."
        )

    def _repr_markdown_(self) -> str:
        lines = [self.words(), "", "| the lower half is given | accuracy: median [least, largest] "
                 "| cosine |", "| --- | --- | --- |"]  # fmt: skip
        for name, accuracy, cosine in zip(METHODS, self.accuracy, self.cosine, strict=True):
            low, mid, high = np.quantile(accuracy, [0, 0.5, 1])
            seen = "" if name == "nothing" else _plain(np.median(cosine))
            lines.append(f"| {name} | {mid:.1%} [{low:.1%}, {high:.1%}] | {seen} |")
        return "\n".join(lines)


def _plain(cosine):
    return f"{round(float(cosine), 2) + 0.0:.2f}"  # a rounded zero has no sign


def _at(name):
    return list(METHODS).index(name)


def synthetic(
    pixels: Any,
    labels: Any,
    *,
    weight: float = 10.0,
    steps: int = 600,
    seeds: int = 4,
    seed: int = 0,
) -> Synthetic:
    """Trains a network in two halves by each of `METHODS`, from the same weights and batches.

    Args:
        pixels: (examples, features); the last quarter is kept apart to test on.
        labels: (examples, classes), one-hot.
        weight: λ, at least 0.
        steps: of Adam at 3e-3 on batches of 64, for both halves and both predictions.
        seeds: of first weights and batches.
        seed: the first of them.

    Raises:
        ValueError: with one sentence, if there are too few examples, or λ is below 0.

    >>> synthetic(np.zeros((3, 2)), np.eye(3))
    Traceback (most recent call last):
    ValueError: pixels must be at least 128 examples, and as many labels, but (3, 3) was given.
    """
    pixels, labels = (np.asarray(each, np.float32) for each in (pixels, labels))
    if len(pixels) < 2 * BATCH or len(labels) != len(pixels):
        expected = f"at least {2 * BATCH} examples, and as many labels"
        raise ValueError(messages.refusal("pixels", expected, (len(pixels), len(labels))))
    weight, steps = messages.real("weight", weight, least=0), messages.whole("steps", steps)
    seeds, seed = messages.whole("seeds", seeds), messages.whole("seed", seed, 0)
    draws = np.random.default_rng(seed)
    drawn = [_first(draws, pixels.shape[1], labels.shape[1]) for _ in range(seeds)]
    first = jax.tree.map(lambda *each: np.stack(each), *drawn)
    seen = 3 * len(pixels) // 4
    batches = draws.integers(seen, size=(seeds, steps, BATCH))
    methods = np.array(list(METHODS.values()), np.float32)
    methods[:, 4] *= weight
    parts = [(pixels[part], labels[part]) for part in (slice(seen), slice(seen, None))]
    outcomes = _train(first, methods, batches, *parts)
    return Synthetic(*(np.asarray(each, float) for each in outcomes))


def _first(draws, features, classes):
    def layers(*sizes):
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        normal = lambda a, b: (draws.normal(size=(a, b)) / a**0.5).astype(np.float32)
        return [(normal(*pair), np.zeros(pair[1], np.float32)) for pair in pairs]

    inputs = BOTTLENECK + classes
    return {
        "lower": layers(features, HIDDEN, BOTTLENECK),
        "upper": layers(BOTTLENECK, classes),
        "value": layers(inputs, HIDDEN, HIDDEN, 1),
        "direct": layers(inputs, HIDDEN, HIDDEN, BOTTLENECK),
    }


def _forward(layers, x):
    for weight, bias in layers[:-1]:
        x = jnp.tanh(x @ weight + bias)
    return x @ layers[-1][0] + layers[-1][1]


def handed(lower: Any, pixels: jax.Array) -> jax.Array:
    """What the lower half hands up: h of (..., features)."""
    return jnp.tanh(_forward(lower, pixels))


def entropy(upper: Any, hidden: jax.Array, label: jax.Array) -> jax.Array:
    """The loss of one example: L(h, y)."""
    return -jnp.sum(label * jax.nn.log_softmax(_forward(upper, hidden)))


def predicted(value: Any, hidden: jax.Array, label: jax.Array) -> jax.Array:
    """What is predicted of it: v(h, y)."""
    return _forward(value, jnp.concatenate([hidden, label]))[0]


def gradients(params: Any, method: jax.Array, pixels: jax.Array, labels: jax.Array):
    """The gradient of each part by a method, and the cosine of δ and ∂L/∂h over a batch.

    Args:
        params: of `lower`, `upper`, `value` and `direct`.
        method: a row of `METHODS`, with λ in its last number.
        pixels, labels: (batch, features), (batch, classes).
    """
    by_true, by_guess, by_direct, by_value, by_slope = method
    hidden, back = jax.vjp(lambda lower: handed(lower, pixels), params["lower"])
    both = jax.vmap(jax.value_and_grad(entropy, 1), (None, 0, 0))
    losses, slopes = both(params["upper"], hidden, labels)

    def value_error(value):
        def one(h, y, target, slope):
            model = lambda h: predicted(value, h, y)
            example = model, h[None], target[None]
            return by_value * loss(*example) + penalty(*example, slope[None], weights=by_slope)

        return jnp.mean(jax.vmap(one)(hidden, labels, losses, slopes))

    inputs = jnp.concatenate([hidden, labels], 1)
    direct, teach = jax.vjp(lambda direct: _forward(direct, inputs), params["direct"])
    guess = jax.vmap(jax.grad(predicted, 1), (None, 0, 0))(params["value"], hidden, labels)
    delta = by_true * slopes + by_guess * guess + by_direct * direct
    mean = lambda upper: jnp.mean(jax.vmap(entropy, (None, 0, 0))(upper, hidden, labels))
    length = jnp.sqrt(jnp.sum(delta**2) * jnp.sum(slopes**2))
    gradient = {
        "lower": back(delta / len(pixels))[0],
        "upper": jax.grad(mean)(params["upper"]),
        "value": jax.grad(value_error)(params["value"]),
        "direct": teach(2 * (direct - slopes) / len(pixels))[0],
    }
    return gradient, jnp.sum(delta * slopes) / jnp.maximum(length, 1e-12)


@functools.partial(jax.jit, compiler_options=QUICKLY)
def _train(first, methods, batches, seen, tested):
    adam = optax.adam(RATE)

    def train(params, method, batches):
        def step(carry, batch):
            params, state = carry
            gradient, cosine = gradients(params, method, *(each[batch] for each in seen))
            moves, state = adam.update(gradient, state)
            moved: Any = optax.apply_updates(params, moves)
            return (moved, state), cosine

        (params, _), cosines = jax.lax.scan(step, (params, adam.init(params)), batches)
        answers = _forward(params["upper"], handed(params["lower"], tested[0]))
        right = jnp.argmax(answers, 1) == jnp.argmax(tested[1], 1)
        return jnp.mean(right), jnp.mean(cosines)

    return jax.vmap(jax.vmap(train, (0, None, 0)), (None, 0, None))(first, methods, batches)

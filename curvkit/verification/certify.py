"""Upper bounds of a specification on many boxes at once, and the attack from below.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| z | the views of a specification, bounded by CROWN | (views,) | `specifications` |
| α, μ | `free`: ReLU slopes, and how planes are mixed | per box | arXiv 2011.13824 |
| F(x*) | the attack's value, below the maximum | (boxes,) | arXiv 1902.09592, section 5 |

All is float64. Rounding is allowed for by `SLACK`, relative and absolute: many times what a
backward pass of these sizes rounds by, but no proof about rounding.
"""

from functools import lru_cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.verification import bounds
from curvkit.verification.networks import Affine, Box, outputs

SLACK = 1e-9


class Bounds(NamedTuple):
    """Upper bounds of F (boxes,), and the slopes (boxes, inputs) of the plane behind each."""

    upper: np.ndarray
    slopes: np.ndarray


def program(layers: tuple, spec, steps: int = 0, choice: str = "adaptive", method: str = "crown"):
    """The compiled bound: from lowers and uppers (boxes, inputs) to `Bounds`, to call in x64.

    With `steps` the slopes and the mixture of planes follow Adam downhill; the best of all steps
    counts, and every step is a bound.
    """
    if method == "interval":
        return jax.jit(jax.vmap(lambda low, high: _interval(layers, spec, Box(low, high))))
    one = partial(_one, layers, spec, steps, choice)
    return jax.jit(jax.vmap(lambda low, high: one(Box(low, high))))


def _interval(layers, spec, within):
    at = bounds.intervals(layers, within)[-1]
    plus, minus = (f(spec.from_outputs, 0) for f in (jnp.maximum, jnp.minimum))
    also, less = (f(spec.from_inputs, 0) for f in (jnp.maximum, jnp.minimum))
    high = plus @ at.upper + minus @ at.lower + also @ within.upper + less @ within.lower
    low = plus @ at.lower + minus @ at.upper + also @ within.lower + less @ within.upper
    slopes, offsets = spec.planes(low, high)
    upper = bounds.highest(slopes, offsets, Box(low, high)).min()
    return upper, jnp.ones_like(within.lower)


def _one(layers, spec, steps, choice, within):
    relaxed = bounds.relax(layers, within, choice)
    width = len(spec.from_outputs)
    viewed = (*layers, Affine(spec.from_outputs, jnp.zeros(width)))
    rows = jnp.concatenate([jnp.eye(width), -jnp.eye(width)])
    signs = jnp.concatenate([spec.from_inputs, -spec.from_inputs])
    slopes, offsets = bounds.backward(viewed, [*relaxed, None], rows)
    ends = bounds.highest(slopes + signs, offsets, within)
    low, high = -ends[width:], ends[:width]
    planes, at = spec.planes(low, jnp.maximum(low, high))

    def through(relaxed, planes, at):
        rows, offsets = bounds.backward(viewed, [*relaxed, None], planes)
        rows = rows + planes @ spec.from_inputs
        return bounds.highest(rows, offsets, within) + at, rows

    uppers, found = through(relaxed, planes, at)
    direct = bounds.highest(planes, at, Box(low, high))  # the box of views may be the tighter
    best = jnp.argmin(uppers)
    upper = jnp.minimum(uppers[best], direct.min())
    if not steps:
        return upper, found[best]
    start = [None if each is None else each[0][0] for each in relaxed]
    mixture = jnp.zeros(len(at)).at[best].set(4.0)

    def bound(free):
        alphas, mixture = free
        chosen = [_with(layer, pair, alpha) for layer, pair, alpha in
                  zip(layers, relaxed, alphas, strict=True)]  # fmt: skip
        share = jax.nn.softmax(mixture)
        uppers, rows = through(chosen, (share @ planes)[None], (share @ at)[None])
        return uppers[0], rows[0]

    return _descend(bound, (start, mixture), (upper, found[best]), steps)


def _with(layer, pair, alpha):
    """A layer's lines with other lower slopes where it is an unstable ReLU."""
    if layer != "relu":
        return pair
    (_, _), (above, at) = pair
    unstable = at > 0
    below = jnp.where(unstable, jnp.clip(alpha, 0, 1), above)
    return (below, 0 * below), (above, at)


def _descend(bound, free, best, steps):
    adam = optax.adam(0.1)

    def step(carry, _):
        free, state, (upper, rows) = carry
        (now, found), gradient = jax.value_and_grad(bound, has_aux=True)(free)
        better = now < upper
        best = jnp.where(better, now, upper), jnp.where(better, found, rows)
        move, state = adam.update(gradient, state)
        alphas, mixture = optax.apply_updates(free, move)
        alphas = jax.tree.map(lambda each: jnp.clip(each, 0, 1), alphas)
        return ((alphas, mixture), state, best), None

    return jax.lax.scan(step, (free, adam.init(free), best), None, steps)[0][2]


def program_values(layers, spec):
    """The compiled F, from points (n, inputs) to (n,)."""
    return jax.jit(jax.vmap(lambda x: spec(x, outputs(layers, x))))


def values(layers, spec, points) -> np.ndarray:
    """F at points (n, inputs), in NumPy's float64 and outside of any program: what counts."""
    return np.asarray([float(_plain(layers, spec, each)) for each in points])


def _plain(layers, spec, x):
    functions = {"relu": lambda v: np.maximum(v, 0), "tanh": np.tanh,
                 "sigmoid": lambda v: 0.5 * (1 + np.tanh(v / 2)),
                 "softplus": lambda v: np.logaddexp(v, 0)}  # fmt: skip
    y = x
    for layer in layers:
        y = functions[layer](y) if isinstance(layer, str) else layer.weight @ y + layer.bias
    return spec(x, y)


def climber(layers, spec, steps: int = 40):
    """The compiled attack: from starts (n, inputs) in a box to the best points each passed.

    Projected sign gradients with a step that shrinks from a quarter of the box's width.
    """

    def one(x, low, high):
        score = lambda x: spec(x, outputs(layers, x))

        def step(carry, share):
            x, best, top = carry
            now, gradient = jax.value_and_grad(score)(x)
            better = now > top
            best, top = jnp.where(better, x, best), jnp.where(better, now, top)
            move = 0.25 * share * (high - low) * jnp.sign(gradient)
            return (jnp.clip(x + move, low, high), best, top), None

        shares = jnp.concatenate([0.85 ** jnp.arange(steps), jnp.zeros(1)])
        return jax.lax.scan(step, (x, x, jnp.array(-jnp.inf)), shares)[0][1:]

    return jax.jit(jax.vmap(one, (0, None, None)))


@lru_cache(maxsize=64)
def cached(kind: str, layers, spec, *rest):
    """A compiled `program` or `climber`, kept for the same network and specification objects."""
    return {"bound": program, "climb": climber}[kind](layers, spec, *rest)

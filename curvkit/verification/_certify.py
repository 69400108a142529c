"""Upper bounds of a specification on many boxes at once, and the attack from below.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| z | the views of a specification, bounded by CROWN | (views,) | `specifications` |
| α, μ | `free`: ReLU slopes, and how planes are mixed | per box | arXiv 2011.13824 |
| F(x*) | the attack's value, below the maximum | (boxes,) | arXiv 1902.09592, section 5 |

Programs take network, specification and boxes as arguments: they are compiled once for a network's
shape and a kind of specification. What rounding may have taken away is added to every bound, see
`bounds`.
"""

from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.core import tree
from curvkit.verification import _bounds as bounds
from curvkit.verification._networks import COLD, AffineLayer, Box, outputs

# How the energy of a pendulum may be bounded: options of `bound`. Its first planes take squares
# apart, the others are McCormick's of a product.
RELAXATIONS = {"intervals": {"method": "interval"}, "squares": {"last": 3}, "products": {}}

# Bounds that differ by less than this share of one are one and the same.
ALIKE = 1e-9


class Bounds(NamedTuple):
    """Upper bounds of F (boxes,), the slopes (boxes, inputs) of the plane behind each, and what
    of the bound is for rounding (boxes,)."""

    upper: jax.Array
    slopes: jax.Array
    slack: jax.Array


def bound(layers, spec, lower, upper, *, steps: int = 0, choice: str = "adaptive",
          method: str = "crown", outward: bool = True, first: int = 0,
          last: int | None = None, inner: bool = False) -> Bounds:  # fmt: skip
    """Bounds of F on boxes (boxes, inputs), in pure JAX: a certificate where all is float64.

    Args:
        layers: a checked network.
        spec: a fitted specification.
        lower: of the boxes.
        upper: of the boxes.
        steps: so often Adam moves slopes and mixture of planes; the best counts, each is a bound.
        choice: of `bounds.SLOPES`, where `steps` begin.
        method: `crown` or `interval`.
        outward: whether what rounding may have taken away is added.
        first: the first of the specification's planes that is used, to see what planes are for.
        last: the plane before which to stop, None for all.
        inner: whether `steps` also move the slopes behind the bounds of inner layers (arXiv
            2011.13824): tighter, and each step is as dear as a bound.
    """

    def one(lower, upper):
        within = Box(lower, upper)
        if method == "interval":
            return _interval(layers, spec, within, outward)
        return _crown(layers, spec, within, steps, choice, slice(first, last), outward, inner)

    return jax.vmap(one)(lower, upper)


def program(*, warm: bool = False, **options):
    """`bound` with these options, compiled; `warm` spends more on compiling, for many boxes."""
    defaults = bound.__kwdefaults__ or {}
    return _program(warm, tuple(sorted(e for e in options.items() if defaults[e[0]] != e[1])))


@lru_cache
def _program(warm, options):
    chosen = partial(bound, **dict(options))
    return tree.ordinarily(jax.jit(chosen, compiler_options=None if warm else COLD))


def _slack(layers, spec, planes, sizes, within):
    """What rounding may have taken away: from views (views,), and from planes of them."""
    slopes, offsets = planes
    more = sum(spec.from_outputs.shape) + spec.from_inputs.shape[1] + 16
    least, ulps = bounds.floor(offsets.dtype), bounds.rounding(layers, more)
    views = jnp.abs(spec.from_outputs) @ sizes.each
    views = views + jnp.abs(spec.from_inputs) @ bounds.entered(within).each
    views = views + least * (1 + sizes.total)
    # Of coefficients that underflowed, times all that they may multiply.
    lost = least * (1 + sizes.total + jnp.sum(views))
    slack = ulps * (jnp.abs(slopes) @ views + jnp.abs(offsets) + lost)
    return ulps * views, slack + _missed(spec, sizes, within)


def _missed(spec, sizes, within):
    """The most that the specification's own numbers are off F on a box: |a|^T R |a|, a scalar."""
    if spec.residual is None:
        return 0.0
    inputs = bounds.entered(within).each
    a = jnp.concatenate([jnp.ones(1, inputs.dtype), inputs, sizes.each])
    return a @ ((spec.residual + bounds.floor(a.dtype)) @ a)


def _none(width):
    """No planes, of as many views."""
    return jnp.zeros((1, width)), jnp.zeros(1)


def _interval(layers, spec, within, outward):
    at = bounds.intervals(layers, within)[-1]
    plus, minus = (f(spec.from_outputs, 0) for f in (jnp.maximum, jnp.minimum))
    also, less = (f(spec.from_inputs, 0) for f in (jnp.maximum, jnp.minimum))
    high = plus @ at.upper + minus @ at.lower + also @ within.upper + less @ within.lower
    low = plus @ at.lower + minus @ at.upper + also @ within.lower + less @ within.upper
    each = bounds.entered(at)
    sizes = bounds.Sizes(each.each, each.total + bounds.entered(within).total)
    views, _ = _slack(layers, spec, _none(len(low)), sizes, within)
    low, high = low - views, high + views
    slopes, offsets, spread = spec.above(low, high)
    _, slack = _slack(layers, spec, (slopes, offsets), sizes, within)
    over = lambda rows, offset: bounds.highest(rows, offset, Box(low, high))
    uppers = jax.vmap(over)(slopes, offsets)
    rows = jnp.ones((*uppers.shape, len(within.lower)))
    return _unscaled(_worst(uppers, rows, slack, outward), spread)


def _unscaled(bound, spread):
    """Bounds of F of planes above F / exp(t), for a t that is from 0 to `spread` above F's own."""
    # Below zero F only gets lower by it; with t nowhere above zero nothing changes.
    above = bound.upper * jnp.exp(jnp.maximum(spread, 0))
    return bound._replace(upper=jnp.where(bound.upper > 0, above, bound.upper))


def _worst(uppers, rows, slack, outward):
    """Of each part the best plane, and of the parts the worst: from (parts, planes)."""
    total = uppers + outward * slack
    # A NaN passes through min and max and equals no entry, so that `_place` finds none.
    least = jnp.min(total, axis=1)
    worst = jnp.max(least)
    part = _place(least == worst)
    plane = _place(total[part] == least[part])
    # Slopes are of the first of planes that are equal but for rounding: which side of a box is
    # halved is then the same on every machine.
    near = _place(least >= worst - ALIKE * jnp.abs(worst))
    first = _place(total[near] <= least[near] + ALIKE * jnp.abs(least[near]))
    return Bounds(worst, rows[near, first], slack[part, plane])


def _place(mask):
    # Not argmax: it is lowered too late for float64 within a program of float32.
    return jnp.min(jnp.where(mask, jnp.arange(len(mask), dtype=jnp.int32), len(mask) - 1))


def _crown(layers, spec, within, steps, choice, chosen_planes, outward, inner):
    relaxed, sizes = bounds.relax(layers, within, choice, outward)
    upper_planes = planes_on(layers, spec, within, (relaxed, sizes, outward), chosen_planes)
    parts, (low, high), slack, spread = upper_planes
    slopes, offsets = parts
    flat = slopes.reshape(-1, slopes.shape[-1])
    uppers, rows = _through(layers, spec, within, relaxed, (flat, offsets.ravel()))
    # The box of views may be the tighter.
    direct = bounds.highest(flat, offsets.ravel(), Box(low, high))
    uppers = jnp.minimum(uppers, direct).reshape(offsets.shape)
    rows = rows.reshape(*offsets.shape, -1)
    crown = _worst(uppers, rows, slack, outward)
    if not steps:
        return _unscaled(crown, spread)
    start = [None if each is None else each[0][0] for each in relaxed]
    mixture = 4.0 * (uppers == uppers.min(1, keepdims=True))

    def objective(free):
        alphas, mixture, earlier = free
        now, planes, most, wide = relaxed, parts, slack, spread
        if inner:
            now, sizes = bounds.relax(layers, within, choice, outward, earlier)
            upper_planes = planes_on(layers, spec, within, (now, sizes, outward), chosen_planes)
            planes, _, most, wide = upper_planes
        chosen = [_with(*each) for each in zip(layers, now, alphas, strict=True)]
        share = jax.nn.softmax(mixture)
        mixed = jnp.einsum("rp,rpv->rv", share, planes[0]), jnp.sum(share * planes[1], 1)
        uppers, rows = _through(layers, spec, within, chosen, mixed)
        # A mixture of planes has no more slack than the one with most.
        total = uppers + outward * most.max(1)
        worst = _place(total == total.max())
        now = Bounds(jnp.max(total), rows[worst], most.max(1)[worst])
        return now.upper, _unscaled(now, wide)

    free = start, mixture, (start if inner else None)
    return _descend(objective, free, _unscaled(crown, spread), steps)


def _through(layers, spec, within, relaxed, planes):
    """The highest values of planes of z on the box, (planes,), and their slopes in x."""
    slopes, offsets = planes
    rows, further = bounds.backward(layers, relaxed, slopes @ spec.from_outputs)
    rows = rows + slopes @ spec.from_inputs
    return bounds.highest(rows, further, within) + offsets, rows


def planes_on(layers, spec, within, relaxation, chosen=slice(None)):
    """The planes of each part, the bounds of z that they hold on, their slack, and their spread.

    Args:
        layers: a checked network.
        spec: a fitted specification.
        within: the box.
        relaxation: what `bounds.relax` returns, and whether rounding is allowed for.
        chosen: which of the planes are used.
    """
    relaxed, sizes, outward = relaxation
    width = len(spec.from_outputs)
    viewed = [*layers, AffineLayer(spec.from_outputs, jnp.zeros(width))]
    rows = jnp.concatenate([jnp.eye(width), -jnp.eye(width)])
    signs = jnp.concatenate([spec.from_inputs, -spec.from_inputs])
    slopes, offsets = bounds.backward(viewed, [*relaxed, None], rows)
    ends = bounds.highest(slopes + signs, offsets, within)
    views, _ = _slack(layers, spec, _none(width), sizes, within)
    views = outward * views
    low, high = -ends[width:] - views, ends[:width] + views
    high = jnp.maximum(low, high)
    slopes, offsets, spread = spec.above(low, high)
    slopes, offsets = slopes[:, chosen], offsets[:, chosen]
    _, slack = _slack(layers, spec, (slopes, offsets), sizes, within)
    return (slopes, offsets), Box(low, high), slack, spread


def _with(layer, pair, alpha):
    """A layer's lines with other lower slopes where it is an unstable ReLU."""
    if layer != "relu":
        return pair
    (_, _), (above, at) = pair
    unstable = at > 0
    below = jnp.where(unstable, jnp.clip(alpha, 0, 1), above)
    return (below, 0 * below), (above, at)


def _descend(objective, free, best, steps):
    adam = optax.adam(0.1)

    def step(carry, _):
        free, state, best = carry
        (_, current), gradient = jax.value_and_grad(objective, has_aux=True)(free)
        better = current.upper < best.upper
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), current, best)
        move, state = adam.update(gradient, state)
        moved: Any = optax.apply_updates(free, move)
        alphas, mixture, earlier = moved
        alphas, earlier = jax.tree.map(lambda each: jnp.clip(each, 0, 1), (alphas, earlier))
        return ((alphas, mixture, earlier), state, best), None

    return jax.lax.scan(step, (free, adam.init(free), best), None, steps)[0][2]


def valued(layers, spec, points):
    """F at points (n, inputs): (n,)."""
    return jax.vmap(lambda x: spec(x, outputs(layers, x)))(points)


def climbed(layers, spec, starts, low, high, steps: int = 40):
    """The attack: from starts (n, inputs) in a box to the best points each passed, and their F.

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

        shares = 0.85 ** jnp.arange(steps, dtype=x.dtype)
        shares = jnp.concatenate([shares, jnp.zeros(1, x.dtype)])
        least = jnp.full((), -jnp.inf, jax.eval_shape(score, x).dtype)
        return jax.lax.scan(step, (x, x, least), shares)[0][1:]

    along = 0 if low.ndim == 2 else None
    return jax.vmap(one, (0, along, along))(starts, low, high)


values = tree.ordinarily(jax.jit(valued, compiler_options=COLD))
climb = tree.ordinarily(jax.jit(climbed, static_argnames="steps", compiler_options=COLD))

"""What is checked before a specification is believed: its units, and whether its planes hold.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| |x|, |y| | `reach`: sizes of inputs and outputs on a box | (inputs,), (outputs,) | own form |
| min_p (s_p z + o_p) >= F(z) | planes, tried at points of boxes | | `specifications` |

That planes are nowhere below F is the word of whoever wrote them. It is tried at random points,
corners among them, of the box and of boxes within it; and an attack that finds F above a bound
refutes it.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.messages import refusal
from curvkit.core.tree import float64, ordinarily
from curvkit.verification import _bounds as bounds
from curvkit.verification import _certify as certify
from curvkit.verification._networks import COLD, Box, outputs

# Of intervals, which may be far too wide, so much is believed of a size that no point showed.
SHARE = 1e-4
# Boxes, and points of each, on which planes are tried.
BOXES, POINTS = 24, 16
ADVICE = "correct the function `planes`"


def reach(layers, within: Box) -> tuple[np.ndarray, np.ndarray]:
    """Sizes that inputs and outputs have on a box, nearly: (inputs,), (outputs,).

    >>> from curvkit.verification._networks import box, network
    >>> reach(network([([[2.0]], [0.0])]), box([-1.0], [3.0]))
    (array([3.]), array([6.]))
    """
    points = _corners(np.random.default_rng(0), *within, 8)
    with float64():
        seen, most = (np.asarray(each) for each in _reached(layers, points, within))
    size = np.maximum(seen, SHARE * most)
    return bounds_of(within), np.where(np.isfinite(size), size, 1.0)


def bounds_of(within: Box) -> np.ndarray:
    """The largest sizes of numbers in a box, by NumPy, which flushes nothing to zero."""
    return np.maximum(np.abs(within.lower), np.abs(within.upper))


@ordinarily
@partial(jax.jit, compiler_options=COLD)
def _reached(layers, points, within):
    seen = jnp.max(jnp.abs(jax.vmap(lambda x: outputs(layers, x))(points)), axis=0)
    return seen, bounds.sizes_of(bounds.intervals(layers, within)[-1])


def _corners(random, lower, upper, count):
    """Some points of a box: both ends, the middle, corners, and others (count, inputs)."""
    shares = random.uniform(size=(count, len(lower)))
    shares[: count // 2] = np.round(shares[: count // 2])
    shares[:3] = np.array([0.0, 0.5, 1.0])[:, None]
    return np.clip(lower + shares * (upper - lower), lower, upper)


def planes_hold(layers, spec, within: Box, seed: int = 0) -> None:
    """Tries a specification's planes on random boxes within a box.

    Args:
        layers: a checked network.
        spec: a fitted specification.
        within: the box.
        seed: of the boxes and points.

    Raises:
        ValueError: with one sentence, if a plane lies below F, or the functions do not fit.
    """
    random = np.random.default_rng(seed)
    _shapes_fit(spec)
    lower, upper = np.repeat(within.lower[None], BOXES, 0), np.repeat(within.upper[None], BOXES, 0)
    centre = random.uniform(*within, lower.shape)
    size = (within.upper - within.lower) * 10 ** random.uniform(-6, 0, (BOXES, 1))
    lower[1:] = np.maximum(lower, centre - size / 2)[1:]
    upper[1:] = np.minimum(upper, centre + size / 2)[1:]
    points = [_corners(random, *ends, POINTS) for ends in zip(lower, upper, strict=True)]
    points = np.stack(points)
    with float64():
        values, highest = (np.asarray(e) for e in _tried(layers, spec, points, lower, upper))
    at = np.argwhere(values > highest)
    if len(at):
        box, point = at[0]
        ends = Box(lower[box], upper[box])
        value, bound = float(values[box, point]), float(highest[box, point])
        raise ValueError(below(points[box, point], value, bound, ends))


def below(x, value: float, bound: float, within: Box) -> str:
    """One sentence: a plane, or a bound, of a box lies below F at a point of it.

    >>> below(np.ones(1), 2.0, 1.0, Box(np.zeros(1), np.ones(1)))[:60]
    'planes must be nowhere below F on a box, but at the input [1'
    """
    ends = f"from {_told(within.lower)} to {_told(within.upper)}"
    return (
        f"planes must be nowhere below F on a box, but at the input {_told(x)} F is {value:.6g} "
        f"and the bound of the box {ends} is {bound:.6g}; {ADVICE}."
    )


def _told(x):
    shown = ", ".join(f"{each:.6g}" for each in x[:4])
    return f"[{shown}{', …' if len(x) > 4 else ''}]"


@ordinarily
@partial(jax.jit, compiler_options=COLD)
def _tried(layers, spec, points, lower, upper):
    """F at points (boxes, points), and the height of the planes there, both (boxes, points)."""

    def one(points, lower, upper):
        within = Box(lower, upper)
        relaxed = (*bounds.relax(layers, within), True)
        (slopes, offsets), _, slack, spread = certify.planes_on(layers, spec, within, relaxed)

        def height(x):
            z = spec.from_inputs @ x + spec.from_outputs @ outputs(layers, x)
            high = jnp.max(jnp.min(slopes @ z + offsets + slack, axis=1))
            return jnp.where(high > 0, high * jnp.exp(spread), high)

        return certify.valued(layers, spec, points), jax.vmap(height)(points)

    return jax.vmap(one)(points, lower, upper)


def _shapes_fit(spec):
    """Refuses functions of which value and planes do not have the shapes that they must have."""
    views = len(spec.from_outputs)
    z = jax.ShapeDtypeStruct((views,), np.float64)
    with float64():
        value = _shape("value", lambda: jax.eval_shape(spec.value, z, *spec.data))
        planes = _shape("planes", lambda: jax.eval_shape(spec.planes, z, z, *spec.data))
    if getattr(value, "shape", None) != ():
        actual = getattr(value, "shape", value)
        raise ValueError(refusal("value", "a function that returns one number", actual))
    expected = "a function that returns slopes (planes, views) and offsets (planes,)"
    many = isinstance(planes, tuple | list) and len(planes) in (2, 3)
    shapes = [getattr(each, "shape", ()) for each in planes] if many else [()]
    fits = many and len(shapes[0]) in (2, 3) and shapes[0] == (*shapes[1], views)
    if not fits or 0 in shapes[0]:
        actual = shapes[:2] if many else type(planes).__name__
        raise ValueError(refusal("planes", expected, actual))


def _shape(name, evaluate):
    try:
        return evaluate()
    except (TypeError, ValueError, IndexError) as error:
        why = str(error).splitlines()[0].rstrip(".")
        expected = "a function of views and data, in jax.numpy,"
        raise ValueError(f"{name} must be {expected} but it raised: {why}.") from error

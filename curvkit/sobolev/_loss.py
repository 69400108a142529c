"""The Sobolev loss: squared errors of values and of derivatives, exact or along random directions.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| m | `model`, of one input | `*in` to `*out` | arXiv 1706.04859 |
| x, f(x) | `x`, `y` | (n, `*in`), (n, `*out`) | arXiv 1706.04859 |
| D^j f | `derivatives[j - 1]`, `*in` repeated j times | (n, `*out`, `*in` ...) | arXiv 1706.04859 |
| λ_j | `weights[j - 1]` | numbers, at least 0 | |
| c, d | numbers of outputs and of inputs | | |
| v₁ | `Projections.outputs`, uniform on the sphere | (k, n, `*out`) | arXiv 1706.04859 |
| v₂ | `Projections.inputs`, uniform on the sphere | (k, n, `*in`) | arXiv 1706.04859 |

The exact loss is a mean over the n points of

    (1/c) ( |m − f|² + Σ_j λ_j |D^j m − D^j f|² ),

with the sum of squares of all entries. As E v vᵀ is the identity over the number of entries, its
unbiased form along directions is |∇⟨m, v₁⟩ − ∇⟨f, v₁⟩|² for j = 1, and d |∇⟨∇⟨m, v₁⟩, v₂⟩ − …|²
for j = 2: each takes one product with a derivative, whatever c and d are.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages, programs, tree
from curvkit.sobolev import _points as points

ORDERS = ("first", "second")


class Projections(NamedTuple):
    """Directions to look along: `outputs` (k, n, `*out`) and `inputs` (k, n, `*in`), unit vectors.

    Their rows need not be random: with the basis vectors of the outputs, k = c, the first-order
    loss is the exact one.
    """

    outputs: jax.Array
    inputs: jax.Array


class Contracted(NamedTuple):
    """A derivative of the target along the directions in use: `values` of shape (k, n, `*in`)."""

    values: jax.Array


def draw(key: jax.Array, x: jax.Array, y: jax.Array, count: int = 1) -> Projections:
    """`count` directions for each point, uniform on the spheres of outputs and of inputs.

    Args:
        key: a JAX random key; a fresh one at each training step.
        x: inputs (n, `*in`); only their shape is looked at.
        y: outputs (n, `*out`), likewise.
        count: how many directions, at least 1.

    Raises:
        ValueError: if `count` is no whole number of at least 1.

    >>> directions = draw(jax.random.key(0), jnp.zeros((5, 2)), jnp.zeros((5, 3)))
    >>> directions.outputs.shape, directions.inputs.shape
    ((1, 5, 3), (1, 5, 2))
    """
    count = messages.whole("count", count)

    def sphere(key, like):
        normal = jax.random.normal(key, (count, *jnp.shape(like)))
        axes = tuple(range(2, normal.ndim))
        # Of one number the sphere is two points: here the length is the number's size.
        return normal / jnp.sqrt(jnp.sum(normal**2, axes, keepdims=True))

    first, second = jax.random.split(key)
    return Projections(sphere(first, y), sphere(second, x))


def loss(
    model: Callable[[jax.Array], jax.Array],
    x: jax.Array,
    y: jax.Array,
    *derivatives: jax.Array | Contracted,
    weights: float | jax.Array | Sequence[float | jax.Array] = 1.0,
    projections: Projections | None = None,
) -> jax.Array:
    """The Sobolev loss of a model at points where values and derivatives are known, a scalar ≥ 0.

    Args:
        model: takes one input of shape `*in` and returns an output of shape `*out`; close it over
            the parameters, as by `lambda x: module.apply(params, x)`.
        x: inputs, (n, `*in`).
        y: target values, (n, `*out`).
        derivatives: first and, if wanted, second derivatives of the target, in the unit of `y`
            over that of `x`: (n, `*out`, `*in`) and (n, `*out`, `*in`, `*in`). A second derivative
            of a piecewise linear model, such as one of ReLU units, is zero and teaches nothing.
        weights: one number, or one for each derivative. At 0 the derivative is not computed, and
            training is plain regression bit for bit; of a traced 0 XLA cannot know, so that
            there it is so up to rounding.
        projections: directions as `draw` makes them; None for the exact loss.

    Raises:
        ValueError: with one sentence, if shapes or weights do not fit; outside of `jax.jit` also
            if a derivative is not finite at some point.

    >>> x = jnp.array([[1.0], [2.0]])
    >>> float(loss(lambda x: 3 * x, x, x**2, 2 * x[:, None], weights=0.5))
    4.5
    """
    return _total(model, x, y, derivatives, weights, projections, squares=True)


def penalty(
    model: Callable[[jax.Array], jax.Array],
    x: jax.Array,
    y: jax.Array,
    *derivatives: jax.Array | Contracted,
    weights: float | jax.Array | Sequence[float | jax.Array] = 1.0,
    projections: Projections | None = None,
) -> jax.Array:
    """What derivatives add to `loss`, to be added to another loss of values, such as a divergence.

    Args, errors and the source are those of `loss`; of `y` only the shape matters.

    >>> x = jnp.array([[1.0], [2.0]])
    >>> float(penalty(lambda x: 3 * x, x, x**2, 2 * x[:, None], weights=0.5))
    0.5
    """
    return _total(model, x, y, derivatives, weights, projections, squares=False)


def _total(model, x, y, derivatives, weights, projections, squares):
    x, y, model = _real(x), jnp.asarray(y), programs.own(model, "model")
    weights = _weights(weights, len(derivatives))
    _require_shapes(model, x, y, derivatives, projections)
    size = max(y[0].size, 1)
    values = jax.vmap(model)(x)
    # A sum of squares is soon out of range in half precision.
    missed = tree.wide(values) - tree.wide(y)
    total = jnp.sum(missed**2) / (len(y) * size) if squares else jnp.zeros((), missed.dtype)
    for order, (target, weight) in enumerate(zip(derivatives, weights, strict=True), 1):
        if tree.traced(weight) or weight > 0:
            total += weight * _term(model, x, y, values, order, target, projections)
    return total


def _real(x):
    """Inputs as real numbers: of whole ones there is no derivative."""
    x = jnp.asarray(x)
    return x if jnp.issubdtype(x.dtype, jnp.inexact) else x.astype(float)


def _term(model, x, y, values, order, target, projections):
    """The mean squared error of the derivatives of one order."""
    derivative = _derivative(model, x, order, projections)
    wanted = _contracted(target, order, y.ndim - 1, projections)
    if not tree.traced(values, derivative, wanted):
        _require_finite(order, wanted, derivative, values, projections)
    missed = tree.wide(derivative) - tree.wide(wanted)
    return jnp.sum(missed**2) * _share(order, x, y, projections)


def taught(
    teacher: Callable[[jax.Array], jax.Array],
    x: jax.Array,
    order: int = 1,
    projections: Projections | None = None,
) -> tuple[Any, ...]:
    """Values and derivatives of a teacher, in the order in which `loss` takes them.

    Args:
        teacher: takes one input of shape `*in` and returns an output of shape `*out`.
        x: inputs, (n, `*in`).
        order: how many derivatives, 0, 1 or 2.
        projections: if given, derivatives come contracted with these directions, which costs one
            product each; the loss is to be given the same.

    Returns:
        `(y, first, ...)`, through which no gradient flows back into the teacher.

    Raises:
        ValueError: if `order` is none of these; outside of `jax.jit` also if the teacher has no
            derivative at some point.

    >>> y, slopes = taught(lambda x: jnp.sum(x**2), jnp.ones((1, 2)))
    >>> y, slopes
    (Array([2.], dtype=float32), Array([[2., 2.]], dtype=float32))
    """
    order = messages.whole("order", order, 0, "0, 1 or 2", 2)
    x, teacher = _real(x), programs.own(teacher, "teacher")
    targets: list[Any] = [jax.vmap(teacher)(x)]
    for each in range(1, order + 1):
        derivative = _derivative(teacher, x, each, projections)
        targets.append(derivative if projections is None else Contracted(derivative))
    if order and not tree.traced(targets):
        points.require_smooth("teacher", teacher, x)
    return jax.lax.stop_gradient(tuple(targets))


def _derivative(function, x, order, projections):
    """D^order of `function` at every point, or its products with the directions."""
    if projections is None:
        return jax.vmap(points.jacobian(function) if order == 1 else points.hessian(function))(x)

    def along(outputs, inputs, x):
        pulled = lambda x: jax.vjp(function, x)[1](outputs)[0]
        return pulled(x) if order == 1 else jax.jvp(pulled, (x,), (inputs,))[1]

    each = jax.vmap(jax.vmap(along), (0, 0, None))
    return each(projections.outputs, projections.inputs, x)


def _contracted(target, order, rank, projections):
    """What the products with the directions are to be; `rank` is that of an output."""
    if isinstance(target, Contracted):
        return jnp.asarray(target.values)
    if projections is None:
        return jnp.asarray(target)

    def along(outputs, inputs, target):
        contracted = jnp.tensordot(outputs, target, rank)
        return contracted if order == 1 else jnp.tensordot(contracted, inputs, inputs.ndim)

    each = jax.vmap(jax.vmap(along), (0, 0, None))
    return each(projections.outputs, projections.inputs, jnp.asarray(target))


def _share(order, x, y, projections):
    """What a sum of squares is multiplied by: means over points and outputs, unbiased."""
    if projections is None:
        return 1 / max(y.size, 1)
    count = len(projections.outputs) * len(y)
    return (1 if order == 1 else max(x[0].size, 1)) / count


def _weights(weights, count):
    expected = f"a number of at least 0, or {count} of them, one for each derivative"
    listed = isinstance(weights, Sequence) and not isinstance(weights, str | bytes)
    many = listed or getattr(weights, "ndim", 0)
    weights = tuple(weights) if many else (weights,) * count
    if count > 2:
        raise ValueError(messages.refusal("derivatives", "at most the first two", count))
    if len(weights) != count:
        raise ValueError(messages.refusal("weights", expected, list(weights)))
    return tuple(
        messages.real("weights", each, expected, least=0, most=math.inf) for each in weights
    )


def _require_shapes(model, x, y, derivatives, projections):
    if not x.ndim or not len(x):
        raise ValueError(messages.refusal("x", "at least one input, (n, ...)", x.shape))
    outputs = jax.eval_shape(jax.vmap(model), x)
    if y.shape != getattr(outputs, "shape", None):
        expected = f"shaped as the model's outputs, {getattr(outputs, 'shape', outputs)}"
        raise ValueError(messages.refusal("y", expected, y.shape))
    right = [y.shape + x.shape[1:] * order for order in (1, 2)]
    if projections is not None:
        for name, like in (("outputs", y), ("inputs", x)):
            shape = jnp.shape(getattr(projections, name))
            if shape[1:] != like.shape:
                expected = f"of shape (k, {', '.join(map(str, like.shape))})"
                raise ValueError(messages.refusal(f"projections.{name}", expected, shape))
    for at, each in enumerate(derivatives):
        _require_derivative(at, each, x, right, projections)


def _require_derivative(at, given, x, right, projections):
    name, expected = f"derivatives[{at}]", right[at]
    if isinstance(given, Contracted):
        if projections is None:
            advice = "give loss the projections that taught was given"
            raise ValueError(
                messages.refusal(name, f"of shape {expected}", "a contraction", advice)
            )
        expected, given = (len(projections.outputs), *x.shape), given.values
    if jnp.shape(given) != expected:
        other = right[1 - at]
        swapped = f"that is the shape of a {ORDERS[1 - at]} derivative"
        advice = swapped if jnp.shape(given) == other else ""
        wanted = f"the target's {ORDERS[at]} derivative, of shape {expected}"
        raise ValueError(messages.refusal(name, wanted, jnp.shape(given), advice))


def _require_finite(order, wanted, derivative, values, projections):
    """Where a derivative is not finite: that of the target, or of a model whose value is."""
    axis = 0 if projections is None else 1
    good = lambda array, axis: jnp.all(
        jnp.isfinite(array), tuple(a for a in range(array.ndim) if a != axis)
    )
    points.require_all(f"derivatives[{order - 1}]", good(wanted, axis), "finite")
    # A model that has diverged is data, and its loss is not finite.
    fine = good(derivative, axis) | ~good(values, 0)
    points.require_all(f"the model's {ORDERS[order - 1]} derivative", fine, "finite")

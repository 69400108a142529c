"""Specifications F(x, y) <= 0 that can be relaxed: one object has the value and the planes.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| z = A x + B y | `from_inputs`, `from_outputs`: what F depends on | (views, ·) | own form |
| F | `value`, of z | scalar | arXiv 1902.09592, section 3 |
| C(F, X, Y) | `planes`: affine functions above F on a box of z | (planes, views) | there |
| R | `residual`: how far F's numbers are off, |a|^T R |a| for a = [1; x; y] | square | own form |

The planes are what the convex relaxations of arXiv 1902.09592 use for an upper bound: McCormick's
for a product, the chord and the tangents of an exponential. Any mixture of planes is one too.

A specification is a pytree: its numbers are arguments of a compiled program, its two functions are
part of it. So another label or another limit compiles nothing.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core.messages import refusal
from curvkit.verification._networks import numbers

# What the planes of a specification may be off by, as a share of their terms' sizes: their own
# rounding, whatever exponentials and squares are made of.
ULPS = 64 * np.finfo(float).eps


class Specification:
    """A property F(z) <= 0 with z = from_inputs x + from_outputs y, from its functions.

    Args:
        views: the pair (from_inputs (views, inputs), from_outputs (views, outputs)); None in the
            first place where F does not read the inputs.
        value: F of z (views,) and of `data`, in `jax.numpy`; the attack climbs it.
        planes: from bounds of z, (views,) each, and `data` to slopes (planes, views) and offsets
            (planes,) of affine functions that are nowhere below F on that box, their own rounding
            included. Where F is the largest of several parts: (parts, planes, views) and (parts,
            planes), the planes of each part.
        data: numbers that both functions take as further arguments. A function that is defined
            once is compiled once; so change numbers here, not in a closure.

    Raises:
        ValueError: with one sentence, if views are no matrices or the functions no functions.
    """

    residual = None
    _given: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *given, **named):
        spec = object.__new__(cls)
        spec._given = given, named
        return spec

    def __reduce__(self):
        # From its arguments: the functions of value and planes are made within others.
        arguments, named = self._given
        return functools.partial(type(self), **named), arguments

    def __init__(
        self,
        views: tuple[Any, ...],
        value: Callable[..., Any],
        planes: Callable[..., Any],
        data: Sequence[Any] = (),
    ):
        expected = "a pair of matrices (views, inputs) and (views, outputs)"
        if not (isinstance(views, tuple | list) and len(views) == 2):
            raise ValueError(refusal("views", expected, views))
        from_inputs, from_outputs = (None if e is None else numbers("views", e) for e in views)
        if from_outputs is None or any(e is not None and e.ndim != 2
                                       for e in (from_inputs, from_outputs)):  # fmt: skip
            raise ValueError(refusal("views", expected, views))
        for name, each in (("value", value), ("planes", planes)):
            if not callable(each):
                raise ValueError(refusal(name, "a function of views and data", each))
        self.from_inputs, self.from_outputs = from_inputs, from_outputs
        self.value, self.planes = value, planes
        self.data = tuple(np.asarray(each, np.float64) for each in data)

    def fit(
        self, inputs: int, outputs: int, scale: Callable[..., Any] | None = None
    ) -> "Specification":
        """The same for a network of these sizes; refuses another number, in one sentence.

        Args:
            inputs: how many the network has.
            outputs: how many the network has.
            scale: makes sizes of inputs and outputs on a box, (inputs,) and (outputs,), for a
                specification whose relaxation depends on them.
        """
        known = self.from_outputs.shape[1]
        if known != outputs:
            raise ValueError(refusal("spec", f"of the network's {outputs} outputs", known))
        from_inputs = self.from_inputs
        if from_inputs is None:
            from_inputs = np.zeros((len(self.from_outputs), inputs))
        if from_inputs.shape != (len(self.from_outputs), inputs):
            expected = f"of the network's {inputs} inputs"
            raise ValueError(refusal("spec", expected, from_inputs.shape))
        parts = from_inputs, self.from_outputs, self.data, self.residual
        return _made((self.value, self.planes), parts)

    def __call__(self, x: Any, y: Any) -> jax.Array:
        """F at an input and an output; of a specification that `fit` returned."""
        return self.value(self.from_inputs @ x + self.from_outputs @ y, *self.data)

    def above(self, lower: Any, upper: Any) -> tuple[Any, Any, Any]:
        """The planes on a box of z: slopes (parts, planes, views), offsets (parts, planes).

        The third is 0, or where the planes are above F e^-t for some t, how far t may be above
        what F itself was divided by, as a logarithm, anywhere in the box.
        """
        slopes, offsets, *spread = self.planes(lower, upper, *self.data)
        slopes = slopes.reshape(-1, *slopes.shape[-2:])
        return slopes, offsets.reshape(-1, offsets.shape[-1]), (spread or [0.0])[0]


class Fitted(Specification):
    """A specification that was fitted to a network, or is being traced."""

    def __reduce__(self):
        functions = self.value, self.planes
        return _made, (functions, (self.from_inputs, self.from_outputs, self.data, self.residual))


def _made(functions, parts):
    spec = object.__new__(Fitted)
    spec.value, spec.planes = functions
    spec.from_inputs, spec.from_outputs, spec.data, spec.residual = parts
    return spec


jax.tree_util.register_pytree_node(
    Fitted,
    lambda spec: (
        (spec.from_inputs, spec.from_outputs, spec.data, spec.residual),
        (spec.value, spec.planes),
    ),
    _made,
)


class LinearSpec(Specification):
    """The property C y + d <= 0, in every row: C (rows, outputs) or (outputs,), d (rows,) or one.

    F is the largest of the rows. Adversarial robustness is of this kind: C has a row for each wrong
    class, one there and minus one at the right class.
    """

    def __init__(self, c: Sequence[Any], d: Any = 0.0):
        rows, limits = np.atleast_2d(numbers("c", c)), numbers("d", d)
        if rows.ndim != 2 or not rows.size:
            raise ValueError(refusal("c", "of shape (rows, outputs) or (outputs,)", rows.shape))
        if limits.shape not in ((), (len(rows),)):
            raise ValueError(refusal("d", f"one number or {len(rows)} of them", limits.shape))
        data = [np.broadcast_to(limits, len(rows))]
        super().__init__((None, rows), largest, row_planes, data)


def largest(z, d):
    """The value of a `LinearSpec`."""
    return jnp.max(z + d)


def row_planes(lower, upper, d):
    """The planes of a `LinearSpec`: each row is its own."""
    return jnp.eye(len(d))[:, None], d[:, None]

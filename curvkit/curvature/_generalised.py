"""Rules that go a way of one length: sign descent, Lion, Muon, and the sharpness in their norm.

What is computed exactly: the signal c, its dual norm, and the curvature along the step itself. What
is a lower bound: the generalised sharpness, since climbing may end on a lower top.

| symbol | name | source |
| --- | --- | --- |
| c | `signal`, what the sign or the polar factor is taken of | arXiv 2603.05002 |
| d | the sharpest step of norm 1 that was found | |
| S = dᵀ H d | its curvature, a lower bound of the generalised sharpness | arXiv 2603.05002 |
| λ = S / ‖c‖* | what is compared with the edge | |
| e | the step of norm 1 along c: `norms.longest` | |
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from curvkit.core import messages
from curvkit.curvature import _norms as norms
from curvkit.curvature._eigenpairs import hvp

NORMS = {"sign_descent": "sign", "lion": "sign", "muon": "spectral"}
# Of Muon's own rounds to the polar factor; with optax's own coefficients they do not end there.
ROUNDS = 15


class Matrices(NamedTuple):
    """Flat parameters as the matrices that Muon turns: vectors are rows, stacks are taken apart.

    Attributes:
        shapes: of the arrays that the parameters are made of, in their order.
    """

    shapes: Sequence[tuple[int, ...]]

    def split(self, flat: jax.Array) -> list[jax.Array]:
        """The matrices in a vector.

        >>> [each.shape for each in Matrices([(2, 2, 3), (4,)]).split(jnp.arange(16.0))]
        [(2, 3), (2, 3), (1, 4)]
        """
        parts, at = [], 0
        for shape in self.shapes:
            rows, columns = (1, *shape)[-2:] if shape else (1, 1)
            for _ in range(math.prod(shape[:-2])):
                parts.append(flat[at : at + rows * columns].reshape(rows, columns))
                at += rows * columns
        return parts

    def join(self, parts: list[jax.Array]) -> jax.Array:
        """The vector that `split` makes such matrices of."""
        return jnp.concatenate([each.ravel() for each in parts])

    def radii(self, norm: str) -> list[float]:
        """How far one step goes in each matrix; some versions of optax scale by its shape."""
        shapes = [each.shape for each in jax.eval_shape(self.split, self._blank())]
        return [_radius(shape) if norm == "spectral" else 1.0 for shape in shapes]

    def _blank(self):
        return jax.ShapeDtypeStruct((sum(math.prod(each) for each in self.shapes),), jnp.float32)


def _radius(shape: tuple[int, int]) -> float:
    single = np.zeros(shape, np.float32)
    single[0, 0] = 1.0
    # A matrix of one entry is its own polar factor.
    with jax.ensure_compile_time_eval():
        method = _muon(0.0)
        turned: Any = method.update([single], method.init([single]), [single])[0]
        return float(turned[0][0, 0])


def _muon(momentum: Any) -> optax.GradientTransformation:
    muon = getattr(optax.contrib, "scale_by_muon", None)
    if muon is None:
        raise ValueError("This version of optax has no Muon; install optax 0.2.5 or newer.")
    numbers = getattr(optax.contrib, "MuonDimensionNumbers", None)
    # Newer versions have to be told that each array of a list is a matrix.
    each: Any = lambda updates: [numbers() for _ in updates] if numbers else None
    named = {"weight_dimension_numbers": each} if numbers else {}
    return muon(norms.POLAR, ROUNDS, momentum, **named)


def direction(
    rule: str, momentum: Any, second_moment_decay: Any, parts: Matrices
) -> optax.GradientTransformation:
    """The sign or the polar factor, of flat parameters, by optax's own transformation.

    Args:
        rule: a name of `NORMS`.
        momentum: β1 of Lion, β of Muon (with Nesterov's look ahead).
        second_moment_decay: β2 of Lion, by which its momentum forgets.
        parts: the matrices in the parameters, of which Muon turns each.

    Raises:
        ValueError: for a rule that is none of these.
    """
    if rule == "sign_descent":
        return optax.scale_by_sign()
    if rule == "lion":
        return optax.scale_by_lion(momentum, second_moment_decay)
    if rule != "muon":
        raise ValueError(messages.unknown("rule", rule, NORMS))
    inner = _muon(momentum)

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        cut = parts.split(updates)
        # Newer versions look at the parameters, for their shapes alone.
        turned: Any
        turned, state = inner.update(cut, state, cut)
        return parts.join(turned), state

    return optax.GradientTransformation(lambda params: inner.init(parts.split(params)), update)


def signal(
    rule: str, before: Any, after: Any, gradient: jax.Array, momentum: Any, decay: Any, parts: Any
) -> list[jax.Array]:
    """The c of a step, as arrays: one for the sign, the matrices for Muon.

    Args:
        rule, momentum, parts: as for `direction`; `decay` as its `second_moment_decay`.
        before, after: the state of the rule before and after its update with `gradient`.
        gradient: shape (P,).
    """
    if rule == "lion":
        return [momentum * before.mu + (1 - momentum) * gradient]
    if rule != "muon":
        return [gradient]
    pairs = zip(after.mu, parts.split(gradient), strict=True)
    # Both shares with optax's corrections of the bias, which are not the same.
    old, new = (1 - momentum ** (after.count + late) for late in (1, 0))
    return [momentum * moment / old + (1 - momentum) * one / new for moment, one in pairs]


def steepest(rule: str, parts: Matrices, gradient: jax.Array) -> jax.Array:
    """The step of norm 1 that goes furthest along a gradient (P,), times its dual norm.

    >>> steepest("sign_descent", Matrices([(2,)]), jnp.array([3.0, -2.0])).tolist()
    [5.0, -5.0]
    """
    norm = NORMS[rule]
    cut, join, radii = _cutting(norm, parts)
    longest = join(norms.longest(norm, cut(gradient), radii))
    return longest * (gradient @ longest)


def _cutting(norm: str, parts: Matrices):
    """How flat parameters are cut for a norm and joined again, and the radii of the pieces."""
    if norm == "spectral":
        return parts.split, parts.join, parts.radii(norm)
    return lambda flat: [flat], lambda each: each[0], [1.0]


class Sharpest(NamedTuple):
    """A reading in a norm.

    Attributes:
        sharpness: λ = S / ‖c‖*.
        step: d, shape (P,).
        alignment: (gᵀd / ‖g‖*)².
        along: curvature along the step itself, eᵀ H e / ‖c‖*.
        top_gradient: gᵀd / ‖c‖*, so that over λ it is a distance in steps of norm 1.
        products: Hessian-vector products made.
    """

    sharpness: jax.Array
    step: jax.Array
    alignment: jax.Array
    along: jax.Array
    top_gradient: jax.Array
    products: jax.Array


def sharpest(
    loss: Any,
    params: jax.Array,
    rule: str,
    gradient: jax.Array,
    followed: list[jax.Array],
    starts: list[jax.Array],
    parts: Matrices,
    num_hvps: int,
) -> Sharpest:
    """The generalised sharpness at `params` over the dual norm of what the rule follows.

    Args:
        loss: of flat parameters.
        params, gradient: shape (P,).
        rule: a name of `NORMS`.
        followed: c, of `signal`.
        starts: vectors (P,) to climb from, beside c.
        parts: as for `direction`.
        num_hvps: the most products of the climb, at least one for each start.
    """
    norm = NORMS[rule]
    cut, join, radii = _cutting(norm, parts)
    product = lambda step: cut(hvp(loss, params, join(step)))
    signals = [followed, *map(cut, starts)]
    value, step, products = norms.sharpest(product, norm, radii, signals, num_hvps)
    size = jnp.maximum(norms.dual(norm, followed, radii), 1e-37)
    flat, own = join(step), norms.longest(norm, followed, radii)
    along = join(own) @ join(product(own)) / size
    share = gradient @ flat / jnp.maximum(norms.dual(norm, cut(gradient), radii), 1e-37)
    return Sharpest(value / size, flat, share**2, along, gradient @ flat / size, products + 1)

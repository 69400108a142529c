"""The generalised sharpness: how much a loss bends along steps that are short in a rule's own norm.

Sign descent, Lion and Muon go a way of one length, whatever that of the gradient: the longest step
of norm 1 along it, all signs, or of a matrix its polar factor. Their sharpness is

    S = max over ‖d‖ ≤ 1 of dᵀ H d.

A step of length η raises a quadratic as soon as η S exceeds 2 ‖c‖*, with c what the sign or the
polar factor is taken of. So λ is S / ‖c‖*, to be compared with the edge of the momentum that makes
c. To find S is as hard as cutting a graph; climbing gives a lower bound.

| symbol | name | source |
| --- | --- | --- |
| ‖d‖ | over arrays the largest max abs(d) / r, or spectral norm of d / r | arXiv 2603.05002 |
| ‖c‖* | `dual`, sum over arrays of r Σ abs(c), or of r times the nuclear norm | |
| r | `radii` of the arrays | |
| S, d | `sharpest`; d ← the longest step along H d | arXiv 2603.05002 |
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import messages, tree

NAMES = ("sign", "spectral")


def longest(norm: str, signal: list[jax.Array], radii: list[Any]) -> list[jax.Array]:
    """The step d of norm 1 that goes furthest along `signal`.

    Args:
        norm: sign, the largest entry; or spectral, the largest singular value of each matrix.
        signal: arrays; of matrices for spectral.
        radii: how far each array goes, as a number for each.

    >>> [each.tolist() for each in longest("sign", [jnp.array([3.0, -2.0])], [0.5])]
    [[0.5, -0.5]]
    """
    if norm not in NAMES:
        raise ValueError(messages.unknown("norm", norm, NAMES))
    step = jnp.sign if norm == "sign" else _polar
    return [(r * step(c)).astype(c.dtype) for c, r in zip(signal, radii, strict=True)]


def dual(norm: str, signal: list[jax.Array], radii: list[Any]) -> jax.Array:
    """How far that step goes along `signal`: the dual norm.

    >>> float(dual("sign", [jnp.array([3.0, -2.0])], [0.5]))
    2.5
    """
    return tree.inner_product(signal, longest(norm, signal, radii))


def sharpest(
    product: Callable[[list[jax.Array]], list[jax.Array]],
    norm: str,
    radii: list[Any],
    starts: list[list[jax.Array]],
    num_hvps: int,
) -> tuple[jax.Array, list[jax.Array], jax.Array]:
    """The largest dᵀ H d that climbing from several starts finds: a lower bound of S.

    Args:
        product: H times a vector, lists of arrays.
        norm: as in `longest`.
        radii: as there.
        starts: vectors to climb from, as their signals; the sharpest of them all is kept.
        num_hvps: the most products, at least one for each start.

    Returns:
        `(S, d, products made)`.

    >>> climbed = sharpest(lambda d: [2 * d[0]], "sign", [1.0], [[jnp.array([3.0, -2.0])]], 2)
    >>> float(climbed[0]), climbed[1][0].tolist()
    (4.0, [1.0, -1.0])
    """
    rounds = max(1, num_hvps // len(starts))

    def climb(carry, _):
        best, best_step, signal = carry
        step = longest(norm, signal, radii)
        image = product(step)
        value = tree.inner_product(step, image)
        best_step = [
            jnp.where(value > best, new, old) for new, old in zip(step, best_step, strict=True)
        ]
        return (jnp.maximum(best, value), best_step, image), None

    def from_one(carry, start):
        carry, _ = jax.lax.scan(climb, (*carry, start), None, length=rounds)
        return carry[:2], None

    step = [jnp.zeros_like(each) for each in starts[0]]
    # One after another in one loop: a climb is compiled once, however many starts there are.
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *starts)
    first = jnp.asarray(-jnp.inf, tree.inner_product(step, step).dtype), step
    (best, best_step), _ = jax.lax.scan(from_one, first, stacked)
    return best, best_step, jnp.asarray(rounds * len(starts))


# Newton and Schulz's iteration with these ends at the polar factor itself. Each round doubles a
# small singular value: so many take those of 1e-7 of the largest to 1.
POLAR, ROUNDS = (2.0, -1.5, 0.5), 30


def _polar(matrix):
    """The polar factor by products alone, which a page has, too; no singular value is above 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    wide = matrix.T if tall else matrix
    wide = wide / jnp.maximum(jnp.linalg.norm(wide), 1e-37)
    first, second, third = POLAR

    def closer(_, x):
        gram = x @ x.T
        return first * x + (third * gram @ gram + second * gram) @ x

    turned = jax.lax.fori_loop(0, ROUNDS, closer, wide)
    return turned.T if tall else turned

"""Gradient flow, and the central flow: where gradient descent goes on average, at its edge as well.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| w | `params` | (P,) | |
| H | Hessian of `loss` at w | (P, P), never formed | |
| λᵢ, uᵢ | `values`, `vectors`, the largest eigenpairs of H, followed along | (k,), (k, P) | |
| S | `limit`, 2/η; infinite for gradient flow | scalar | arXiv 2410.24206 |
| X | `variance`, of the oscillation within the uᵢ | (k, k) | arXiv 2410.24206 |
| gᵢⱼ | `bends`, the gradient of uᵢᵀ H uⱼ with the u held | (k, k, P) | |
| a, b | `rise`, `fall`: λ₁' = a − b x² at a displacement x along u₁ | scalar | arXiv 2209.15594 |

The central flow is w' = −∇L − ½ Σᵢⱼ Xᵢⱼ gᵢⱼ, with X from `_complementarity`: as small as keeps
every λᵢ at or below S, and within directions that are at S. Where none is, it is gradient flow.

One step of it is one solution for X, held while w moves as far as `time` says, by a
Runge-Kutta-Legendre method (Meyer, Balsara, Aslam 2014, doi 10.1016/j.jcp.2013.08.021): s stages
are stable up to a stiffness times time of (s² + s − 2)/2, while s single steps bear 2 s.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.curvature._complementarity import balanced
from curvkit.curvature._lanczos import length

Loss = Callable[[jax.Array], jax.Array]
# How many of the largest eigenvalues are followed.
FOLLOWED = 4
# From this share of the limit on, a direction may come to it within a step.
NEAR = 0.95
# The curvature may grow by so much before it is read again.
MARGIN = 1.2
# From above the limit is come to by so much of the curvature a step; so far above there is no
# central flow, since gradient descent does not go around an average there.
EASE, BEYOND = 0.99, 1.2
# What a part of a step may be at most, in times of the stiffest direction.
LONGEST = 2.5
LEAST_STAGES, MOST_STAGES = 3, 99


class Flow(NamedTuple):
    """A point of a flow, and what is known there."""

    params: jax.Array
    values: jax.Array
    vectors: jax.Array
    variance: jax.Array
    rise: jax.Array
    fall: jax.Array
    cubic: jax.Array


def begun(params: jax.Array, vectors: jax.Array) -> Flow:
    """A flow that begins at `params` (P,), whose top eigenvectors are guessed: `vectors` (k, P)."""
    count = len(vectors)
    nothing = jnp.full((), jnp.nan, params.dtype)
    values, variance = jnp.zeros(count, params.dtype), jnp.zeros((count, count), params.dtype)
    return Flow(params, values, vectors, variance, nothing, nothing, nothing)


def advanced(loss: Loss, flow: Flow, time: jax.Array, limit: jax.Array) -> Flow:
    """The flow after so much time, in one step; its eigenpairs have to be those of its params.

    Args:
        loss: of flat parameters (P,).
        flow: where it is.
        time: of gradient flow: η for each training step.
        limit: S = 2/η; infinite for gradient flow.

    >>> bend = jnp.array([3.0, 1.0])
    >>> flow = begun(jnp.ones(2), jnp.eye(2))._replace(values=bend)
    >>> after = advanced(lambda w: 0.5 * bend @ w**2, flow, 0.01, jnp.inf)
    >>> [round(float(each), 3) for each in after.params]  # exp(−0.03) and exp(−0.01)
    [0.97, 0.99]
    """
    gradient = jax.grad(loss)
    lost = (time > 0) & (flow.values[0] > BEYOND * limit)
    limit = jnp.maximum(limit, EASE * flow.values[0])
    count = jnp.where(time > 0, jnp.sum(flow.values > NEAR * limit), 0)
    bends = gradients(loss, flow.params, flow.vectors, count)
    slope = gradient(flow.params)
    variance = jax.lax.cond(
        count > 0,
        lambda: _variance(flow, bends, slope, time, limit, count),
        lambda: jnp.zeros_like(flow.variance),
    )
    push = 0.5 * jnp.einsum("ij,ijp->p", variance, bends)
    stiff = MARGIN * jnp.maximum(flow.values[0], 0)
    # Short enough to be exact where the flow is fast, as it is at first.
    parts = jnp.maximum(jnp.ceil(time * stiff / LONGEST), 1).astype(int)
    part = lambda _, w: legendre(lambda w: -gradient(w) - push, w, time / parts, stiff)
    params = jax.lax.fori_loop(0, parts, part, flow.params)
    params = jnp.where(lost, jnp.nan, params)
    values, vectors = followed(loss, params, flow.vectors)
    turned = vectors @ flow.vectors.T
    top = flow.vectors[0]
    cubic = top @ bends[0, 0]
    across = bends[0, 0] - cubic * top
    known = lambda number: jnp.where(count > 0, number, jnp.nan)
    return Flow(
        params, values, vectors, turned @ variance @ turned.T,
        known(-across @ slope), known(0.5 * across @ across), known(cubic),
    )  # fmt: skip


def _variance(flow, bends, slope, time, limit, count):
    """X of the next step: what is left below the limit at its end is at least 0."""
    k = len(flow.values)
    inside = jnp.arange(k) < count
    both = inside[:, None] & inside[None, :]
    slack = limit * jnp.eye(k) - jnp.diag(flow.values) + time * (bends @ slope)
    # Directions far from the limit have room enough, and take no part.
    slack = jnp.where(both, slack, jnp.eye(k))
    coupling = 0.5 * time * jnp.einsum("ijp,abp->ijab", bends, bends)
    return balanced(slack, coupling, jnp.where(both, flow.variance, 0))


def gradients(loss: Loss, params: jax.Array, vectors: jax.Array, count: jax.Array) -> jax.Array:
    """The gradients (k, k, P) of uᵢᵀ H uⱼ for the first `count` of the vectors (k, P), 0 elsewhere.

    >>> cube = lambda w: w[0] ** 2 * w[1]
    >>> gradients(cube, jnp.ones(2), jnp.eye(2), 2)[0]
    Array([[0., 2.],
           [2., 0.]], dtype=float32)
    """
    k = len(vectors)
    pairs = [(i, j) for j in range(k) for i in range(j + 1)]
    first, second = (jnp.array(each) for each in zip(*pairs, strict=True))
    gradient = jax.grad(loss)

    def one(at, matrix):
        i, j = first[at], second[at]
        along = lambda w: jax.jvp(gradient, (w,), (vectors[i],))[1]
        bend = jax.jvp(along, (params,), (vectors[j],))[1]
        return matrix.at[i, j].set(bend).at[j, i].set(bend)

    return jax.lax.fori_loop(0, count * (count + 1) // 2, one, jnp.zeros((k, k, params.size)))


def followed(loss: Loss, params: jax.Array, vectors: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The largest eigenvalues (k,) and vectors (k, P) of H, better by one round than `vectors`.

    The best that there are in the space of the vectors and of their residuals (Rayleigh-Ritz).

    >>> bend = jnp.array([4.0, 1.0, 0.0])
    >>> start = jnp.array([[0.8, 0.6, 0.0]])
    >>> followed(lambda w: 0.5 * bend @ w**2, jnp.ones(3), start)[0].round(4)
    Array([4.], dtype=float32)
    """
    k = len(vectors)
    product = jax.vmap(lambda v: jax.jvp(jax.grad(loss), (params,), (v,))[1])
    images = product(vectors)
    residuals = images - jnp.sum(vectors * images, axis=1, keepdims=True) * vectors
    sizes = jax.vmap(length)(residuals)[:, None]
    residuals = residuals / jnp.where(sizes > 0, sizes, 1)
    basis = jnp.concatenate([vectors, residuals])
    images = jnp.concatenate([images, product(residuals)])
    # In an orthonormal basis of that space; directions that it has twice are left out.
    overlaps, turns = jnp.linalg.eigh(basis @ basis.T)
    independent = overlaps > 1e-5 * overlaps[-1]
    turns = turns * jnp.where(independent, 1 / jnp.sqrt(jnp.where(independent, overlaps, 1)), 0)
    small = turns.T @ (basis @ images.T) @ turns
    below = -2 * jnp.max(jnp.sum(jnp.abs(small), axis=1)) - 1
    small = (small + small.T) / 2 + jnp.diag(jnp.where(independent, 0, below))
    values, within = jnp.linalg.eigh(small)
    ritz = (turns @ within[:, ::-1][:, :k]).T @ basis
    return values[::-1][:k], ritz / jnp.maximum(jax.vmap(length)(ritz), 1e-30)[:, None]


def legendre(
    force: Callable[[jax.Array], jax.Array], params: jax.Array, time: jax.Array, stiff: jax.Array
) -> jax.Array:
    """The solution of w' = force(w) after `time`, to second order; −∂force is at most `stiff`.

    It is stable for any time, and exact to second order of `time * stiff`.

    >>> float(legendre(lambda w: -30 * w, jnp.ones(()), 0.001, 30.0).round(3))  # exp(−0.03)
    0.970...
    """
    wanted = (jnp.sqrt(9 + 8 * time * stiff) - 1) / 2
    stages = jnp.clip(jnp.ceil(wanted), LEAST_STAGES, MOST_STAGES).astype(int)
    number = lambda whole: jnp.asarray(whole).astype(params.dtype)
    share = 4 / (number(stages) ** 2 + number(stages) - 2)
    weight = lambda j: jnp.where(j < 2, 1 / 3, (j * j + j - 2) / (2 * j * (j + 1)))
    first = force(params)

    def stage(at, carry):
        before, last = carry
        j = number(at)
        ahead = (2 * j - 1) / j * weight(j) / weight(j - 1)
        back = (1 - j) / j * weight(j) / weight(j - 2)
        moved = ahead * share * (force(last) - (1 - weight(j - 1)) * first)
        return last, ahead * last + back * before + (1 - ahead - back) * params + time * moved

    start = (params, params + time * share / 3 * first)
    return jax.lax.fori_loop(2, stages + 1, stage, start)[1]

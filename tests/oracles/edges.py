"""The edge of an optax transformation, found by running it: where a quadratic begins to grow.

What moves slowly (second moments, their counts, sums of squares) is put back after each step, so
that what is left is linear; the weights are so small that no gradient shows in it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from curvkit.curvature import _edges as edges
from curvkit.curvature._cover import Cover
from curvkit.curvature._optimizers import transformed

MOMENTS = ("nu", "nu_max", "sum_of_squares", "v", "v_row", "v_col")
SLOW = (*MOMENTS, "count", "step_count", "weight_sum", "mini_step", "gradient_step", "max_lr")
FAST = ("mu", "trace", "ema")
SMALL, STEPS, GRID, ROUNDS = 1e-9, 400, 17, 4


def held(state, at):
    """`state` with what is slow in it as in `at`."""

    def one(path, new, old):
        names = [getattr(each, "name", None) for each in path]
        return old if any(name in SLOW for name in names) else new

    return jax.tree_util.tree_map_with_path(one, state, at)


def grows(optimizer, state, params, matrix, scale, adjust):
    """Whether ½ scale wᵀ matrix w grows under the transformation from small weights."""
    flat, unravel = ravel_pytree(params)

    def step(carry, _):
        w, state_now = carry
        gradient = unravel(scale * (matrix @ w))
        before = adjust(state_now, unravel(w), gradient)
        updates, after = optimizer.update(gradient, before, unravel(w))
        return (w + ravel_pytree(updates)[0], held(after, state)), jnp.linalg.norm(w)

    path = jax.lax.scan(step, (flat, state), None, length=STEPS)[1]
    late, early = jnp.max(path[-STEPS // 4 :]), jnp.max(path[STEPS // 4 : STEPS // 2])
    # Far above the edge it is soon so large that nothing is linear any more.
    return ~(late <= early) | ~(jnp.max(path) <= 30 * path[0])


def drifts(optimizer, state, params, matrix, scale, adjust):
    """The same for a rule that scales with its weights and momentum: they are brought back to
    length 1 after each step, and their growth is summed up.
    """
    flat, unravel = ravel_pytree(params)

    def fast(state, factor=None):
        leaves, structure = jax.tree_util.tree_flatten_with_path(state)
        is_fast = [any(getattr(each, "name", None) in FAST for each in path) for path, _ in leaves]
        if factor is None:
            sizes = [jnp.sum(x**2) for (_, x), yes in zip(leaves, is_fast, strict=True) if yes]
            return sum(sizes, jnp.zeros(()))
        new = [x * factor if yes else x for (_, x), yes in zip(leaves, is_fast, strict=True)]
        return jax.tree.unflatten(structure, new)

    def step(carry, _):
        w, now = carry
        gradient = unravel(scale * (matrix @ w))
        updates, after = optimizer.update(gradient, adjust(now, unravel(w), gradient), unravel(w))
        w, after = w + ravel_pytree(updates)[0], held(after, state)
        size = jnp.sqrt(jnp.sum(w**2) + fast(after))
        return (w / size, fast(after, 1 / size)), jnp.log(size)

    path = jax.lax.scan(step, (flat, state), None, length=4 * STEPS)[1]
    return jnp.sum(path[STEPS:]) > 0


def bisected(optimizer, state, params, matrix, guess, adjust=lambda state, w, g: state, by=grows):
    """The scale of the matrix above which it grows, within a factor of 4 of a guess.

    Args:
        optimizer: an optax transformation.
        state: its state, whose slow parts stay as they are.
        params: where to start, small.
        matrix: shape (P, P).
        guess: about where the edge is.
        adjust: what is done to the state before each step, of state, weights and gradient.
        by: how it is seen.
    """
    sees = jax.jit(jax.vmap(lambda s: by(optimizer, state, params, matrix, s, adjust)))
    low, high = guess / 3.7, guess * 4.3
    for turn in range(ROUNDS):
        scales = jnp.geomspace(low, high, GRID)
        grown = np.asarray(sees(scales))
        assert turn or (not grown[0] and grown[-1]), (scales, grown)
        # At the ends of a finer grid rounding may see it otherwise than before.
        at = int(np.argmax(grown | (np.arange(GRID) == GRID - 1))) or 1
        low, high = float(scales[at - 1]), float(scales[at])
    return (low * high) ** 0.5


@functools.cache
def dense(size, seed=0):
    """A dense positive matrix of eigenvalues from 0.1 to 1."""
    generator = np.random.default_rng(seed)
    basis = np.linalg.qr(generator.normal(size=(size, size)))[0]
    return jnp.asarray(basis * np.linspace(0.1, 1.0, size) @ basis.T, jnp.float32)


def filled(state, seed=0):
    """A state with second moments as of gradients of many sizes, and no momentum."""

    def one(path, leaf):
        names = [getattr(each, "name", None) for each in path]
        if any(name in MOMENTS for name in names):
            generator = np.random.default_rng(seed + leaf.size)
            return jnp.asarray(generator.uniform(0.5, 4.0, leaf.shape), leaf.dtype)
        return jnp.full_like(leaf, 30) if "count" in names else leaf

    return jax.tree_util.tree_map_with_path(one, state)


def place(params):
    """The `Cover` of params that are all trained."""
    leaves, structure = jax.tree.flatten(params)
    places = jax.tree.unflatten(structure, range(len(leaves)))
    return Cover(params, places, tuple(leaf.shape for leaf in leaves))


def told(optimizer, state, params, matrix):
    """The edge and the scale of the matrix at it, as curvkit reads them, by a dense eigenvalue."""
    links = transformed(optimizer, state, place(params))
    weights = jax.tree.leaves(params)
    found = edges.edge(links, len(weights))
    diagonal = [jnp.ones_like(weight) for weight in weights]
    if found.shaped:
        gradients = [1e-3 * weight for weight in weights]
        diagonal = edges.diagonal(links, found, weights, gradients, None)
    scale = ravel_pytree(diagonal)[0] ** -0.5
    top = np.linalg.eigvalsh(scale[:, None] * matrix * scale)[-1]
    return found, float(found.critical / found.rate / top)

"""The edge of an optax transformation, found by running it: where a quadratic begins to grow.

What moves slowly (second moments, their counts, sums of squares) is put back after each step, so that
what is left is linear; weights so small that no gradient shows in it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

SLOW = ("nu", "nu_max", "sum_of_squares", "v", "v_row", "v_col", "count", "step_count", "weight_sum",
        "mini_step", "gradient_step", "max_lr")  # fmt: skip
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


def bisected(optimizer, state, params, matrix, guess, adjust=lambda state, w, g: state):
    """The scale of the matrix above which it grows, within a factor of 4 of a guess.

    Args:
        optimizer: an optax transformation.
        state: its state, whose slow parts stay as they are.
        params: where to start, small.
        matrix: shape (P, P).
        guess: about where the edge is.
        adjust: what is done to the state before each step, of state, weights and gradient.
    """
    sees = jax.jit(jax.vmap(lambda s: grows(optimizer, state, params, matrix, s, adjust)))
    low, high = guess / 4, guess * 4
    for _ in range(ROUNDS):
        scales = jnp.geomspace(low, high, GRID)
        grown = np.asarray(sees(scales))
        assert not grown[0] and grown[-1], (scales, grown)
        at = int(np.argmax(grown))
        low, high = float(scales[at - 1]), float(scales[at])
    return (low * high) ** 0.5


@functools.cache
def dense(size, seed=0):
    """A dense positive matrix of eigenvalues from 0.1 to 1."""
    generator = np.random.default_rng(seed)
    basis = np.linalg.qr(generator.normal(size=(size, size)))[0]
    return jnp.asarray(basis * np.linspace(0.1, 1.0, size) @ basis.T, jnp.float32)

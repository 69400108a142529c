"""What Group-OMP is compared with: Lasso and Group Lasso, as compiled paths for many problems.

Both minimise ½‖y − Xβ‖² + λ Σ_j w_j ‖β_Gj‖ by accelerated proximal steps with restarts, each λ
started from the last one's solution. On whitened columns it is the Group Lasso whose penalty is
Σ_j w_j ‖X_Gj β_Gj‖. With every column alone it is the Lasso.

| symbol | name | shape |
| --- | --- | --- |
| X, y, β | `columns`, `targets`, coefficients | (n, J, m), (n,), (J, m) |
| λ | `penalties`, falling | (lambdas,) |
| w_j = √m_j | `weights` | (J,) |
| 1/L, L = λ_max(XᵀX) | the step | scalar |
"""

import jax
import jax.numpy as jnp

POWER_ITERATIONS = 30


def weights(columns: jax.Array, alone: jax.Array | bool = False) -> jax.Array:
    """√ of how many columns each group has that are not zero, (J,); 1 where they are `alone`.

    >>> weights(jnp.array([[[1.0, 2.0], [3.0, 0.0]]])).round(3).tolist()
    [1.41..., 1.0]
    """
    count = jnp.sum(jnp.any(columns != 0, axis=0), axis=1)
    return jnp.sqrt(jnp.where(alone, jnp.minimum(count, 1), count))


def penalties(
    columns: jax.Array, targets: jax.Array, number: int, least: float,
    alone: jax.Array | bool = False,
) -> jax.Array:  # fmt: skip
    """λ from the largest that takes any group, falling by equal factors to its share `least`.

    >>> penalties(jnp.eye(2)[:, :, None], jnp.array([3.0, 4.0]), 3, 0.25).tolist()
    [4.0, 2.0, 1.0]
    """
    slopes = _lengths(jnp.einsum("njm,n->jm", columns, targets), alone).max(1)
    heavy = weights(columns, alone)
    largest = jnp.max(jnp.where(heavy > 0, slopes / jnp.maximum(heavy, 1e-30), 0.0))
    return largest * least ** jnp.linspace(0.0, 1.0, number)


def _lengths(coefficients, alone):
    """For each column the length of its group, or its own where columns are alone."""
    group = jnp.linalg.norm(coefficients, axis=-1, keepdims=True)
    return jnp.where(alone, jnp.abs(coefficients), group)


def shrink(
    coefficients: jax.Array, threshold: jax.Array, alone: jax.Array | bool = False
) -> jax.Array:
    """Each group shortened by its threshold, or zero: the proximal map of Σ t_j ‖β_Gj‖.

    >>> shrink(jnp.array([[3.0, 4.0], [0.3, 0.4]]), jnp.array([1.0, 1.0])).round(2).tolist()
    [[2.4..., 3.2...], [0.0, 0.0]]
    """
    length = _lengths(coefficients, alone)
    keep = jnp.maximum(1 - threshold[..., None] / jnp.maximum(length, 1e-30), 0.0)
    return keep * coefficients


def group_lasso(
    columns: jax.Array, targets: jax.Array, falling: jax.Array, iterations: int,
    alone: jax.Array | bool = False,
) -> jax.Array:  # fmt: skip
    """The coefficients at each λ, (lambdas, J, m); to be jitted, and vmapped over problems.

    Args:
        columns: (n, J, m), centred, zeros where there is nothing.
        targets: (n,), centred.
        falling: (lambdas,), the penalties.
        iterations: proximal steps for each λ.
        alone: whether each column is a group of its own, which is the Lasso.

    >>> group_lasso(jnp.eye(2)[:, :, None], jnp.array([3.0, 4.0]), jnp.array([1.0]), 9).tolist()
    [[[2.0], [3.0]]]
    """
    shape, heavy = columns.shape[1:], weights(columns, alone)
    flat = columns.reshape(len(columns), -1)
    # Whichever is the smaller: products with X and Xᵀ, or with XᵀX.
    small = 2 * flat.shape[0] > flat.shape[1]
    gram, right = (flat.T @ flat if small else None), flat.T @ targets
    product = (lambda b: gram @ b) if small else (lambda b: flat.T @ (flat @ b))
    rate = 1 / _largest(product, flat.shape[1])

    def one(penalty, carried, _):
        at, ahead, t = carried
        slope = product(ahead) - right
        moved = (ahead - rate * slope).reshape(shape)
        new = shrink(moved, rate * penalty * heavy, alone).reshape(-1)
        # Momentum that points uphill is dropped: it would swing about the solution.
        uphill = jnp.vdot(ahead - new, new - at) > 0
        t = jnp.where(uphill, 1.0, t)
        further = (1 + jnp.sqrt(1 + 4 * t * t)) / 2
        ahead = jnp.where(uphill, new, new + (t - 1) / further * (new - at))
        return (new, ahead, further), None

    def along(beta, penalty):
        step = lambda carried, x: one(penalty, carried, x)
        (beta, _, _), _ = jax.lax.scan(step, (beta, beta, jnp.ones(())), length=iterations)
        return beta, beta

    _, every = jax.lax.scan(along, jnp.zeros(flat.shape[1]), falling)
    return every.reshape(-1, *shape)


def _largest(product, size):
    """An upper estimate of λ_max by power iteration."""
    step = lambda v, _: (lambda u: (u / jnp.maximum(jnp.linalg.norm(u), 1e-30), None))(product(v))
    start = 1.0 + 0.1 * jnp.cos(jnp.arange(size) * 1.0)
    v, _ = jax.lax.scan(step, start / jnp.linalg.norm(start), length=POWER_ITERATIONS)
    # It is approached from below, so that a little is added.
    return 1.05 * jnp.maximum(jnp.linalg.norm(product(v)), 1e-30)

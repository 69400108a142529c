"""How far a central flow oscillates: a complementarity problem over a few directions.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| X | `variance`, of the oscillation along k directions, at least 0 | (k, k) | arXiv 2410.24206 |
| A | `slack`, what is left below the edge after a step that does not oscillate | (k, k) | |
| B | `coupling`: A + B[X] is left with it | (k, k, k, k) | |

X ≥ 0 and A + B[X] ≥ 0, with ⟨X, A + B[X]⟩ = 0: only directions at the edge oscillate. As B is
symmetric and at least 0, X is where ½⟨X, B[X]⟩ + ⟨A, X⟩ is least over all X ≥ 0.
"""

import jax
import jax.numpy as jnp

# Started from the step before, so many rounds do.
ROUNDS = 40


def balanced(
    slack: jax.Array, coupling: jax.Array, start: jax.Array, rounds: int = ROUNDS
) -> jax.Array:
    """X, by Nesterov's accelerated projected gradient on the cone of X ≥ 0.

    Args:
        slack: A, symmetric, (k, k).
        coupling: B, symmetric in its pairs of axes, (k, k, k, k).
        start: an X to begin with, (k, k).
        rounds: how many projections are made.

    Returns:
        X, (k, k); 0 where A alone is at least 0, and no numbers where it is not and B is 0.

    >>> coupling = jnp.full((1, 1, 1, 1), 4.0)
    >>> balanced(jnp.array([[-2.0]]), coupling, jnp.zeros((1, 1))).round(5)
    Array([[0.5]], dtype=float32)
    """
    k = len(slack)
    matrix = coupling.reshape(k * k, k * k)
    # No eigenvalue of a symmetric matrix is above its largest sum of a row.
    steep = jnp.max(jnp.sum(jnp.abs(matrix), axis=1))
    steep, bent = jnp.where(steep > 0, steep, 1), steep > 0

    def one(_, carry):
        before, ahead, weight = carry
        slope = slack + (matrix @ ahead.reshape(-1)).reshape(k, k)
        solution = nonnegative(ahead - slope / steep)
        heavier = (1 + jnp.sqrt(1 + 4 * weight**2)) / 2
        return solution, solution + (weight - 1) / heavier * (solution - before), heavier

    first = (start, start, jnp.ones((), start.dtype))
    solution = jax.lax.fori_loop(0, rounds, one, first)[0]
    return jnp.where(bent | (jnp.trace(solution) == 0), solution, jnp.nan)


def nonnegative(matrix: jax.Array) -> jax.Array:
    """The symmetric matrix with no eigenvalue below 0 that is nearest to `matrix`, (k, k).

    >>> nonnegative(jnp.diag(jnp.array([2.0, -1.0]))).round(5)
    Array([[2., 0.],
           [0., 0.]], dtype=float32)
    """
    values, vectors = jnp.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * jnp.maximum(values, 0)) @ vectors.T

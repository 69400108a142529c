"""The dense Hessian, and what follows from it: slow, obvious, in double precision.

Two ways to the matrix that share nothing: automatic differentiation column by column, and
differences of differences of the loss. Its eigenvalues are LAPACK's.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from jax.flatten_util import ravel_pytree


def hessian(loss: Callable, params: Any, columns: int = 256) -> np.ndarray:
    """The whole matrix, (P, P), by reverse over reverse mode, `columns` at a time."""
    vector, unravel = ravel_pytree(params)

    @jax.jit
    def matrix(vector):
        gradient = jax.grad(lambda flat: loss(unravel(flat)))
        column = lambda unit: jax.grad(lambda flat: gradient(flat) @ unit)(vector)
        return jax.lax.map(column, jnp.eye(vector.size, dtype=vector.dtype), batch_size=columns)

    made = np.asarray(matrix(vector), np.float64)
    return (made + made.T) / 2


def along_gradients(loss: Callable, params: Any, batches: Any) -> np.ndarray:
    """gᵀHg/‖g‖² of each batch of rows, with its whole matrix written out; `params` (P,)."""

    @jax.jit
    def one(rows):
        return jax.grad(loss)(params, rows), jax.hessian(loss)(params, rows)

    made = [[np.asarray(each, np.float64) for each in one(jnp.asarray(rows))] for rows in batches]
    return np.array([g @ matrix @ g / (g @ g) for g, matrix in made])


def hessian_by_differences(loss: Callable, params: Any, width: float = 1e-3) -> np.ndarray:
    """The whole matrix from values of the loss alone; needs double precision."""
    vector, unravel = ravel_pytree(params)
    value = jax.jit(lambda flat: loss(unravel(flat)))
    vector, units = np.asarray(vector, np.float64), width * np.eye(vector.size)
    made = np.zeros((vector.size, vector.size))
    for i, one in enumerate(units):
        for j, other in enumerate(units):
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                made[i, j] += a * b * float(value(vector + a * one + b * other))
    return made / (4 * width**2)


def largest(matrix: np.ndarray, k: int = 1) -> np.ndarray:
    """The k largest eigenvalues (not the largest in size), descending."""
    size = len(matrix)
    values = scipy.linalg.eigvalsh(matrix, subset_by_index=[size - k, size - 1])
    return values[::-1]


def largest_quickly(matrix: np.ndarray, k: int = 1) -> np.ndarray:
    """The same by ARPACK, to 1e-9: for the many matrices along a run."""
    start = np.random.default_rng(0).normal(size=len(matrix))
    values = scipy.sparse.linalg.eigsh(
        matrix, k, which="LA", tol=1e-9, v0=start, return_eigenvectors=False
    )
    return np.sort(values)[::-1]


def preconditioned(matrix: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """P^(-1/2) H P^(-1/2) for a diagonal P."""
    root = np.sqrt(np.asarray(diagonal, np.float64))
    return matrix / root[:, None] / root[None, :]


def matrix(seed, size, spectrum=None):
    """A symmetric matrix with the given eigenvalues, or random ones, in random directions."""
    draw = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(draw.normal(size=(size, size)))
    values = draw.normal(size=size) if spectrum is None else np.asarray(spectrum)
    return ((turned * values) @ turned.T).astype(np.float32)

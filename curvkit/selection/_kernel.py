"""Group-OMP as a compiled program, for many problems at once under `jax.vmap`.

All groups have the same number of places; a smaller group, and a problem of fewer rows or groups,
has zeros in the rest. A zero column has no direction, a zero group no score, so that one program
serves all sizes. Every vector carries its coordinates along: a column is stacked on top of the row
of the identity that says which column it is, and what is done to the one is done to the other. So
the least-squares coefficients come out of the orthogonalisation, and nothing is solved.

| symbol | name | shape |
| --- | --- | --- |
| X | `columns` | (n, J, m) |
| Q_j = X_Gj W_j | `Whitened.basis`, `.turn` | (n, J, m), (J, m, m) |
| B = Q V | `Search.basis`, `.coordinates` | (n, K, m), (J, m, K, m) |
| γ = V Bᵀ y | `coefficients`, of the whitened columns; ‖γ_j‖ = ‖X_Gj β_Gj‖ | (J, m) |
| r | `Search.residual` | (n,) |
| A | blocks of X_good⁺ Q_j | (K, m, J, m) |
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from curvkit.core import messages

# What is left of a unit vector in single precision when nothing is left.
NEGLIGIBLE = 1e-4


class Whitened(NamedTuple):
    """An orthonormal basis of each group, and the turn from its columns to that basis."""

    basis: jax.Array
    turn: jax.Array


def orthonormalise(vectors: jax.Array, coordinates: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Gram-Schmidt over the last axis, twice; what depends on earlier vectors becomes zero.

    Args:
        vectors: (..., n, m).
        coordinates: (..., p, m), to which the same is done.

    >>> q, c = orthonormalise(jnp.array([[2.0, 2.0], [0.0, 0.0]]), jnp.eye(2))
    >>> q.tolist(), c.tolist()
    ([[1.0, 0.0], [0.0, 0.0]], [[0.5, 0.0], [0.0, 0.0]])
    """

    # Not unrolled: the program is compiled in a third of the time.
    def one(at, carried):
        vectors, coordinates = carried
        v, c = vectors[..., at], coordinates[..., at]
        before = jnp.arange(vectors.shape[-1]) < at
        length = jnp.linalg.norm(v, axis=-1, keepdims=True)
        for _ in range(2):
            along = jnp.einsum("...nm,...n->...m", vectors, v) * before
            v = v - jnp.einsum("...nm,...m->...n", vectors, along)
            c = c - jnp.einsum("...pm,...m->...p", coordinates, along)
        remainder = jnp.linalg.norm(v, axis=-1, keepdims=True)
        there = remainder > NEGLIGIBLE * length
        scale = jnp.where(there, 1 / jnp.where(there, remainder, 1.0), 0.0)
        return vectors.at[..., at].set(v * scale), coordinates.at[..., at].set(c * scale)

    return jax.lax.fori_loop(0, vectors.shape[-1], one, (vectors, coordinates))


def whiten(columns: jax.Array) -> Whitened:
    """The whitened groups of (n, J, m) columns.

    >>> whiten(jnp.ones((4, 1, 1))).basis[:, 0, 0].tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    groups, size = columns.shape[1:]
    unit = jnp.broadcast_to(jnp.eye(size), (groups, size, size))
    basis, turn = orthonormalise(jnp.moveaxis(columns, 1, 0), unit)
    return Whitened(jnp.moveaxis(basis, 0, 1), turn)


class Search(NamedTuple):
    """The state of a search: what was taken, the residual, the basis, how many steps."""

    taken: jax.Array
    residual: jax.Array
    basis: jax.Array
    coordinates: jax.Array
    coefficients: jax.Array
    step: jax.Array


def start(basis: jax.Array, targets: jax.Array, most: int, fit: bool = True) -> Search:
    """Before the first pick; `most` picks are made room for, no coefficients without `fit`."""
    rows, groups, size = basis.shape
    zeros, fitted = jnp.zeros, groups if fit else 0
    return Search(
        zeros(groups, bool), targets, zeros((rows, most, size)),
        zeros((fitted, size, most, size)), zeros((fitted, size)), zeros((), int),
    )  # fmt: skip


def scores(columns: jax.Array, residual: jax.Array) -> jax.Array:
    """‖X_Gjᵀ r‖ of every group, (J,): the paper's rule on whitened columns, else the raw rule."""
    products = jnp.einsum("njm,n->jm", columns, residual)
    return jnp.sqrt(jnp.sum(products**2, axis=1))


def left_after(search: Search, basis: jax.Array) -> jax.Array:
    """‖r‖ after each group, were it taken next, (J,); the group taken before changes nothing.

    The largest score need not leave the least: a group may lie partly in the span of those taken.

    >>> basis = jnp.eye(4).reshape(4, 2, 2)
    >>> left_after(start(basis, jnp.array([1.0, 2.0, 3.0, 4.0]), 1), basis).round(3).tolist()
    [5.0, 2.23...]
    """
    new = jnp.moveaxis(basis, 1, 0)
    for _ in range(2):
        along = jnp.einsum("nkm,jns->jkms", search.basis, new)
        new = new - jnp.einsum("nkm,jkms->jns", search.basis, along)
    new = jnp.where(jnp.linalg.norm(new, axis=1, keepdims=True) < NEGLIGIBLE, 0.0, new)
    new, _ = orthonormalise(new, jnp.zeros((len(new), 0, new.shape[2])))
    along = jnp.einsum("jns,n->js", new, search.residual)
    return jnp.linalg.norm(search.residual - jnp.einsum("jns,js->jn", new, along), axis=1)


def take(search: Search, basis: jax.Array, group: jax.Array) -> Search:
    """Takes a group and fits anew; `basis` is the whitened one whatever the rule."""
    size = basis.shape[2]
    new = basis[:, group]
    shape = (*search.coordinates.shape[:2], size)
    own = jnp.zeros(shape).at[group].set(jnp.eye(size)) if shape[0] else jnp.zeros(shape)
    for _ in range(2):
        along = jnp.einsum("nkm,ns->kms", search.basis, new)
        new = new - jnp.einsum("nkm,kms->ns", search.basis, along)
        own = own - jnp.einsum("jpkm,kms->jps", search.coordinates, along)
    # Whitened vectors are of length one: what is far shorter now was in the span of the others.
    short = jnp.linalg.norm(new, axis=0) < NEGLIGIBLE
    new = jnp.where(short, 0.0, new)
    new, own = orthonormalise(new, own.reshape(shape[0] * size, size))
    own = own.reshape(shape)
    along = new.T @ search.residual
    return Search(
        search.taken.at[group].set(True),
        search.residual - new @ along,
        search.basis.at[:, search.step].set(new),
        search.coordinates.at[:, :, search.step].set(own),
        search.coefficients + own @ along,
        search.step + 1,
    )


class Found(NamedTuple):
    """A path: picks (K,), scores of all groups by which they were made (K, J), ‖r‖ (K + 1,), and
    the coefficients of the whitened columns after each pick (K + 1, J, m)."""

    picks: jax.Array
    scores: jax.Array
    residual_norms: jax.Array
    coefficients: jax.Array


def group_omp(
    columns: jax.Array, targets: jax.Array, most: int, raw: jax.Array | bool = False,
    fit: bool = True,
) -> Found:  # fmt: skip
    """The greedy path of `most` picks; to be jitted, and vmapped over problems.

    Args:
        columns: (n, J, m), centred, zeros where there is nothing.
        targets: (n,), centred.
        most: how many groups are taken.
        raw: whether the raw rule is used.
        fit: whether coefficients are wanted; without them it takes less time to compile.

    >>> path = group_omp(jnp.eye(4).reshape(4, 2, 2), jnp.array([1.0, 2.0, 3.0, 4.0]), 2)
    >>> path.picks.tolist(), path.residual_norms.round(3).tolist()
    ([1, 0], [5.4770..., 2.23..., 0.0])
    """
    most = messages.whole("most", most)
    basis = whiten(columns).basis
    judged = jnp.where(raw, columns, basis)
    initial = start(basis, targets, most, fit)

    def one(search, _):
        every = scores(judged, search.residual)
        best = jnp.argmax(jnp.where(search.taken, -1.0, every))
        search = take(search, basis, best)
        return search, (best, every, jnp.linalg.norm(search.residual), search.coefficients)

    _, (picks, every, norms, coefficients) = jax.lax.scan(one, initial, length=most)
    norms = jnp.concatenate([jnp.linalg.norm(targets)[None], norms])
    coefficients = jnp.concatenate([initial.coefficients[None], coefficients])
    return Found(picks, every, norms, coefficients)


def verdict(basis: jax.Array, good: jax.Array, count: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The bound Σ_i σ_max(A_i) on μ, and ρ, of a problem whose good groups are known.

    Args:
        basis: (n, J, m), whitened.
        good: (K,), numbers of the good groups, of which the first `count` count.
        count: how many there are.

    >>> basis = whiten(jnp.eye(4).reshape(4, 2, 2)).basis
    >>> [float(each) for each in verdict(basis, jnp.array([0]), jnp.array(1))]
    [0.0, 1.0]
    """
    most, groups, size = len(good), *basis.shape[1:]
    there = jnp.arange(most) < count

    def one(search, at):
        taken = take(search, basis, good[at])
        return jax.tree.map(lambda new, old: jnp.where(there[at], new, old), taken, search), None

    search, _ = jax.lax.scan(one, start(basis, jnp.zeros(len(basis)), most), jnp.arange(most))
    inverse = search.coordinates[good].reshape(most, size, -1)
    products = search.basis.reshape(len(basis), -1).T @ basis.reshape(len(basis), -1)
    blocks = (inverse @ products).reshape(most, size, groups, size)
    blocks = jnp.moveaxis(blocks, 2, 1) * there[:, None, None, None]
    squares = jnp.einsum("kjab,kjac->kjbc", blocks, blocks)
    sums = jnp.sum(jnp.sqrt(largest_eigenvalue(squares, 6)), axis=0)
    inside = jnp.zeros(groups, bool).at[good].max(there)
    return jnp.max(jnp.where(inside, 0.0, sums)), _rho(basis[:, good] * there[:, None])


def _rho(joined):
    """A lower bound on the smallest eigenvalue; ones stand for columns that are not there."""
    flat = joined.reshape(len(joined), -1)
    gram = flat.T @ flat
    absent = jnp.diag(jnp.where(jnp.diag(gram) > 0.5, 0.0, 1.0))
    top = largest_eigenvalue(gram + absent, 6)
    unit = jnp.eye(len(gram))
    return jnp.maximum(top - largest_eigenvalue(top * unit - gram - absent, 10), 0.0)


def largest_eigenvalue(matrices: jax.Array, squarings: int) -> jax.Array:
    """An upper bound on λ_max of positive semidefinite matrices (..., m, m), by their traces.

    With p = 2^squarings it is (tr Mᵖ)^(1/p), too large by a factor of m^(1/p) at most. It is made
    of products alone: a LAPACK call within a compiled loop can wait for itself on few cores.

    >>> round(float(largest_eigenvalue(jnp.diag(jnp.array([3.0, 1.0, 0.0])), 6)), 4)
    3.0
    """
    trace = lambda m: jnp.trace(m, axis1=-2, axis2=-1)
    size = jnp.maximum(trace(matrices), 1e-30)
    power, log = matrices / size[..., None, None], jnp.log(size)
    for at in range(1, squarings + 1):
        power = power @ power
        size = jnp.maximum(trace(power), 1e-30)
        power, log = power / size[..., None, None], log + jnp.log(size) / 2**at
    return jnp.where(trace(matrices) > 1e-20, jnp.exp(log), 0.0)


def stopping_level(
    sigma: ArrayLike, mu: float | jax.Array, size: ArrayLike, bad: ArrayLike, eta: float
) -> jax.Array:
    """ε in closed form: with t = ln(bad/η), χ²_m is at most m + 2√(m t) + 2t (Laurent-Massart).

    Slightly above `recovery.noise_levels`, which inverts χ² itself; infinite where μ ≥ 1.

    >>> float(stopping_level(1.0, 1.0, 5, 50, 0.05))
    inf
    """
    t = jnp.log(jnp.maximum(bad, 1) / eta)
    noise = sigma * jnp.sqrt(size + 2 * jnp.sqrt(size * t) + 2 * t)
    return jnp.where(mu < 1, noise / jnp.maximum(1 - mu, 1e-6), jnp.inf)

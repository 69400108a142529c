"""Random regressions of which the good groups are known, of any size up to the arrays they fill.

x = √b z₀ + √(1 − b) (√w z_j + √(1 − w) e): all columns share z₀, those of group j share z_j, so
that two columns of one group have a correlation of b + (1 − b) w, of different groups b. The first
groups of a random order are good; their coefficients are of length 1 and of random direction.

| symbol | name | shape |
| --- | --- | --- |
| X | `GroupProblem.columns`, zeros beyond `rows`, `groups`, `size` | (n, J, m) |
| β | `GroupProblem.coefficients` | (J, m) |
| y = X β + N(0, σ²) | `GroupProblem.targets` | (n,) |
| w, b, σ | `within`, `between`, `noise` | scalars |
| k | `good`, how many groups are good | scalar |
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike


class ProblemSize(NamedTuple):
    """How large the arrays are: rows, groups, columns of a group."""

    rows: int
    groups: int
    size: int


class GroupProblem(NamedTuple):
    """Centred columns and targets, the coefficients, the order in which groups are good, and
    fresh data of as many rows (zeros beyond, too) less the same means."""

    columns: jax.Array
    targets: jax.Array
    coefficients: jax.Array
    order: jax.Array
    test_columns: jax.Array
    test_targets: jax.Array


def draw(
    key: jax.Array, shape: ProblemSize, *, rows: ArrayLike, groups: ArrayLike, size: ArrayLike,
    good: ArrayLike, within: ArrayLike, between: ArrayLike, noise: ArrayLike,
) -> GroupProblem:  # fmt: skip
    """A problem of `rows` rows and `groups` groups of `size` columns in arrays of `shape`.

    >>> given = dict(rows=3, groups=2, size=1, good=1, within=0.0, between=0.0, noise=0.0)
    >>> problem = draw(jax.random.key(0), ProblemSize(4, 3, 2), **given)
    >>> problem.columns.shape, int((problem.columns != 0).sum())
    ((4, 3, 2), 6)
    >>> int((problem.coefficients != 0).sum())
    1
    """
    n, J, m = shape
    there = (jnp.arange(J) < groups)[:, None] & (jnp.arange(m) < size)
    live = (jnp.arange(n) < rows).astype(float)
    # One call for all numbers: each call of a generator takes its time to compile.
    drawn = jax.random.normal(key, (2 * n * (J * m + J + 2) + J * m + J,))
    cuts = [2 * n * J * m, 2 * n * J, 2 * n, 2 * n, J * m, J]
    ends = [sum(cuts[: at + 1]) for at in range(len(cuts) - 1)]
    own, shared, common, error, beta, order = jnp.split(drawn, ends)
    own, shared = own.reshape(2 * n, J, m), shared.reshape(2 * n, J, 1)
    inside = jnp.sqrt(within) * shared + jnp.sqrt(1 - within) * own
    columns = jnp.sqrt(between) * common[:, None, None] + jnp.sqrt(1 - between) * inside
    columns = columns * there
    # Groups that are not there come last.
    order = jnp.argsort(jnp.where(jnp.arange(J) < groups, order, jnp.inf))
    chosen = jnp.zeros(J, bool).at[order].set(jnp.arange(J) < good)
    beta = beta.reshape(J, m) * there
    beta = beta / jnp.maximum(jnp.linalg.norm(beta, axis=1, keepdims=True), 1e-30)
    beta = beta * chosen[:, None]
    targets = jnp.einsum("njm,jm->n", columns, beta) + noise * error
    return _centred(columns, targets, beta, order, live)


def _centred(columns, targets, beta, order, live):
    """Both halves less the means of the first one's live rows, and zero in the others."""
    n, count = len(live), jnp.sum(live)
    first, fresh = columns[:n], columns[n:]
    mean = jnp.einsum("njm,n->jm", first, live) / count
    offset = jnp.sum(targets[:n] * live) / count
    mask = live[:, None, None]
    return GroupProblem(
        (first - mean) * mask, (targets[:n] - offset) * live, beta, order,
        (fresh - mean) * mask, (targets[n:] - offset) * live,
    )  # fmt: skip


def split(
    key: jax.Array, columns: jax.Array, targets: jax.Array, most: int, rows: ArrayLike
) -> GroupProblem:
    """Real data, shuffled: `rows` of the first `most` to fit, and all the others to judge.

    >>> problem = split(jax.random.key(0), jnp.ones((9, 2, 1)), jnp.arange(9.0), 5, 3)
    >>> problem.columns.shape, problem.test_columns.shape, int((problem.targets != 0).sum()) <= 3
    ((5, 2, 1), (4, 2, 1), True)
    """
    order = jax.random.permutation(key, len(targets))
    columns, targets = columns[order], targets[order]
    live = (jnp.arange(most) < rows).astype(float)
    mean = jnp.einsum("njm,n->jm", columns[:most], live) / jnp.sum(live)
    offset = jnp.sum(targets[:most] * live) / jnp.sum(live)
    columns, targets = columns - mean, targets - offset
    groups = columns.shape[1]
    return GroupProblem(
        columns[:most] * live[:, None, None], targets[:most] * live,
        jnp.zeros(columns.shape[1:]), jnp.arange(groups), columns[most:], targets[most:],
    )  # fmt: skip

"""One trial of a study: does a method find exactly the good groups?

Group-OMP, by the paper's rule and by the raw one, is told how many groups there are. The others
are given more: a trial counts as theirs if the groups of *any* point of their path are exactly the
good ones, since how many columns or which penalty is right cannot be known.

| symbol | name | shape |
| --- | --- | --- |
| S | `good`, which groups carry the signal | (J,) |
| k | `count`, how many they are | scalar |
| μ, ρ, ε | `Trial.mu`, `.rho`, `.epsilon` | scalars |
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from curvkit.selection import _kernel as kernel
from curvkit.selection import _rivals as rivals
from curvkit.selection._problems import GroupProblem

METHODS = ("Group-OMP", "raw rule", "OMP", "Group Lasso", "Group Lasso, whitened", "Lasso")
PENALTIES, LEAST, ITERATIONS = 20, 0.05, 50
ETA = 0.05
# Which knob is swept, and where it stands.
SWEEPS = {
    "rows": (20, 30, 40, 50, 65, 80, 100, 125),
    "within": (0.0, 0.2, 0.4, 0.6, 0.8, 0.95),
    "between": (0.0, 0.2, 0.4, 0.6, 0.8, 0.95),
    "size": (1, 2, 3, 4),
    "noise": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    "good": (1, 2, 3, 4, 5),
    "groups": (6, 10, 15, 20, 30),
}


class Trial(NamedTuple):
    """Whether each of METHODS found the good groups (methods,), and what theory says: the bound on
    μ, ρ, whether recovery is proved without noise, and with the noise that there is."""

    recovered: jax.Array
    mu: jax.Array
    rho: jax.Array
    proved_noiseless: jax.Array
    proved: jax.Array


def trial(
    problem: GroupProblem, count: jax.Array, noise: jax.Array, *, most: int, slow: bool,
    penalties: int = PENALTIES, iterations: int = ITERATIONS,
) -> Trial:  # fmt: skip
    """One trial on a problem whose first `count` groups in its order are good.

    Args:
        problem: as `problems.draw` makes it.
        count: how many groups are good, at most `most`.
        noise: deviation of the noise, for the theory.
        most: how many picks there is room for.
        slow: whether the convex rivals take part; if not, they find nothing.
        penalties: how many points their paths have.
        iterations: their steps at each.
    """
    columns, targets = problem.columns, problem.targets
    groups, size = columns.shape[1:]
    white = kernel.whiten(columns)
    good = jnp.zeros(groups, bool).at[problem.order].set(jnp.arange(groups) < count)
    rule = lambda raw: _first(
        kernel.group_omp(columns, targets, most, raw, fit=False).picks, good, count
    )
    single = columns.reshape(len(columns), groups * size, 1)
    picks = kernel.group_omp(single, targets, most * size, fit=False).picks // size
    solved = [*jax.vmap(rule)(jnp.array([False, True])), _ever(_touched(picks, groups), good)]
    if slow:
        # One program for all three: each would be compiled anew.
        every = jnp.stack([columns, white.basis, columns])
        alone = jnp.array([False, False, True])
        on_path = lambda used, alone: _on_a_path(used, targets, good, alone, penalties, iterations)
        solved += [*jax.vmap(on_path)(every, alone)]
    else:
        solved += [jnp.zeros((), bool)] * 3
    mu, rho = kernel.verdict(white.basis, problem.order[:most], count)
    return Trial(jnp.stack(solved), mu, rho, (mu < 1) & (rho > 0),
                 _proved(problem, good, count, noise, mu, rho))  # fmt: skip


def _first(picks, good, count):
    """Whether the first `count` picks are the good groups."""
    early = jnp.arange(len(picks)) < count
    taken = jnp.zeros(len(good), bool).at[picks].max(early)
    return jnp.all(taken == good)


def _ever(supports, good):
    """Whether any row of supports (points, J) is the set of good groups."""
    return jnp.any(jnp.all(supports == good, axis=1))


def _touched(picks, groups):
    """Which groups single columns have touched, after each pick: (picks, J)."""
    return jax.nn.one_hot(picks, groups).cumsum(0) > 0


def _on_a_path(columns, targets, good, alone, penalties, iterations):
    falling = rivals.penalties(columns, targets, penalties, LEAST, alone)
    path = rivals.group_lasso(columns, targets, falling, iterations, alone)
    return _ever(jnp.any(path != 0, axis=2), good)


def _proved(problem, good, count, noise, mu, rho):
    """Whether stopping at ε is proved to find the good groups: see `recovery`."""
    size = jnp.max(jnp.sum(jnp.any(problem.columns != 0, axis=0), axis=1))
    there = jnp.sum(jnp.any(problem.columns != 0, axis=(0, 2)))
    epsilon = kernel.stopping_level(noise, mu, size, there - count, ETA)
    t = jnp.log(count / ETA)
    moved = noise * jnp.sqrt((size + 2 * jnp.sqrt(size * t) + 2 * t) / jnp.maximum(rho, 1e-9))
    fitted = jnp.einsum("njm,jm->nj", problem.columns, problem.coefficients)
    shortest = jnp.min(jnp.where(good, jnp.linalg.norm(fitted, axis=0), jnp.inf))
    return (rho > 0) & (shortest > epsilon / jnp.maximum(rho, 1e-9) + moved)

"""The selection room's run: two greedy searches on one problem, one by each rule."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.selection import _datasets as datasets
from curvkit.selection import _kernel as kernel
from curvkit.selection import _problems as problems
from curvkit.selection.settings import Settings

__all__ = []

DRAWN = problems.ProblemSize(150, 40, 5)
MOST_PICKS, LETTERS = 10, 24
ETA = 0.05


class State(NamedTuple):
    """What the next reading needs: the problem, its whitened groups, two searches, the verdict."""

    problem: problems.GroupProblem
    white: kernel.Whitened
    searches: kernel.Search
    verdict: dict[str, jax.Array]
    ended: jax.Array


def problem(settings: Settings, key: jax.Array) -> problems.GroupProblem:
    """The regression to be solved."""
    if settings.data == "drawn":
        sizes = {name: getattr(settings, name) for name in ("rows", "groups", "size", "within")}
        sizes |= {name: getattr(settings, name) for name in ("between", "noise")}
        good = jnp.minimum(settings.good, settings.groups)
        return problems.draw(key, DRAWN, good=good, **sizes)
    table = datasets.table(settings.data)
    columns = jnp.asarray(table.columns, float), jnp.asarray(table.targets, float)
    return problems.split(key, *columns, DRAWN.rows, settings.rows)


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    regression = problem(settings, jax.random.fold_in(key, settings.seed))
    white = kernel.whiten(regression.columns)
    search = kernel.start(white.basis, regression.targets, MOST_PICKS)
    searches = jax.tree.map(lambda each: jnp.stack([each, each]), search)
    return State(
        regression, white, searches, verdict(settings, regression, white), jnp.zeros((), bool)
    )


def verdict(
    settings: Settings, problem: problems.GroupProblem, white: kernel.Whitened
) -> dict[Any, Any]:
    """What theory says of the problem: nothing where the good groups are not known."""
    groups = problem.columns.shape[1]
    drawn = settings.data == "drawn"
    count = jnp.minimum(settings.good, settings.groups) if drawn else jnp.zeros((), int)
    mu, rho = kernel.verdict(white.basis, problem.order[:MOST_PICKS], count)
    bad = jnp.asarray(settings.groups if drawn else groups) - count
    levels = [
        kernel.stopping_level(settings.noise, at, settings.size, bad, ETA)
        for at in (mu, jnp.zeros(()))
    ]
    good = jnp.zeros(groups, int).at[problem.order].set((jnp.arange(groups) < count).astype(int))
    fitted = jnp.einsum("njm,jm->nj", problem.columns, problem.coefficients)
    theory = {"good": good, "true_lengths": jnp.linalg.norm(fitted, axis=0), "mu": mu, "rho": rho}
    # JSON and figures want numbers: where no level is proved, one that no score reaches.
    return theory | {"epsilon": jnp.minimum(levels[0], 1e9), "noise_level": levels[1]}


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then one pick of each search."""
    regression, white = state.problem, state.white
    good = state.verdict["good"]

    def look(search, raw):
        """Scores by either rule, the pick by its own, what it has found, and its next state."""
        scored = [
            kernel.scores(each, search.residual) for each in (white.basis, regression.columns)
        ]
        judged = jnp.where(search.taken, -1.0, jnp.where(raw, scored[1], scored[0]))
        best = jnp.argmax(judged)
        beta = jnp.einsum("jmq,jq->jm", white.turn, search.coefficients)
        errors = regression.test_targets - jnp.einsum("njm,jm->n", regression.test_columns, beta)
        readings = {
            "scores": scored[0],
            "raw_scores": scored[1],
            "best": best,
            "highest": judged[best],
            "residual_norm": jnp.linalg.norm(search.residual),
            "lengths": jnp.linalg.norm(search.coefficients, axis=1),
            "hits": jnp.sum(search.taken * good),
            "test_error": jnp.sum(errors**2) / jnp.sum(regression.test_targets**2),
        }
        return kernel.take(search, white.basis, best), readings

    further, readings = jax.vmap(look)(
        state.searches, jnp.stack([~settings.whiten, settings.whiten])
    )
    row = {name: each[0] for name, each in readings.items() if name != "highest"}
    row |= {f"other_{name}": readings[name][1] for name in ("hits", "test_error")}
    used = jax.tree.map(lambda each: each[0], state.searches)
    row |= {"step": used.step, "left_after": kernel.left_after(used, white.basis)}
    # A residual of rounding errors has no best group.
    rounding = 1e-5 * jnp.linalg.norm(regression.targets)
    enough = row["step"] >= settings.picks
    ended = enough | (readings["highest"][0] <= jnp.maximum(settings.tolerance, rounding))
    return State(regression, white, further, state.verdict, ended), row


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the good groups, the theory, the names."""
    groups = state.problem.columns.shape[1]
    names = [str(each) for each in range(groups)]
    if settings.data != "drawn":
        names = list(datasets.table(settings.data).variables)
    letters = np.zeros((groups, LETTERS), int)
    for at, name in enumerate(names):
        letters[at, : len(name)] = [ord(each) for each in name[:LETTERS]]
    return state.verdict | {"letters": jnp.asarray(letters)}


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return min(settings.picks, DRAWN.groups) + 1

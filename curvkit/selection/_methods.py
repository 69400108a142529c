"""Methods beside one another: each makes a path, and the same held-out rows choose its point.

| symbol | name | shape |
| --- | --- | --- |
| β̂ | a point of a path | (J, m) |
| F₁ = 2 hits / (taken + true) | of columns, and of groups | scalar in [0, 1] |
| λ | penalties of Lasso and Group Lasso | (lambdas,) |
"""

import functools
import importlib.util
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from curvkit.core import messages
from curvkit.selection import _kernel as kernel
from curvkit.selection import _rivals as rivals
from curvkit.selection._design import Design
from curvkit.selection._greedy import greedy_path
from curvkit.selection._groups import read_groups

PENALTIES, LEAST, ITERATIONS = 30, 0.005, 600
MOST_GROUPS, MOST_COLUMNS = 12, 40


class CoefficientPath(NamedTuple):
    """Coefficients (points, J, m) and intercepts (points,)."""

    coefficients: np.ndarray
    intercepts: np.ndarray


def _flat(columns):
    """Columns that are there, side by side, and where they stand in (J, m)."""
    there = np.any(columns != 0, axis=0)
    return columns[:, there], there


def _greedy(columns, targets, *, whiten=True, single=False):
    flat, there = _flat(columns)
    labels = np.repeat(np.arange(len(there)), there.sum(1))
    groups = read_groups(None if single else labels, flat.shape[1])
    most = min(MOST_COLUMNS if single else MOST_GROUPS, len(groups.names), len(flat) // 2)
    design = Design(flat, groups, whiten=whiten)
    offset = targets.mean()
    path = greedy_path(design, (targets - offset)[:, None], n_groups=most)
    betas = [path.coefficient(step, flat.shape[1])[:, 0] for step in range(len(path.picks) + 1)]
    return _path(np.array(betas), there, design.mean, offset)


def _path(fitted, there, mean, offset):
    coefficients = np.zeros((len(fitted), *there.shape))
    coefficients[:, there] = fitted
    return CoefficientPath(coefficients, offset - fitted @ mean)


def _least_squares(columns, targets):
    flat, there = _flat(columns)
    mean, offset = flat.mean(0), targets.mean()
    beta = np.linalg.lstsq(flat - mean, targets - offset, rcond=None)[0]
    return _path(beta[None], there, mean, offset)


def abess(columns: np.ndarray, targets: np.ndarray, count: int) -> np.ndarray:
    """What abess finds with exactly `count` groups in columns (n, J, m): coefficients (J, m)."""
    with warnings.catch_warnings():
        # Its source has escape sequences that Python complains of.
        for kind in (SyntaxWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        from abess.linear import LinearRegression

    flat, there = _flat(columns)
    labels = np.repeat(np.arange(len(there)), there.sum(1))
    model = LinearRegression(support_size=count, group=labels)
    model.fit(flat - flat.mean(0), targets - targets.mean())
    beta = np.zeros(there.shape)
    beta[there] = np.array(model.coef_, float).ravel()
    return beta


def _abess(columns, targets):
    """The path of abess, one fit for each number of groups."""
    flat, there = _flat(columns)
    most = min(MOST_GROUPS, len(there), len(flat) // 2)
    betas = [abess(columns, targets, size)[there] for size in range(1, most + 1)]
    betas = np.array([np.zeros(flat.shape[1]), *betas])
    return _path(betas, there, flat.mean(0), targets.mean())


@functools.partial(jax.jit, static_argnames="white")
def _convex(columns, targets, alone, white):
    """Paths of many problems (runs, lambdas, J, m) in the columns as they are given."""

    def one(columns, targets):
        turned = kernel.whiten(columns) if white else None
        used = columns if turned is None else turned.basis
        falling = rivals.penalties(used, targets, PENALTIES, LEAST, alone)
        betas = rivals.group_lasso(used, targets, falling, ITERATIONS, alone)
        return betas if turned is None else jax.numpy.einsum("jmq,ljq->ljm", turned.turn, betas)

    return jax.vmap(one)(columns, targets)


def convex(
    columns: np.ndarray, targets: np.ndarray, *, alone: bool = False, white: bool = False
) -> list[CoefficientPath]:
    """Paths of Group Lasso, or Lasso where columns are alone, for many problems at once.

    Args:
        columns: (runs, n, J, m); each column is taken less its mean, and of deviation 1.
        targets: (runs, n).
        alone: whether each column is a group of its own.
        white: whether groups are whitened first.
    """
    mean, offset = columns.mean(1, keepdims=True), targets.mean(1, keepdims=True)
    centred = columns - mean
    size = centred.std(1, keepdims=True)
    scale = np.where(size > 0, size, 1.0)
    betas = np.asarray(_convex(np.float32(centred / scale), np.float32(targets - offset),
                               alone, white), float) / scale  # fmt: skip
    lost = np.einsum("rljm,rjm->rl", betas, mean[:, 0])
    return [CoefficientPath(each, o[0] - m) for each, o, m in zip(betas, offset, lost, strict=True)]


def _each(fit: Callable[..., Any]) -> Callable[..., Any]:
    return lambda columns, targets: [fit(*each) for each in zip(columns, targets, strict=True)]


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], list[CoefficientPath]]] = {
    "Group-OMP": _each(_greedy),
    "Group-OMP, raw rule": _each(functools.partial(_greedy, whiten=False)),
    "OMP": _each(functools.partial(_greedy, single=True)),
    "Group Lasso": convex,
    "Group Lasso, whitened": functools.partial(convex, white=True),
    "Lasso": functools.partial(convex, alone=True),
    "abess": _each(_abess),
    "least squares": _each(_least_squares),
}


def methods() -> tuple[str, ...]:
    """The names of METHODS that can be had: abess has to be installed.

    >>> methods()[:3]
    ('Group-OMP', 'Group-OMP, raw rule', 'OMP')
    """
    there = importlib.util.find_spec("abess") is not None
    return tuple(name for name in METHODS if there or name != "abess")


def known(chosen: tuple[str, ...] | None) -> tuple[str, ...]:
    """The methods that are chosen; all that can be had if None.

    Raises:
        ValueError: if one is unknown.

    >>> known(("OMP",))
    ('OMP',)
    """
    for each in chosen or ():
        if each not in METHODS:
            raise ValueError(messages.unknown("method", each, METHODS))
    return methods() if chosen is None else tuple(chosen)


def tuned(
    path: CoefficientPath, columns: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, float]:
    """The point of a path with the least squared error on held-out rows: β̂ and its intercept.

    >>> path = CoefficientPath(np.array([[[0.0]], [[2.0]]]), np.zeros(2))
    >>> tuned(path, np.ones((3, 1, 1)), np.array([2.0, 2.0, 1.9]))[0].tolist()
    [[2.0]]
    """
    fitted = np.einsum("njm,pjm->pn", columns, path.coefficients) + path.intercepts[:, None]
    best = int(np.argmin(np.mean((targets - fitted) ** 2, axis=1)))
    return path.coefficients[best], float(path.intercepts[best])


def f1(predicted: np.ndarray, true: np.ndarray) -> float:
    """F₁ of what was found against the truth, both as masks; 0 where nothing is right.

    >>> f1(np.array([True, True, False]), np.array([True, False, False]))
    0.666...
    """
    if predicted.shape != true.shape:
        raise ValueError(
            messages.refusal("predicted", f"a mask of shape {true.shape}", predicted.shape)
        )
    total = predicted.sum() + true.sum()
    return float(2 * np.sum(predicted & true) / total) if total else 0.0

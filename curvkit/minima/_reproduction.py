"""How often four points are learnt: the shares that other seeds gave, and those of a run.

Rows that share an optimizer, and both data sets, share one compiled program per activation: where
the start's law, the rate and the points differ, they are arguments.

| symbol | name | source |
| --- | --- | --- |
| p₀ | `ROWS`, per cent of `SEEDS` seeds after 2500 steps | recomputed after arXiv 1611.06310 |
| h | `WIDTHS`, hidden units | table 1 |
| k, n | `learnt(...)`, of n runs each | (rows, widths, columns) |
| (k/n − p₀) / s | deviation in binomial errors of both | `deviation(...)` |
"""

import concurrent.futures
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.minima import _training as training
from curvkit.minima._problems import problem

WIDTHS, SEEDS = (2, 4, 7), 1000
COLUMNS = (("relu", "xor"), ("relu", "jellyfish"), ("sigmoid", "xor"), ("sigmoid", "jellyfish"))
# So many runs of each width are trained side by side: their numbers stay near the core.
SIDE_BY_SIDE = 25


class ConfigurationShares(NamedTuple):
    """Initialization, optimizer and learning rate, and the shares by width and column."""

    initialization: str
    optimizer: str
    learning_rate: float
    shares: tuple[tuple[int, ...], ...]


ROWS = (
    ConfigurationShares("normal", "adam", 1e-2,
        ((17, 20, 52, 33), (58, 66, 96, 98), (85, 89, 100, 100))),
    ConfigurationShares("normal", "gd", 1.0,
        ((21, 2, 72, 60), (61, 32, 100, 94), (88, 78, 100, 94))),
    ConfigurationShares("normal", "adam", 1e-3,
        ((18, 0, 30, 0), (58, 19, 76, 0), (86, 57, 93, 1))),
    ConfigurationShares("normal_with_biases", "adam", 1e-2,
        ((22, 15, 50, 32), (66, 52, 96, 98), (93, 83, 100, 100))),
    ConfigurationShares("normal_with_biases", "gd", 1.0,
        ((24, 1, 73, 46), (70, 26, 100, 99), (94, 66, 100, 100))),
    ConfigurationShares("glorot", "adam", 1e-2,
        ((17, 20, 58, 26), (54, 65, 97, 91), (83, 88, 100, 100))),
    ConfigurationShares("glorot", "gd", 1.0,
        ((21, 1, 78, 57), (62, 31, 100, 82), (87, 73, 100, 43))),
    ConfigurationShares("lecun", "adam", 1e-2,
        ((18, 20, 56, 24), (58, 66, 94, 87), (86, 90, 100, 100))),
    ConfigurationShares("lecun", "gd", 1.0,
        ((21, 0, 78, 56), (68, 34, 100, 86), (91, 80, 100, 68))),
)  # fmt: skip


def learnt(
    rows: tuple[ConfigurationShares, ...] = ROWS,
    *,
    runs: int = SEEDS,
    steps: int = 2500,
    seed: int = 0,
) -> np.ndarray:
    """How many runs of each cell get all four points right after `steps` steps.

    Args:
        rows: of `ROWS`, or of one's own; their shares are not looked at.
        runs: of each cell.
        steps: of training.
        seed: which random weights; each cell has its own.

    Returns:
        (rows, widths, columns) whole numbers from 0 to `runs`.

    >>> learnt(ROWS[:1], runs=20, steps=0).shape
    (1, 3, 4)
    """
    programs = {}
    for i, row in enumerate(rows):
        for j, (activation, _) in enumerate(COLUMNS):
            programs.setdefault((activation, row.optimizer), []).append((i, j))
    solved = np.zeros((len(rows), len(WIDTHS), len(COLUMNS)), int)

    def work(program):
        for i, j in programs[program]:
            key = jax.random.fold_in(jax.random.key(seed), len(COLUMNS) * i + j)
            activation, data = COLUMNS[j]
            solved[i, :, j] = _cells(key, rows[i], activation, data, runs, steps)

    # Compiling and running leave Python's lock, so two cores serve two programs.
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(work, programs))
    return solved


def _cells(key, row, activation, data, runs, steps):
    """The cells of one row and column, by width."""
    dataset = problem(data)
    law = training.law(row.initialization, dataset.inputs.shape[1], np.array(WIDTHS))
    keys = jax.random.split(key, -(-runs // SIDE_BY_SIDE))
    right = _trained(activation, row.optimizer)(
        keys, law, row.learning_rate, steps, dataset.inputs, dataset.targets
    )
    return np.asarray(right).reshape(-1, len(WIDTHS))[:runs].sum(0)


@functools.cache
def _trained(activation, optimizer):
    """The compiled training of many batches: whether each run has every point right."""

    def batch(key, law, rate, steps, inputs, targets):
        widths = jnp.tile(jnp.array(WIDTHS), SIDE_BY_SIDE)
        law = jax.tree.map(lambda each: jnp.tile(each, SIDE_BY_SIDE), law)
        data = training.LabelledPoints(inputs, targets)
        drawn = training.drawn(key, law, inputs.shape[1], widths, max(WIDTHS))
        how = (data, activation, optimizer, rate, widths)
        end = training.descend(training.start(drawn), steps, *how).runs
        known = jnp.isfinite(training.losses(end, data, activation))
        return (training.wrong(end, data, activation) == 0) & known

    return jax.jit(lambda keys, *rest: jax.lax.map(lambda key: batch(key, *rest), keys))


def deviation(solved: int, total: int, per_cent: float) -> float:
    """How many binomial errors a share is away from one of `SEEDS` other seeds.

    >>> deviation(500, 1000, 50)
    0.0
    """
    expected = per_cent / 100
    pooled = (expected * SEEDS + solved) / (SEEDS + total)
    # A share of 0 or 1 in the table is one of less than half a per cent off.
    pooled = min(max(pooled, 0.005), 0.995)
    error = np.sqrt(pooled * (1 - pooled) * (1 / SEEDS + 1 / total)) + 0.002
    return float((solved / total - expected) / error)

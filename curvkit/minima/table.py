"""How often four points are learnt: the shares that other seeds gave, to be held against a run.

| symbol | name | source |
| --- | --- | --- |
| p₀ | `SHARES`, per cent of `SEEDS` seeds after 2500 steps | recomputed after arXiv 1611.06310 |
| h | `WIDTHS`, hidden units | table 1 |
| k/n | share of a run's seeds, with Wilson's interval | |
| (k/n − p₀) / s | deviation in binomial errors of both | `deviation(...)` |
"""

from typing import NamedTuple

import numpy as np

WIDTHS, SEEDS = (2, 4, 7), 1000
COLUMNS = (("relu", "xor"), ("relu", "jellyfish"), ("sigmoid", "xor"), ("sigmoid", "jellyfish"))


class Row(NamedTuple):
    """Initialization, optimizer and learning rate, and the shares by width and column."""

    initialization: str
    optimizer: str
    learning_rate: float
    shares: tuple[tuple[int, ...], ...]


ROWS = (
    Row("normal", "adam", 1e-2, ((17, 20, 52, 33), (58, 66, 96, 98), (85, 89, 100, 100))),
    Row("normal", "gd", 1.0, ((21, 2, 72, 60), (61, 32, 100, 94), (88, 78, 100, 94))),
    Row("normal", "adam", 1e-3, ((18, 0, 30, 0), (58, 19, 76, 0), (86, 57, 93, 1))),
    Row("normal_with_biases", "adam", 1e-2,
        ((22, 15, 50, 32), (66, 52, 96, 98), (93, 83, 100, 100))),
    Row("normal_with_biases", "gd", 1.0,
        ((24, 1, 73, 46), (70, 26, 100, 99), (94, 66, 100, 100))),
    Row("glorot", "adam", 1e-2, ((17, 20, 58, 26), (54, 65, 97, 91), (83, 88, 100, 100))),
    Row("glorot", "gd", 1.0, ((21, 1, 78, 57), (62, 31, 100, 82), (87, 73, 100, 43))),
    Row("lecun", "adam", 1e-2, ((18, 20, 56, 24), (58, 66, 94, 87), (86, 90, 100, 100))),
    Row("lecun", "gd", 1.0, ((21, 0, 78, 56), (68, 34, 100, 86), (91, 80, 100, 68))),
)  # fmt: skip


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

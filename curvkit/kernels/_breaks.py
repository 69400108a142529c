"""Where a function of one variable jumps.

| symbol | name | shape |
| --- | --- | --- |
| f | `function`, in NumPy | elementwise |
"""

from collections.abc import Callable

import numpy as np


def jumps(function: Callable[[np.ndarray], np.ndarray], grid: np.ndarray) -> tuple[float, ...]:
    """Where `function` jumps between points of `grid`, found by bisecting its steepest cells."""
    values = function(grid)
    steps = np.abs(np.diff(values))
    scale = max(np.ptp(values), 1e-300)
    suspects = np.flatnonzero(steps > 1e-4 * scale)
    # Of a smooth function many cells are steep: those that stand out from both neighbours jump.
    padded = np.concatenate([[0.0], steps, [0.0]])
    beside = np.maximum(padded[:-2], padded[2:])
    suspects = [i for i in suspects if steps[i] > 1.5 * beside[i]] or list(suspects[:8])
    breaks = []
    for i in suspects[:64]:
        low, high, step = grid[i], grid[i + 1], steps[i]
        for _ in range(48):
            middle = (low + high) / 2
            at = function(np.array([low, middle, high]))
            left = abs(at[1] - at[0]) >= abs(at[2] - at[1])
            low, high = (low, middle) if left else (middle, high)
        if np.abs(np.diff(function(np.array([low, high]))))[0] > 0.4 * step:
            place = (low + high) / 2
            breaks.append(0.0 if abs(place) < 1e-9 else float(place))
    return tuple(sorted(set(breaks)))

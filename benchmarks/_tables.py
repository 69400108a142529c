"""The tables of tuners against each other: who is in them, and what one line of them tells.

Each contender is trained alone, from the same seeds on the same digits, by the room's experiment.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from curvkit import tuners

SLOW = dict(learning_rate=0.05)
# Label and knobs, on gradient descent. A line is compared with the best of the constant rates.
ON_GRADIENT_DESCENT = {
    **{f"constant {r:g}": dict(tuner="constant", learning_rate=r)
       for r in (0.1, 0.2, 0.3, 0.4, 0.5)},
    **{f"cdat σ={s:g}": dict(sigma=s) for s in (1, 1.5, 1.9, 1.97, 2, 2.01, 2.02, 2.0625)},
    "cdat σ=1, ema 0.9": dict(sigma=1.0, ema=0.9),
    "cdat σ=2, ema 0.9": dict(sigma=2.0, ema=0.9),
    "cdat σ=2, ema 0.99": dict(sigma=2.0, ema=0.99),
    "armijo, c 1e-4": dict(tuner="armijo", slope=1e-4),
    "armijo, c 0.5": dict(tuner="armijo", slope=0.5),
    "exact": dict(tuner="exact"),
    **{f"oracle {s:g}/λ": dict(tuner="oracle", sigma=s) for s in (1.9, 2, 2.02, 2.05)},
    **{f"hypergradient {r:g}": dict(SLOW, tuner="hypergradient", hypergradient_rate=r)
       for r in (1e-3, 1e-2, 1e-1)},
    **{f"hypergradient × {r:g}": dict(SLOW, tuner="hypergradient_times", hypergradient_rate=r)
       for r in (1e-3, 1e-2)},
    **{f"warm-up to {peak:g}": dict(tuner="warm_up", learning_rate=peak) for peak in (0.5, 0.8)},
    "polyak": dict(tuner="polyak"),
    "polyak, at most 1": dict(tuner="polyak", max_learning_rate=1.0),
}  # fmt: skip

# Base and the constant rates tried on it; CDAT has nothing to try but σ.
ON_OTHER_BASES = {
    "heavy_ball": (0.1, 0.2, 0.3, 0.4),
    "adam": (1e-3, 3e-3, 1e-2, 3e-2),
    "rmsprop": (1e-3, 2e-3, 4e-3),
}
COMMON = dict(tuner="cdat", rival="none", initialization="torch", max_learning_rate=1e6)
# Losses at a step are the least of the readings in so many steps before it.
WINDOW = 50


def on_other_bases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Label and knobs of each contender on each other base."""
    for base, rates in ON_OTHER_BASES.items():
        for rate in rates:
            yield f"{base}, {rate:g}", dict(base=base, tuner="constant", learning_rate=rate)
        for sigma in (1.0, 1.9, 2.0):
            yield f"{base}, cdat σ={sigma:g}", dict(base=base, sigma=sigma)


def trained(turned: dict[str, Any], steps: int, seeds: int):
    """The trace of a contender, and the seconds it took after compiling."""
    values = {**COMMON, "steps": steps, "seeds": seeds, **turned}
    tuners.run({**values, "steps": 12})
    begun = time.perf_counter()
    trace = tuners.run(values)
    return trace, time.perf_counter() - begun


def least(trace, step: int) -> np.ndarray:
    """For each seed the least loss in the window before `step`; nan where it is not finite."""
    inside = (trace.step <= step) & (trace.step > step - WINDOW)
    values = trace.loss[inside, 0]
    if not inside.any():
        # All runs were lost before.
        return np.full(values.shape[1], np.nan)
    return np.where(np.isfinite(values).all(axis=0), values.min(axis=0), np.nan)


def short(value: float, digits: int = 1) -> str:
    """A number as `1.2e-3`, with no zero that says nothing."""
    return f"{value:.{digits}e}".replace("e-0", "e-").replace("e+0", "e")


def middle(values: np.ndarray, digits: int = 1) -> str:
    """The median, and how many were lost if some were."""
    kept = values[np.isfinite(values)]
    if not len(kept):
        return "diverged"
    lost = f" ({len(values) - len(kept)} lost)" if len(kept) < len(values) else ""
    return short(np.median(kept), digits) + lost


def line(label: str, turned: dict[str, Any], steps: int, seeds: int, marks, target) -> list[str]:
    """One row of a table, as text."""
    trace, spent = trained(turned, steps, seeds)
    end = trace.best(0, WINDOW)
    kept = end[np.isfinite(end)]
    loss = trace.loss[:, 0]
    reached = [trace.step[np.argmax(each < target)] for each in loss.T if (each < target).any()]
    first = statistics.median(reached) if 2 * len(reached) > seeds else None
    return [
        label,
        *[middle(least(trace, mark)) for mark in marks],
        middle(end, 2),
        f"{short(kept.min())}–{short(kept.max())}" if len(kept) else "",
        f"{first:.0f}" if first is not None else "never",
        f"{spent * first / trace.step[-1]:.1f}" if first is not None else "",
        f"{trace.settled('sharpness', 0):.1f}",
        f"{trace.settled('scaled_sharpness', 0):.3f}",
        f"{trace.settled('alignment', 0):.3f}",
    ]


def columns(marks, target) -> list[str]:
    at = [f"@{mark}" for mark in marks]
    return ["tuner", *at, "end", "range", f"steps to {target:g}", "s", "λ", "η·λ", "align.²"]

"""Predictions of a scene: whether they can be asked, and which choice a run makes right."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np


def check(asked: Any, views: Iterable[str], fields: Any, conditions: Callable[[Any], None]) -> None:
    """Raises ValueError where a prediction cannot be asked or cannot be answered."""
    if (asked.view is None) == (asked.choices is None):
        raise ValueError("a prediction is a curve in a view or a choice, one of the two")
    if asked.at < 0 or not asked.patience > 0:
        raise ValueError("a prediction is asked at a row from 0 on, with a patience above 0")
    if asked.until is not None and asked.until <= asked.at:
        raise ValueError(f"asked at row {asked.at}, it cannot be told at row {asked.until}")
    if asked.view is not None:
        if asked.view not in views:
            raise ValueError(f"the prediction names the view {asked.view}, which is not there")
        if asked.x is None or asked.y is None or "{value}" not in (asked.verdict or ""):
            raise ValueError("a prediction by hand needs x, y and a verdict with {value}")
        fields.over_time(asked.x)
        fields.over_time(asked.y)
    if asked.choices is not None and len(asked.choices) < 2:
        raise ValueError("a prediction has two choices at least")
    for each in asked.choices or ():
        conditions(each.when)


def last(rows: Mapping[str, np.ndarray], lost: Any) -> int:
    """The last row that is shown, (): the first that is lost, or the last there is."""
    count = len(next(iter(rows.values())))
    bad = np.zeros(count, bool)
    for name in lost.fields if lost else ():
        with np.errstate(over="ignore"):
            size = np.abs(np.asarray(rows[name], np.float32)).reshape(count, -1)
        bad |= ~(size <= lost.above).all(1)
    return int(np.argmax(bad)) if bad.any() else count - 1


def right(
    asked: Any, rows: Mapping[str, np.ndarray], fixed: Mapping[str, np.ndarray], row: int
) -> list[int]:
    """Which choices are right at a row, as the stage's program decides it; one, if all is well."""

    def value(name: str) -> float:
        return float(np.asarray(rows[name][row] if name in rows else fixed[name]).reshape(-1)[0])

    def holds(name: str, sign: str, bound: float) -> bool:
        return value(name) > bound if sign == ">" else value(name) < bound

    choices: list[Any] = list(asked.choices or ())
    return [at for at, each in enumerate(choices) if all(holds(*when) for when in each.when)]

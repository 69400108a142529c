"""Runs made beforehand for a page that has no kernel: a knob at a few values, the rest as it is."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from curvkit.core import knob as knobs
from curvkit.core import say
from curvkit.core.knob import Knob
from curvkit.report import parameters, rooms

# Which says how long a run is and which one; turning them shows little in a picture.
PASSED_OVER = ("seed", "steps", "every", "runs", "seeds")
MOST_KNOBS, VALUES, FRAMES = 2, 5, 25


@dataclass(frozen=True)
class Turned:
    """A knob, its values as a person reads them, which is the default, and what each comes to."""

    label: str
    sentence: str
    values: list[str]
    default: int
    figures: list[dict[str, Any]]
    words: list[str]


def values(knob: Knob) -> list[Any]:
    """A few values of a numeric knob around its default, in order, the default among them.

    >>> values(Knob("width", int, 8, "", "", low=2, high=512, scale="log"))
    [2, 4, 8, 16, 32]
    """
    far = VALUES // 2
    found = []
    for at in range(-far, far + 1):
        if knob.scale == "log":
            value = min(max(knob.default * 2.0**at, knob.low), knob.high)
        else:
            end = knob.high if at > 0 else knob.low
            value = knob.default + (end - knob.default) * abs(at) / (2 * far)
        rounded = knob.kind(float(f"{value:.3g}"))
        found.append(knob.default if at == 0 else rounded)
    return sorted({each for each in found if knob.low <= each <= knob.high})


def of_notebook(node: NotebookNode) -> list[Turned]:
    """What the knobs of a notebook's room come to, from the parameters that the notebook ran with.

    Which knobs and values, other settings and which figure, a notebook may say in its metadata, at
    `curvkit: {gallery: {knobs: {sigma: [1, 1.9, 2]}, set: {steps: 60}, figure: edge}}`; else they
    are the first numeric knobs of the room that move its first figure, around their defaults.

    Raises:
        ValueError: with one sentence, if a notebook names a knob, a value or a figure that is not
            there.
    """
    told = node.metadata.get("curvkit", {})
    if not told.get("room"):
        return []
    house, wish = rooms.load(told["room"]), told.get("gallery", {})
    declared, figures = knobs.knobs(house.Settings), house.figures.FIGURES
    figure = wish.get("figure", next(iter(figures)))
    if figure not in figures:
        raise ValueError(say.unknown("figure", figure, figures))
    ran = told.get("report", {}).get("parameters", parameters.declared(node))
    base = {name: value for name, value in ran.items() if name in declared} | wish.get("set", {})
    named = wish.get("knobs")
    wanted = named or {name: values(declared[name]) for name in _candidates(declared)}
    found = []
    for name, each in wanted.items():
        if name not in declared:
            raise ValueError(say.unknown("setting", name, declared))
        made = _turned(house, figures[figure], declared[name], list(each), base)
        if named or len({json.dumps(one["data"]) for one in made.figures}) > 1:
            found.append(made)
        if len(found) == MOST_KNOBS:
            break
    return found


def _candidates(declared: Mapping[str, Knob]) -> Iterator[str]:
    for name, each in declared.items():
        numeric = each.kind in (int, float) and not each.choices
        if numeric and not each.static and name not in PASSED_OVER:
            yield name


def _turned(
    house: Any, draw: Callable, knob: Knob, given: list[Any], base: Mapping[str, Any]
) -> Turned:
    from curvkit.show import player

    figures, words = [], []
    for value in given:
        trace = house.run(knobs.read(house.Settings, {**base, knob.name: value}))
        figures.append(json.loads(player.animate(draw, trace, FRAMES).to_json()))
        words.append(house.figures.words(trace))
    now = base.get(knob.name, knob.default)
    nearest = min(range(len(given)), key=lambda at: _apart(given[at], now))
    return Turned(
        knob.label, knob.sentence, [_shown(each) for each in given], nearest, figures, words
    )


def _apart(one: Any, other: Any) -> float:
    try:
        return abs(float(one) - float(other))
    except (TypeError, ValueError):
        return 0.0 if one == other else math.inf


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

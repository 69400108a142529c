"""Runs made beforehand for a page that has no kernel: a knob at a few values, the rest as it is."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from curvkit.core import knob as knobs
from curvkit.core import messages
from curvkit.core.knob import Knob
from curvkit.host import rooms
from curvkit.pages import parameters, summary

# Which says how long a run is and which one; turning them shows little in a picture.
PASSED_OVER = ("seed", "steps", "every", "runs", "seeds")
MOST_KNOBS, VALUES, FRAMES = 2, 5, 25


@dataclass(frozen=True)
class KnobVariants:
    """A knob, its values as a person reads them, which is the default, and what each comes to."""

    label: str
    sentence: str
    values: list[str]
    default: int
    figures: list[dict[str, Any]]
    words: list[str]


@dataclass(frozen=True)
class Precomputation:
    """What is to be turned: the room, its figure, the other settings, and the knobs' values."""

    house: Any
    figure: str
    base: dict[str, Any]
    values: dict[str, list[Any]]
    named: bool


def values(knob: Knob, now: Any = None) -> list[Any]:
    """A few values of a numeric knob around the one that it has, in order, that one among them.

    Args:
        knob: an integer or a floating-point one.
        now: where it stands; at its default if not given.

    >>> values(Knob("width", int, 8, "", "", low=2, high=512, scale="log"))
    [2, 4, 8, 16, 32]
    """
    now, far = knob.default if now is None else now, VALUES // 2
    low, high = knob.ends
    candidates = []
    for at in range(-far, far + 1):
        if knob.scale == "log":
            value = min(max(now * 2.0**at, low), high)
        else:
            end = high if at > 0 else low
            value = now + (end - now) * abs(at) / (2 * far)
        candidates.append(now if at == 0 else knob.kind(float(f"{value:.3g}")))
    return sorted({each for each in candidates if low <= each <= high})


def plan(node: NotebookNode) -> Precomputation | None:
    """What the notebook wants to be turned, checked; None where it is of no room.

    Which knobs and values, other settings and which figure, a notebook may say in its metadata, at
    `curvkit: {gallery: {knobs: {sigma: [1, 1.9, 2]}, set: {steps: 60}, figure: edge}}`; else they
    are the first numeric knobs of the room that move its first figure, around what the notebook
    runs with.

    Raises:
        ValueError: with one sentence, if a notebook names a knob, a value or a figure that is not
            there.
    """
    ours = node.metadata.get("curvkit", {})
    if not ours.get("room"):
        return None
    house, wish = rooms.load(ours["room"]), ours.get("gallery", {})
    declared, figures = knobs.knobs(house.Settings), house.room.figures
    figure = wish.get("figure", next(iter(figures)))
    if figure not in figures:
        raise ValueError(rooms.absent(house.room, "figure", figure))
    ran = ours.get("report", {}).get("parameters", parameters.declared(node))
    base = {name: value for name, value in ran.items() if name in declared} | wish.get("set", {})
    wanted = {name: list(each) for name, each in wish.get("knobs", {}).items()}
    if unknown := [name for name in wanted if name not in declared]:
        raise ValueError(messages.unknown("setting", unknown[0], declared))
    for name in [] if wanted else _candidates(declared):
        wanted[name] = values(declared[name], base.get(name))
    for name, each in wanted.items():
        now = base.get(name, declared[name].default)
        # Where the notebook stands is one of them, so that what stays is what the page shows.
        wanted[name] = each if now in each else _among(each, now)
        for value in wanted[name]:
            knobs.read(house.Settings, {**base, name: value})
    return Precomputation(house, figure, base, wanted, bool(wish.get("knobs")))


def _among(given: list[Any], now: Any) -> list[Any]:
    numbers = all(isinstance(each, int | float) for each in [*given, now])
    return sorted([*given, now]) if numbers else [now, *given]


def of_notebook(node: NotebookNode) -> list[KnobVariants]:
    """What the knobs of a notebook's room come to, from the parameters that the notebook ran with.

    Raises:
        ValueError: as `plan`.
    """
    wanted = plan(node)
    if wanted is None:
        return []
    turned = []
    for name in wanted.values:
        knob = _turned(wanted, name)
        if wanted.named or len({json.dumps(figure["data"]) for figure in knob.figures}) > 1:
            turned.append(knob)
        if len(turned) == MOST_KNOBS:
            break
    return turned


def _candidates(declared: Mapping[str, Knob]) -> Iterator[str]:
    for name, each in declared.items():
        numeric = each.kind in (int, float) and not each.choices
        if numeric and not each.static and name not in PASSED_OVER:
            yield name


def _turned(plan: Precomputation, name: str) -> KnobVariants:
    from curvkit.show import player

    house, figures, words = plan.house, [], []
    knob, levels = knobs.knobs(house.Settings)[name], plan.values[name]
    draw = house.room.figures[plan.figure]
    for value in levels:
        trace = house.run(knobs.read(house.Settings, {**plan.base, name: value}))
        figures.append(json.loads(str(player.animate(draw, trace, FRAMES).to_json())))
        words.append(house.figures.words(trace))
    at = levels.index(plan.base.get(name, knob.default))
    return KnobVariants(
        knob.label, knob.sentence, [summary.setting(each) for each in levels], at, figures, words
    )

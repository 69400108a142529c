"""What a page has to know of a knob, as JSON."""

from typing import Any

from curvkit.core.knob import Knob


def facts(each: Knob) -> dict[str, Any]:
    """A knob's label, words and range for a page."""
    known: dict[str, Any] = {"name": each.name, "label": label(each), "sentence": each.sentence}
    known |= {"expected": each.expected, "source": each.source}
    known |= {"static": each.static, "default": each.default}
    if each.choices or each.kind is bool:
        return known | {"choices": list(each.choices) or [False, True]}
    ends = list(each.ends)
    low, high = each.useful or ends
    known |= {"low": low, "high": high, "ends": ends, "linear": each.scale == "linear"}
    return known | {"whole": each.kind is int, "step": each.step or (1 if each.kind is int else 0)}


def label(each: Knob) -> str:
    """The name of a knob with its symbol as mathematics: `learning rate *η*`.

    >>> label(Knob("learning_rate", float, 1.0, "How far.", "none", symbol="η"))
    'learning rate *η*'
    """
    return f"{each.name.replace('_', ' ')}{f' *{each.symbol}*' if each.symbol else ''}"

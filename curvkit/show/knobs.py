"""The knobs of a panel: at most three in front, wide; the others folded below them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Dict, Int
from traitlets import List as Items

from curvkit.core import declared
from curvkit.core.knob import Knob
from curvkit.show.facts import facts

MOST_IN_FRONT = 3
# One module: the stage's sliders have the same arithmetic.
PROGRAM = "\n".join(
    (Path(__file__).parent / name).read_text(encoding="utf-8")
    for name in ("stage/slide.js", "knobs.js")
)


class Knobs(anywidget.AnyWidget):
    """Sliders, choices and switches on the page. What a person asks for passes the knob's own gate
    here; what is refused is said beside its knob. A knob that changes nothing where the others
    stand is not shown.

    Args:
        knobs: the declarations by name.
        values: where they stand.
        front: names in the order of their weight: the first three that change something are in
            front, the others are folded away.
        turned: called with a name and a new value when a person turns a knob.
        themed: called with "light" or "dark" when the page says how it looks.

    Attributes:
        values: where they stand; refused: sentences by name; idle: names of those not shown;
            front: names of those in front.
        count: changes whenever the page is to show `values` again.
    """

    _esm = PROGRAM
    facts = Items().tag(sync=True)
    front = Items().tag(sync=True)
    values = Dict().tag(sync=True)
    refused = Dict().tag(sync=True)
    idle = Items().tag(sync=True)
    count = Int(0).tag(sync=True)

    def __init__(
        self, knobs: Mapping[str, Knob], values: Mapping[str, Any], front: Sequence[str],
        turned: Callable[[str, Any], None], themed: Callable[[str], None] = lambda mode: None,
    ):  # fmt: skip
        self.declared, self._order = dict(knobs), list(front)
        self._turned, self._themed = turned, themed
        super().__init__(facts=[facts(each) for each in knobs.values()])
        self.on_msg(lambda widget, message, buffers: self.heard(message))
        self.show(values)

    def heard(self, message: Mapping[str, Any]) -> None:
        """What the page says: a knob that is to be turned, or its theme."""
        if "turn" in message:
            self.ask(message["turn"], message.get("value"))
        elif message.get("theme") in ("light", "dark"):
            self._themed(message["theme"])

    def ask(self, name: str, value: Any) -> None:
        """Turns a knob as a person does, with a value as the page sends it."""
        try:
            checked = self.declared[name].read(value)
        except ValueError as error:
            self.refused = {**self.refused, name: str(error)}
            self.count += 1
            return
        if checked == self.values[name]:
            self.show(self.values)
            return
        self.show({**self.values, name: checked})
        self._turned(name, checked)

    def reset(self, name: str) -> None:
        """Turns a knob back to its default."""
        self.ask(name, self.declared[name].default)

    def show(self, values: Mapping[str, Any]) -> None:
        """Shows other values, and takes refusals away, without calling `turned`."""
        with self.hold_sync():
            self.values, self.refused = dict(values), {}
            self.idle = declared.idle(self.declared, self.values)
            self.front = [name for name in self._order if name not in self.idle][:MOST_IN_FRONT]
            self.count += 1

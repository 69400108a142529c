"""Where the knobs of a panel stand, and where they stood when it was opened."""

from typing import Any

from curvkit.core import knob as knobs
from curvkit.core.knob import BaseSettings, Knob
from curvkit.core.trace import Record


class Standing:
    """The values of a room's knobs, as they are turned.

    Args:
        settings: where they stand at first.

    Attributes:
        settings_class: the room's `Settings`.
        first: the values at first, by name; values: those now.
    """

    def __init__(self, settings: BaseSettings):
        self.settings_class, self.values = type(settings), knobs.as_dict(settings)
        self.first = dict(self.values)

    @property
    def declared(self) -> dict[str, Knob]:
        """The knobs by name."""
        return knobs.knobs(self.settings_class)

    def turn(self, **values: Any) -> None:
        """Turns knobs through the gate that every value from outside passes.

        Raises:
            ValueError: with one sentence, if a name is unknown or a value out of range; then none
                is turned.
        """
        read = knobs.read(self.settings_class, {**self.values, **values})
        self.values = knobs.as_dict(read)

    def settings(self) -> BaseSettings:
        """The settings of a run that starts now."""
        return knobs.read(self.settings_class, self.values)

    def name(self, trace: Record) -> str:
        """What tells a run from that at first: the knobs that stood elsewhere."""
        turned = [
            f"{each.label} = {trace.settings[name]}"
            for name, each in self.declared.items()
            if trace.settings[name] != self.first[name]
        ]
        return ", ".join(turned) or "as at first"

"""The fields of a scene, as the checker sees them."""

from collections.abc import Mapping

import numpy as np

from curvkit.core import messages


class Fields:
    """The fields of a scene, as the checker sees them: their sizes, and which are over time."""

    def __init__(self, rows: Mapping[str, np.ndarray], fixed: Mapping[str, np.ndarray]):
        self.rows, self.fixed = rows, fixed
        # By view, how many items a hand can choose from.
        self.choices: dict[str, int] = {}
        for name, values in (*rows.items(), *fixed.items()):
            if not isinstance(values, np.ndarray | np.generic) or values.dtype.kind not in "biuf":
                raise ValueError(f"the field {name} must be an array of numbers")
        if both := sorted(rows.keys() & fixed.keys()):
            raise ValueError(f"the field {both[0]} is given over time and fixed")

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a field, without its rows."""
        if name in self.rows:
            return self.rows[name].shape[1:]
        if name in self.fixed:
            return self.fixed[name].shape
        raise ValueError(messages.unknown("field", name, (*self.rows, *self.fixed)).rstrip("."))

    def items(self, name: str) -> int:
        """How many items a field has."""
        return int(np.prod(self.shape(name), dtype=int))

    def chosen(self, name: str, view: str | None) -> int:
        """How many items are read of a field: those of one, where the hand in a view chooses it."""
        if view is None:
            return self.items(name)
        if view not in self.choices:
            known = ", ".join(self.choices) or "none"
            raise ValueError(f"nothing is chosen in the view {view}, but in these: {known}")
        first, *rest = self.shape(name) or (1,)
        if first != self.choices[view]:
            raise ValueError(
                f"{name} has {first} items, of which one of {self.choices[view]} is chosen"
            )
        return int(np.prod(rest, dtype=int))

    def over_time(self, name: str) -> None:
        """Refuses what is no single number a row."""
        if self.shape(name) != () or name not in self.rows:
            raise ValueError(f"the field {name} must be one number for every row")

    def number(self, name: str) -> None:
        """Refuses what is no fixed field of one number."""
        if self.items(name) != 1 or name not in self.fixed:
            raise ValueError(f"the field {name} must be one fixed number")

    def ends(self, given: tuple[float, float] | str) -> tuple[float, float]:
        """Two numbers as they are, or those of the fixed field of that name."""
        if not isinstance(given, str):
            return given
        if self.shape(given) != (2,) or given not in self.fixed:
            raise ValueError(f"the field {given} must be two fixed numbers")
        low, high = self.fixed[given]
        return float(low), float(high)

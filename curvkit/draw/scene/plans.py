"""The checker of layouts: each view has one box."""

from curvkit.core import messages
from curvkit.draw.scene.views import Arrangement


def check(plan: Arrangement, names: list[str]) -> None:
    """Raises ValueError with what is wrong, where the areas are no boxes of the views named.

    >>> check(Arrangement(columns=(1,), rows=(1,), areas=("loss",)), ["loss"])
    """
    rows = [row.split() for row in plan.areas]
    if len(rows) != len(plan.rows) or any(len(row) != len(plan.columns) for row in rows):
        raise ValueError(
            f"a layout of {len(plan.columns)} columns and {len(plan.rows)} rows has the areas "
            f"{list(plan.areas)}"
        )
    for word in {word for row in rows for word in row} - {"."}:
        if word not in names:
            raise ValueError(messages.unknown("view", word, names))
        places = [
            (i, j) for j, row in enumerate(rows) for i, each in enumerate(row) if each == word
        ]
        wide, tall = (len({place[axis] for place in places}) for axis in (0, 1))
        if wide * tall != len(places):
            raise ValueError(f"the place of the view {word} in the layout is no box")

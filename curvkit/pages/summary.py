"""The key figures of a notebook: what the runs it tells of came to, read off their traces.

`show.summary` puts a trace's figures of merit beside the words that a notebook displays, as
metadata of that output. They are read from there, so that no number is ever parsed from text.
"""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from nbformat import NotebookNode

from curvkit.core import messages

Run = Mapping[str, Any]


def runs(node: NotebookNode) -> list[dict[str, Any]]:
    """The runs that an executed notebook tells of, each once, in the order of its cells.

    Each is `{"cell", "room", "turned", "merits"}`: the cell's number, the room's name, the settings
    that are not at their defaults, and the figures of merit, of which None is not a number.
    """
    unique: dict[str, dict[str, Any]] = {}
    for cell in node.cells:
        for output in cell.get("outputs", []):
            facts = output.get("metadata", {}).get("text/markdown", {}).get("curvkit", {})
            if not isinstance(facts, Mapping) or not {"room", "settings", "merits"} <= set(facts):
                continue
            run = {
                "cell": cell.metadata.get("curvkit_cell"),
                "room": str(facts["room"]),
                "turned": turned(str(facts["room"]), facts["settings"]),
                "merits": dict(facts["merits"]),
            }
            unique.setdefault(repr((run["room"], sorted(facts["settings"].items()))), run)
    return list(unique.values())


def turned(room: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are not at the room's defaults; all of them where no such room is known."""
    from curvkit.core import knob  # imports jax, which a notebook without runs can do without
    from curvkit.host import rooms

    try:
        defaults = knob.as_dict(rooms.load(room).Settings())
    except ValueError:
        return dict(settings)
    return {name: value for name, value in settings.items() if value != defaults.get(name)}


def table(runs: Sequence[Run], page: str = "") -> str:
    """Tables of key figures, one for each room, as HTML; nothing where there are no runs.

    Args:
        runs: as `runs` returns them.
        page: the page whose cells the rows link to; this one if empty.
    """
    rooms = dict.fromkeys(run["room"] for run in runs)
    return "\n".join(_of_room(room, [r for r in runs if r["room"] == room], page) for room in rooms)


def _of_room(room: str, runs: Sequence[Run], page: str) -> str:
    names = dict.fromkeys(name for run in runs for name in run["merits"])
    headings = ["cell", "turned", *(name.replace("_", " ") for name in names)]
    head = "".join(f'<th scope="col">{html.escape(each)}</th>' for each in headings)
    rows = "\n".join(_row(run, names, page) for run in runs)
    caption = f"Key figures of <code>{html.escape(room)}</code>, read off the traces"
    return (
        f'<div class="wide"><table class="merits">\n<caption>{caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _row(run: Run, names: Mapping[str, None], page: str) -> str:
    cell = run["cell"]
    link = f'<a href="{html.escape(page)}#cell-{int(cell)}">{int(cell)}</a>' if cell else "–"
    # Each in one piece, which is broken only where it is wider than its column.
    settings = ", ".join(
        f'<span class="setting">{html.escape(f"{name} = {setting(value)}")}</span>'
        for name, value in run["turned"].items()
    )
    figures = "".join(
        f'<td class="number">{html.escape(_shown(run["merits"].get(name)))}</td>' for name in names
    )
    turned = settings or "nothing"
    return f'<tr><th scope="row">{link}</th><td class="turned">{turned}</td>{figures}</tr>'


def setting(value: Any) -> str:
    """A setting as it was given, but for digits that nobody typed.

    >>> setting(0.10000000149), setting(3), setting("gd")
    ('0.1', '3', 'gd')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float) and not (
        math.isfinite(value) and value == int(value) and abs(value) < 1e5
    ):
        return messages.number(value)
    return setting(value)

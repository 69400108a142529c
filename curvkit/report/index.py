"""The index: a table of all notebooks whose pages lie in a folder, this run's and earlier ones."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from curvkit.report import page

Facts = Mapping[str, Any]
HEADINGS = ("notebook", "status", "seconds", "parameters set", "run", "log")


def earlier(folder: Path) -> dict[str, Facts]:
    """What the executed notebooks in `folder` say of their runs, by name."""
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))["metadata"]["curvkit"]["report"]
            found[path.stem] = {**facts, "name": path.stem}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def render(runs: Mapping[str, Facts]) -> str:
    """The page of the table, a row per notebook in the order of their names."""
    rows = "\n".join(_row(runs[name]) for name in sorted(runs))
    failed = sum(bool(each["failure"]) for each in runs.values())
    told = f"{len(runs)} notebooks, {failed} failed" if failed else f"{len(runs)} notebooks, all ok"
    head = "".join(f'<th scope="col">{each}</th>' for each in HEADINGS)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return page.shell(
        "curvkit report",
        f"<main>\n<h1>curvkit report</h1>\n<p>{told}.</p>\n"
        f'<div class="wide">\n{table}\n</div>\n</main>',
    )


def _row(facts: Facts) -> str:
    name, title = quote(facts["name"]), html.escape(facts["title"])
    status = '<span class="good">ok</span>'
    if facts["failure"]:
        status = f'<span class="bad">failed</span> in {html.escape(facts["failure"])}'
    return (
        f'<tr><td><a href="{name}.html">{title}</a></td><td class="values">{status}</td>'
        f'<td class="number">{facts["seconds"]:.1f}</td>'
        f'<td class="values">{html.escape(page.settings(facts["changed"])) or "–"}</td>'
        f'<td>{html.escape(facts["date"])}</td><td><a href="{name}.log">log</a></td></tr>'
    )

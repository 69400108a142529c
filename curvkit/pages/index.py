"""The index: a table of all notebooks whose pages lie in a folder, this run's and earlier ones."""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from curvkit.core.messages import counted
from curvkit.host import files
from curvkit.pages import page, summary

Facts = Mapping[str, Any]
HEADINGS = ("", "notebook", "status", "took", "computed on", "parameters", "run", "files")
KINDS = ("html", "pdf", "ipynb", "log")
# What is said of every run, by which a record is known.
ALWAYS = dict(title=str, failure=str, seconds=int | float, changed=Mapping, date=str)


def earlier(folder: Path) -> dict[str, Facts]:
    """What the executed notebooks in `folder` say of their runs, by name."""
    by_name = {path.stem: facts_of(path) for path in sorted(folder.glob("*.ipynb"))}
    return {name: facts for name, facts in by_name.items() if facts is not None}


def facts_of(record: Path) -> Facts | None:
    """What an executed notebook says of its run; None if the file is not one of a report."""
    try:
        with files.reading(record) as file:
            facts = json.loads(file.read().decode())["metadata"]["curvkit"]["report"]
        complete = all(isinstance(facts[name], kind) for name, kind in ALWAYS.items())
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return {**facts, "name": record.stem} if complete else None


def is_one(path: Path) -> bool:
    """Whether the file is an index that curvkit wrote, of a report or of a gallery."""
    if path.name != "index.html":
        return False
    return files.holds(path, "<title>curvkit")


def render(runs: Mapping[str, Facts], folder: Path) -> str:
    """The page of the table, a row per notebook in the order of their names.

    Args:
        runs: what is said of each, by name.
        folder: where the files lie that the index links to.
    """
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    rows = "\n".join(_row(runs[name], there) for name in sorted(runs))
    failed = sum(bool(each["failure"]) for each in runs.values())
    tally = f"{counted(len(runs), 'notebook')}, {f'{failed} failed' if failed else 'all ok'}"
    spent = sum(each["seconds"] for each in runs.values())
    head = "".join(f'<th scope="col">{each}</th>' for each in HEADINGS)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    return page.shell(
        "curvkit report",
        f"<main>\n<h1>curvkit report</h1>\n<p>{tally}, {spent:.0f} s altogether. "
        f"{_versions(runs)}</p>\n"
        f'<div class="wide">\n{table}\n</div>\n{_figures(runs, there)}</main>',
    )


def _versions(runs: Mapping[str, Facts]) -> str:
    """The versions of all runs, or those of each where they differ."""
    seen: dict[str, list[str]] = {}
    for each in runs.values():
        for name, version in each.get("versions", {}).items():
            seen.setdefault(name, []).append(version)
    listed = ", ".join(f"{name} {' and '.join(dict.fromkeys(all))}" for name, all in seen.items())
    return html.escape(f"Made with {listed}.") if listed else ""


def _row(facts: Facts, there: set[str]) -> str:
    stem, title = facts["name"], html.escape(facts["title"])
    status = '<span class="good">ok</span>'
    if facts["failure"]:
        status = f'<span class="bad">failed</span> in {html.escape(facts["failure"])}'
    kinds = [kind for kind in KINDS if f"{stem}.{kind}" in there]
    files = ", ".join(f'<a href="{quote(stem)}.{kind}">{kind}</a>' for kind in kinds)
    link = f'<a href="{quote(stem)}.{kinds[0]}">{title}</a>' if kinds else title
    device = facts.get("device") or facts.get("backend", "unknown")
    settings = [facts.get("profile", ""), page.settings(facts["changed"])]
    cells = [
        ("", thumbnail(facts)),
        ("values", status),
        ("number", f"{facts['seconds']:.1f} s"),
        ("values", html.escape(device)),
        ("values", html.escape(": ".join(each for each in settings if each)) or "–"),
        ("values", html.escape(facts["date"])),
        ("", files),
    ]
    written = [f'<td class="{kind}">{text}</td>' for kind, text in cells]
    return "<tr>" + written[0] + f'<th scope="row">{link}</th>' + "".join(written[1:]) + "</tr>"


def thumbnail(facts: Facts) -> str:
    """The sketch of a notebook's first figure as an image, or nothing."""
    sketch = facts.get("thumbnail")
    if not sketch:
        return ""
    # As an image, in which no script runs whatever it holds.
    data = base64.b64encode(str(sketch["svg"]).encode()).decode()
    alt = html.escape(f"Sketch of: {sketch['alt']}", quote=True)
    return f'<img class="thumbnail" src="data:image/svg+xml;base64,{data}" alt="{alt}">'


def _figures(runs: Mapping[str, Facts], there: set[str]) -> str:
    """The key figures of each notebook."""
    parts: Sequence[str] = [
        f"<h3>{html.escape(runs[name]['title'])}</h3>\n"
        + summary.table(runs[name]["runs"], f"{quote(name)}.html" * (f"{name}.html" in there))
        for name in sorted(runs)
        if runs[name].get("runs")
    ]
    return "<h2>Key figures</h2>\n" + "\n".join(parts) if parts else ""

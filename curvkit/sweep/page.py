"""The report of a sweep: one self-contained page of figures, medians and what failed."""

import html
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from plotly.offline import get_plotlyjs

from curvkit.core import knob, messages
from curvkit.host import files
from curvkit.pages import page as pages
from curvkit.pages import plot
from curvkit.sweep import figure
from curvkit.sweep.plan import Plan
from curvkit.sweep.store import rows

MOST_ROWS = 500
VERSIONS = ("curvkit", "jax", "python")


def write(
    folder: Path, house: Any, table: Mapping[str, list[Any]], plans: Sequence[Plan], planned: int
) -> Path:
    """Writes `report.html` into the folder of the sweep of so many runs; returns its path."""
    path = folder / "report.html"
    return files.write(path, render(house, table, plans, planned))


def render(
    house: Any, table: Mapping[str, list[Any]], plans: Sequence[Plan], planned: int = 0
) -> str:
    """The page of a sweep, which needs no network; all that came from outside is escaped."""
    knobs, nonce = knob.knobs(house.Settings), secrets.token_hex(12)
    every, order = rows(table), [name for plan in plans for name in plan.over]
    failed = [row for row in every if row["status"] == "failed"]
    merits = house.stream.merit_names(house.Settings())
    known = [name for name in merits if any(row[name] is not None for row in every)]
    drawn = [figure.draw(table, name, knobs, order=order) for name in known]
    title = f"Sweep of {plans[0].room}"
    ended = messages.counted(len(every), "run")
    sentence = f"{ended}, {f'{len(failed)} failed' if failed else 'all ok'}."
    if planned > len(every):
        total = messages.counted(planned, "run")
        sentence = f"{len(every)} of {total} ended, {len(failed)} of them failed."
    parts = [f"<header>\n{_facts(every, plans)}\n</header>\n<main>\n<h1>{html.escape(title)}</h1>"]
    parts += [f"<p>{sentence}</p>"]
    parts += [
        plot.drawn(json.loads(str(each.to_json())), number, nonce)
        for number, each in enumerate(drawn)
    ]
    parts += [_runs(every, figure.axes_of(table, knobs, order), known), _failed(failed), "</main>"]
    library, script = (
        pages.script(text, nonce) if drawn else "" for text in (get_plotlyjs(), plot.SCRIPT)
    )
    return pages.shell(title, library + "\n".join(parts) + script, nonce)


def _facts(every: Sequence[Mapping[str, Any]], plans: Sequence[Plan]) -> str:
    """What was swept and with what, as a definition list."""
    seconds = sum(row["seconds"] or 0.0 for row in every)
    seen = lambda name: ", ".join(sorted({row[name] for row in every if row.get(name)}))
    swept = [f"{name} = {_values(values)}" for plan in plans for name, values in plan.over.items()]
    fixed = [
        f"{name} = {figure.exact(value)}" for plan in plans for name, value in plan.fixed.items()
    ]
    facts = {
        "over": "; ".join(dict.fromkeys(swept)) or "nothing",
        "set": "; ".join(dict.fromkeys(fixed)) or "nothing",
        "computed for": f"{seconds:.0f} s of workers' time",
        "computed on": seen("backend") or "unknown",
        "versions": ", ".join(f"{name} {seen(f'version_{name}')}" for name in VERSIONS),
    }
    written = "".join(
        f"<div><dt>{name}</dt><dd>{html.escape(value)}</dd></div>" for name, value in facts.items()
    )
    return f'<dl class="facts">{written}</dl>'


def _values(values: Sequence[Any]) -> str:
    shown = [figure.exact(each) for each in values]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:3], "…", shown[-1]])


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return messages.number(value) if isinstance(value, float) else str(value)


def _runs(every: Sequence[Mapping[str, Any]], axes: Sequence[str], merits: Sequence[str]) -> str:
    """A row per run: what was turned and what came of it."""
    turned = [*axes, *(["seed"] if "seed" in every[0] and "seed" not in axes else [])]
    columns = [*turned, *merits]
    ordered = sorted(every, key=lambda row: [(row[name] is None, row[name]) for name in columns])
    shown = [
        [*(figure.exact(row[n]) for n in turned), *(_shown(row[n]) for n in merits), *_page(row)]
        for row in ordered[:MOST_ROWS]
    ]
    columns += ["page"] * any(_page(row) for row in every)
    more = len(every) - MOST_ROWS
    note = (
        f"<p>{more} more {'runs are' if more > 1 else 'run is'} in the table.</p>"
        if more > 0
        else ""
    )
    return "<h2>The runs</h2>\n" + _table(columns, shown) + note


def _failed(failed: Sequence[Mapping[str, Any]]) -> str:
    if not failed:
        return ""
    shown = [[row["run"], row["error"] or "", *_page(row)] for row in failed[:MOST_ROWS]]
    columns = ["run", "error"] + ["page"] * any(_page(row) for row in failed)
    return "<h2>What failed</h2>\n" + _table(columns, shown)


class _Link(str):
    """The address of a page beside this one."""


def _page(row: Mapping[str, Any]) -> list[_Link]:
    return [_Link(row["page"])] if row.get("page") else []


def _table(columns: Sequence[str], shown: Sequence[Sequence[str]]) -> str:
    head = "".join(
        f'<th scope="col">{html.escape(each.replace("_", " "))}</th>' for each in columns
    )
    cells = lambda row: "".join(f'<td class="values">{_cell(each)}</td>' for each in row)
    body = "\n".join(f"<tr>{cells(row)}</tr>" for row in shown)
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(text: str) -> str:
    escaped = html.escape(text)
    if not isinstance(text, _Link):
        return escaped
    return f'<a href="{quote(text)}">{html.escape(Path(text).stem)}</a>'

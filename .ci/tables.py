"""Writes the tables of the README, and the names of rooms, from what they are about."""

import importlib
import os
import re
import tempfile
import tomllib
from pathlib import Path

import derive
import links

from curvkit._rooms import about, names
from curvkit.core import knob as knobs

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FACE = ROOT / "curvkit" / "__init__.py"
# What stands beside the rooms in the house, and is a module.
TOOLS = ("claims", "data", "report", "sweep")


def rooms() -> str:
    """The rooms that are open."""
    rows = [f"| `curvkit.{name}` | {about(name)} |" for name in names()]
    return "\n".join(["| room | about |", "| --- | --- |", *rows])


def knobs_of(room: str) -> str:
    """What can be turned in a room."""
    rows = []
    for each in knobs.knobs(importlib.import_module(f"curvkit.{room}").Settings).values():
        listed = ("True", "False") if each.kind is bool else each.choices
        values = ", ".join(listed) or f"{each.low:g} to {each.high:g}"
        scale = ", log" if each.scale == "log" else ""
        static = "recompiles" if each.static else ""
        cells = [f"`{each.name}`", each.symbol, each.default, values + scale, static, each.sentence]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    head = ["| knob | symbol | default | values | | |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def all_knobs() -> str:
    """What can be turned in every room, each under a heading of its own."""
    return "\n\n".join(f"### {name}\n{knobs_of(name)}" for name in names())


def versions() -> str:
    """What is supported of the packages that a host brings: the oldest and the newest tested."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = dict(each.split(">=") for each in pyproject["project"]["dependencies"] if ">=" in each)
    pins = derive.read_lock((ROOT / "requirements.lock").read_text())
    rows = [
        f"| {name} | {asked[name]} | {pins[name].version} |"
        for name in ("jax", "plotly", "ipywidgets", "anywidget")
    ]
    head = ["| package | oldest | newest |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows])


def filled(text: str) -> str:
    """`text` with every `<!-- table: name -->` block written anew."""
    first = "notebooks/00_start_here.ipynb"
    tables = {"links": links.badges(links.address(), first), "rooms": rooms()}
    tables |= {"versions": versions(), "all knobs": all_knobs()}

    def block(found: re.Match) -> str:
        return f"<!-- table: {found[1]} -->\n{tables[found[1]]}\n<!-- end -->"

    return re.sub(r"<!-- table: (.+?) -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


def faced(text: str) -> str:
    """`curvkit/__init__.py` with the names of the rooms in its two lists."""
    rooms = [name for name in names() if "." not in name]
    imported, shown = sorted([*rooms, *TOOLS]), sorted([*rooms, *TOOLS, "rooms", "watch"])
    lists = {
        r"    from curvkit import \(\n.*?    \)\n": [
            "    from curvkit import (", *(f"        {name}," for name in imported), "    )"
        ],
        r"__all__ = \[\n.*?\]\n": ["__all__ = [", *(f'    "{name}",' for name in shown), "]"],
    }  # fmt: skip
    for pattern, lines in lists.items():
        text, times = re.subn(pattern, "\n".join([*lines, ""]), text, count=1, flags=re.DOTALL)
        if not times:
            raise SystemExit(f"curvkit/__init__.py has no list like {pattern!r} any more.")
    return text


def main() -> None:
    """Writes each file that has changed, whole or not at all."""
    for path, made in ((README, filled), (FACE, faced)):
        text = path.read_text(encoding="utf-8")
        if made(text) == text:
            continue
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".tables-", delete=False, encoding="utf-8"
        ) as file:
            file.write(made(text))
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
        print(f"wrote the tables of {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

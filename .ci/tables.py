"""Writes the tables of the README from the declarations they are about."""

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
    tables |= {"versions": versions(), **{f"knobs of {name}": knobs_of(name) for name in names()}}

    def block(found: re.Match) -> str:
        return f"<!-- table: {found[1]} -->\n{tables[found[1]]}\n<!-- end -->"

    return re.sub(r"<!-- table: (.+?) -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


def main() -> None:
    """Writes the README, whole or not at all."""
    text = README.read_text(encoding="utf-8")
    if filled(text) == text:
        return
    with tempfile.NamedTemporaryFile(
        "w", dir=README.parent, prefix=".readme-", delete=False, encoding="utf-8"
    ) as file:
        file.write(filled(text))
    os.chmod(file.name, 0o644)
    os.replace(file.name, README)
    print("wrote the tables of README.md")


if __name__ == "__main__":
    main()

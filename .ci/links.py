"""Badges and first cells for Colab and Binder, made from the one place that holds the address.

That is `Repository` under `[project.urls]` in pyproject.toml. While it is not there, none is made.
"""

import re
import tomllib
from pathlib import Path
from urllib.parse import quote

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).resolve().parent.parent
SHAPE = re.compile(r"https://(?P<host>github|gitlab)\.com/(?P<name>[\w.-]+/[\w.-]+?)(\.git)?/?")
CELL = """
#@title On Colab: fetches curvkit. Elsewhere it does nothing
import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install --quiet --no-deps git+ADDRESS")
    from curvkit import hosted

    hosted.start(NEEDS)
"""


def address(pyproject: str | None = None) -> str:
    """The public address, or nothing while there is none.

    Raises:
        ValueError: with one sentence, if it is not that of a repository.
    """
    text = (ROOT / "pyproject.toml").read_text() if pyproject is None else pyproject
    found = tomllib.loads(text)["project"].get("urls", {}).get("Repository", "")
    if found and not SHAPE.fullmatch(found):
        raise ValueError(
            f"Repository in pyproject.toml must be as https://github.com/owner/name, not {found!r}."
        )
    return found


def badges(found: str, path: str) -> str:
    """Badges that open a file of the repository on Binder and, if it can be, on Colab."""
    where = SHAPE.fullmatch(found)
    if not where:
        return ""
    host, name = where["host"], where["name"]
    place = quote(f"lab/tree/{path}", safe="")
    binder = f"https://mybinder.org/v2/{'gh' if host == 'github' else 'gl'}/"
    binder += f"{name if host == 'github' else quote(name, safe='')}/HEAD?urlpath={place}"
    made = [f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({binder})"]
    if host == "github":
        colab = f"https://colab.research.google.com/github/{name}/blob/main/{path}"
        image = "https://colab.research.google.com/assets/colab-badge.svg"
        made.append(f"[![Open in Colab]({image})]({colab})")
    return "\n".join(made)


def cells(found: str, path: str, needs: list[str] | None = None) -> list[NotebookNode]:
    """What goes in front of a notebook's first cell of code: badges, and on Colab curvkit.

    Args:
        found: the public address; without one there is nothing.
        path: the notebook's, in the repository.
        needs: what `curvkit.hosted.start` is told that it needs.
    """
    if not found:
        return []
    told = new_markdown_cell(badges(found, path), metadata={"tags": ["links"]})
    source = CELL.strip("\n").replace("ADDRESS", found).replace("NEEDS", repr(needs))
    metadata = {"tags": ["hosted"], "cellView": "form", "jupyter": {"source_hidden": True}}
    made = [told, new_code_cell(source, metadata=metadata)]
    for cell, name in zip(made, ("links", "hosted"), strict=True):
        cell["id"] = name
    return made

"""Badges and first cells follow from one address, and without it there is none."""

import ast
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from scripts import script

ROOT = Path(__file__).resolve().parent.parent
links, pair, tables = (script(name) for name in ("links", "pair", "tables"))
ADDRESS = "https://github.com/someone/curvkit"
PATH = "notebooks/01_curvature.ipynb"
COMMITTED = [ROOT / "README.md", *sorted((ROOT / "notebooks").glob("*.ipynb"))]


def test_the_address_stands_in_one_place():
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert links.address() == found.get("Repository", "")


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_a_badge_is_there_if_there_is_an_address_and_else_none(path):
    text = path.read_text(encoding="utf-8")
    badges = re.findall(r"mybinder\.org|colab\.research\.google\.com", text)
    assert bool(badges) == bool(links.address())


def test_without_an_address_nothing_is_made():
    assert links.badges("", PATH) == "" and links.cells("", PATH) == []
    assert links.address('[project]\nname = "x"') == ""


def test_with_an_address_badges_open_the_file_on_binder_and_on_colab():
    made = links.badges(ADDRESS, PATH)
    assert f"colab.research.google.com/github/someone/curvkit/blob/main/{PATH})" in made
    place = "lab%2Ftree%2Fnotebooks%2F01_curvature.ipynb"
    assert f"mybinder.org/v2/gh/someone/curvkit/HEAD?urlpath={place})" in made
    other = links.badges("https://gitlab.com/some/one.git", PATH)
    assert "colab" not in other and "/v2/gl/some%2Fone/HEAD" in other


def test_with_an_address_a_notebook_has_a_first_cell_that_does_nothing_elsewhere(capsys):
    made = pair.paired(ROOT / "notebooks" / "01_curvature.py", ADDRESS)
    node = nbformat.reads(made, as_version=4)
    nbformat.validate(node)
    title, badges, first, *rest = node.cells
    assert title.source.startswith("# ") and "colab" in badges.source
    assert first.metadata.tags == ["hosted"] and f"--no-deps git+{ADDRESS}" in first.source
    plain = nbformat.reads(pair.paired(ROOT / "notebooks" / "01_curvature.py", ""), as_version=4)
    assert [title, *rest] == plain.cells
    assert "hosted.start(['scikit-learn'])" in first.source
    ast.parse(first.source)
    # What is no Colab has no such module, so the cell's body is not entered.
    compiled = compile(first.source, "first", "exec")
    assert "get_ipython" in compiled.co_names and "hosted" in compiled.co_names
    assert pair.paired(ROOT / "notebooks" / "01_curvature.py", ADDRESS) == made


@pytest.mark.parametrize(
    "wrong", ["http://github.com/a/b", "https://github.com/a", "javascript:alert(1)", "a b"]
)
def test_an_address_of_another_kind_is_refused(wrong):
    with pytest.raises(ValueError, match="must be as https://github.com/owner/name, not"):
        links.address(f'[project]\n[project.urls]\nRepository = "{wrong}"')


def test_the_supported_versions_are_the_floors_and_the_pins():
    made = tables.versions()
    assert "| jax | 0.7 | 0." in made and "| plotly | 5.24 | " in made
    assert made.count("\n") == 5

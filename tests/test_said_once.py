"""Not the same sentence twice: in all notebooks together, and in the words of all scenes."""

import ast
import collections
import re
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parent.parent
# So many words may stand in several places: names, and what a button says.
FEW = 4
# Headings are the same in all notebooks, titles of papers as their authors wrote them.
LEFT_OUT = re.compile(
    r"(?ms)^#+ Reference$.*|^#+ .*?$|^```.*?^```$|\$\$.*?\$\$|\]\([^)]*\)|<[^>]*>"
)
# Where one paragraph, or entry of a list, ends.
PARTED = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) )")
ENDED = re.compile(r"(?<=[.?!:])[*)\"”]*\s+(?=[^\sa-z])")


def sentences(text):
    """The sentences of Markdown, each as its words alone.

    What a page says in place of what JupyterLab says counts, too.
    """
    shown = re.sub(r"<!-- /?live -->", "\n\n", text)
    shown = re.sub(r"(?s)<!-- page: (.*?) -->", r"\n\n\1\n\n", shown)
    shown = re.sub(r"</?(?:details|summary|p|li|br)\b[^>]*>", "\n\n", shown)
    shown = LEFT_OUT.sub(" ", shown).replace("[", "")
    for paragraph in PARTED.split(shown):
        for each in ENDED.split(" ".join(paragraph.split())):
            yield " ".join(re.sub(r"[^\w\s]", "", each.lower()).split())


def in_notebooks():
    """Each sentence of the notebooks' Markdown, with where it stands."""
    for path in sorted((ROOT / "notebooks").glob("*.py")):
        for number, cell in enumerate(jupytext.read(path).cells):
            if cell.cell_type == "markdown":
                yield from (
                    (each, f"{path.stem}, cell {number}") for each in sentences(cell.source)
                )


def in_scenes():
    """Each sentence of what scenes say, with where it stands.

    Docstrings are for readers of code, and the name of an axis is the same wherever it is.
    """
    files = sorted(
        each for name in ("scenes", "acts") for each in ROOT.glob(f"curvkit/**/{name}.py")
    )
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
        others = {
            id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, documented) and isinstance(node.body[0], ast.Expr)
        }  # fmt: skip
        others |= {
            id(node.value) for node in ast.walk(tree)
            if isinstance(node, ast.keyword) and node.arg == "label"
        }  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) not in others:
                    place = f"{path.parent.name}/{path.name}, line {node.lineno}"
                    yield from ((each, place) for each in sentences(node.value))


def repeated(said, few=FEW):
    """The sentences of more than `few` words, citations left out, that stand in several places."""
    places = collections.defaultdict(list)
    for words, place in said:
        if len(words.split()) > few and "arxiv" not in words:
            places[words].append(place)
    return {words: where for words, where in places.items() if len(where) > 1}


def test_no_sentence_of_a_notebook_or_of_a_scene_stands_twice():
    said = [*in_notebooks(), *in_scenes()]
    assert len(said) > 1000 and len({place.partition(",")[0] for _, place in said}) > 25
    assert repeated(said) == {}, "say each of them once, or in other words"


@pytest.mark.parametrize(
    "one, other",
    [
        ("It falls from step to step.", "Look: *it falls* from step\nto step. And then?"),
        ("- *Measured*: each number by its run. So",
         "## What\n- *Measured*: each number\n  by its run."),
        ("<!-- page: Press play and see it. -->",
         "Turn.<!-- live --> Press *play* and see it.<!-- /live -->"),
        ("1. Why?\n   <details><summary>Answer</summary>By its own size it grows.</details>",
         "By [its own](01.ipynb) size it grows."),
    ],
)  # fmt: skip
def test_a_sentence_is_known_again_however_it_is_marked_up(one, other):
    assert repeated([(each, text) for text in (one, other) for each in sentences(text)])


def test_names_headings_titles_and_formulas_may_stand_in_several_places():
    text = (
        "## What is known, and what was measured here\nThe edge, at 2/η.\n\n"
        "$$a = b + c + d + e$$\n\n## Reference\n"
        "A. Author: *On the climb of the sharpness of networks*, 2021."
    )
    assert not repeated([(each, place) for place in "ab" for each in sentences(text)])

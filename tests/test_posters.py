"""The moving posters of the notebooks: small, in motion, described, and of what is run today."""

import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from browsers import BROWSER
from scripts import script

from curvkit.pages import markup

ROOT = Path(__file__).resolve().parent.parent
posters, files = script("posters"), script("poster_file")
SCRIPTS = sorted(posters.NOTEBOOKS.glob("*.py"))
STAGED = [each for each in SCRIPTS if posters.has_stage(each)]
PICTURE = re.compile(r"!\[([^\]]*)\]\((pictures/[^)]+\.webp)\)")
moving = pytest.mark.parametrize("notebook", STAGED, ids=lambda path: path.stem)


def first_words(notebook):
    """The first cell of Markdown."""
    cells = nbformat.read(notebook.with_suffix(".ipynb"), 4).cells
    return next(cell.source for cell in cells if cell.cell_type == "markdown")


def told(notebook):
    """What the poster of a notebook would note today."""
    return posters.told(posters.asked(notebook), posters.LOOKS.get(notebook.stem, posters.Look()))


def poster(notebook):
    return posters.PICTURES / f"{notebook.stem}.webp"


@moving
def test_a_poster_moves_is_small_and_lasts_some_seconds(notebook):
    lasting, _ = files.noted(poster(notebook))
    assert len(lasting) > 20
    assert poster(notebook).stat().st_size <= files.MOST_BYTES
    playing = lasting[1:-1]
    assert all(
        12 <= 1000 / each <= 20 for each in {min(playing), sorted(playing)[len(lasting) // 2]}
    )
    assert 4000 <= sum(lasting) <= 9000


@moving
def test_the_first_words_show_the_poster_and_say_what_is_seen(notebook):
    found = PICTURE.findall(first_words(notebook))
    assert [path for _, path in found] == [f"pictures/{notebook.stem}.webp"]
    assert 10 <= len(found[0][0].split()) <= 45


@moving
def test_a_poster_was_made_of_what_the_notebook_plays_today(notebook):
    _, note = files.noted(poster(notebook))
    there = posters.asked(notebook)
    title = note.pop("title")
    assert note == told(notebook), f"out of date: run `make posters ARGS={notebook.stem}`"
    assert f'title="{title}"' in inspect.getsource(there.draw)


def test_a_poster_of_other_parameters_is_out_of_date(tmp_path):
    notebook = SCRIPTS[0]
    there = told(notebook)
    text = notebook.read_text(encoding="utf-8")
    assert "\nlearning_rate = 0.1\n" in text
    other = tmp_path / notebook.name
    other.write_text(text.replace("\nlearning_rate = 0.1\n", "\nlearning_rate = 0.2\n"))
    changed = told(other)
    assert changed["settings"].pop("learning_rate") == 0.2
    assert there["settings"].pop("learning_rate") == 0.1
    assert changed == there


def test_a_poster_is_out_of_date_when_its_picture_would_be_another(monkeypatch):
    there, look = posters.asked(SCRIPTS[0]), posters.LOOKS[SCRIPTS[0].stem]
    drawn, source = posters.drawn(there, look), posters.poster_source
    assert posters.drawn(there, look) == drawn

    def recolored(trace):
        scene = there.draw(trace)
        first, *others = scene.views
        marks = tuple(dataclasses.replace(each, color="bad") for each in first.marks)
        return dataclasses.replace(scene, views=(dataclasses.replace(first, marks=marks), *others))

    assert posters.drawn(there._replace(draw=recolored), look) != drawn
    assert posters.drawn(there, look._replace(until=0.5)) != drawn
    program = source.palette()
    assert 'unstable: "#e0531b"' in program and "//" not in re.sub(r"https?://", "", program)
    monkeypatch.setattr(source, "palette", lambda: program.replace("#e0531b", "#e0531c"))
    assert posters.drawn(there, look) != drawn


def test_where_there_is_no_stage_there_is_no_poster():
    assert len(STAGED) >= 9
    made = {path.stem for path in posters.PICTURES.glob("[0-9]*.webp")}
    assert made == {each.stem for each in STAGED}
    for each in set(SCRIPTS) - set(STAGED):
        assert posters.asked(each) is None
        assert not PICTURE.findall(first_words(each))
    assert set(posters.LOOKS) <= made


TILE = re.compile(r"\[!\[([^\]]*)\]\((pictures/map_(\w+)\.webp)\)\]\((\w+)\.ipynb\)")


def test_the_map_has_a_still_of_every_notebook_that_links_there_and_is_of_today():
    cells = nbformat.read(SCRIPTS[0].with_suffix(".ipynb"), 4).cells
    tiles = TILE.findall("\n".join(each.source for each in cells if each.cell_type == "markdown"))
    # Where a notebook has no stage there is no poster, and its entry is of words alone.
    assert [linked for *_, linked in tiles] == [each.stem for each in SCRIPTS[1:] if each in STAGED]
    total = 0
    for words, path, of, linked in tiles:
        assert of == linked and 4 <= len(words.split()) <= 25
        tile = posters.NOTEBOOKS / path
        expected = {"poster": files.mark(posters.PICTURES / f"{of}.webp")}
        assert files.noted(tile)[1] == expected, f"run `make posters ARGS={of}`"
        total += tile.stat().st_size
    assert total <= files.MOST_BYTES


def test_what_is_no_poster_is_refused_in_a_sentence(tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ValueError, match="other.png is no poster: it holds no note.$"):
        files.noted(other)


@moving
def test_a_page_plays_the_scene_and_leaves_the_poster_out(notebook):
    words = markup.for_page(jupytext.read(notebook).cells[0].source)
    drawn = markup.markdown(words, path=str(posters.NOTEBOOKS))
    assert "<img" not in drawn and ".webp" not in drawn and "is not there" not in drawn


@pytest.mark.parametrize(
    "said, kept",
    [("aabbbbcddd", "__bbbb_ddd"), ("aaabbb", "aaabbb"), ("aaab", "aaa_"), ("ab", "__")],
)
def test_words_that_no_one_could_read_are_not_said(said, kept):
    assert "".join(each or "_" for each in posters.steady(list(said), 3)) == kept


@pytest.mark.full
@pytest.mark.browser
def test_the_command_makes_a_poster_anew(tmp_path):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("PIL", reason="Pillow is not installed")
    if BROWSER is None:
        pytest.skip("No Chromium is installed, so no poster was made.")
    command = [sys.executable, str(ROOT / ".ci" / "posters.py"), "00", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (made,) = tmp_path.iterdir()
    assert made.name == "00_start_here.webp"
    assert files.noted(made)[1] == files.noted(posters.PICTURES / made.name)[1]
    assert made.stat().st_size <= files.MOST_BYTES and len(files.noted(made)[0]) > 20

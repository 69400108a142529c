"""Makes the moving poster of each notebook, `notebooks/pictures/<notebook>.webp`, from its scene.

A poster is what the stage of the notebook shows: two of its views, played by the stage's own clock,
frame by frame. Its first frame, which some viewers show alone, is how the run ends, or what tells
more. With no argument all posters are made; names of notebooks, or parts of them, choose some. Of
each poster there is a still, too, `map_<notebook>.webp`: a part of the map in notebook 00.
"""

import argparse
import ast
import hashlib
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import jupytext
import poster_source
from poster_file import CLOSING, FRAME, OPENING, still, written
from poster_page import SAY, SHOW, STYLE, TAKE

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PICTURES = NOTEBOOKS / "pictures"
MAP = "00_start_here"  # where the map is
WIDTH = 760
FILL, FAINT, PALE, LEVELS = 0.16, 0.1, 0.6, 0
# Words that would be gone before so many frames are: no one could read them.
READ = 10


class Look(NamedTuple):
    """What of a scene is in the poster.

    Args:
        areas: the views, row by row; those of the scene's own wide layout if empty.
        columns: how wide they are beside one another; alike if empty.
        height: of the picture below the title, in pixels.
        frames: so many of them.
        until: the share of the rows at which the poster ends.
        opening: the share of those rows at which the first frame is, which some viewers show alone.
        quality: of a picture that is all shades, as of a surface; 0 for few colours and no loss.
        centred: words in a view that stand below their place, since beside it there is no room.
    """

    areas: tuple[str, ...] = ()
    columns: tuple[float, ...] = ()
    height: int = 330
    frames: int = 60
    until: float = 1.0
    opening: float = 1.0
    quality: int = 0
    centred: str = ""


LOOKS = {
    "00_start_here": Look(until=0.35),
    "01_curvature": Look(
        areas=("valley climb",), columns=(0.75, 1), height=300, frames=54, until=0.75
    ),
    "02_tuners": Look(areas=("climb0 climb1",), height=270),
    "03_kernels": Look(areas=("plain shaped",), height=280, frames=40, until=0.8),
    "04_minima": Look(
        areas=("plane losses",),
        columns=(0.85, 1),
        height=262,
        frames=36,
        centred="bad minimum, proved",
    ),
    "05_sobolev": Look(areas=("values sobolev",), height=260, frames=50, quality=42),
    "06_distillation": Look(until=0.75),
    "07_verification": Look(
        areas=("plane closing",), columns=(1, 0.9), height=270, frames=44, until=0.5
    ),
    "08_selection": Look(areas=("groups left",), columns=(1.3, 1), opening=0.0),
    "09_your_own_model": Look(height=270),
    "10_sam": Look(
        areas=("valley climb",), columns=(0.85, 1), height=300, frames=54, until=0.75, opening=0.89
    ),
    "11_why_the_edge": Look(
        areas=("climb plane",), columns=(1.1, 1), height=340, frames=56, opening=0.8
    ),
}


class Asked(NamedTuple):
    """What a notebook asks of a stage: the room's experiment, the settings, and the scene."""

    stream: Any
    settings: Any
    draw: Any
    values: dict[str, Any]
    name: str | None = None
    cells: tuple[str, ...] = ()  # of a loop of one's own, which is run to be shown


def asked(notebook: Path) -> Asked | None:
    """What the first cell with a stage plays in a notebook; nothing is run. None without one."""
    cells = _code(notebook)
    given = [each.source for each in cells if "parameters" in each.metadata.get("tags", [])]
    calls = [each.source for each in cells if _calls(each.source, "stage")]
    if any(_calls(each.source, "steer") for each in cells):
        return _own_loop([each.source for each in cells], given)
    if not calls:
        return None
    heard = []
    with mock.patch("curvkit.show.stage.widget.stage", lambda *parts: heard.append(Asked(*parts))):
        exec("\n".join([*given, calls[0]]), {})  # noqa: S102, the house's own cells
    return heard[0]


def _own_loop(cells: list[str], given: list[str]) -> Asked:
    """What the stage of a loop of one's own shows: the loop's cells, up to the end of it."""
    from curvkit.watching import scenes

    values: dict[str, Any] = {}
    exec("\n".join(given), {}, values)  # noqa: S102, the house's own cells
    last = next(at for at, each in enumerate(cells) if _calls(each, "steps"))
    watching = SimpleNamespace(name="watching")
    return Asked(watching, None, scenes.loop, values, cells=tuple(cells[: last + 1]))


def has_stage(notebook: Path) -> bool:
    """Whether a notebook has a cell with a stage."""
    return any(_calls(each.source, name) for each in _code(notebook) for name in ("stage", "steer"))


def _code(notebook: Path) -> list[Any]:
    return [each for each in jupytext.read(notebook).cells if each.cell_type == "code"]


def _calls(source: str, name: str) -> bool:
    called = [each.func for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    return any(isinstance(each, ast.Attribute) and each.attr == name for each in called)


def told(there: Asked, look: Look) -> dict[str, Any]:
    """What a poster notes of what it was made of."""
    values = {name: there.values[name] for name in sorted(there.values)}
    note = {"room": there.stream.name, "scene": there.draw.__name__, "settings": values}
    return {**json.loads(json.dumps(note, default=str)), "drawn": drawn(there, look)}


def drawn(there: Asked, look: Look) -> str:
    """What tells all that the picture follows from but for the numbers of the run: what of the
    scene is in it, in which colours it is drawn, and how frames are taken.
    """
    if there.cells:
        scene = there.draw(poster_source.blank_loop(there.values["learning_rate"]))
    else:
        chosen = there.settings.read(there.values)
        scene = there.draw(poster_source.blank(there.stream, chosen))
    told = seen({"scene": scene.as_dict({})}, look)["scene"]
    taken = STYLE, TAKE, SHOW, SAY, WIDTH, FRAME, OPENING, CLOSING
    parts = told, look, poster_source.palette(), taken
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def packed(there: Asked) -> dict[str, Any]:
    """The scene of the whole run as a page holds it."""
    from curvkit.show import once
    from curvkit.show.stage.live import knob_facts
    from curvkit.show.stage.widget import StoredStage

    if there.cells:
        from curvkit.watching import scenes

        ran: dict[str, Any] = {}
        exec("\n".join(there.cells), ran)  # noqa: S102, the house's own cells
        trace = ran["watcher"].trace
        facts: Any = scenes.knob_facts(trace, float(trace.learning_rate[-1]))
        return StoredStage(there.draw(trace), facts).packed()
    chosen = there.settings.read(there.values)
    scene = there.draw(once.run(there.stream, chosen))
    return StoredStage(scene, knob_facts(there.stream, chosen)).packed()


def seen(kept: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """What of a scene is in the poster: some views, flat fills, and nothing to turn."""
    scene = kept["scene"]
    plan = dict(scene["layout"]["wide"], height=look.height)
    if look.areas:
        columns = look.columns or (1,) * len(look.areas[0].split())
        plan |= {"areas": look.areas, "columns": columns, "rows": (1,) * len(look.areas)}
    views = [
        {**view, "marks": [_flat(mark, look) for mark in view["marks"] if not _faint(mark)]}
        for view in scene["views"]
    ]
    places = " ".join(plan["areas"]).split()
    told = any(view.get("beats") and view["id"] in places for view in views)
    silent = dict(controls=[], tries=[], predict=None, beats=scene["beats"] if told else [])
    plans = {"wide": plan, "narrow": plan}
    return {**kept, "scene": {**scene, "views": views, "layout": plans, **silent}}


def _flat(mark: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """A mark without shades and blurs, and with few contours: plain areas are small in a file."""
    flat = {"fill": [FILL, FILL]} if mark.get("fill") else {}
    flat |= {"levels": LEVELS, "shade": 0} if mark.get("levels") else {}
    moved = look.centred and mark.get("text") == look.centred
    flat |= {"align": "center", "dx": 0} if moved else {}
    return {**{name: each for name, each in mark.items() if name != "blur"}, **flat}


def _faint(mark: Mapping[str, Any]) -> bool:
    """Whether a mark is hardly seen, or a pale trail."""
    alpha = mark.get("alpha") or 1
    return mark["mark"] == "line" and (alpha < FAINT or bool(mark.get("fade") and alpha < PALE))


def steady(words: list[str], least: int = READ) -> list[str]:
    """What is said in each frame: nothing where it would be gone before `least` frames are.

    >>> steady(list("aabbb"), 3)
    ['', '', 'b', 'b', 'b']
    """
    runs = [(each, len(list(run))) for each, run in itertools.groupby(words)]
    return [each if count >= least else "" for each, count in runs for _ in range(count)]


def frames(browser: Any, kept: Mapping[str, Any], look: Look) -> list[bytes]:
    """The frames of a poster as PNGs: the opening, then all of the run, and its end."""
    from curvkit.pages import page, stages

    sys.path.append(str(ROOT / "tests"))
    from waits import until

    text = stages.drawn(kept, asks=False) + page.script(stages.program(), "n", "module")
    size = dict(width=WIDTH, height=1000)
    sheet = browser.new_page(viewport=size, color_scheme="light")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "poster.html"
        content = f"<style>{STYLE}</style><main>{text}</main>"
        path.write_text(page.shell("A poster", content, "n"), encoding="utf-8")
        sheet.goto(path.as_uri())
    until(sheet, "globalThis.stages?.length === 1")
    times = sheet.evaluate(TAKE, [look.frames, look.until])
    begins = "() => { stages[0].framed = false; }"  # cameras begin where they stand
    said = [sheet.evaluate(SHOW, [row, 1e6 + FRAME * at, False]) for at, row in enumerate(times)]
    first = round(look.opening * times[-1])
    opening = sheet.evaluate(SHOW, [first, 2e6, True])
    place = sheet.locator(".stage")

    def taken(words: str) -> bytes:
        sheet.evaluate(SAY, words)
        return place.screenshot(omit_background=True)

    made = [taken(opening)]
    sheet.evaluate(begins)
    for at, (row, words) in enumerate(zip(times, steady(said), strict=True)):
        sheet.evaluate(SHOW, [row, 3e6 + FRAME * at, False])
        made.append(taken(words))
    made.append(taken(sheet.evaluate(SHOW, [times[-1], 4e6, True])))
    sheet.close()
    return made


def make(notebook: Path, folder: Path, browser: Any) -> Path | None:
    """Writes the poster of a notebook into a folder; None where the notebook has no stage."""
    there, look = asked(notebook), LOOKS.get(notebook.stem, Look())
    if there is None:
        return None
    kept = packed(there)
    note = {"title": kept["scene"]["title"], **told(there, look)}
    data = written(frames(browser, seen(kept, look), look), note, look.quality)
    target = folder / f"{notebook.stem}.webp"
    target.write_bytes(data)
    if notebook.stem != MAP:
        (folder / f"map_{notebook.stem}.webp").write_bytes(still(target))
    return target


def main(wanted: list[str], folder: Path) -> None:
    """Makes the posters of the notebooks whose names hold one of `wanted`; of all without any."""
    from playwright.sync_api import sync_playwright

    os.environ["CURVKIT_HEADLESS"] = "1"
    scripts = sorted(NOTEBOOKS.glob("*.py"))
    chosen = [each for each in scripts if not wanted or any(w in each.stem for w in wanted)]
    if not chosen:
        sys.exit(f"No notebook is named like {' or '.join(wanted)}.")
    installed = [p for p in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(p).exists()]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            args=["--no-sandbox"], executable_path=next(iter(installed), None)
        )
        for notebook in chosen:
            made = make(notebook, folder, browser)
            told = f"{made.stat().st_size / 1000:.0f} kB" if made else "no stage, so no poster"
            print(f"{notebook.stem}: {told}", flush=True)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", help="names, or parts of names, such as 01")
    parser.add_argument("--out", type=Path, default=PICTURES, help="the folder to write into")
    given = parser.parse_args()
    main(given.notebooks, given.out)

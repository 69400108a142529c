"""Makes the moving poster of each notebook, `notebooks/pictures/<notebook>.webp`, from its scene.

A poster is what the stage of the notebook shows: two of its views, played by the stage's own clock,
frame by frame. Its first frame, which some viewers show alone, is how the run ends, or what tells
more. With no argument all posters are made; names of notebooks, or parts of them, choose some.
"""

import argparse
import ast
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import jupytext
from poster_file import FRAME, written

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PICTURES = NOTEBOOKS / "pictures"
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
    "10_sam": Look(
        areas=("valley climb",), columns=(0.85, 1), height=300, frames=54, until=0.75, opening=0.89
    ),
}


class Asked(NamedTuple):
    """What a notebook asks of a stage: the room's experiment, the settings, and the scene."""

    stream: Any
    settings: Any
    draw: Any
    values: dict[str, Any]
    name: str | None = None


def asked(notebook: Path) -> Asked | None:
    """What the first cell with a stage plays in a notebook; nothing is run. None without one."""
    cells = _code(notebook)
    given = [each.source for each in cells if "parameters" in each.metadata.get("tags", [])]
    calls = [each.source for each in cells if _plays(each.source)]
    if not calls:
        return None
    heard = []
    with mock.patch("curvkit.show.stage.widget.stage", lambda *parts: heard.append(Asked(*parts))):
        exec("\n".join([*given, calls[0]]), {})  # noqa: S102, the house's own cells
    return heard[0]


def has_stage(notebook: Path) -> bool:
    """Whether a notebook has a cell with a stage."""
    return any(_plays(each.source) for each in _code(notebook))


def _code(notebook: Path) -> list[Any]:
    return [each for each in jupytext.read(notebook).cells if each.cell_type == "code"]


def _plays(source: str) -> bool:
    called = [each.func for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    return any(isinstance(each, ast.Attribute) and each.attr == "stage" for each in called)


def told(there: Asked) -> dict[str, Any]:
    """What a poster notes of what it was made of."""
    values = {name: there.values[name] for name in sorted(there.values)}
    note = {"room": there.stream.name, "scene": there.draw.__name__, "settings": values}
    return json.loads(json.dumps(note, default=str))


# Only what plays: nothing to turn, nothing to press, nothing that fades by a clock of its own.
STYLE = """
html, body, .page, main { background: transparent !important; margin: 0 !important;
  padding: 0 !important; max-width: none !important; }
.stage { border: 1px solid #d5dae1; border-radius: 10px; padding: 8px 4px 4px !important; }
.stage p, .stage .bar, .stage .status { display: none !important; }
.stage * { transition: none !important; }
"""
# Takes the clock away from the stage, and gives back at which rows its frames are: as the clock
# plays them, in `frames` steps of one length.
TAKE = """([frames, until]) => {
  const S = stages[0], { clock, store } = S, last = Math.round(until * store.last), times = [];
  cancelAnimationFrame(S.raf);
  S.wake = () => {};
  S.tell = () => {};
  globalThis.setTimeout = (run) => run(); // words do not fade
  S.calm = false;
  Object.assign(clock, { t: 0, playing: true, speed: 1, rate: 0 });
  while (clock.playing && clock.t < last && times.length < 1e6) {
    times.push(clock.t);
    clock.tick(1 / 60, false);
  }
  times.push(last);
  clock.tick = () => false;
  // The stamps of a crowd stand on whole pixels: alike, they are small in a file.
  const draw = S.ctx.drawImage.bind(S.ctx);
  S.ctx.drawImage = (made, x, y, ...size) => (
    made.width > 64 ? draw(made, x, y, ...size)
    : size[0] > 1.2 * made.width ? draw(made, Math.round(x), Math.round(y), ...size.map(Math.round))
    : draw(made, Math.round(x), Math.round(y), made.width, made.height));
  const chosen = (k) => times[Math.round((k / (frames - 1)) * (times.length - 1))];
  return Array.from({ length: frames }, (_, k) => chosen(k));
}"""
SHOW = """([t, now, ends]) => {
  const S = stages[0];
  Object.assign(S.clock, { t, playing: !ends });
  Object.assign(S, { said: null, saidAt: -1e9 });
  for (let k = 0; k < (ends ? 40 : 1); k++) S.frame(now + 60 * k);
  return S.beatBox.innerHTML;
}"""
SAY = "(words) => { stages[0].beatBox.innerHTML = words; }"


def packed(there: Asked) -> dict[str, Any]:
    """The scene of the whole run as a page holds it."""
    from curvkit.show import once
    from curvkit.show.stage.live import knob_facts
    from curvkit.show.stage.widget import Kept

    chosen = there.settings.read(there.values)
    scene = there.draw(once.run(there.stream, chosen))
    return Kept(scene, knob_facts(there.stream, chosen)).packed()


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

    text = stages.drawn(kept, asks=False) + page.script(stages.program(), "n", "module")
    size = dict(width=WIDTH, height=1000)
    sheet = browser.new_page(viewport=size, color_scheme="light")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "poster.html"
        content = f"<style>{STYLE}</style><main>{text}</main>"
        path.write_text(page.shell("A poster", content, "n"), encoding="utf-8")
        sheet.goto(path.as_uri())
    sheet.wait_for_function("globalThis.stages?.length === 1")
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
    note = {"title": kept["scene"]["title"], **told(there)}
    data = written(frames(browser, seen(kept, look), look), note, look.quality)
    target = folder / f"{notebook.stem}.webp"
    target.write_bytes(data)
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

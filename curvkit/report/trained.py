"""Scenes of executed notebooks that train in their pages, and pages of one scene."""

import copy
import html
import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from curvkit.browser import compiler, panels, scenes
from curvkit.browser.walk import Untranslatable
from curvkit.core import knob
from curvkit.host import files, rooms
from curvkit.pages import page, plot, stages
from curvkit.report import precompute
from curvkit.show.stage.widget import StoredStage

# A panel, and the text of its worker; None where a page cannot make runs.
Live = tuple[dict[str, Any], str] | None
# How far a run made beforehand goes, which is shown where nothing can be computed, and how many
# characters of a page it may take, so that the page opens soon.
FALLBACK, MOST_FALLBACK = 300, 120_000
# The same of a page of figures, whose other parts leave room for the words of that run at least;
# what differs from page to page, and the most that a page may have in whole.
MOST_FIGURE, LEAST_FIGURE, AROUND, MOST_BYTES = 40_000, 2_000, 200, 400_000
NONCE = "0" * 24  # as long as any


def with_programs(executed: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """A copy of an executed notebook whose scenes have the programs that train them in its page.

    Which choices of static knobs a page has besides the notebook's own, the notebook may say in its
    metadata, at `curvkit: {pages: {rule: [gd, adam]}}`.

    Returns:
        The copy, and a sentence for each scene that stays one that was run beforehand.
    """
    if not compiler.available():
        return executed, [compiler.LACKING]
    node = copy.deepcopy(executed)
    ours = node.metadata.get("curvkit", {})
    wanted, turned = ours.get("pages"), ours.get("gallery", {}).get("knobs", {})
    said, names = [], Counter[str]()
    for cell in node.cells:
        for output in cell.get("outputs", ()):
            packed = (output.get("data") or {}).get(stages.MIME)
            if isinstance(packed, dict) and isinstance(packed.get("origin"), Mapping):
                try:
                    own = turned if packed["origin"]["room"] == ours.get("room") else {}
                    packed["trains"] = _trains(packed["origin"], wanted, own)
                except (Untranslatable, RuntimeError, ValueError) as error:
                    said.append(f"A scene does not train in its page: {error}")
                    continue
                # By which its knobs are known in the page's address.
                name = packed["origin"]["scene"]
                names[name] += 1
                packed["trains"]["shared"] = name if names[name] == 1 else f"{name}{names[name]}"
    return node, said


def _trains(
    origin: Mapping[str, Any], wanted: Mapping[str, Any] | None, turned: Mapping[str, Any]
) -> dict[str, Any]:
    room = rooms.load(origin["room"]).room
    settings = knob.read(room.settings, origin["settings"])
    known = knob.knobs(settings)
    choices = {k: v for k, v in wanted.items() if k in known} if wanted else None
    return scenes.trains(room, origin["scene"], settings, choices=choices,
                         first=_named(known, {} if wanted else turned))  # fmt: skip


def _named(known: Mapping[str, Any], turned: Mapping[str, Any]) -> dict[str, Any]:
    """Of the values that a notebook names for its knobs those that are programs of their own."""
    return {name: each for name, each in turned.items() if name in known and known[name].static}


def lesson(
    room: Any, scene: str, values: Mapping[str, Any], out: Path, *, most: int | None = None
) -> dict[str, int]:
    """Writes a page of one scene that trains in it, a file by itself; returns bytes by part.

    Args:
        room: a `Room`.
        scene: the name of one of its scenes.
        values: knobs by name, where the run begins; what suits the scene is taken for the others.
        out: the file, which may be put into any site, and into an iframe.
        most: characters that its programs may take together; as `browser.scenes` has it if None.

    Raises:
        ValueError: with one sentence, where a name or a value is refused.
    """
    if scene not in room.scenes:
        raise ValueError(rooms.absent(room, "scene", scene))
    draw, suited = room.scenes[scene]
    settings = knob.read(room.settings, {**suited, **values})
    limit = scenes.MOST_CHARACTERS if most is None else most
    trains = {**scenes.trains(room, scene, settings, most=limit), "shared": True}
    facts = trains["variants"][0]["scene"]["knobs"]
    packed = _beforehand(room, draw, settings, facts, lambda packed: _left(packed, trains))
    place = stages.drawn({**packed, "trains": trains})
    return _written(out, packed["scene"]["title"], place, trains)


def _left(packed: Mapping[str, Any], trains: Mapping[str, Any]) -> int:
    """How many letters a page of a scene has left; below nothing where it has too many."""
    place = stages.drawn({**packed, "trains": trains})
    whole = len(_page(packed["scene"]["title"], place, NONCE, None).encode())
    return min(MOST_FALLBACK - len(packed["bytes"]), MOST_BYTES - AROUND - whole)


def _beforehand(
    room: Any, draw: Any, settings: Any, facts: Mapping[str, Any], left: Callable[[Any], int]
) -> dict[str, Any]:
    """A scene of the first readings, packed; of fewer where by `left` they are too many letters."""
    course = room.stream.course(settings)
    course.advance(FALLBACK)
    trace, readings = course.trace, course.trace.readings
    packed = StoredStage(draw(trace), dict(facts)).packed()
    while left(packed) < 0 and readings > 1:
        readings = 3 * readings // 4
        packed = StoredStage(draw(trace.head(readings)), dict(facts)).packed()
    return packed


def figures(
    room: Any, figure: str, values: Mapping[str, Any], out: Path, *, most: int | None = None
) -> dict[str, int]:
    """Writes a page of a room's figures that train in it; arguments and errors as `lesson`.

    Args:
        figure: which of them is shown first.
    """
    settings = knob.read(room.settings, dict(values))
    limit = scenes.MOST_CHARACTERS if most is None else most
    panel = panels.trains(room, settings, figure=figure, most=limit)
    title, worker = f"{room.name}: {figure.replace('_', ' ')}", panels.worker(room)
    place, left = _placed(title, panel, worker)
    while left < LEAST_FIGURE and len(panel["trains"]["variants"]) > 1:
        panel = panels.fewer(room, settings, panel)
        place, left = _placed(title, panel, worker)
    run = _figure_beforehand(room, figure, settings, min(left, MOST_FIGURE))
    return _written(out, title, stages.with_run(place, run), panel["trains"], True)


def _placed(title: str, panel: dict[str, Any], worker: str) -> tuple[str, int]:
    """The place of figures in a page, and how many letters the page has left for a run."""
    panel["trains"]["shared"] = True
    place = stages.figures(panel, worker)
    return place, MOST_BYTES - AROUND - len(_page(title, place, NONCE, "").encode())


def _figure_beforehand(room: Any, figure: str, settings: Any, most: int) -> dict[str, Any]:
    """A figure of the first readings with its words; of fewer where all take more than `most`
    letters packed, and words alone where one does.
    """
    course = room.stream.course(settings)
    course.advance(FALLBACK)
    trace = course.trace
    while trace.readings:
        drawn = json.loads(str(room.figures[figure](trace).to_json()))
        drawn["layout"].pop("template", None)  # the panel has it
        run = {"name": figure, "figure": drawn, "words": room.words(trace)}
        if len(plot.deflated(json.dumps(run))) <= most:
            return run
        trace = trace.head(3 * trace.readings // 4)
    return {"name": figure, "figure": None, "words": room.words(course.trace)}


def live(node: NotebookNode) -> tuple[Live, list[str]]:
    """What makes the runs of a notebook's room in its page, and a sentence where nothing does.

    Which knobs stand where, and which figure is first, the notebook says as the gallery reads it.
    """
    wanted = precompute.plan(node)
    if wanted is None:
        return None, []
    room = wanted.house.room
    asked = node.metadata.get("curvkit", {}).get("pages")
    try:
        settings = knob.read(room.settings, wanted.base)
        known = knob.knobs(settings)
        choices = {k: v for k, v in asked.items() if k in known} if asked else None
        # What the gallery turns by name is among them, whatever else there is room for.
        first = _named(known, wanted.values if wanted.named and not asked else {})
        panel = panels.trains(room, settings, figure=wanted.figure, choices=choices, first=first)
        panel["trains"]["shared"] = True
        return (panel, panels.worker(room)), []
    except (Untranslatable, ModuleNotFoundError, RuntimeError, ValueError) as error:
        return None, [f"Its figures do not train in the page: {error}"]


def section(live: tuple[dict[str, Any], str], nonce: str, before: str = "") -> str:
    """The part of a notebook's page whose figures train in it.

    Args:
        live: as `live` gives it.
        nonce: which lets its script run.
        before: as HTML, what is shown where no run can be made.
    """
    panel, worker = live
    said = (
        "The page makes these runs itself, by the program of "
        f"<code>curvkit.{html.escape(panel['room'])}</code>: turn a knob, and it trains. "
        "The address holds what was turned, and when, so its link can be shared."
    )
    shown = "runs made beforehand are shown" if before else "the notebook's own figures are below"
    place = stages.figures({**panel, "instead": shown}, worker, before)
    early = page.script(stages.early(), nonce)
    return headed(f'<p class="{TRAINS_HERE}">{said}</p>\n{place}\n{early}')


def headed(content: str) -> str:
    """A part of a notebook's page to be turned."""
    return f'<section class="turn-here">\n<h2>Turn it here</h2>\n{content}</section>\n'


def _written(
    out: Path, title: str, place: str, trains: Mapping[str, Any], plotted: bool = False
) -> dict[str, int]:
    nonce = secrets.token_hex(12)
    library = plot.packed(nonce, works=True) if plotted else ""
    written = _page(title, place, nonce, library if plotted else None)
    files.write(out, written)
    programs = sum(len(each["wasm"]) for each in trains["variants"])
    return {
        "page": len(written.encode()) - len(library.encode()), "plotly": len(library.encode()),
        "programs": programs,
    }  # fmt: skip


def _page(title: str, place: str, nonce: str, library: str | None) -> str:
    """A page around what trains in it, with the library of its pictures where it has some."""
    said = f'<footer><p class="{TRAINS_HERE}">{html.escape(SAID)}</p></footer>'
    # What draws stands before the run, whose picture may come at once; the run begins before the
    # library of its pictures is read.
    early = page.script(stages.early(), nonce) if library is not None else ""
    content = (
        f"<main>\n{place}\n</main>\n{early}{said}\n"
        f"{page.script(plot.SCRIPT, nonce) if library is not None else ''}"
        f"{page.script(stages.program(library is None) + FRAMED, nonce)}{library or ''}{MARK}\n"
    )
    return page.shell(title, content, nonce, trains=True)


def is_one(path: Path) -> bool:
    """Whether a file is a page of this kind."""
    return files.holds(path, MARK)


MARK = "<!-- a page of curvkit: one scene -->"
# Of what a page says of its own runs: it is hidden where none can be made.
TRAINS_HERE = "trains-here"
# The page around a frame is told how high what is in it is, so that it can give it the room.
FRAMED = """if (parent !== window) {
  const whole = document.querySelector(".page");
  const tell = () => parent.postMessage({ height: Math.ceil(whole.offsetHeight) }, "*");
  new ResizeObserver(tell).observe(whole);
}
"""
SAID = (
    "Computed in this page, in single precision, by the program that the notebook runs: no kernel, "
    "no network. The address holds what was turned, and when, so its link can be shared."
)

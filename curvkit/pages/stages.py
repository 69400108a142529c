"""A scene in a page: the stage's program once, and each scene as JSON that it mounts."""

import base64
import html
import json
import zlib
from collections.abc import Mapping
from typing import Any

from curvkit.draw.scene import script
from curvkit.draw.scene.pack import MIME as MIME

PLACE = '<div class="curvkit-scene">'
FIGURES = '<div class="curvkit-figures">'
MOUNT = """
const begun = [...document.querySelectorAll(".curvkit-figures")].map(async (place) => {
  const { panel, worker } = await unpacked(place.querySelector("script").textContent);
  const programs = place.querySelectorAll("script.program");
  panel.trains.variants.forEach((each, k) => { each.wasm = programs[k].textContent; });
  return mountPanel(place, panel, worker);
});
for (const place of document.querySelectorAll(".curvkit-scene")) {
  const text = place.querySelector("script").textContent;
  begun.push(Promise.resolve().then(() => {
    const packed = JSON.parse(text);
    return packed.trains ? mountTrains(place, packed, WORKER) : mountPacked(place, packed);
  }).catch((error) => {
    place.textContent = `The scene cannot be shown: ${error.message}.`;
  }));
}
globalThis.curvkitBegun = Promise.all(begun);
follows();
"""
# What stands in a page of which a scene trains.
TRAINS = '"trains":{'
ALLOWED = " 'wasm-unsafe-eval'", "; worker-src blob:"


def drawn(packed: Mapping[str, Any], *, asks: bool = True) -> str:
    """The place of a scene, with all that it shows; `program` mounts it.

    Args:
        packed: as `show.stage.widget.StoredStage` holds it: scene, header and bytes; and
            `trains`, where the page makes the run itself.
        asks: whether the scene halts for its prediction; else it plays through, as for a picture
            or a measurement, and asks only who presses its button.
    """
    given = {**packed, "asks": asks}
    given.pop("origin", None)
    text = json.dumps(given, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    scene = packed.get("scene")
    alt = html.escape(str(scene.get("alt", "")) if isinstance(scene, Mapping) else "")
    return (
        f'{PLACE}<script type="application/json">{text}</script>'
        f"<noscript><p>{alt}</p></noscript></div>"
    )


def figures(panel: Mapping[str, Any], worker: str, before: str = "") -> str:
    """The place of figures whose run is made in the page; `program` mounts it.

    Args:
        panel: as `browser.panels.trains` gives it.
        worker: the text of its worker.
        before: as HTML, what is shown where no run can be made.
    """
    # The programs are packed already: to unpack them twice would delay the first reading.
    variants = [{**each, "wasm": None} for each in panel["trains"]["variants"]]
    light = {**panel, "trains": {**panel["trains"], "variants": variants}}
    programs = "".join(
        f'<script type="text/plain" class="program">{each["wasm"]}</script>'
        for each in panel["trains"]["variants"]
    )
    held = _held({"panel": light, "worker": worker})
    return f"{FIGURES}{held}{programs}{before}</div>"


def with_run(place: str, run: Mapping[str, Any]) -> str:
    """The place of figures, with a run that was made beforehand, which is read where none can be
    made: the name of a figure, the figure and its words.
    """
    held = _held(run, ' class="before"')
    return f"{place.removesuffix('</div>')}{held}</div>"


def _held(value: Any, named: str = "") -> str:
    """A value as JSON, deflated, in a script that no browser runs."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    encoded = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return f'<script type="text/plain"{named}>{encoded}</script>'


def trains(body: str) -> bool:
    """Whether something that a page holds makes its run there."""
    return FIGURES in body or (PLACE in body and TRAINS in body)


def needed(body: str) -> bool:
    """Whether what a page holds needs `program`."""
    return PLACE in body or FIGURES in body


def program(trains: bool = False) -> str:
    """The script that plays all scenes of a page, those that stand above it where it is no module.

    Args:
        trains: whether one of them makes its run in the page; figures have workers of their own.
    """
    worker = json.dumps(script.worker() if trains else "").replace("</", "<\\/")
    body = f"const WORKER = {worker};\n{script.joined(exports=False)}{MOUNT}"
    return f'"use strict";\n{{\n{body}}}\n'

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
# What stands right after the figures, so that their run begins while the rest of a page is read.
EARLY = """
const { nonce } = document.currentScript;
globalThis.curvkitHeld = new Map([...document.querySelectorAll(".curvkit-figures")]
  .map((place) => [place, heldIn(place, nonce)]));
"""
MOUNT = """
const begun = [...document.querySelectorAll(".curvkit-figures")].map(async (place) => {
  const { panel, text, run } = await globalThis.curvkitHeld.get(place); // by `early`
  return mountPanel(place, panel, text, run);
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
    # The first program is unpacked with the panel, in one go; the others when they are chosen.
    first, *others = [each["wasm"] for each in panel["trains"]["variants"]]
    variants = [{**each, "wasm": None} for each in panel["trains"]["variants"]]
    light = {**panel, "trains": {**panel["trains"], "variants": variants}}
    text = _json({"panel": light, "worker": worker})
    module = zlib.decompress(base64.b64decode(first))
    held = _held(len(text).to_bytes(4, "little") + text + module)
    programs = "".join(
        f'<script type="text/plain" class="program">{each}</script>' for each in others
    )
    return f"{FIGURES}{held}{programs}{before}</div>"


def with_run(place: str, run: Mapping[str, Any]) -> str:
    """The place of figures, with a run that was made beforehand, which is read where none can be
    made: the name of a figure, the figure and its words.
    """
    held = _held(_json(run), ' class="before"')
    return f"{place.removesuffix('</div>')}{held}</div>"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _held(content: bytes, named: str = "") -> str:
    """Bytes, deflated, in a script that no browser runs."""
    encoded = base64.b64encode(zlib.compress(content, 9)).decode()
    return f'<script type="text/plain"{named}>{encoded}</script>'


def trains(body: str) -> bool:
    """Whether something that a page holds makes its run there."""
    return FIGURES in body or (PLACE in body and TRAINS in body)


def needed(body: str) -> bool:
    """Whether what a page holds needs `program`."""
    return PLACE in body or FIGURES in body


def early() -> str:
    """The script that begins the runs of all figures of a page that stand above it."""
    return f'"use strict";\n{{\n{script.part("begin")}{EARLY}}}\n'


def program(trains: bool = False) -> str:
    """The script that plays all scenes of a page, those that stand above it where it is no module.

    Args:
        trains: whether one of them makes its run in the page; figures have workers of their own.
    """
    worker = json.dumps(script.worker() if trains else "").replace("</", "<\\/")
    body = f"const WORKER = {worker};\n{script.joined(exports=False)}{MOUNT}"
    return f'"use strict";\n{{\n{body}}}\n'

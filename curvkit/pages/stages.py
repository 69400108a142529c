"""A scene in a page: the stage's program once, and each scene as JSON that it mounts."""

import html
import json
from collections.abc import Mapping
from typing import Any

from curvkit.draw.scene import script
from curvkit.draw.scene.pack import MIME as MIME

PLACE = '<div class="curvkit-scene">'
MOUNT = """
for (const place of document.querySelectorAll(".curvkit-scene")) {
  const text = place.querySelector("script").textContent;
  Promise.resolve().then(() => {
    const packed = JSON.parse(text);
    return packed.trains ? mountTrains(place, packed, WORKER) : mountPacked(place, packed);
  }).catch((error) => {
    place.textContent = `The scene cannot be shown: ${error.message}.`;
  });
}
"""
# What stands in a page of which a scene trains.
TRAINS = '"trains":{'
ALLOWED = " 'wasm-unsafe-eval'", "; worker-src blob:"


def drawn(packed: Mapping[str, Any], *, asks: bool = True) -> str:
    """The place of a scene, with all that it shows; `program` mounts it.

    Args:
        packed: as `show.stage.widget.Kept` keeps it: scene, header and bytes; and `trains`, where
            the page makes the run itself.
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


def program(trains: bool = False) -> str:
    """The module that plays all scenes of a page.

    Args:
        trains: whether one of them makes its run in the page.
    """
    worker = json.dumps(script.worker() if trains else "").replace("</", "<\\/")
    return f"{{\nconst WORKER = {worker};\n{script.joined(exports=False)}{MOUNT}}}\n"

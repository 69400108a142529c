"""A plotly figure in a page: drawn by plotly.js, told in words, and played by real buttons.

plotly draws its own play button and slider into the picture, where no keyboard reaches them. In a
page they are taken out, and an HTML button and an HTML slider below the figure do their work.
"""

import base64
import copy
import html
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import plotly.io
from plotly.offline import get_plotlyjs

from curvkit.draw.config import CONFIG

# What `show.player` adds below a figure for plotly's own controls.
ROOM_FOR_CONTROLS = 90
# How long a figure plays.
SECONDS = 8.0
HERE = Path(__file__).resolve().parent
SCRIPT = f"const CONFIG = {json.dumps(CONFIG)}, SECONDS = {SECONDS};\n" + "".join(
    (HERE / name).read_text(encoding="utf-8") for name in ("narrow.js", "figure.js")
)


class Play(NamedTuple):
    """How a figure is played: the names of its frames, what each is called, whether to redraw."""

    frames: list[str]
    steps: list[str]
    redraw: bool


def packed(nonce: str, works: bool = False) -> str:
    """plotly.js as a page holds it that reads it late, with the script that does.

    Args:
        nonce: what the page's policy lets a script run by.
        works: whether that lets workers run, of which one unpacks it then.
    """
    encoded = deflated(get_plotlyjs())
    reader = (HERE / "library.js").read_text(encoding="utf-8")
    return (
        f'<script type="text/plain" id="plotly" nonce="{nonce}"{" data-works" * works}>{encoded}'
        "</script>\n"
        f'<script nonce="{nonce}">{{\n{reader}}}</script>\n'
    )


def deflated(text: str) -> str:
    """Text as a page holds it that inflates it.

    >>> zlib.decompress(base64.b64decode(deflated("λ"))).decode()
    'λ'
    """
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def drawn(figure: Mapping[str, Any], number: int | str, nonce: str, *, late: bool = False) -> str:
    """A figure as HTML, of its own height and the width of the page. Its frames are deflated: one
    is much like the next, and they are read when it is first played.

    Args:
        figure: plotly's JSON.
        number: counted from 0, or a name; makes the figure's id.
        nonce: what the page's policy lets a script run by.
        late: whether it waits for a plotly that is read late, as `packed` has it.
    """
    shown, play = without_player(figure)
    identity = f"figure-{number + 1 if isinstance(number, int) else number}"
    frames = shown.pop("frames") if play else []
    written = plotly.io.to_html(
        shown, config=dict(CONFIG), auto_play=False,
        include_plotlyjs=False, include_mathjax=False, full_html=False, default_height="450px",
        validate=False, div_id=identity,
    ).replace("<script", f'<script nonce="{nonce}"')  # fmt: skip
    written = _waiting(written, identity) if late else written
    title = name(figure, number if isinstance(number, int) else 0)
    label = html.escape(words(figure, number if isinstance(number, int) else 0), quote=True)
    picture = (
        f'<div class="figure" role="img" aria-label="{label}">'
        f'<p class="called" hidden></p>{written}</div>'
    )
    if not play:
        return f"<div>{picture}\n</div>"
    bar = _transport(play, identity, title)
    return f"<div>{picture}\n{bar}\n{_with_frames(frames, identity, nonce)}</div>"


def _waiting(written: str, identity: str) -> str:
    """A drawn figure whose script does nothing until `figure.js` calls what it leaves there."""
    before, script, rest = written.partition("<script")
    attributes, _, text = rest.partition(">")
    text = text.replace("</script>", "}]);</script>")
    later = f"(globalThis.curvkitPlots ??= []).push(['{identity}', () => {{{text}"
    return f"{before}{script}{attributes}>{later}"


def _with_frames(frames: list[Any], identity: str, nonce: str) -> str:
    packed = deflated(str(plotly.io.json.to_json_plotly(frames)))
    return f'<script type="text/plain" id="{identity}-frames" nonce="{nonce}">{packed}</script>'


def without_player(figure: Mapping[str, Any]) -> tuple[dict[str, Any], Play | None]:
    """A figure as a page shows it, without the player that plotly draws into it, if it has one."""
    shown = {key: copy.deepcopy(figure[key]) for key in PARTS if key in figure}
    layout = shown["layout"] = dict(shown.get("layout") or {})
    layout.pop("width", None)  # the page decides
    template = layout.get("template")
    template = (template.get("layout") if isinstance(template, Mapping) else None) or {}
    if template.get("paper_bgcolor") == template.get("plot_bgcolor"):
        # Plain paper is that of the page; a tinted plot has a grid that shows on its tint only.
        layout.update(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    # Else plotly makes a bar half as opaque as a paper of that colour: half black on a clear one.
    own = layout.get("modebar") or template.get("modebar")
    layout["modebar"] = {**MODEBAR, **(own if isinstance(own, Mapping) else {})}
    return shown, _played(shown)


MODEBAR = {
    "bgcolor": "rgba(255,255,255,0.75)",
    "color": "rgba(27,31,36,0.55)",
    "activecolor": "rgba(27,31,36,0.9)",
}
PARTS = ("data", "layout", "frames")


def name(figure: Mapping[str, Any], number: int) -> str:
    """What a figure is called: its title in plain letters, or its number."""
    return _plain((figure.get("layout") or {}).get("title")) or f"figure {number + 1}"


def words(figure: Mapping[str, Any], number: int) -> str:
    """A figure in words, for readers who cannot see it: title, axes and names of the curves."""
    layout = figure.get("layout") or {}
    sentences = [name(figure, number)]
    for letter in "xy":
        axes = [layout[key] for key in sorted(layout) if re.fullmatch(f"{letter}axis\\d*", key)]
        titles = dict.fromkeys(_plain((axis or {}).get("title")) for axis in axes)
        named = ", ".join(filter(None, titles))
        sentences += [f"{letter} is {named}"] if named else []
    curves = dict.fromkeys(_plain(each.get("name")) for each in figure.get("data") or ())
    named = ", ".join(list(filter(None, curves))[:12])
    sentences += [f"curves: {named}"] if named else []
    frames = len(figure.get("frames") or ())
    sentences += [f"{frames} frames can be played"] if frames > 1 else []
    return ". ".join(sentences)


def _plain(title: Any) -> str:
    text = title.get("text", "") if isinstance(title, Mapping) else title
    return re.sub(r"<[^>]*>", " ", text if isinstance(text, str) else "").strip()


def _played(shown: dict[str, Any]) -> Play | None:
    """Takes plotly's own player out of a figure that has one; returns how it is played."""
    layout, frames = shown["layout"], [str(each.get("name")) for each in shown.get("frames") or ()]
    menus, sliders = layout.get("updatemenus") or [], layout.get("sliders") or []
    buttons = [button for menu in menus for button in menu.get("buttons") or ()]
    steps = [step for slider in sliders for step in slider.get("steps") or ()]
    plays = [each for each in buttons if each.get("method") == "animate"]
    if not plays or len(plays) < len(buttons):
        return None
    layout.pop("updatemenus")
    labels = dict(zip(frames, frames, strict=True))
    if steps and all(each.get("method") == "animate" for each in steps):
        prefix = (sliders[0].get("currentvalue") or {}).get("prefix") or ""
        for each in steps:
            labels[str(each["args"][0][0])] = f"{prefix}{each.get('label')}"
        layout.pop("sliders")
        if isinstance(layout.get("height"), int | float):
            layout["height"] -= ROOM_FOR_CONTROLS
            margin = dict(layout.get("margin") or {})
            layout["margin"] = {**margin, "b": max(40, margin.get("b", 80) - ROOM_FOR_CONTROLS)}
    if len(frames) < 2:
        return None  # there is nothing to play
    redraw = any((_second(each).get("frame") or {}).get("redraw", True) for each in plays)
    return Play(frames, [labels[each] for each in frames], redraw)


def _transport(play: Play, identity: str, title: str) -> str:
    """A button and a slider that play a figure."""
    data = {"figure": identity, "frames": json.dumps(play.frames)}
    data |= {"steps": json.dumps(play.steps), "redraw": "yes" if play.redraw else "no"}
    attributes = " ".join(f'data-{key}="{html.escape(value, True)}"' for key, value in data.items())
    title, last = html.escape(title, quote=True), len(play.frames) - 1
    return (
        f'<div class="transport" hidden {attributes}>'
        f'<button type="button" aria-label="Play or pause: {title}">▶ Play</button>'
        f'<input type="range" min="0" max="{last}" value="{last}" '
        f'aria-label="Frame of: {title}"><output>{html.escape(play.steps[-1])}</output></div>'
    )


def _second(button: Mapping[str, Any]) -> Mapping[str, Any]:
    args = button.get("args") or ()
    return args[1] if len(args) > 1 and isinstance(args[1], Mapping) else {}

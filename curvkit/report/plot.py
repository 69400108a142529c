"""A plotly figure in a page: drawn by plotly.js, told in words, and played by real buttons.

plotly draws its own play button and slider into the picture, where no keyboard reaches them. In a
page they are taken out, and an HTML button and an HTML slider below the figure do their work.
"""

import copy
import html
import json
import re
from collections.abc import Mapping
from typing import Any

import plotly.io

# What `show.player` adds below a figure for plotly's own controls.
ROOM_FOR_CONTROLS = 90
SECONDS = 8.0
SCRIPT = """
document.querySelectorAll(".transport").forEach((bar) => {
  const drawn = document.getElementById(bar.dataset.figure);
  const frames = JSON.parse(bar.dataset.frames), steps = JSON.parse(bar.dataset.steps);
  const [button, range, said] = bar.children, last = frames.length - 1;
  const frame = { duration: 0, redraw: bar.dataset.redraw === "yes" };
  let timer = null;
  const show = (at) => {
    range.value = at;
    range.setAttribute("aria-valuetext", steps[at]);
    said.textContent = steps[at];
    Plotly.animate(drawn, [frames[at]], { mode: "immediate", frame, transition: { duration: 0 } });
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "▶ Play";
  };
  const play = () => {
    let at = Number(range.value) >= last ? 0 : Number(range.value);
    button.textContent = "❚❚ Pause";
    timer = setInterval(() => (at > last ? pause() : show(at++)), 1000 * SECONDS / frames.length);
  };
  button.addEventListener("click", () => (timer === null ? play() : pause()));
  range.addEventListener("input", () => { pause(); show(Number(range.value)); });
  bar.hidden = false;
});
""".replace("SECONDS", str(SECONDS))


def drawn(figure: Mapping[str, Any], number: int, nonce: str) -> str:
    """A figure as HTML, of its own height and the width of the page.

    Args:
        figure: plotly's JSON.
        number: counted from 0; makes the figure's id.
        nonce: what the page's policy lets a script run by.
    """
    shown = {key: copy.deepcopy(figure[key]) for key in PARTS if key in figure}
    layout = shown["layout"] = dict(shown.get("layout") or {})
    layout.pop("width", None)  # the page decides
    template = (layout.get("template") or {}).get("layout", {})
    if template.get("paper_bgcolor") == template.get("plot_bgcolor"):
        # Plain paper is that of the page; a tinted plot has a grid that shows on its tint only.
        layout.update(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    transport = _transport(shown, number)
    written = plotly.io.to_html(
        shown, config={"responsive": True, "displaylogo": False}, auto_play=False,
        include_plotlyjs=False, include_mathjax=False, full_html=False, default_height="450px",
        validate=False, div_id=f"figure-{number + 1}",
    ).replace("<script", f'<script nonce="{nonce}"')  # fmt: skip
    label = html.escape(words(figure, number), quote=True)
    picture = f'<div class="figure" role="img" aria-label="{label}">{written}</div>'
    return f"<div>{picture}\n{transport}</div>"


PARTS = ("data", "layout", "frames")


def name(figure: Mapping[str, Any], number: int) -> str:
    """What a figure is called: its title in plain letters, or its number."""
    return _plain((figure.get("layout") or {}).get("title")) or f"figure {number + 1}"


def words(figure: Mapping[str, Any], number: int) -> str:
    """A figure told to who cannot see it: its title, what its axes are, and which curves it has."""
    layout = figure.get("layout") or {}
    told = [name(figure, number)]
    for letter in "xy":
        axes = [layout[key] for key in sorted(layout) if re.fullmatch(f"{letter}axis\\d*", key)]
        titles = dict.fromkeys(_plain((axis or {}).get("title")) for axis in axes)
        named = ", ".join(filter(None, titles))
        told += [f"{letter} is {named}"] if named else []
    curves = dict.fromkeys(_plain(each.get("name")) for each in figure.get("data") or ())
    named = ", ".join(list(filter(None, curves))[:12])
    told += [f"curves: {named}"] if named else []
    told += [f"{len(figure['frames'])} frames can be played"] if figure.get("frames") else []
    return ". ".join(told)


def _plain(title: Any) -> str:
    text = title.get("text", "") if isinstance(title, Mapping) else title
    return re.sub(r"<[^>]*>", " ", text if isinstance(text, str) else "").strip()


def _transport(shown: dict[str, Any], number: int) -> str:
    """Takes plotly's own player out of a figure that has one; returns a player in HTML."""
    layout, frames = shown["layout"], [str(each.get("name")) for each in shown.get("frames") or ()]
    menus, sliders = layout.get("updatemenus") or [], layout.get("sliders") or []
    buttons = [button for menu in menus for button in menu.get("buttons") or ()]
    steps = [step for slider in sliders for step in slider.get("steps") or ()]
    plays = [each for each in buttons if each.get("method") == "animate"]
    if len(frames) < 2 or not plays or len(plays) < len(buttons):
        return ""
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
    told = [labels[each] for each in frames]
    redraw = any((_second(each).get("frame") or {}).get("redraw", True) for each in plays)
    data = {"figure": f"figure-{number + 1}", "frames": json.dumps(frames)}
    data |= {"steps": json.dumps(told), "redraw": "yes" if redraw else "no"}
    given = " ".join(f'data-{key}="{html.escape(value, True)}"' for key, value in data.items())
    title = html.escape(name(shown, number), quote=True)
    return (
        f'<div class="transport" hidden {given}>'
        f'<button type="button" aria-label="Play or pause: {title}">▶ Play</button>'
        f'<input type="range" min="0" max="{len(frames) - 1}" value="{len(frames) - 1}" '
        f'aria-label="Frame of: {title}"><output>{html.escape(told[-1])}</output></div>'
    )


def _second(button: Mapping[str, Any]) -> Mapping[str, Any]:
    args = button.get("args") or ()
    return args[1] if len(args) > 1 and isinstance(args[1], Mapping) else {}

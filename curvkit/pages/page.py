"""One page per notebook: a single file that needs no network and runs no scripts but its figures.

plotly.js is in it once, equations are MathML, and the page's own policy keeps everything else
out: whatever text a parameter or an output holds, a browser neither runs it nor fetches for it.
"""

import html
import itertools
import json
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from plotly.offline import get_plotlyjs
from pygments.formatters import HtmlFormatter

from curvkit.pages import cells, outputs, parameters, plot, stages, summary

HERE = Path(__file__).resolve().parent
PLOTLY = outputs.PLOTLY
# Of a style: what is only for its readers.
UNREAD = re.compile(r"/\*.*?\*/\n?|^[ \t]+", re.DOTALL | re.MULTILINE)
SCRIPT = """
document.getElementById("all-code").addEventListener("click", (event) => {
  const shut = document.querySelector("details.code:not([open])") !== null;
  document.querySelectorAll("details.code").forEach((each) => { each.open = shut; });
  event.target.textContent = shut ? "hide all code" : "show all code";
});
// On paper nothing can be opened, so what is hidden on the screen, such as answers, is shown.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll(".text details:not([open])")];
  opened.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => opened.forEach((each) => { each.open = false; }));
// An equation that is too wide for its place scrolls by itself, and by the arrow keys, too.
const fitEquations = () => document.querySelectorAll(".text math").forEach((math) => {
  let place = math.closest(".scrolls");
  const around = math.closest("p, li, td, blockquote, .text");
  if (!place && math.getBoundingClientRect().width > around.clientWidth) {
    place = Object.assign(document.createElement("span"), { className: "scrolls" });
    math.replaceWith(place);
    place.append(math);
  }
  if (!place) return;
  if (place.scrollWidth > place.clientWidth) {
    Object.assign(place, { tabIndex: 0, role: "group", ariaLabel: "equation, which scrolls" });
  } else ["tabindex", "role", "aria-label"].forEach((each) => place.removeAttribute(each));
});
addEventListener("load", fitEquations);
addEventListener("resize", fitEquations);
addEventListener("toggle", fitEquations, true); // what was closed had no width
"""
WITHOUT_SCRIPTS = (
    '<noscript><p class="failure">Figures and sliders need JavaScript, which is turned off.</p>'
    "</noscript>\n"
)


def render(
    node: NotebookNode,
    path: str = "",
    before: Callable[[str], str] = lambda nonce: "",
    extra: str = "",
    late: bool = False,
) -> str:
    """The page of an executed notebook.

    Args:
        node: as `execute.execute` returns it.
        path: the folder of the notebook, whose images are taken into the page.
        before: makes what stands below the title, given what lets its scripts run.
        extra: a script for that.
        late: whether plotly is read once what trains in the page has told its first reading.
    """
    facts = node.metadata.curvkit.report
    # Drawn by lot after the notebook ran, so that nothing that came of it can know it.
    nonce = secrets.token_hex(12)
    count = itertools.count()

    def figure(spec: dict[Any, Any]) -> str:
        return plot.drawn(spec, next(count), nonce, late=late)

    body = cells.drawn(node, path, figure)
    first = before(nonce)
    # Below the title, which every page begins with.
    body = body.replace("</section>", f"</section>\n{first}", 1) if first else body
    drawn, body = bool(next(count) or first), f"{body}\n{_summary(facts)}"
    return _whole(node, body, nonce, drawn, extra, late)


def without_cells(node: NotebookNode) -> str:
    """The page of a notebook that cannot be drawn: what is known of it, and why it failed."""
    title = html.escape(node.metadata.curvkit.report.title)
    return _whole(node, f"<h1>{title}</h1>\n", "none", False)


def _whole(
    node: NotebookNode, body: str, nonce: str, drawn: bool, extra: str = "", late: bool = False
) -> str:
    """A page around what is drawn of a notebook."""
    facts = node.metadata.curvkit.report
    navigation = (
        '<nav><a href="index.html">all notebooks</a>'
        f'<span class="here">{html.escape(facts.name)}</span>'
        '<button type="button" id="all-code">show all code</button></nav>'
    )
    profile = _profile(node)
    content = (
        f"<header>\n{navigation}\n{_failure(facts)}{_shortened(profile)}"
        f"{WITHOUT_SCRIPTS * drawn}</header>\n"
        f"<main>\n{body}</main>\n<footer>\n{_facts(facts, profile)}\n</footer>\n"
    )
    scripts = SCRIPT + plot.SCRIPT + extra if drawn else SCRIPT
    trains = stages.trains(body)
    player = deflated(stages.program(trains), nonce) if stages.needed(body) else ""
    # plotly.js stands before the figures, or where it is read late, after all; the scripts of
    # buttons stand after their buttons.
    library = script(get_plotlyjs(), nonce) if drawn and not late else ""
    last = plot.packed(nonce, trains) if drawn and late else ""
    whole = library + content + script(scripts, nonce) + player + last
    return shell(facts.title, whole, nonce, trains)


def script(text: str, nonce: str, kind: str = "text/javascript") -> str:
    """A script of ours, which the page's policy lets run by its nonce."""
    return f'<script type="{kind}" nonce="{nonce}">{text}</script>\n'


# A module that lies deflated before this script, which lets it run by its own nonce.
INFLATES = """{
const { nonce, previousElementSibling: held } = document.currentScript;
const bytes = Uint8Array.from(atob(held.textContent), (c) => c.charCodeAt(0));
const whole = new Response(bytes).body.pipeThrough(new DecompressionStream("deflate"));
const element = Object.assign(document.createElement("script"), { nonce, type: "module" });
new Response(whole).text().then((textContent) => {
  document.head.append(Object.assign(element, { textContent }));
});
}"""


def deflated(text: str, nonce: str) -> str:
    """A module of ours as a page holds it in a third of its length, and runs it once inflated."""
    return script(plot.deflated(text), nonce, "text/plain") + script(INFLATES, nonce)


def shell(title: str, content: str, nonce: str = "none", trains: bool = False) -> str:
    """A whole page around `content`, which may run the scripts that carry `nonce` and no others;
    where it `trains`, WebAssembly and a worker of its own too.
    """
    compiles, works = stages.ALLOWED if trains else ("", "")
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'{compiles}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; media-src data:; base-uri 'none'; "
        f"form-action 'none'{works}"
    )
    style = UNREAD.sub("", (HERE / "style.css").read_text(encoding="utf-8") + _code_colors())
    content = content.replace("<main>", '<main id="main" tabindex="-1">', 1)
    skip = '<a class="skip" href="#main">Skip to the content</a>\n' * ("<header>" in content)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f'<body>\n{skip}<div class="page">\n{content}\n</div>\n</body>\n</html>\n'
    )


def _code_colors() -> str:
    """The colours of code, each of which stands out from its ground; neither leaks into the other.

    Of pygments' coloured styles these are the ones whose every colour is at 4.5 to 1 or more.
    """
    rules = {"not all and (prefers-color-scheme: dark)": "xcode"}
    rules |= {"(prefers-color-scheme: dark)": "monokai"}
    written = {
        query: HtmlFormatter(style=style, nobackground=True).get_style_defs(".highlight")
        for query, style in rules.items()
    }
    return "".join(f"@media {query} {{\n{css}\n}}\n" for query, css in written.items())


def _failure(facts: Mapping[str, Any]) -> str:
    if not facts["failure"]:
        return ""
    sentence = html.escape(facts["failure"])
    cell = facts["failed_cell"]
    link = f' <a href="#cell-{cell}">Go to the cell.</a>' if cell else ""
    return f'<p class="failure" role="alert">This notebook failed in {sentence}.{link}</p>\n'


def _summary(facts: Mapping[str, Any]) -> str:
    tables = summary.table(facts.get("runs", ()))
    return f'<section id="figures-of-merit">\n<h2>Key figures</h2>\n{tables}\n</section>\n' * (
        tables != ""
    )


def _profile(node: NotebookNode) -> str:
    """Whether a notebook's runs were shortened, and by what."""
    note = node.metadata.curvkit
    if note.report.get("profile", "full") != "quick":
        return "full"
    own = note.report.get("defaults", parameters.declared(node))
    ran, wanted = note.report.parameters, note.get("quick", {})
    shortened = ", ".join(
        f"{name} = {ran[name]} instead of {own[name]}"
        for name in wanted
        if name in own and name in ran and ran[name] != own[name]
    )
    lost = ", ".join(str(name) for name in wanted if name not in own)
    lost = f"; it has no parameter {lost} to shorten" if lost else ""
    note = f"shortened: {shortened}" if shortened else "with nothing to shorten"
    return f"quick, {note}{lost}"


def _shortened(profile: str) -> str:
    """What stands above the title where runs were shortened: words may claim what they miss."""
    shortened = profile.partition("shortened: ")[2].partition(";")[0]
    if not shortened:
        return ""
    sentence = f"These runs were shortened, {shortened}, and may not reach what the words tell of."
    return f'<p class="shortened">{html.escape(sentence)}</p>\n'


def _facts(facts: Mapping[str, Any], profile: str) -> str:
    """When, how long, with what and on what a notebook ran, as a definition list."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    rows = {
        "run": facts["date"],
        "took": f"{facts['seconds']:.0f} s",
        "computed on": facts["backend"],
        "peak memory": f"{facts['peak_mb']:.0f} MB" if facts.get("peak_mb") else "unknown",
        "versions": versions,
        "profile": profile,
        "parameters": settings(facts["parameters"]) or "none",
    }
    written = "".join(
        f"<div><dt>{key}</dt><dd>{html.escape(str(value))}</dd></div>"
        for key, value in rows.items()
    )
    return f'<dl class="facts">{written}</dl>'


def settings(values: Mapping[str, Any]) -> str:
    """Parameters as a person reads them: `steps = 22, note = "a"`; not yet escaped."""
    return ", ".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()
    )

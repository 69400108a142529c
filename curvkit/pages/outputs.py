"""The outputs of a cell as HTML: of each the richest form that a page can show, or a line that says
what is left out.

A page has no kernel, so it shows no widget, and it runs no scripts but its own.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from nbconvert.filters import ansi2html
from nbformat import NotebookNode

from curvkit.pages import markup, safe, stages

PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
LEFT_OUT = "a widget, which needs a kernel, is left out here"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp")
# More is drawn by no browser within the time that one waits.
MOST_JSON = 100_000
# What tqdm writes: `name:  40%|████ | 2/5 [00:01<00:02, 1.50it/s, loss=3]`, or, of no known
# length, `12it [00:03, 4.00it/s]`.
BAR = re.compile(
    r"(?:[^\n|]*: )?(?: *\d{1,3}%\|[^|\n]*\| *[\d.]+\S*/[\d.?]+\S* \[|\d[\d.]*\S* \[)"
    r"\d+:\d\d(?::\d\d)?(?:<(?:\d+:\d\d(?::\d\d)?|\?))?, *(?:[\d.]+|\?)\S*(?:/s|/\S+)[^\]\n]*\]"
)
CURSOR = re.compile(r"\x1b\[\d*[A-HJKSTfsu]")


def of_cell(cell: NotebookNode, figure: Callable[[dict[Any, Any]], str]) -> list[str]:
    """The outputs of a cell of code as HTML, without those that show nothing.

    Args:
        cell: an executed one.
        figure: draws plotly's JSON, or puts something in its place.
    """
    number = cell.metadata.get("curvkit_cell")
    drawn = (of(each, number, figure) for each in cell.get("outputs", []))
    return [each for each in drawn if each]


def of(
    output: Mapping[str, Any], number: int | None, figure: Callable[[dict[Any, Any]], str]
) -> str:
    """An output of cell `number` as HTML, or nothing if there is nothing to show."""
    kind = output.get("output_type")
    if kind == "stream":
        return _stream(output)
    if kind == "error":
        return _error(output)
    return _display(output, number, figure)


def _stream(output: Mapping[str, Any]) -> str:
    text = plain(output.get("text", ""), bars=output.get("name") != "stderr")
    aside = " aside" * (output.get("name") == "stderr")
    return f'<pre class="stream{aside}">{ansi2html(text)}</pre>' if text.strip() else ""


def plain(text: str, bars: bool = True) -> str:
    r"""What a terminal shows in the end: of a line that was overwritten, only its last state.

    Args:
        text: of a stream.
        bars: whether tqdm's progress bars are kept.

    >>> plain("1\r2\n3\r"), plain("a\n 40%|## | 2/5 [00:01<00:02, 1.5it/s]\nb", bars=False)
    ('2\n3', 'a\nb')
    """
    lines = CURSOR.sub("", text.replace("\r\n", "\n")).split("\n")
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in lines]
    if not bars:
        lines = [line for line in lines if not BAR.fullmatch(line.strip())]
    return "\n".join(lines)


def _error(output: Mapping[str, Any]) -> str:
    message = str(output.get("evalue") or "").split("\n")[0]
    error = html.escape(f"{output.get('ename')}: {message}")
    traceback = ansi2html("\n".join(map(str, output.get("traceback") or ())))
    return (
        f'<p class="failure">{error}</p>\n<details class="code" open><summary>traceback</summary>\n'
        f'<pre class="traceback">{traceback}</pre>\n</details>'
    )


def _display(
    output: Mapping[str, Any], number: int | None, figure: Callable[[dict[Any, Any]], str]
) -> str:
    data = {str(kind): each for kind, each in (output.get("data") or {}).items()}
    metadata = output.get("metadata") or {}
    if isinstance(data.get(PLOTLY), Mapping):
        return figure(dict(data[PLOTLY]))
    if isinstance(data.get(stages.MIME), Mapping):
        return stages.drawn(data[stages.MIME])
    if WIDGET in data:
        return _widget(data, metadata)
    for kinds, draw in FORMS:
        for kind in kinds:
            if kind in data:
                own = metadata.get(kind)
                more = own if isinstance(own, Mapping) else metadata
                drawn = draw(data[kind], kind, number, more)
                if drawn:
                    return drawn
    return _unknown(data)


def _widget(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    ours = metadata.get("curvkit")
    shown = ours.get("widget") if isinstance(ours, Mapping) else None
    words = text_of(data.get("text/plain", ""))
    if shown in ("whole", "bar") or BAR.fullmatch(words.strip()) or "FloatProgress(" in words:
        return ""
    return safe.note(LEFT_OUT)


def text_of(value: Any) -> str:
    """Text as a notebook keeps it: in one piece, in lines, or as something else."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "".join(value)
    return value if isinstance(value, str) else json.dumps(value, indent=1, default=str)


def _html(value: Any, *_: Any) -> str:
    text = text_of(value)
    tags = text.count("<")
    if tags > safe.MOST_TAGS:
        return safe.note(
            f"HTML of {tags:,} tags, which no browser draws in time, is left out here; the "
            "executed notebook has it"
        )
    shown = safe.html_of(text)
    return f'<div class="html">{shown}</div>' if shown.strip() else ""


def _markdown(value: Any, kind: str, *_: Any) -> str:
    style = " said" * (kind == "text/markdown")
    return f'<div class="text{style}">{markup.markdown(text_of(value), trusted=False)}</div>'


def _svg(value: Any, kind: str, number: int | None, metadata: Mapping[str, Any]) -> str:
    data = base64.b64encode(text_of(value).encode("utf-8", "replace")).decode()
    return _img(f"data:{kind};base64,{data}", kind, number, metadata)


def _picture(value: Any, kind: str, number: int | None, metadata: Mapping[str, Any]) -> str:
    data = re.sub(r"\s", "", text_of(value))
    if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", data):
        return safe.note(f"a picture ({kind}) that cannot be read is left out here")
    return _img(f"data:{kind};base64,{data}", kind, number, metadata)


def _img(data: str, kind: str, number: int | None, metadata: Mapping[str, Any]) -> str:
    alt = html.escape(str(metadata.get("alt") or f"picture of cell {number}"), quote=True)
    sizes = {name: metadata.get(name) for name in ("width", "height")}
    attributes = "".join(
        f' {name}="{int(size)}"'
        for name, size in sizes.items()
        if isinstance(size, int | float) and 0 < size < 10_000
    )
    # As an image, in which no script runs whatever it holds.
    return f'<img class="picture" src="{data}" alt="{alt}"{attributes}>'


def _json(value: Any, *_: Any) -> str:
    written = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    if len(written) > MOST_JSON:
        return safe.note(
            f"JSON of {len(written):,} characters is left out here; the executed notebook has it"
        )
    opened = " open" * (len(written) < 2000)
    return (
        f'<details class="json"{opened}><summary>JSON</summary>'
        f"<pre>{html.escape(written)}</pre></details>"
    )


def _script(*_: Any) -> str:
    return safe.note(safe.SCRIPT)


def _pre(value: Any, *_: Any) -> str:
    text = text_of(value)
    return f'<pre class="value">{ansi2html(text)}</pre>' if text.strip() else ""


def _unknown(data: Mapping[str, Any]) -> str:
    """Says that there is something which a page cannot show, if there is."""
    kinds = [kind for kind in data if kind != "text/plain"]
    words = _pre(data.get("text/plain", ""))
    note = safe.note(f"an output of kind {kinds[0]} is left out here") if kinds else ""
    return words + note


# What is shown of an output, the richest first.
FORMS: tuple[tuple[tuple[str, ...], Callable[..., str]], ...] = (
    (("text/html",), _html),
    (("text/markdown",), _markdown),
    (("image/svg+xml",), _svg),
    (PICTURES, _picture),
    (("text/latex",), _markdown),
    (("application/json", "application/geo+json"), _json),
    (("application/javascript", "text/javascript"), _script),
)

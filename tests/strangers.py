"""Notebooks of strangers: what other programs and hands write, each with what its page is to show.

Each is as it would lie on a disk, made here from plain values. Where it must fail, it is told how.
"""

import base64
import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def _chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


HEAD = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
PNG = b"\x89PNG\r\n\x1a\n" + HEAD + _chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
PNG = base64.b64encode(PNG + _chunk(b"IEND", b"")).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 not much of a picture \xff\xd9").decode()
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><circle r='3'/><script>alert(1)</script></svg>"
LEFT_OUT = "a widget, which needs a kernel, is left out here"
NO_SCRIPT = "a script, which a page does not run, is left out here"


@dataclass(frozen=True)
class Stranger:
    """A notebook: its name, the text of its file, and what comes of it.

    Attributes:
        shows: what its page holds, beside its code.
        hides: what its page does not hold.
        fails: what the sentence of its failure holds; nothing if it is to end well.
    """

    name: str
    text: str
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    fails: str = ""
    quick: dict[str, Any] = field(default_factory=dict)


def code(source, tags=None, **more):
    """A cell of code as nbformat 4 has it, without an identity."""
    metadata = {} if tags is None else {"tags": tags}
    cell = dict(cell_type="code", metadata=metadata, source=source, outputs=[])
    return {**cell, "execution_count": None, **more}


def words(source, **more):
    """A cell of Markdown."""
    return dict(cell_type="markdown", metadata={}, source=source, **more)


def raw(source, **metadata):
    """A raw cell."""
    return dict(cell_type="raw", metadata=metadata, source=source)


def stranger(name, *cells, metadata=PYTHON, minor=5, shows=(), hides=(), fails="", **more):
    """A notebook of cells."""
    shows, hides = ((each,) if isinstance(each, str) else tuple(each) for each in (shows, hides))
    whole = dict(cells=list(cells), metadata=metadata, nbformat=4, nbformat_minor=minor, **more)
    return Stranger(name, json.dumps(whole), shows, hides, fails)


def torn(name, text, fails):
    """A file that is no notebook, or not one that can be run."""
    return Stranger(name, text if isinstance(text, str) else json.dumps(text), fails=fails)


SHOW = "from IPython.display import *\n"
WIDGETS = SHOW + "import ipywidgets as w\n"
PARAMETERS = "# set\nsteps = 5\nrate = 0.5"


def _shown():
    """What cells display."""
    picture = f"import base64\nImage(base64.b64decode('{PNG}'), width=40, alt='a dot')"
    yield stranger(
        "png", code(SHOW + picture), code(f"Image(base64.b64decode('{JPEG}'), format='jpeg')"),
        code(f'SVG("""{SVG}""")'),
        code(f"display({{'image/gif': '{PNG}', 'text/plain': 'gif'}}, raw=True)"),
        code("display({'image/png': '\\\"><script>1</script>'}, raw=True)"),
        shows=(
            f'<img class="picture" src="data:image/png;base64,{PNG}" alt="a dot" width="40">',
            f'src="data:image/jpeg;base64,{JPEG}" alt="picture of cell 2"',
            "data:image/svg+xml;base64,", "data:image/gif;base64,", "that cannot be read is left",
        ),
        hides=("<circle", "<script>1"),
    )  # fmt: skip
    yield stranger(
        "richness",
        code(SHOW + "JSON({'a': [1, {'b': '<i>'}]})"),
        code("GeoJSON({'type': 'Point', 'coordinates': [6, 7]})"),
        code("display({'application/x-odd': {}, 'text/plain': 'the plain of it'}, raw=True)"),
        code("Latex(r'\\begin{align} a &= \\frac{1}{2} \\\\ b &= 2 \\end{align}')"),
        code("Math(r'\\hat\\jmath = \\arg\\max_j x')"),
        code("Markdown('*said* `x` <u>u</u> &lt; Newton&#x27;s')"),
        code("print('\\x1b[31mred\\x1b[0m and <b>')"),
        code("Javascript('alert(2)')"),
        code("Pretty('pretty')"),
        code("display({'text/html': ['<b>in', ' lines</b>'], 'text/plain': 3}, raw=True)"),
        code("class Both:\n  def _repr_html_(self): return '<b>rich</b>'\nBoth()"),
        code("Audio(b'abc', rate=1)"),
        shows=(
            "&lt;i&gt;", "coordinates", "the plain of it", "application/x-odd is left out here",
            "<mfrac>", "<em>said</em>", "&lt;u&gt;u&lt;/u&gt; &lt; Newton's", "ansi-red-fg",
            "and &lt;b&gt;", NO_SCRIPT, "pretty", "<b>in lines</b>", "<b>rich</b>", "<audio",
        ),
        hides=("alert(2)", 'class="formula"', "&amp;#x27;", "&amp;lt;"),
    )  # fmt: skip
    yield stranger(
        "html",
        code(
            SHOW + "HTML('<p>kept</p><script>alert(3)</script><img src=x onerror=alert(4)>"
            "<a href=\\'java\\tscript:alert(5)\\'>a</a><iframe src=\\'https://e.org/f\\'></iframe>"
            "<style>td > a {color: red}</style><table class=\\'transport t\\' onclick=z()><tr>"
            "<td>cell')"
        ),
        code("HTML('</div></main><!-- never closed')"), code("print('after it')"),
        code("HTML('<base href=//e.org><form action=//e.org><input type=submit>ask</form>')"),
        code("HTML('<p>x</p>' * 100_001)"),
        shows=(
            "<p>kept</p>", NO_SCRIPT, '<a href="https://e.org/f">https://e.org/f</a>', "td > a",
            '<table class="t">', ">cell</td>", "after it", "ask", "200,002 tags",
        ),
        hides=("alert(3)", "onerror", "script:", "<iframe", "onclick", "<form", "<base"),
    )  # fmt: skip
    yield stranger(
        "wide",
        code("import pandas as pd\nframe = pd.DataFrame([range(60)] * 3)\nframe.add_prefix('c')"),
        code("frame.style.format('{:.1f}')"),
        shows=('<div class="html">', "<th>c59</th>", "59.0"),
    )  # fmt: skip
    yield stranger(
        "plotly",
        code("import plotly.graph_objects as go\ngo.Figure(go.Scatter(x=[1, 2], y=[3, 4]))"),
        code("go.Figure(go.Bar(y=[1]), dict(title='Newton\\'s <b>bold</b>')).show()"),
        code("display({'application/vnd.plotly.v1+json': {'data': None}}, raw=True)"),
        shows=("figure-1", "figure-2", "figure-3", "Newton&#x27;s  bold"),
    )  # fmt: skip
    yield stranger(
        "drawn", code("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        shows="data:image/png;base64,iVBOR",
    )  # fmt: skip


def _streams():
    yield stranger(
        "printed",
        code("print('share: 5 %| of all')\nprint('100%|done| 3/4')\nprint('speed 3 it/s]')"),
        code("print('10%', end='\\r'); print('20%', end='\\r')"),
        code(
            "import sys, time\nfrom tqdm import tqdm\nfor _ in tqdm(range(3), desc='bar'): pass\n"
            "for _ in tqdm(iter('ab')): pass\nprint('kept: 7 %| of it', file=sys.stderr)"
        ),
        code("from tqdm.notebook import tqdm as bars\nfor _ in bars(range(3)): pass"),
        shows=("share: 5 %| of all", "100%|done| 3/4", "speed 3 it/s]", "20%", "kept: 7 %| of it"),
        hides=("bar: 100%", "2it [", LEFT_OUT),
    )
    yield stranger(
        "cleared",
        code(SHOW + "print('gone')\nclear_output()\nprint('stays')"),
        code("print('old')\nclear_output(wait=True)\nprint('new')"),
        code("handle = display('first', display_id=True)"), code("handle.update('second')"),
        shows=("stays", "new", "second"), hides=("gone", "old\n", "first"),
    )  # fmt: skip
    yield stranger(
        "huge", code("for _ in range(2000): print('x' * 999)"), code("print('the end')"),
        shows=("what else this cell prints is left out", "the end"),
    )  # fmt: skip
    yield stranger(
        "awaits", code("import asyncio\nawait asyncio.sleep(0)\nprint('awaited')"),
        code("print(await asyncio.gather(*[asyncio.sleep(0, n) for n in range(2)]))"),
        shows=("awaited", "[0, 1]"),
    )  # fmt: skip
    yield stranger(
        "halves", words("# Half \ud83d of a character"), code("print('\\ud83d half')"),
        shows=("of a character", "half"),
    )  # fmt: skip


def _widgets():
    yield stranger(
        "interact", code("import ipywidgets\nipywidgets.interact(lambda x: x, x=3)"),
        code("ipywidgets.interactive(lambda y: print('came to', y), y=(0, 10))"),
        code("ipywidgets.IntSlider(value=4)"),
        shows=(LEFT_OUT, '<pre class="value">3</pre>', "came to 5"),
    )  # fmt: skip
    yield stranger(
        "captured", code(WIDGETS + "out = w.Output()\nwith out: print('within')\nout"),
        code("@out.capture()\ndef f(): print('by capture')\nf()"),
        code("with out: display(HTML('<b>rich within</b>'))\nout.append_stdout('appended')"),
        code("lost = w.Output()\nwith lost: print('never shown')"),
        code("with w.Output() as third: 1 / 0", ["raises-exception"]), code("print('goes on')"),
        code("box = w.VBox([w.HTML('<i>told</i>'), w.Label('a label'), out])\nbox"),
        code("with out: clear_output(); print('cleared within')"),
        shows=("cleared within", "<i>told</i>", "a label", "goes on"),
        hides=(LEFT_OUT, "never shown", "appended"),
    )  # fmt: skip
    yield stranger(
        "figures",
        code("import plotly.graph_objects as go\nfig = go.FigureWidget(go.Scatter(y=[3, 4]))\nfig"),
        code("fig.layout.title = 'Titled afterwards'"),
        code(WIDGETS + "w.HBox([fig, go.FigureWidget(go.Bar(y=[1, 2]))])"),
        code("o = w.Output()\nwith o: display(fig)\no"),
        code("w.VBox([w.FloatSlider(), fig])"),
        shows=("figure-1", "figure-5", "Titled afterwards", LEFT_OUT), hides=("figure-6",),
    )  # fmt: skip


def _parameters():
    for name, source in {
        "load_ext": "%load_ext autoreload\n", "pip": "!echo installed\n",
        "asked": "steps = 1\nsteps?\n", "timed": "%%time\n",
    }.items():  # fmt: skip
        yield stranger(
            name, code(source + PARAMETERS, ["parameters"]), code("print('ran', steps, rate)"),
            shows=("ran 5 0.5", "steps = 5, rate = 0.5"),
        )  # fmt: skip
    yield stranger(
        "executed", code(PARAMETERS, ["parameters"]),
        code("# Parameters\nsteps = 9\n", ["injected-parameters"], execution_count=2),
        code("print('ran', steps, rate)", execution_count=3, outputs=[
            dict(output_type="stream", name="stdout", text="an old output")]),
        metadata={**PYTHON, "papermill": "x", "widgets": {"x": {}}, "curvkit": {"report": 3}},
        shows=("ran 9 0.5", "steps = 9, rate = 0.5"), hides="an old output",
    )  # fmt: skip
    yield stranger(
        "broken", code("steps = = 5", ["parameters"]), fails="cell 1 (steps = = 5): SyntaxError"
    )


def _malformed():
    page = [words("# A title"), code("print(6 * 7)")]
    wrong = {
        "metadata_text": dict(metadata={**PYTHON, "curvkit": "x"}),
        "metadata_list": dict(metadata=[1]),
        "quick_unknown": dict(metadata={**PYTHON, "curvkit": {"quick": {"stepz": 3}}}),
        "quick_odd": dict(metadata={**PYTHON, "curvkit": {"quick": 3, "room": 3, "gallery": []}}),
        "no_display_name": dict(metadata={"kernelspec": {"name": "python3"}}),
        "kernel_odd": dict(metadata={"kernelspec": 3, "language_info": [], "title": 3}),
        "environment": dict(metadata={"kernelspec": {"name": "r-and-d-env"}, "authors": 1}),
        "old_minor": dict(minor=0), "no_minor": dict(minor=None), "future": dict(minor=99),
    }  # fmt: skip
    for name, given in wrong.items():
        yield stranger(name, *page, **given, shows=("A title", "42"))
    odd = dict(cell_type="code", source=["print(", "6 * 7)"])
    yield stranger(
        "cells_odd", None, odd, {**odd, "metadata": 3, "id": 3}, {**odd, "id": "same"},
        {**odd, "id": "same", "metadata": {"tags": 3}}, code("1", "parameters"),
        code("2", [None, 3, "a,b", ""]), {"source": "no kind"}, words(None),
        words("kept", attachments=3), {"cell_type": "sql", "metadata": {}, "source": "SELECT 1"},
        code("3", outputs=3, execution_count="x"), code("4", outputs=[None, {"output_type": 3}]),
        minor=5, shows=("42", "no kind", "SELECT 1", "kept"),
    )  # fmt: skip
    yield stranger("empty", shows="empty")
    yield stranger("no_code", words("# Only\n\nwords"), shows=("Only", "words"))
    yield stranger("index", *page, shows=("A title", "42"))
    yield stranger("Ünïcode 数 & <name> #1?", *page, shows=("A title", "42"))
    yield stranger("x" * 230, *page, shows=("A title", "42"))
    three = dict(
        metadata={"name": ""}, nbformat=3, nbformat_minor=0,
        worksheets=[{"cells": [
            dict(cell_type="heading", level=2, source=["Of", " old"]),
            dict(cell_type="code", language="python", input=["print(6 * 7)"], outputs=[None]),
        ]}],
    )  # fmt: skip
    yield Stranger("version_3", json.dumps(three), ("Of old", "42"))
    for name, text, fails in (
        ("list", [1], "its JSON is not that of one"),
        ("text", '"x"', "its JSON is not that of one"),
        ("no_json", "{", "it is not the JSON of one"),
        ("nothing", "", "it is not the JSON of one"),
        ("cells_none", {"cells": None, "metadata": {}, "nbformat": 4}, "it has no list of cells"),
        ("cells_text", {"cells": "x"}, "it has no list of cells"),
        ("cell_text", {"cells": ["x"]}, "the entry 1 of its cells is no cell"),
        ("version_3_bare", {"nbformat": 3, "metadata": {}}, "it has no list of cells"),
        ("deep", "[" * 100_000, "it is not the JSON of one"),
    ):
        yield torn(name, text, fails)


def _languages():
    kinds = {
        "r": ({"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}, "R"),
        "r_bare": ({"kernelspec": {"name": "ir"}}, "ir"),
        "julia": ({"kernelspec": {"name": "julia-1.9", "display_name": "Julia 1.9"}}, "Julia 1.9"),
        "rust": ({"language_info": {"name": "Rust"}}, "Rust"),
    }
    for name, (metadata, language) in kinds.items():
        told = f"written in {language}, and a report runs notebooks in Python only"
        yield stranger(name, code("x <- 3"), metadata=metadata, fails=told)


def _words():
    vector = base64.b64encode(SVG.encode()).decode()
    attached = {"é b.png": {"image/png": PNG}, "v.svg": {"image/svg+xml": vector}}
    picture = f'src="data:image/png;base64,{PNG}"'
    yield stranger(
        "attached", words("# A\n\n![x](<attachment:é b.png>)", attachments=attached),
        words(
            "![y](attachment:%C3%A9%20b.png) <img src='attachment:é b.png'>", attachments=attached
        ),
        words("![v](attachment:v.svg) ![z](attachment:gone.png)", attachments=attached),
        words("![l](local%20dot.png) ![m](<local dot.png>) ![f](.) ![o](no.png)"),
        words("![n](//e.org/a.png)"),
        code("1"),
        shows=(
            f'<img {picture} alt="x"', f'<img alt="y" {picture}', f'<img alt="a picture" {picture}',
            "data:image/svg+xml;base64,", "attachment:gone.png (z) is not there",
            f'<img {picture} alt="l"', f'<img {picture} alt="m"', "no.png (o) is not there",
            '<a href="//e.org/a.png">',
        ),
        hides=("<img src='attachment", 'src="no.png"'),
    )  # fmt: skip
    yield stranger(
        "markdown",
        words(
            "# Title <b>bold</b> & `Newton's`\n\nText <img src=x onerror=alert(6)> <u>under</u>\n\n"
            "<script>alert(7)</script>\n\n<details><summary>Answer</summary>\n\n**hidden** $x<y$"
            "\n\n</details>\n\n<div onmouseover='alert(8)'>never closed\n\n"
            "$$\\hat\\jmath = \\arg\\max_j x$$"
        ),
        words("<!-- live -->Drag the slider.<!-- /live --> Look. <!-- page: Press *play*. -->"),
        words("[a](javascript:alert(9)) <a href='javascript:alert(10)'>b</a> &lt;i&gt; a&nbsp;b"),
        code("1"),
        shows=(
            "<u>under</u>", "<summary>Answer</summary>", "<strong>hidden</strong>", "<math",
            "Look.", "Press <em>play</em>.", "&lt;i&gt;", NO_SCRIPT,
        ),
        hides=(
            "onerror", "alert(7)", "onmouseover", "Drag", "javascript:", 'class="formula"',
            "&amp;lt;",
        ),
    )  # fmt: skip
    yield stranger(
        "raws", raw("plain <b>"), raw("<b>html</b><script>1</script>", format="text/html"),
        raw("*md*", raw_mimetype="text/markdown"), code("print('x')"),
        shows=("plain &lt;b&gt;", "<b>html</b>", "<em>md</em>"), hides="<script>1",
    )  # fmt: skip


def _failing():
    yield stranger(
        "raises", code("print('before')"), code("raise KeyError('<b>')"), code("print('after')"),
        shows=("before", "KeyError"), hides=("<b>'",), fails="KeyError: '<b>'",
    )  # fmt: skip
    yield stranger("asks", code("input('name? ')"), fails="StdinNotImplementedError")
    yield stranger(
        "on_purpose", code("1 / 0", ["raises-exception"]), code("print('and on')"),
        shows=("ZeroDivisionError", "and on"),
    )  # fmt: skip
    yield stranger("skipped", code("1 / 0", ["skip-execution"]), code("print(1)"), shows="<pre")
    yield stranger("leaves", code("print('x'); raise SystemExit"), shows="x")


KINDS = (
    _shown, _streams, _widgets, _parameters, _malformed, _languages, _words, _failing,
)  # fmt: skip


def strangers() -> list[Stranger]:
    """All of them."""
    return [each for kind in KINDS for each in kind()]


def written(home: Path) -> dict[Path, Stranger]:
    """Writes all of them into a folder, with a picture; returns them by path."""
    (home / "local dot.png").write_bytes(base64.b64decode(PNG))
    found = {home / f"{each.name}.ipynb": each for each in strangers()}
    for path, each in found.items():
        path.write_text(each.text, encoding="utf-8")
    return found

"""Notebooks run without a screen, and their pages stand on their own."""

import base64
import io
import json
import os
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console
from scripts import DEFAULTS, listened, moves, notebook

from curvkit import environment
from curvkit.host import files
from curvkit.pages import index, markup, page, parameters
from curvkit.report import notebooks
from curvkit.report.run import make

SCRIPT = "</script><script>document.title = 'taken over'</script><img src=x onerror=alert(1)>"
NASTY = (
    f"a \"quote\" and a 'quote', a back\\slash\nand a {{brace}} {SCRIPT} __import__('os').getpid()"
)

FIGURE = """
import plotly.graph_objects as go
made = go.Figure(go.Scatter(x=[0, 1, 2], y=[0, 1, 4], name="curve"))
made.frames = [go.Frame(name=str(n), data=[go.Scatter(x=[0, 1], y=[0, n])]) for n in range(30)]
slow = dict(frame=dict(duration=100, redraw=False))
made.update_layout(title=f"A <b>title</b> {note}", updatemenus=[dict(type="buttons", buttons=[
    dict(label="Play", method="animate", args=[None, slow])])])
made
"""
PRINTS = """
import json, sys
from IPython.display import HTML, Markdown, display
from tqdm.auto import tqdm
print("note is", json.dumps(note)); print(type(rate).__name__, rate, steps, quick)
display(Markdown(f"**said** {note} $\\\\lambda^2$"))
print("warned", file=sys.stderr)
for _ in tqdm(range(3)): pass
for n in range(3): print(f"\\r{n}%| | {n}/3 [00:01<00:02, 1.5it/s]", end="", file=sys.stderr)
"""
WORDS = r"""# Maths & *more*

Sharpness $\lambda = 2/\eta$ costs `$5`, and

$$\begin{aligned} a &= b \\ c &< d \end{aligned}$$

```python
price = "$x$ and $y$"
```

This $\frac{1}{$ is broken, see [the next](bad.ipynb) and ![a plot](https://example.org/plot.png).
"""


def shown(text):
    """A page without the text of its scripts and styles."""
    return re.sub(r"(?s)<(script|style)[ >].*?</\1>", "", text)


class Requests(HTMLParser):
    """What a page would ask the network for, and which scripts it may run."""

    def __init__(self, text):
        super().__init__()
        self.asked, self.scripts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "script":
            self.scripts.append(given)
        for name in ("src", "href", "srcset", "data", "poster"):
            local = (given.get(name) or "").startswith(("data:", "#"))
            if tag != "a" and name in given and not local:
                self.asked.append((tag, given[name]))


@pytest.fixture
def read(tmp_path):
    """Return a function that checks values for one notebook, of a room if one is named."""

    def check(room=None, **given):
        node = nbformat.read(notebook(tmp_path / "a.ipynb", DEFAULTS, room=room), as_version=4)
        return parameters.check({"a": node}, given)["a"]

    return check


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Return the folder of one report of a good and a failing notebook, and who failed."""
    home, out = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("reports")
    paths = [
        notebook(home / "bad.ipynb", "# Bad", "x = 1", "# on\nwhat", "y = x /\\\n 0\n", "z = 2"),
        notebook(home / "good.ipynb", WORDS, DEFAULTS, FIGURE, PRINTS, FIGURE),
        notebook(home / "slow.ipynb", "import time", "# wait\ntime.sleep(60)"),
    ]
    slow = nbformat.read(paths[2], as_version=4)
    slow.cells[1].cell_type = "code"
    slow.cells[1].update(outputs=[], execution_count=None)
    nbformat.write(slow, paths[2])
    given = [f"note={NASTY}", "rate=1e-3"]
    with Path(os.devnull).open("w") as nowhere:
        console = Console(file=nowhere)
        failed = make(paths, out=out, given=given, quick=True, timeout=8, console=console)
    return out, failed


# Parameters


def test_values_are_cast_to_the_type_of_the_default(read):
    got = read(steps="1e2", rate="3", quick="true", note="7")
    assert got == {"steps": 100, "rate": 3.0, "quick": True, "note": "7"}
    assert [type(each) for each in got.values()] == [int, float, bool, str]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("steps", "2.5", "steps must be a whole number, but '2.5' was given."),
        ("steps", "__import__('os')", "steps must be a whole number"),
        ("rate", "nan", "rate must be a number"),
        ("rate", "0.1 + 1", "rate must be a number"),
        ("quick", "yes", "quick must be true or false"),
        ("log", "[1]", "log is of type list, and only int, float, bool, str can be set"),
        ("stepz", "3", "There is no parameter 'stepz'; did you mean 'steps'?"),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(read, name, value, said):
    with pytest.raises(ValueError) as caught:
        read(**{name: value})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [NASTY, "1 + 1", "__import__('os').getcwd()", "", "a=b"])
def test_text_arrives_as_it_was_typed(read, value):
    assert read(**parameters.pairs([f"note={value}"])) == {"note": value}


@pytest.mark.parametrize("name", ["note\nimport os", "note'", "<b>note</b>", "__import__('os')"])
def test_a_name_that_is_code_is_no_parameter(read, name):
    with pytest.raises(ValueError, match="^There is no parameter") as caught:
        read(**parameters.pairs([f"{name}=1"]))
    assert "\n" not in str(caught.value)


def test_a_notebook_of_a_room_asks_the_room(read):
    assert read(steps="0") == {"steps": 0}
    assert read(room="curvature", steps="22", rate="7") == {"steps": 22, "rate": 7.0}
    with pytest.raises(ValueError, match="steps must be a whole number from 1 to 20000"):
        read(room="curvature", steps="0")
    with pytest.raises(ValueError, match="There is no room 'os'"):
        read(room="os", steps="1")


@pytest.mark.parametrize("given", ["steps", "=3", " =3"])
def test_a_setting_without_a_name_or_a_value_is_refused(given):
    with pytest.raises(ValueError, match="of the form name=value"):
        parameters.pairs([given])


def test_a_parameter_goes_to_the_notebooks_that_have_it_and_quick_likewise(tmp_path):
    nodes = {
        "with": nbformat.read(notebook(tmp_path / "a.ipynb", DEFAULTS), as_version=4),
        "without": nbformat.read(notebook(tmp_path / "b.ipynb", "x = 1"), as_version=4),
    }
    values = parameters.check(nodes, {"steps": "3"})
    assert values == {"with": {"steps": 3}, "without": {}}
    assert parameters.profiled(nodes, values, "quick") == {
        "with": {"quick": True, "steps": 3},
        "without": {},
    }
    nodes["with"].metadata["curvkit"] = {"paper": {"steps": 9, "other": 1}}
    assert parameters.profiled(nodes, {**values, "with": {}}, "paper")["with"] == {"steps": 9}
    assert parameters.profiled(nodes, values, "paper")["with"] == {"steps": 3}
    with pytest.raises(ValueError, match="No notebook chosen has parameters"):
        parameters.check({"without": nodes["without"]}, {"steps": "3"})


def test_what_a_parameters_cell_computes_is_no_parameter_and_is_not_run():
    node = new_notebook(cells=[new_code_cell("a = -1\nb = print('run')\nc, d = 1, 2\nimport os")])
    node.cells[0].metadata["tags"] = ["parameters"]
    assert parameters.declared(node) == {"a": -1}


# Which notebooks


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Return a working folder whose notebooks/ holds three notebooks."""
    (tmp_path / "notebooks").mkdir()
    for stem in ("00_start", "01_curvature", "02_tuners"):
        notebook(tmp_path / "notebooks" / f"{stem}.ipynb", "x = 1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebooks.curvkit, "__file__", str(tmp_path / "curvkit/__init__.py"))
    return tmp_path


def stems(*wanted):
    return [path.stem for path in notebooks.choose(wanted)]


def test_a_notebook_is_found_by_path_stem_or_part_of_its_stem(shelf):
    assert stems() == ["00_start", "01_curvature", "02_tuners"]
    assert stems("02", "curv", "00_start", "02") == ["02_tuners", "01_curvature", "00_start"]
    assert stems("notebooks/01_curvature.ipynb") == ["01_curvature"]


def test_a_notebook_that_is_not_there_is_refused_in_one_sentence(shelf):
    with pytest.raises(ValueError, match="The known ones are 00_start, 01_curvature, 02_tuners"):
        stems("03")
    with pytest.raises(ValueError, match="'0' fits several notebooks: 00_start"):
        stems("0")
    with pytest.raises(FileNotFoundError, match="There is no notebook at 'x.ipynb'"):
        stems("x.ipynb")
    for path in (shelf / "notebooks").iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match="There is no folder notebooks/"):
        stems()


def test_two_notebooks_of_one_name_do_not_overwrite_one_another(shelf):
    (shelf / "other").mkdir()
    notebook(shelf / "other/02_tuners.ipynb", "x = 2")
    with pytest.raises(ValueError, match="Two notebooks are named '02_tuners'"):
        stems("02", "other/02_tuners.ipynb")


def test_a_report_into_the_folder_of_its_notebooks_is_refused(shelf):
    with pytest.raises(ValueError, match="holds the notebooks themselves"):
        make(notebooks.choose(["00"]), out=Path("notebooks"))


def test_a_file_that_is_no_notebook_is_told_as_one_that_failed(shelf):
    (shelf / "broken.ipynb").write_text("no JSON")
    (said,) = make(notebooks.choose(["broken.ipynb"]), out=shelf / "out")
    assert said.startswith("broken failed in its reading: it is no notebook: ")
    for name in ("broken.html", "index.html"):
        assert "it is no notebook" in (shelf / "out" / name).read_text()


@pytest.mark.parametrize("name", ["00_start.ipynb", "00_start.html", "index.html"])
def test_a_file_that_is_of_no_report_is_refused_and_stays(shelf, name):
    (shelf / "out").mkdir()
    theirs = shelf / "out" / name
    theirs.write_text('{"cells": []}')
    with pytest.raises(ValueError, match=f"{name} is not of a report, so it is not overwritten"):
        make(notebooks.choose(["00"]), out=shelf / "out")
    assert theirs.read_text() == '{"cells": []}'
    assert [each.name for each in (shelf / "out").iterdir()] == [name]


def test_an_index_of_ours_is_overwritten(tmp_path):
    (tmp_path / "index.html").write_text(index.render({}, tmp_path))
    assert index.is_one(tmp_path / "index.html")


# Files, Markdown, index


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = files.write(tmp_path / "page.html", "before")
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "half a page \udcff")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        files.write(path, "after")
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text() == "before"


def test_equations_become_mathml_and_code_stays_code():
    made = markup.markdown(WORDS)
    assert made.count("<math") == 2
    assert "<mtable" in made
    assert "<code>$5</code>" in made
    assert "$x$ and $y$" in re.sub(r"<[^>]*>", "", made)
    assert r'<code class="formula">$\frac{1}{$</code>' in made


@pytest.mark.parametrize("formula", ["}", r"\nosuch x", r"\left( x", r"\text{<script>}", "<b>"])
def test_no_formula_breaks_a_page(formula):
    made = markup.mathml(formula, "inline")
    assert "<script" not in made
    assert "<b>" not in made


def test_html_in_what_was_printed_is_escaped_and_in_what_was_written_kept():
    assert "<b>x</b>" in markup.markdown("a <b>x</b>")
    assert "&lt;b&gt;" in markup.markdown("a <b>x</b>", trusted=False)
    assert "javascript:" not in markup.markdown("[a](javascript:alert(1))", trusted=False)


def test_the_index_keeps_earlier_runs_and_passes_over_what_is_no_report(tmp_path):
    facts = dict(title="<i>T</i>", failure="", seconds=1.0, changed={}, parameters={}, date="today")
    stored = {"metadata": {"curvkit": {"report": facts}}}
    (tmp_path / "a b.ipynb").write_text(json.dumps(stored))
    (tmp_path / "other.ipynb").write_text("{}")
    (tmp_path / "broken.ipynb").write_text("no JSON")
    runs = index.earlier(tmp_path)
    assert list(runs) == ["a b"]
    assert "href=" not in re.sub(
        "<head>.*</head>", "", index.render(runs, tmp_path / "gone"), flags=re.S
    )
    (tmp_path / "a b.html").write_text("a page")
    made = index.render(runs, tmp_path)
    assert 'href="a%20b.html"' in made
    assert "&lt;i&gt;T&lt;/i&gt;" in made


# The whole of it


@pytest.mark.slow
def test_a_failing_notebook_is_named_with_its_cell_and_error_and_the_others_run(reported):
    out, failed = reported
    assert failed == [
        r"bad failed in cell 4 (y = x /\): ZeroDivisionError: division by zero",
        "slow failed in cell 2 (# wait): it took longer than 8 s",
    ]
    made = (out / "bad.html").read_text()
    assert "ZeroDivisionError: division by zero" in made
    assert 'href="#cell-4"' in made and 'id="cell-4"' in made
    assert "ZeroDivisionError" in (out / "bad.log").read_text()


@pytest.mark.slow
def test_every_notebook_leaves_page_notebook_and_log_and_the_index_lists_them(reported):
    out, _ = reported
    kinds = ("html", "ipynb", "log")
    wanted = {f"{stem}.{kind}" for stem in ("bad", "good", "slow") for kind in kinds}
    assert {path.name for path in out.iterdir()} == wanted | {"index.html", ".lock"}
    made = (out / "index.html").read_text()
    assert 'href="good.html">Maths &amp; more</a>' in made
    assert "3 notebooks, 2 failed" in made
    assert "cell 4 (y = x /\\): ZeroDivisionError: division by zero" in made


@pytest.mark.slow
def test_values_reach_the_kernel_as_values(reported):
    out, _ = reported
    node = nbformat.read(out / "good.ipynb", as_version=4)
    (printed,) = [
        output.text
        for cell in node.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    ]
    assert printed.splitlines() == ["note is " + json.dumps(NASTY), "float 0.001 20 True"]


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["good", "bad", "slow", "index"])
def test_a_page_asks_the_network_for_nothing_and_runs_only_its_own_scripts(reported, stem):
    text = (reported[0] / f"{stem}.html").read_text()
    found = Requests(text)
    assert found.asked == []
    assert len({script["nonce"] for script in found.scripts}) <= 1
    assert re.search(r"default-src 'none'; script-src 'nonce-\w+';", text)
    assert "onerror=alert" not in re.sub(r"&lt;.*?&gt;", "", shown(text))


@pytest.mark.slow
def test_plotly_is_in_a_page_once_and_in_one_without_figures_not_at_all(reported):
    out, _ = reported
    good, bad = ((out / name).read_text() for name in ("good.html", "bad.html"))
    assert good.count("plotly.js v") == 1
    assert len(re.findall(r"Plotly\.newPlot\(\s*\"figure-\d\"", good)) == 2
    assert good.count('class="transport"') == 2
    packed = re.findall(r'<script type="text/plain" id="figure-\d-frames"[^>]*>([^<]+)<', good)
    frames = [json.loads(zlib.decompress(base64.b64decode(each))) for each in packed]
    assert [[each["name"] for each in figure] for figure in frames] == [
        [str(n) for n in range(30)]
    ] * 2
    assert "plotly.js v" not in bad
    assert len(bad) < 40_000


@pytest.mark.slow
def test_a_page_says_what_was_run_and_shows_no_progress_bars(reported):
    text = shown((reported[0] / "good.html").read_text())
    for said in ("jax was not used", "curvkit 0.1.0", "rate = 0.001", "steps = 20", "<dt>run</dt>"):
        assert said in text
    outputs = re.sub(r"(?s)<details class=.code.*?</details>", "", text)
    assert "%|" not in outputs
    assert "warned" in outputs
    assert '<html lang="en">' in text and "<title>Maths &amp; more</title>" in text
    assert 'role="img" aria-label="A  title' in text
    assert 'href="bad.html"' in text and ">https://example.org/plot.png</a>" in text


@pytest.mark.parametrize(
    ("profile", "values", "said"),
    [
        ("full", dict(steps=40, log=2), "full"),
        ("quick", dict(steps=20, log=2), "quick, shortened: steps = 20 instead of 40"),
        ("quick", dict(steps=40, log=2), "quick, with nothing to shorten"),
    ],
)
def test_a_page_says_whether_its_runs_were_shortened(profile, values, said):
    cell = new_code_cell("steps = 40\nlog = 1", metadata={"tags": ["parameters"]})
    told = {"quick": {"steps": 20}, "report": {"profile": profile, "parameters": values}}
    assert page._profile(new_notebook(cells=[cell], metadata={"curvkit": told})) == said


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_opened_from_a_file_draws_and_plays_its_figures(reported, browser):
    sheet = browser.new_page()
    complaints = listened(sheet)
    sheet.goto((reported[0] / "good.html").as_uri())
    sheet.wait_for_selector("#figure-2 .main-svg")
    drawn = "document.querySelector('#figure-1 path.js-line').getAttribute('d')"
    before = sheet.evaluate(drawn)
    assert sheet.locator(".updatemenu-button").count() == 0
    # By the keyboard alone.
    sheet.locator(".transport button").first.focus()
    sheet.keyboard.press("Enter")
    moves(sheet, drawn, before)
    assert sheet.title() == "Maths & more"
    sheet.click("#all-code")
    assert sheet.locator("details.code:not([open])").count() == 0
    assert sheet.evaluate("document.documentElement.scrollWidth") <= sheet.viewport_size["width"]
    assert complaints == []


@pytest.mark.slow
@pytest.mark.parametrize("quick", [False, True])
def test_only_a_quick_report_compiles_briskly(tmp_path, monkeypatch, quick):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    seen = "import os, pathlib\npathlib.Path(os.environ['SEEN']).write_text(str(dict(os.environ)))"
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.txt"))
    path = notebook(tmp_path / "a.ipynb", seen)
    make([path], out=tmp_path / "out", quick=quick, console=Console(file=io.StringIO()))
    told = (tmp_path / "seen.txt").read_text()
    flags = environment.brisk({}).get("XLA_FLAGS")
    assert (f"'XLA_FLAGS': '{flags}'" in told) == (quick and flags is not None)
    assert "CURVKIT_HEADLESS" in told

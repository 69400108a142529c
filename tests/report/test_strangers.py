"""Notebooks of strangers: each has a page that shows what it holds, or is told as failed."""

import asyncio
import gc
import io
import json
import logging
import re
from urllib.parse import quote

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from papermill.exceptions import PapermillExecutionError
from rich.console import Console
from scripts import notebook
from strangers import LEFT_OUT, strangers, written

from curvkit.pages import index, outputs, page, plot, reading
from curvkit.report import execute, gallery, kernel, widgets
from curvkit.report.run import make, stems

NAMES = [each.name for each in strangers()]


class Lent(kernel.OwnKernel):
    """A kernel that one notebook after another has, which saves starting it."""

    async def start_kernel(self, **options):
        self.load_connection_info(self.lender.get_connection_info())

    async def _async_is_alive(self):
        return True

    is_alive = _async_is_alive

    async def shutdown_kernel(self, **options):
        pass


@pytest.fixture(scope="module")
def lent(tmp_path_factory):
    """Lend one kernel to all notebooks of this file."""
    home, lender = tmp_path_factory.mktemp("zoo"), kernel.OwnKernel()
    asyncio.run(lender.start_kernel(cwd=str(home)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "OwnKernel", type("Shared", (Lent,), {"lender": lender}))
        yield home
    asyncio.run(lender.shutdown_kernel(now=True))


class Told(logging.Handler):
    """What is logged, as lines."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def zoo(lent, tmp_path_factory):
    """Return a report of all: its folder, who failed, what was on the terminal, asyncio's words."""
    out = tmp_path_factory.mktemp("pages")
    said, told = io.StringIO(), Told()
    logging.getLogger("asyncio").addHandler(told)
    failed = make(list(written(lent)), out=out, quick=True, console=Console(file=said, width=500))
    gc.collect()
    logging.getLogger("asyncio").removeHandler(told)
    return out, {each.split(" failed in ")[0]: each for each in failed}, said.getvalue(), told.lines


def stem(name):
    return "index_notebook" if name == "index" else name


def shown(text):
    """A page without its own scripts, style and code."""
    text = re.sub(r"(?s)<(script|style) ?(nonce=[^>]*)?>.*?</\1>", "", text)
    return re.sub(r'(?s)<details class="code"[^>]*><summary>code of.*?</details>', "", text)


@pytest.mark.slow
@pytest.mark.parametrize("each", strangers(), ids=NAMES)
def test_a_stranger_s_notebook_has_its_page_or_is_told_as_failed(zoo, each):
    out, failed, said, _ = zoo
    whole = (out / f"{stem(each.name)}.html").read_text()
    text = shown(whole)
    if each.fails:
        sentence = failed[each.name]
        assert each.fails in sentence and "\n" not in sentence
        assert sentence in said
        assert 'role="alert"' in text
    else:
        assert each.name not in failed
    for wanted in each.shows:
        assert wanted in (whole if wanted.startswith("td >") else text), wanted
    for wrong in each.hides:
        assert wrong not in text, wrong
    assert whole.endswith("</html>\n") and "<footer>" in whole


@pytest.mark.slow
def test_the_index_lists_every_stranger_and_says_who_failed(zoo):
    out, failed, _, complaints = zoo
    listed = (out / "index.html").read_text()
    wrong = sum(bool(each.fails) for each in strangers())
    assert wrong == len(failed)
    assert f"{len(NAMES)} notebooks, {wrong} failed" in listed
    for name in NAMES:
        assert f'href="{quote(stem(name))}.html"' in listed, name
    assert complaints == []


@pytest.mark.slow
def test_what_is_kept_of_every_stranger_is_a_valid_notebook(zoo):
    for name in NAMES:
        text = (zoo[0] / f"{stem(name)}.ipynb").read_text()
        node = nbformat.from_dict(json.loads(text))
        nbformat.validate(node, relax_add_props=True)
        assert "widgets" not in node.metadata


@pytest.mark.slow
def test_run_again_only_who_failed_is_run_again(zoo, tmp_path):
    pass


def by_papermill(lent, name):
    """The notebook of a stranger as papermill's own command runs it with our engine."""
    (each,) = (each for each in strangers() if each.name == name)
    source = lent / "of_papermill.ipynb"
    nbformat.write(reading.clean(json.loads(each.text)), source)
    made, options = lent / "made.ipynb", dict(engine_name="curvkit", progress_bar=False)
    return papermill.execute_notebook(source, made, **options)


@pytest.mark.slow
def test_papermill_s_own_command_shows_what_widgets_came_to(lent):
    done = by_papermill(lent, "interact")
    texts = [each.data.get("text/plain") for each in done.cells[0].outputs]
    assert texts[1] == "3" and outputs.WIDGET in done.cells[0].outputs[0].data
    assert done.cells[1].outputs[1].text == "came to 5\n"
    done = by_papermill(lent, "captured")
    assert done.cells[0].outputs[1].text == "cleared within\n"
    done = by_papermill(lent, "figures")
    figure = done.cells[0].outputs[0].data[outputs.PLOTLY]
    assert figure["layout"]["title"]["text"] == "Titled afterwards"
    assert "widgets" not in done.metadata


@pytest.mark.slow
def test_papermill_s_own_command_refuses_another_language_in_a_sentence(lent):
    node = new_notebook(cells=[new_code_cell("x <- 3")])
    node.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(node, lent / "in_r.ipynb")
    with pytest.raises(ValueError, match="The kernel ir is for R, and the engine curvkit runs"):
        papermill.execute_notebook(lent / "in_r.ipynb", None, engine_name="curvkit")
    with pytest.raises(PapermillExecutionError, match="KeyError"):
        by_papermill(lent, "raises")


@pytest.mark.slow
def test_a_cell_that_takes_too_long_leaves_no_task_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "OwnKernel", Lent.__base__)  # it ends with its notebook
    path, said, told = notebook(tmp_path / "a.ipynb", "import time; time.sleep(60)"), [], Told()
    logging.getLogger("asyncio").addHandler(told)
    (said,) = make([path], out=tmp_path / "out", timeout=1, console=Console(file=io.StringIO()))
    gc.collect()
    logging.getLogger("asyncio").removeHandler(told)
    assert said.endswith("it took longer than 1 s") and told.lines == []


# What fails in a page


def drawn_badly(monkeypatch, *names):
    """Makes that the pages of some notebooks cannot be drawn."""
    before = page.cells.drawn

    def draw(node, *rest):
        if node.metadata.curvkit.report.name in names:
            raise RuntimeError("no such brush\nand more")
        return before(node, *rest)

    monkeypatch.setattr(page.cells, "drawn", draw)


@pytest.mark.slow
def test_a_page_that_cannot_be_drawn_is_a_failure_of_its_notebook_alone(
    lent, tmp_path, monkeypatch
):
    paths = [notebook(tmp_path / f"{name}.ipynb", "print('it ran')") for name in ("a", "index")]
    out, quiet = tmp_path / "out", dict(console=Console(file=io.StringIO()))
    with monkeypatch.context() as patch:
        drawn_badly(patch, "a")
        assert make(paths, out=out, **quiet) == [
            "a failed in its page: RuntimeError: no such brush"
        ]
    assert "failed in its page: RuntimeError: no such brush" in (out / "a.html").read_text()
    assert "failed in its page" not in (out / "index_notebook.html").read_text()
    assert "2 notebooks, 1 failed" in (out / "index.html").read_text()
    assert make(paths, out=out, **quiet) == []
    assert "it ran" in (out / "a.html").read_text()
    assert "2 notebooks, all ok" in (out / "index.html").read_text()


@pytest.mark.slow
def test_a_gallery_goes_on_past_what_cannot_be_read_or_drawn(lent, tmp_path, monkeypatch):
    paths = [notebook(tmp_path / f"{name}.ipynb", "# Words") for name in ("a", "b", "index")]
    paths[0].write_text("{")
    drawn_badly(monkeypatch, "b")
    failed = gallery.build(paths, out=tmp_path / "site", console=Console(quiet=True))
    assert failed == [
        "a failed in its reading: it is no notebook: it is not the JSON of one.",
        "b failed in its page: RuntimeError: no such brush",
    ]
    listed = (tmp_path / "site/index.html").read_text()
    assert listed.count("<li>") == 1 and 'href="index_notebook.html">Words' in listed


def test_no_notebook_s_page_is_called_as_the_index_or_as_another_s():
    assert stems(["a", "index", "Index", "b"]) == [
        "a", "index_notebook", "Index_notebook", "b",
    ]  # fmt: skip
    assert stems(["index_notebook", "index"]) == ["index_notebook", "index_notebook_notebook"]


@pytest.mark.parametrize("facts", ["x", 3, [], {}, {"title": 3}, {"title": "T", "failure": ""}])
def test_a_record_that_says_nothing_of_a_run_is_none(tmp_path, facts):
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"metadata": {"curvkit": {"report": facts}}}))
    assert index.facts_of(path) is None


def test_what_went_wrong_is_told_on_one_line():
    assert execute.sentence(ValueError("A sentence.\nAnd more")) == "A sentence."
    assert execute.sentence(RuntimeError("")) == "RuntimeError"


# Parts of a page


@pytest.mark.parametrize(
    "text",
    [
        "share: 5 %| of all", "100%|done| 3/4", "it is 3 it/s]", "5/5 [of them]", "a 3%|x| 1/2 [b]",
        "12 [00:01]", "100%|",
    ],
)  # fmt: skip
def test_a_line_that_looks_like_a_bar_is_printed(text):
    for stream in ("stdout", "stderr"):
        made = outputs.of(new_output("stream", name=stream, text=f"{text}\n"), 1, str)
        assert text in made


@pytest.mark.parametrize(
    "bar",
    [
        "100%|██████████| 3/3 [00:00<00:00, 1467.74it/s]", "  0%|          | 0/3 [00:00<?, ?it/s]",
        "name:  40%|####      | 2/5 [00:01<00:02,  1.50s/it, loss=3]", "2it [00:00, 1048.31it/s]",
        "a: b:  5%|▌| 1.2k/24.0k [1:00:00<19:00:00, 3.00B/s]", "10.0MB [00:01, 9.9MB/s]",
    ],
)  # fmt: skip
def test_a_bar_of_tqdm_is_left_out_of_what_is_told_aside_only(bar):
    text = f"before\n\r{bar}\nafter\n"
    aside = outputs.of(new_output("stream", name="stderr", text=text), 1, str)
    assert "before\nafter" in aside and "it" not in aside.replace("aside", "")
    assert bar.strip()[:9] in outputs.of(new_output("stream", name="stdout", text=text), 1, str)


def test_a_widget_of_which_nothing_is_known_is_told_as_left_out():
    view = {outputs.WIDGET: {"model_id": "a"}, "text/plain": "Odd()"}
    assert LEFT_OUT in outputs.of(new_output("display_data", view), 1, str)
    node = new_notebook(cells=[new_code_cell(outputs=[new_output("display_data", view)])])
    assert widgets.displayed(node) == ["a"]
    widgets.put_beside(node, {"a": {"outputs": [], "whole": True, "bar": True}})
    assert outputs.of(node.cells[0].outputs[0], 1, str) == ""
    assert widgets.answered({"a": {"status": "error"}}, "a") == {}


@pytest.mark.parametrize("own", [None, {"bgcolor": "#fff"}, "odd"])
@pytest.mark.parametrize("paper", ["white", "rgba(0,0,0,0)", None])
def test_the_tool_bar_of_a_figure_is_never_half_black(own, paper):
    template = {"layout": {"paper_bgcolor": paper, "plot_bgcolor": paper}} if paper else None
    figure = {"data": [], "layout": {"modebar": own, "template": template}}
    bar = plot.without_player(figure)[0]["layout"]["modebar"]
    assert bar["bgcolor"] in ("#fff", "rgba(255,255,255,0.75)") and {"color", "activecolor"} <= {
        *bar
    }


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, None), ({"kernelspec": {"name": "python3"}}, None),
        ({"kernelspec": {"name": "my env", "language": "Python"}}, None),
        ({"kernelspec": {"name": "xpython"}, "language_info": {"name": "R"}}, None),
        ({"kernelspec": {"name": "ir"}, "language_info": {"name": "python"}}, "ir"),
        ({"kernelspec": {"name": "julia-1.9"}}, "julia-1.9"),
        ({"kernelspec": {"name": "rnn"}}, None), ({"kernelspec": {"name": 3}}, None),
        ({"kernelspec": {"name": ".net-csharp", "display_name": "C#"}}, "C#"),
        ({"kernelspec": {"name": "lean-startup-env"}}, None),
        ({"kernelspec": {"name": "sh"}}, "sh"), ({"language_info": {"name": "scala"}}, "scala"),
    ],
)  # fmt: skip
def test_the_language_of_a_notebook_is_read_off_its_metadata(metadata, language):
    assert reading.language(metadata) == language

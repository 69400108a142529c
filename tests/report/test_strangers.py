"""Notebooks of strangers: each has a page that shows what it holds, or is told as failed."""

import asyncio
import gc
import io
import json
import logging
import re
from urllib.parse import quote

import nbformat
import pytest
from rich.console import Console
from strangers import strangers, written

from curvkit.report import kernel
from curvkit.report.make import make

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

"""A page for the tests that look at the stage."""

import pytest
from scripts import listened
from staged import written
from waits import frames, until

from curvkit.pages import stages

# Each place has its stage, or says why not.
SHOWN = """[...document.querySelectorAll(".curvkit-scene")].every((each) =>
  each.querySelector(".stage") || each.innerText.includes("cannot be shown"))"""


@pytest.fixture
def opened(browser, tmp_path):
    """Give what opens scenes in a page, and what it complained of; none asks if not told to."""
    sheets = []

    def open_it(*scenes, width=1000, asks=False, **options):
        sheet = browser.new_page(viewport=dict(width=width, height=900), **options)
        sheets.append(sheet)
        complaints = listened(sheet)
        text = written("".join(stages.drawn(each, asks=asks) for each in scenes))
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        sheet.goto((tmp_path / "page.html").as_uri())
        until(sheet, SHOWN)
        frames(sheet)
        return sheet, complaints

    yield open_it
    for sheet in sheets:
        sheet.close()  # or it would play on beside all tests that follow

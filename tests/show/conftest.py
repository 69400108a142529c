"""A browser for the tests that look at the stage."""

import pytest
from pages import BROWSER, FLAGS


@pytest.fixture(scope="module")
def browser():
    """Return a Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("No Chromium is installed, so nothing was looked at in a browser.")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()

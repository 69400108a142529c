"""A browser for the tests that look at pages."""

from pathlib import Path

import pytest


@pytest.fixture
def browser():
    """Return a Chromium with nothing but files to look at."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(Path.exists, map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome"))), 0)
    if not found:
        pytest.skip("no Chromium is installed, so pages cannot be looked at")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(found), args=quiet)
        yield opened
        opened.close()

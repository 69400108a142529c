"""A browser for the tests that look at pages; they are skipped where there is none."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update"
).split()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A Chromium with nothing but files to look at."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("No Chromium is installed, so nothing was looked at in a browser.")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield Windows(opened)
        opened.close()


class Windows:
    """A browser whose pages are of one profile, where they are told nothing that is a profile's.

    Each profile has processes of its own, which take as long to start as a page does. Nothing of
    ours keeps anything in a profile; what a page asked a server for is kept there by the browser.

    Args:
        browser: playwright's.
    """

    MEDIA = ("color_scheme", "reduced_motion", "forced_colors")

    def __init__(self, browser: Any):
        self.browser, self.profile = browser, browser.new_context()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.browser, name)

    def new_page(self, viewport: Any = None, **options: Any) -> Any:
        """An empty page, as playwright's own `new_page` opens it."""
        if options.keys() - set(self.MEDIA):
            return self.browser.new_page(viewport=viewport, **options)
        sheet = self.profile.new_page()
        if viewport:
            sheet.set_viewport_size(viewport)
        if options:
            sheet.emulate_media(**options)
        return sheet

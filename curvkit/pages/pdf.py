"""A page as PDF, printed by a Chromium or Chrome that is installed; curvkit brings none."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge",
)  # fmt: skip
SECONDS = 180


def browser() -> str:
    """The path of a browser that can print.

    Raises:
        ValueError: with one sentence, if none is on PATH.
    """
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    raise ValueError(
        "A PDF is printed by Chromium or Chrome, and neither is on PATH; install one, or leave "
        "--format pdf out and print the page from any browser."
    )


def printed(page: str) -> bytes:
    """The PDF of a page.

    Args:
        page: the HTML of a page that needs no network.

    Raises:
        ValueError: with one sentence, if there is no browser.
        OSError: with one sentence, if the browser does not print.
    """
    command = [browser(), "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    command += ["--disable-background-networking", "--virtual-time-budget=30000"]
    # In a container one is root, and Chromium's sandbox does not start there.
    command += ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with tempfile.TemporaryDirectory(prefix="curvkit-", ignore_cleanup_errors=True) as folder:
        source, pdf = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}", source.as_uri()]
        try:
            process = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise OSError(f"{command[0]} did not print the page within {SECONDS} s.") from None
        printed = pdf.read_bytes() if pdf.is_file() else b""
    if not printed.startswith(b"%PDF"):
        reason = (process.stderr.strip().splitlines() or [f"status {process.returncode}"])[-1]
        raise OSError(f"{command[0]} did not print the page: {reason[:200]}")
    return printed

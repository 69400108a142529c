"""Waiting for what happens in a page, from outside of it."""

import time

# What of a page moves while it is laid out.
LAID_OUT = """JSON.stringify([...document.querySelectorAll("svg, svg text, body, main, main > *")]
  .map((each) => Object.values(each.getBoundingClientRect().toJSON())))"""


def at_rest(sheet, seen=LAID_OUT, seconds=60):
    """Waits until what is seen of a page has been the same for a third of a second."""
    end, before, since = time.monotonic() + seconds, None, 0.0
    while True:
        # The page answers when it has done what it was busy with.
        now, at = sheet.evaluate(seen), time.monotonic()
        if now != before:
            before, since = now, at
        elif at - since > 0.3:
            return
        assert at < end, f"not at rest within {seconds} s"
        sheet.wait_for_timeout(60)


def until(sheet, condition, seconds=60):
    """Waits until a condition holds; asked from outside, since a page's policy lets nobody wait
    within it.
    """
    end = time.monotonic() + seconds
    while not sheet.evaluate(f"!!({condition})"):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        sheet.wait_for_timeout(30)

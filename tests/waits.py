"""Waiting for what happens in a page, from outside of it."""

import time


def until(sheet, condition, seconds=60):
    """Waits until a condition holds; asked from outside, since a page's policy lets nobody wait
    within it.
    """
    end = time.monotonic() + seconds
    while not sheet.evaluate(f"!!({condition})"):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        sheet.wait_for_timeout(30)

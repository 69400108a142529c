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


# The stage of that name stands still, and says what is to be said of where it stands.
STILL = "(!{0}.raf && {0}.beatBox.style.opacity !== '0')"


def frames(sheet, count=2):
    """Waits for so many frames of a page: what was asked for before the first is in the second."""
    sheet.evaluate(
        """(count) => new Promise((drawn) => {
          const next = () => (count-- > 0 ? requestAnimationFrame(next) : drawn());
          next();
        })""",
        count,
    )


def until(sheet, condition, seconds=60):
    """Waits until a condition holds; asked from outside, since a page's policy lets nobody wait
    within it.
    """
    end = time.monotonic() + seconds
    while not sheet.evaluate(f"!!({condition})"):
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        sheet.wait_for_timeout(30)

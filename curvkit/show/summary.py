"""Shows the words of a trace as Markdown and attaches its figures of merit, for reports to read."""

import functools
import html
import math
from typing import TYPE_CHECKING, Any

from IPython.display import Markdown

from curvkit import _moved
from curvkit.core.trace import Record

if not TYPE_CHECKING:  # the old name of `markdown`
    __getattr__ = functools.partial(_moved.attribute, __name__)


def markdown(words: str, trace: Record) -> Markdown:
    """`words` as a notebook displays them; a report reads the numbers off the output's metadata.

    Args:
        words: what the trace shows, in Markdown.
        trace: the trace they are about.
    """
    return Markdown(words, metadata={"curvkit": key_figures(trace)})


def bold(text: str) -> str:
    """The little Markdown that words use, as HTML: bold, and nothing else.

    >>> bold("**Two** <rows>")
    '<b>Two</b> &lt;rows&gt;'
    """
    parts = html.escape(text).split("**")
    return "".join(f"<b>{part}</b>" if at % 2 else part for at, part in enumerate(parts))


def key_figures(trace: Record) -> dict[str, Any]:
    """A trace's room, settings and figures of merit as JSON; what is not finite is None."""
    merits = {
        name: float(value) if math.isfinite(value) else None
        for name, value in trace.merits().items()
    }
    header = trace.header
    return {"room": header["room"], "settings": dict(header["settings"]), "merits": merits}

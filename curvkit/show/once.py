"""Whole runs where nobody watches: a stage and a panel of the same settings share one."""

from collections import OrderedDict
from typing import Any

from curvkit.core import knob as knobs
from curvkit.core.stream import Stream
from curvkit.core.trace import Record

MOST = 2
_ran: OrderedDict[tuple[int, str], Record] = OrderedDict()


def run(stream: Stream[Any], settings: Any) -> Any:
    """The trace of a whole run, with a progress bar; made once for the newest settings."""
    key = id(stream), repr(sorted(knobs.as_dict(settings).items()))
    if key not in _ran:
        _ran[key] = stream.run(settings, progress=True)
        while len(_ran) > MOST:
            _ran.popitem(last=False)
    return _ran[key]

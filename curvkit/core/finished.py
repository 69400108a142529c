"""Runs that a stage or a panel has made, or makes: the same settings need not be run again."""

import copy
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jax

from curvkit.core import knob
from curvkit.core.stream import Stream
from curvkit.core.trace import Record

# How many runs of a stream are held, the newest.
MOST = 2
_held: "weakref.WeakKeyDictionary[Stream[Any], OrderedDict[str, Record]]"
_held = weakref.WeakKeyDictionary()
# Runs that a thread makes at full pace, by stream and mark.
_coming: "weakref.WeakKeyDictionary[Stream[Any], dict[str, threading.Event]]"
_coming = weakref.WeakKeyDictionary()


def keep(stream: Stream[Any], settings: Any, trace: Record) -> None:
    """Holds the trace of a whole run from the base key, with no turns and no edits."""
    runs = _held.setdefault(stream, OrderedDict())
    runs[_mark(settings)] = trace
    while len(runs) > MOST:
        runs.popitem(last=False)


def held(stream: Stream[Any], settings: Any) -> Any:
    """A trace of these settings with arrays of its own, or None where no run is held."""
    trace = _held.get(stream, {}).get(_mark(settings))
    return None if trace is None else copy.deepcopy(trace)


def promise(stream: Stream[Any], settings: Any) -> Callable[[], None]:
    """Says that a thread makes this whole run now; what is returned is to be called at its end,
    also where it breaks off.
    """
    coming, mark, ended = _coming.setdefault(stream, {}), _mark(settings), threading.Event()
    coming[mark] = ended

    def end() -> None:
        if coming.get(mark) is ended:
            del coming[mark]
        ended.set()

    return end


def awaited(stream: Stream[Any], settings: Any) -> Any:
    """As `held`, once a thread that makes this run has ended; a thread itself does not wait."""
    ended = _coming.get(stream, {}).get(_mark(settings))
    if ended is not None and threading.current_thread() is threading.main_thread():
        while not ended.wait(0.1):  # Ctrl-C is heard between
            pass
    return held(stream, settings)


def _mark(settings: Any) -> str:
    """What a run depends on: its settings, the device, and the precision that JAX is set to."""
    config: Any = jax.config
    where = config.jax_enable_x64, jax.default_backend(), config.jax_default_device
    return repr((type(settings).__name__, sorted(knob.as_dict(settings).items()), where))

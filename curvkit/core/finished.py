"""Runs that a stage or a panel has made: others with the same settings need not be made again."""

import copy
import weakref
from collections import OrderedDict
from typing import Any

import jax

from curvkit.core import knob
from curvkit.core.stream import Stream
from curvkit.core.trace import Record

# How many runs of a stream are held, the newest.
MOST = 2
_held: "weakref.WeakKeyDictionary[Stream[Any], OrderedDict[str, Record]]"
_held = weakref.WeakKeyDictionary()


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


def _mark(settings: Any) -> str:
    """What a run depends on: its settings, the device, and the precision that JAX is set to."""
    config: Any = jax.config
    where = config.jax_enable_x64, jax.default_backend(), config.jax_default_device
    return repr((type(settings).__name__, sorted(knob.as_dict(settings).items()), where))

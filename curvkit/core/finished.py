"""Runs that a stage or a panel has made, or makes: the same settings need not be run again.

One that is read at other steps is another run, of the same program: what a reading finds begins
from what the reading before has found, so that numbers of a step which both read are not the same.
"""

import copy
import functools
from collections.abc import Sequence
from typing import Any

import jax

from curvkit.core import knob
from curvkit.core.course import Course, paced
from curvkit.core.shared import Follower, RunRegistry, SharedCourse, alone
from curvkit.core.stream import Stream
from curvkit.core.trace import Record

# How many runs of a stream are held, the newest, and what the states of one may take.
MOST, MOST_BYTES = 2, 8 * 2**20
# Seconds of a chunk of a run that others follow, too.
SECONDS = 0.2


def keep(stream: Stream[Any], settings: Any, trace: Record) -> None:
    """Holds the trace of a whole run from the base key, with no turns and no edits."""
    _hold(stream.runs, _mark(settings), trace)


def held(stream: Stream[Any], settings: Any) -> Any:
    """A trace of these settings with arrays of its own, or None where no run is held."""
    trace, _ = stream.runs.held.get(_mark(settings), (None, None))
    return None if trace is None else copy.deepcopy(trace)


def follow(stream: Stream[Any], settings: Any, edits: Sequence[Any] = ()) -> Follower[Any]:
    """A way through the run of these settings: through one that is held or under way, if there is
    one, which all follow that ask for it as long as one does. Nothing is computed yet.

    Args:
        stream: a room's experiment.
        settings: what the run begins with.
        edits: of its data by hand; where there are some, nobody else follows it.
    """
    if edits:
        return Follower(SharedCourse(stream, settings, edits=edits))
    mark, runs = _mark(settings), stream.runs
    with runs.turn:
        shared = runs.under_way.get(mark) or runs.held.get(mark, (None, None))[1]
        if shared is None:
            whole = functools.partial(_ended, runs, mark)
            shared = SharedCourse(stream, settings, whole=whole)
        runs.under_way[mark] = shared
    return Follower(shared)


def whole(stream: Stream[Any], settings: Any, progress: bool = False) -> Any:
    """A whole run with arrays of its own: one that is held, or that a stage or a panel makes, and
    which is taken to its end then; None where there is neither.
    """
    trace, shared = held(stream, settings), stream.runs.under_way.get(_mark(settings))
    if trace is not None or shared is None:
        return trace
    chunks = paced(Follower(shared), SECONDS)
    return copy.deepcopy(stream.to_end(settings, chunks, progress))


def _ended(runs: RunRegistry, mark: str, course: Course[Any]) -> None:
    shared = alone(course.copy(MOST_BYTES), functools.partial(_ended, runs, mark))
    _hold(runs, mark, course.trace, shared)


def _hold(
    runs: RunRegistry, mark: str, trace: Record, shared: SharedCourse[Any] | None = None
) -> None:
    with runs.turn:
        runs.held[mark] = trace, shared
        while len(runs.held) > MOST:
            runs.held.popitem(last=False)


def _mark(settings: Any) -> str:
    """What a run depends on: its settings, the device, and the precision that JAX is set to."""
    config: Any = jax.config
    where = config.jax_enable_x64, jax.default_backend(), config.jax_default_device
    return repr((type(settings).__name__, sorted(knob.as_dict(settings).items()), where))

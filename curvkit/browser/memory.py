"""Where arrays lie: those that are never needed at one time share a place in memory."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from curvkit.browser.writer import Array, CodeLine

ARRAY, CALLED = re.compile(r"\bb\d+\b"), re.compile(r"\bf\d+\b")
ALIGNED = 16


@dataclass
class Stretch:
    """A stretch of memory that serves one array after another."""

    bytes: int
    free_from: int


def lives(lines: Sequence[CodeLine], functions: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """From which line of a function to which each array is needed.

    What is needed in a loop and written before it is needed until the loop ends, for the loop
    comes back to where it is read.
    """
    within = {name: sorted(set(ARRAY.findall(text))) for name, text in functions.items()}
    spans: dict[str, list[int]] = {}
    loops: list[tuple[int, int]] = []
    started: list[int] = []
    for at, line in enumerate(lines):
        if line.opens:
            started.append(at)
        names = set(ARRAY.findall(line.text))
        for called in CALLED.findall(line.text):
            names.update(within.get(called, ()))
        for name in names:
            spans.setdefault(name, [at, at])[1] = at
        if line.closes:
            loops.append((started.pop(), at))
    # Inner loops come first in `loops`, so that an end that one moves is moved on by the outer one.
    for first, last in loops:
        for span in spans.values():
            if span[0] < first <= span[1] < last:
                span[1] = last
    return {name: (first, last) for name, (first, last) in spans.items()}


def places(
    spans: Mapping[str, tuple[int, int]], arrays: Mapping[str, Array], shared: list[Stretch]
) -> dict[str, int]:
    """Which of the places each array takes; `shared` grows as is needed.

    Args:
        spans: as `lives` returns them; arrays that are pinned get none.
        shared: places that other functions of the module use too.
    """
    for each in shared:
        each.free_from = -1
    taken = {}
    for name in sorted(spans, key=lambda each: spans[each]):
        array = arrays[name]
        if array.pinned:
            continue
        first, last = spans[name]
        size = array.size * array.kind.numpy.itemsize
        taken[name] = _place(shared, size, first)
        shared[taken[name]].free_from = last
    return taken


def _place(shared: list[Stretch], size: int, first: int) -> int:
    """The free place that fits best, grown if none is large enough, or a new one."""
    free = [at for at, each in enumerate(shared) if each.free_from < first]
    fits = [at for at in free if size <= shared[at].bytes <= max(8 * size, 256)]
    if fits:
        return min(fits, key=lambda at: shared[at].bytes)
    grown = [at for at in free if shared[at].bytes < size <= 4 * shared[at].bytes]
    if grown:
        at = max(grown, key=lambda at: shared[at].bytes)
        shared[at].bytes = size
        return at
    shared.append(Stretch(size, -1))
    return len(shared) - 1


def total(shared: Iterable[Stretch], arrays: Iterable[Array]) -> int:
    """Bytes that all places and all pinned arrays take."""
    pinned = sum(each.size * each.kind.numpy.itemsize for each in arrays if each.pinned)
    return pinned + sum(each.bytes for each in shared)

"""The curves of a figure without its frame: all that changes from one picture of a run to the next.

plotly takes ten times longer over titles, axes and legends than over the curves between them.
While `only_curves()` lasts, `theme.figure` gives a `Sketch`, which keeps the curves that are added
to it and passes over everything else that is asked of a figure.
"""

import contextlib
import contextvars
from collections.abc import Generator, Iterator
from typing import Any

_asked = contextvars.ContextVar("only_curves", default=False)


class _Nothing:
    """Takes whatever is asked of a figure's frame, and does nothing."""

    def __call__(self, *given: Any, **named: Any) -> "_Nothing":
        return self

    def __getattr__(self, name: str) -> "_Nothing":
        if name.startswith("__"):  # so that it is not taken for an array or a number
            raise AttributeError(name)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        pass

    def __getitem__(self, key: Any) -> "_Nothing":
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Sketch(_Nothing):
    """A figure of which only `data`, the curves in the order they were added, is kept."""

    def __init__(self):
        object.__setattr__(self, "data", [])

    def add_trace(self, curve: Any, *given: Any, **place: Any) -> "Sketch":
        """Keeps the curve, wherever it was to stand."""
        self.data.append(curve)
        return self

    def add_traces(self, curves: Any, *given: Any, **place: Any) -> "Sketch":
        """Keeps the curves."""
        self.data.extend(curves)
        return self


@contextlib.contextmanager
def only_curves() -> Generator[None, None, None]:
    """Within the block, and in this thread alone, `theme.figure` gives a `Sketch`."""
    token = _asked.set(True)
    try:
        yield
    finally:
        _asked.reset(token)


def asked() -> bool:
    """Whether only curves are wanted."""
    return _asked.get()

"""What a scene computes of a trace: fields by name, also where the trace is traced by JAX.

A page with no kernel runs a room's own program and feeds the stage by itself: for that the rows
and the fixed fields of a scene are functions of a trace by themselves, and are traced into that
program. All else of a scene holds no number of a run.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from curvkit.core.arrays import interpolated, namespace, quantile, resampled

if TYPE_CHECKING:
    from curvkit.draw.scene.scenes import Scene

__all__ = ["SceneFunction", "fields", "interpolated", "namespace", "quantile", "resampled"]

Fields = Callable[[Any], Mapping[str, Any]]


class SceneFunction(Protocol):
    """The function of a scene, with those of its fields.

    Attributes:
        rows: of a trace the fields over time, by name; each row is of its reading alone.
        fixed: of a trace the other fields, by name.
    """

    rows: Fields
    fixed: Fields

    def __call__(self, trace: Any, /) -> "Scene": ...


def _nothing(trace: Any) -> dict[str, Any]:
    return {}


def fields(
    rows: Fields, fixed: Fields = _nothing
) -> Callable[[Callable[[Any], "Scene"]], SceneFunction]:
    """Decorates the function of a scene with those of its fields, which it takes its fields from.

    Both compute by `namespace(…)` of an array of the trace, with no assignment into arrays, no
    `float` and no `if` on numbers of the run, so that `Record.traced` may be put in.

    Args:
        rows: `rows(trace)`, the fields over time.
        fixed: `fixed(trace)`, the fields that have no row for each reading; none if not given.

    >>> from curvkit.curvature import scenes
    >>> scenes.edge.rows is scenes.throw.rows
    False
    """

    quiet = np.errstate(all="ignore")  # a run that is lost is no trouble

    def decorated(draw: Callable[[Any], "Scene"]) -> SceneFunction:
        function = cast(SceneFunction, quiet(draw))
        function.rows, function.fixed = quiet(rows), quiet(fixed)
        return function

    return decorated

"""The entry point by which papermill finds our engine: `papermill --engine curvkit …`.

papermill loads its entry points while it is itself being imported, when an engine that stands on
papermill's own could not be defined yet. So what it finds here is a name that looks up the engine
when it is used.
"""

from typing import Any


class Later:
    """Stands for `kernel.Engine`, which is imported when something is asked of it."""

    def __getattr__(self, name: str) -> Any:
        from curvkit.report.kernel import Engine

        return getattr(Engine, name)


engine = Later()

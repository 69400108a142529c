"""Sweeps of a notebook: papermill runs a room's notebook for each setting, a file for each run."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curvkit.core import say
from curvkit.report import notebooks, parameters
from curvkit.sweep import drive, work
from curvkit.sweep.plan import Plan

FOLDER = "notebooks"


class Kind:
    """Runs of the notebook of a room; each is a job of its own."""

    name = "notebook"

    def __init__(self, room: str):
        self.room, self.path = room, of_room(room)
        self.text = self.path.read_text(encoding="utf-8")
        self.given: set[str] = set()

    def check(self, plan: Plan) -> None:
        """Raises ValueError where the notebook has no parameter for what is set or swept."""
        import nbformat

        node = nbformat.reads(self.text, as_version=4)
        first = {name: str(value) for name, value in plan.runs()[0].items()}
        parameters.check({self.path.stem: node}, first)
        self.parameters = set(parameters.declared(node))

    def jobs(self, runs: Mapping[str, dict], size: int) -> list[drive.Job]:
        """A job for each run."""
        return [self.alone(name, settings) for name, settings in runs.items()]

    def alone(self, name: str, settings: dict[str, Any]) -> drive.Job:
        """The job of a single run."""
        values = {key: settings[key] for key in settings if key in self.parameters}
        arguments = (self.room, name, settings, values, str(self.path), self.text)
        return drive.Job(execute, arguments, {name: settings})


def of_room(room: str) -> Path:
    """The notebook that says in its metadata that it is of this room.

    Raises:
        ValueError: with one sentence, if there is none.
    """
    import nbformat

    found = {}
    for path in notebooks.choose():
        told = nbformat.read(path, as_version=4).metadata.get("curvkit", {}).get("room")
        found.setdefault(told, path)
    if room not in found:
        known = sorted(name for name in found if name)
        raise ValueError(say.unknown("notebook of the room", room, known))
    return found[room]


def execute(
    room: str, name: str, settings: dict, values: dict, path: str, text: str, timeout: float = 600
) -> list[work.Outcome]:
    """Runs the notebook with `values`; the row, and pages of the executed notebook as files."""
    import nbformat
    from jupyter_core.utils import ensure_event_loop

    from curvkit.report import execute as run
    from curvkit.report import page

    place, node, started = Path(path), nbformat.reads(text, as_version=4), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        # A worker elsewhere may not have the folder of notebooks; what it imports is installed.
        place = place if place.parent.is_dir() else Path(folder) / place.name
        # A worker runs it in a thread of its own, whose event loop nobody else would close.
        loop = ensure_event_loop()
        try:
            done = run.execute(place, node, values, log=log, timeout=timeout)
        finally:
            loop.close()
        log.seek(0)
        told = log.read()
    facts = done.metadata.curvkit.report
    seconds = time.perf_counter() - started
    row = work.failure(room, name, settings, facts.failure or "", seconds)
    if not facts.failure:
        row |= {"status": "ok", "error": None, "backend": facts.backend, "finished": facts.date}
    row |= {f"version_{package}": value for package, value in facts.versions.items()}
    kept = {
        f"{FOLDER}/{name}.ipynb": nbformat.writes(done),
        f"{FOLDER}/{name}.html": page.render(done, str(place.parent)),
        f"{FOLDER}/{name}.log": told,
    }
    return [work.Outcome(row, None, kept)]

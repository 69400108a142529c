"""Sweeps of a notebook: papermill runs a room's notebook for each setting, a file for each run."""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curvkit.core import messages
from curvkit.pages import parameters
from curvkit.report import notebooks
from curvkit.sweep import steered, submit, work
from curvkit.sweep.plan import Plan
from curvkit.sweep.store import Store

FOLDER = "notebooks"
NAME = re.compile(r"[\w .-]{1,200}")


class NotebookRuns:
    """Runs of the notebook of a room; each is a job of its own."""

    name, keeps = "notebook", True

    def __init__(self, room: str, wanted: str | None = None):
        self.room, self.path = room, of_room(room, wanted)
        self.text = self.path.read_text(encoding="utf-8")
        self.way = {"notebook": self.path.stem, "cells": cells(self.text), "traces": False}

    def goes_on(self, sweep: Store) -> None:
        """Raises ValueError where the sweep in a folder is not one of this notebook as it is."""
        before, known = sweep.way.get("notebook"), sweep.way.get("cells")
        holds = f"runs of the notebook {before}" if before else "runs of the room's experiment"
        # An older note has the name as it was typed: a part of the name, or a path.
        same = before and (before in self.path.stem or Path(before).stem == self.path.stem)
        if not same:
            raise ValueError(
                f"{sweep.folder} holds {holds}, not of the notebook {self.path.stem}; name another "
                "folder by --out."
            )
        if known and known != self.way["cells"]:
            raise ValueError(
                f"{self.path} is not the notebook that {sweep.folder} holds runs of, or has changed"
                " since; name another folder by --out."
            )

    def check(self, plan: Plan) -> None:
        """Raises ValueError where the notebook has no parameter for what is set or swept."""
        import nbformat

        if turned := steered.split(plan.runs()[0])[1]:
            raise ValueError(
                f"{min(turned)} is turned during a run, which a notebook cannot be told; sweep the "
                "room's experiment, without --notebook."
            )
        node = nbformat.reads(self.text, as_version=4)
        first = {name: str(value) for name, value in plan.runs()[0].items()}
        parameters.check({self.path.stem: node}, first)
        self.parameters = set(parameters.declared(node))

    def jobs(self, runs: Mapping[str, dict[Any, Any]], size: int) -> list[submit.Job]:
        """A job for each run."""
        return [self.alone(name, settings) for name, settings in runs.items()]

    def alone(self, name: str, settings: dict[str, Any]) -> submit.Job:
        """The job of a single run."""
        values = {key: value for key, value in settings.items() if key in self.parameters}
        # What the notebook cannot be told stays as the notebook has it, whatever that is.
        applied = {key: values.get(key) for key in settings}
        arguments = (self.room, name, applied, values, str(self.path), self.text)
        return submit.Job(execute, arguments, {name: applied})


def cells(text: str) -> str:
    """A digest of what a notebook runs, whatever its words and its metadata are."""
    import nbformat

    all_cells = nbformat.reads(text, as_version=4).cells
    sources = json.dumps([each.source for each in all_cells if each.cell_type == "code"])
    return hashlib.sha256(sources.encode()).hexdigest()


def noted(name: str | None, folder: Path) -> str | None:
    """The name of a notebook as a folder of results notes it; None where it notes none.

    What lies in such a folder is data, which people send one another: it may name a notebook of
    the folder of notebooks and leads nowhere else.

    Raises:
        ValueError: with one sentence, if it is a path, or the notebooks are among the results.
    """
    if name is None:
        return None
    if not NAME.fullmatch(name) or name.endswith(".ipynb"):
        raise ValueError(
            f"{folder / 'sweep.json'} names the notebook {messages.shown(name)}, and only names "
            "of the folder notebooks/ are taken from there; if it is yours, name it by "
            "--notebook-of."
        )
    _elsewhere(folder)
    return name


def _elsewhere(folder: Path) -> None:
    where = notebooks.folder()
    if where.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"{where} is among the results of a sweep, and nothing there is run; name the notebook "
            "by its path, --notebook-of."
        )


def of_room(room: str, wanted: str | None = None) -> Path:
    """The notebook of a room: of those whose metadata name the room, the one that bears its name.

    Args:
        room: the room's name.
        wanted: the notebook's name, a part of it, or its path, where it is to be another.

    Raises:
        ValueError: with one sentence, if there is none or several, or `wanted` is of another room.
    """
    by_room: dict[str | None, list[Path]] = {}
    for path in notebooks.choose([wanted] if wanted else ()):
        by_room.setdefault(_room(path), []).append(path)
    if room not in by_room:
        if wanted:
            raise ValueError(f"{wanted} is not a notebook of the room {room}.")
        raise ValueError(
            messages.unknown("notebook of the room", room, [each for each in by_room if each])
        )
    fitting = by_room[room]
    named = [path for path in fitting if path.stem.lstrip("0123456789").lstrip("_") == room]
    if len(fitting) > 1 and len(named) != 1:
        known = ", ".join(path.stem for path in fitting)
        raise ValueError(f"{room} has several notebooks; name one by --notebook-of: {known}.")
    return (named or fitting)[0]


def _room(path: Path) -> str | None:
    import nbformat

    return nbformat.read(path, as_version=4).metadata.get("curvkit", {}).get("room")


def execute(
    room: str,
    name: str,
    settings: dict[Any, Any],
    values: dict[Any, Any],
    path: str,
    text: str,
    timeout: float = 600,
) -> list[work.Outcome]:
    """Runs the notebook with `values`; the row, and pages of the executed notebook as files."""
    import nbformat
    from jupyter_core.utils import ensure_event_loop

    from curvkit.pages import page
    from curvkit.report import execute as run

    place, node, started = Path(path), nbformat.reads(text, as_version=4), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        # A worker elsewhere may not have the folder of notebooks; what it imports is installed.
        place = place if place.parent.is_dir() else Path(folder) / place.name
        # A worker runs it in a thread of its own, whose event loop nobody else would close.
        loop = ensure_event_loop()
        try:
            executed = run.execute(place, node, values, log=log, timeout=timeout)
        finally:
            loop.close()
        log.seek(0)
        log_text = log.read()
    facts = executed.metadata.curvkit.report
    row = work.failure(room, name, settings, facts.failure or "", time.perf_counter() - started)
    if not facts.failure:
        row |= {"status": "ok", "error": None, "backend": facts.backend, "finished": work.now()}
        row |= next((each["merits"] for each in facts.runs if each["room"] == room), {})
    row |= {f"version_{package}": value for package, value in facts.versions.items()}
    row["page"] = f"{FOLDER}/{name}.html"
    files = {
        f"{FOLDER}/{name}.ipynb": nbformat.writes(executed),
        row["page"]: page.render(executed, str(place.parent)),
        f"{FOLDER}/{name}.log": log_text,
    }
    return [work.Outcome(row, None, files)]

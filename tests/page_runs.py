"""Runs of rooms as pages make them, in place of JAX's: in a kernel whose notebook is executed.

`install` is called where the kernel starts. Whole runs from the usual key are then made by the
translated programs; what pages do not make (batches, turned knobs, edits by hand, programs that
are theirs in no choice) is JAX's, as ever.
"""

import functools
import os
from pathlib import Path

import jax
from wasm import Run

from curvkit.browser.program import Program, written
from curvkit.browser.walk import Untranslatable
from curvkit.core import knob, trace
from curvkit.core.stream import Stream

# The file that says of each run by whom it was made.
NOTED = "CURVKIT_PAGE_RUNS"
STARTUP = """
import sys
sys.path.insert(0, {tests!r})
import page_runs
page_runs.install()
"""


def environment(folder: Path) -> dict[str, str]:
    """What a kernel's environment needs for it; writes into `folder`."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True)
    text = STARTUP.format(tests=str(Path(__file__).resolve().parent))
    (startup / "page_runs.py").write_text(text)
    return {"IPYTHONDIR": str(folder), NOTED: str(folder / "noted")}


def noted(folder: Path) -> list[str]:
    """The runs that were made by translated programs: a room's name and its static knobs each."""
    path = folder / "noted"
    return path.read_text().splitlines() if path.is_file() else []


def install() -> None:
    """Whole runs are made by translated programs from here on."""
    of_jax = Stream.chunks

    def chunks(self, settings, key=None, *, seconds=0.2, turns=(), edits=()):
        alone = key is None and not turns and not edits
        program = translated(self, *_static(settings)) if alone else None
        if program is None:
            yield from of_jax(self, settings, key, seconds=seconds, turns=turns, edits=edits)
            return
        run = Run(program)
        run.turn(**{each["name"]: _at(settings, each["name"]) for each in run.told["knobs"]})
        with open(os.environ[NOTED], "a") as file:
            file.write(f"{self.name} {_static(settings)[1:]}\n")
        header = trace.header(self.name, knob.as_dict(settings), jax.random.key(0))
        yield self.trace(header=header, **run.whole())

    Stream.chunks = chunks


def _at(settings, path):
    return functools.reduce(getattr, path.split("."), settings)


def _static(settings):
    """Settings with its numeric knobs at their defaults: what a program depends on."""
    facts = knob.knobs(type(settings))
    turned = {k: getattr(settings, k) for k, each in facts.items() if each.static}
    return type(settings), tuple(sorted(turned.items()))


@functools.cache
def translated(stream: Stream, kind: type, static: tuple) -> Program | None:
    try:
        return written(stream, knob.read(kind, dict(static)))
    except Untranslatable:
        return None

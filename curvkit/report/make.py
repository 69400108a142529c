"""A whole report: each notebook run, each page written, and the index after each of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.reader import NotJSONError
from rich.console import Console

from curvkit.core import say
from curvkit.report import execute, files, index, page, parameters
from curvkit.report.progress import Follower


def make(
    notebooks: Sequence[Path],
    *,
    out: Path,
    given: Sequence[str] = (),
    quick: bool = False,
    timeout: float = 600,
    console: Console | None = None,
) -> list[str]:
    """Runs notebooks and writes `<stem>.html`, `.ipynb` and `.log` of each and `index.html`.

    Args:
        notebooks: paths, as `notebooks.choose` finds them.
        out: the folder to write to; made if it is not there.
        given: `name=value` as typed; every name must be a parameter of at least one notebook.
        quick: whether to shorten the notebooks that say how, as `parameters.quickened` reads it.
        timeout: seconds that one cell may take.
        console: where progress is shown.

    Returns:
        A sentence for each notebook that failed.

    Raises:
        ValueError: with one sentence, before anything runs, if a parameter is refused.
        KeyboardInterrupt: when stopped; the kernel is shut down, finished pages and index stay.
    """
    if not timeout > 0:
        raise ValueError(say.refusal("timeout", "a number of seconds above 0", timeout))
    nodes = {path.stem: _read(path) for path in notebooks}
    values = parameters.check(nodes, parameters.pairs(given))
    if quick:
        values = parameters.quickened(nodes, values)
    _writable(out, notebooks)
    runs, failed = index.earlier(out), []
    with Follower(console or Console()) as follower:
        for path in notebooks:
            node = nodes[path.stem]
            follower.begin(path.stem, len(node.cells))
            done = _one(path, node, values[path.stem], out, timeout, follower.cell)
            facts = runs[path.stem] = done.metadata.curvkit.report
            files.write(out / "index.html", index.render(runs))
            if facts.failure:
                failed.append(f"{path.stem} failed in {facts.failure}")
            follower.end(failed[-1] if facts.failure else f"{path.stem}: ok, {facts.seconds:.0f} s")
    return failed


def _one(
    path: Path,
    node: NotebookNode,
    values: dict[str, Any],
    out: Path,
    timeout: float,
    heard: Callable[[int], None],
) -> NotebookNode:
    with (out / f"{path.stem}.log").open("w", encoding="utf-8") as log:
        done = execute.execute(path, node, values, log=log, timeout=timeout, heard=heard)
    files.write(out / f"{path.stem}.ipynb", nbformat.writes(done))
    files.write(out / f"{path.stem}.html", page.render(done, str(path.parent)))
    return done


def _read(path: Path) -> NotebookNode:
    try:
        return nbformat.read(path, as_version=4)
    except (NotJSONError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no notebook: it is not the JSON of one.") from error


def _writable(out: Path, notebooks: Sequence[Path]) -> None:
    """Makes the folder, and sees to it that no notebook would be overwritten by its own run."""
    if any(path.parent == out.resolve() for path in notebooks):
        raise ValueError(f"{out} holds the notebooks themselves; report into another folder.")
    out.mkdir(parents=True, exist_ok=True)

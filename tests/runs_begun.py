"""Executes a notebook as a report does, and prints how often each run of a stream was begun.

`python tests/runs_begun.py NOTEBOOK`: JSON, runs by what they depend on; all with quick parameters.
"""

import collections
import contextlib
import io
import json
import os
import sys
from pathlib import Path

import nbformat


def begun(notebook: Path) -> dict[str, int]:
    """Cells are executed in this process; those of `quick` replace the notebook's parameters."""
    from IPython.core.interactiveshell import InteractiveShell

    from curvkit.core import finished
    from curvkit.core.stream import Stream

    counts: collections.Counter[str] = collections.Counter()
    plain = Stream.started

    def started(self, settings, key):
        counts[f"{type(settings).__module__} {finished._mark(settings)} {key}"] += 1
        return plain(self, settings, key)

    Stream.started = started
    node = nbformat.read(notebook, 4)
    shell, ours = InteractiveShell.instance(), node.metadata.curvkit
    for cell in node.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "hosted" in tags:
            continue
        shell.run_cell(cell.source).raise_error()
        if "parameters" in tags:
            shell.user_ns.update(ours.get("quick", {}))
    return dict(counts)


if __name__ == "__main__":
    # Here alone: pytest imports this file, too, and what it starts would be headless as well.
    os.environ["CURVKIT_HEADLESS"] = "1"
    path = Path(sys.argv[1]).resolve()
    os.chdir(path.parent)
    with contextlib.redirect_stdout(io.StringIO()):
        counted = begun(path)
    print(json.dumps(counted))

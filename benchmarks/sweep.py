"""A thousand small runs three ways: by `curvkit sweep`, in a plain Python loop, and by papermill.

All are whole processes from a cold start, imports and compilation counted, and all write a trace
for each run. The loop and the sweep are made in full; of papermill a handful is measured, and the
rest is what that comes to.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from curvature import machine, out, table
from nbformat.v4 import new_code_cell, new_notebook

from curvkit.report import execute

ROOM, RATES = "curvature", (0.02, 0.05, 0.1, 0.2)
FIXED = {"data": "chebyshev", "width": 16, "steps": 110}
LOOP = """
import json, sys
from pathlib import Path
from curvkit import curvature
fixed, rates, seeds, folder = json.loads(sys.argv[1])
for rate in rates:
    for seed in range(seeds):
        settings = curvature.Settings.read(fixed, learning_rate=rate, seed=seed)
        curvature.run(settings).save(Path(folder) / f"{rate}-{seed}.npz")
"""
CELL = """
from curvkit import curvature
settings = curvature.Settings.read(
    data="chebyshev", width=16, steps=110, learning_rate=learning_rate, seed=seed
)
trace = curvature.run(settings)
trace.save(folder + f"/{learning_rate}-{seed}.npz")
trace.merits()
"""


def swept(seeds: int, folder: Path, batch: int | None = None) -> float:
    """Seconds of the command, from its start to its end."""
    over = [f"learning_rate={','.join(map(str, RATES))}", f"seed=0:{seeds}"]
    command = [sys.executable, "-m", "curvkit", "sweep", ROOM, "--out", str(folder)]
    command += [part for each in over for part in ("--over", each)]
    command += [part for name, value in FIXED.items() for part in ("--set", f"{name}={value}")]
    command += ["--batch", str(batch)] if batch else []
    return seconds(command)


def looped(seeds: int, folder: Path) -> float:
    """Seconds of one process that makes the runs one after another."""
    told = json.dumps([FIXED, RATES, seeds, str(folder)])
    return seconds([sys.executable, "-c", LOOP, told])


def papermilled(number: int, folder: Path) -> list[float]:
    """Seconds of each of some executions of a notebook of one cell, each with its own kernel."""
    parameters = new_code_cell(
        f"learning_rate, seed, folder = 0.1, 0, {str(folder)!r}",
        metadata={"tags": ["parameters"]},
    )
    path, taken = folder / "one.ipynb", []
    nbformat.write(new_notebook(cells=[parameters, new_code_cell(CELL)]), path)
    for seed in range(number):
        node = nbformat.read(path, as_version=4)
        begun = time.perf_counter()
        with (folder / "log").open("w") as log:
            done = execute.execute(path, node, {"seed": seed}, log=log)
        taken.append(time.perf_counter() - begun)
        if done.metadata.curvkit.report.failure:
            raise RuntimeError(done.metadata.curvkit.report.failure)
    return taken


def seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 runs, 2 notebooks")
    parser.add_argument("--batch", type=int, help="runs that go at once in the sweep")
    given = parser.parse_args()
    runs, notebooks = (100, 2) if given.quick else (1000, 4)
    seeds = runs // len(RATES)
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("loop", "notebooks")]
        for place in places:
            place.mkdir()
        by_papermill = papermilled(notebooks, places[1])
        by_loop = looped(seeds, places[0])
        by_sweep = swept(seeds, Path(folder) / "sweep", given.batch)
    one = statistics.median(by_papermill)
    taken = {
        "curvkit sweep": by_sweep,
        "a Python loop": by_loop,
        f"papermill (from {notebooks})": one * runs,
    }
    rows = [
        (name, f"{each:.1f}", f"{runs / each:.2f}", f"{each / by_sweep:.1f}")
        for name, each in taken.items()
    ]  # fmt: skip
    spread = f"one papermill execution {min(by_papermill):.1f} to {max(by_papermill):.1f} s"
    here = ", ".join(f"{name} {value}" for name, value in machine().items())
    out.print(here)
    columns = (f"{runs} runs", "seconds", "runs a second", "× the sweep's time")
    table("Small runs of the curvature room", f"{spread}; the rest of papermill extrapolated",
          columns, rows)  # fmt: skip


if __name__ == "__main__":
    main()

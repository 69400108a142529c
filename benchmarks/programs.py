"""The rooms' programs as pages run them, against JAX: processor time of the defaults' whole run.

`python benchmarks/programs.py [ROOM …]` needs the extra `pages`, and node, whose engine is that of
Chromium. Of both it is what the processor spent, on all cores, compiled before; nothing is drawn.
"""

import argparse
import importlib
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
from curvature import machine, table

from curvkit._rooms import names
from curvkit.browser import scenes
from curvkit.browser.program import written

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 3
# Runs a program to its end again and again; what is printed is milliseconds of the processor, of
# this process with all its threads, and by the clock.
SCRIPT = """
const fs = require("fs"), packed = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
let program = null;
const whole = () => {
  const before = [process.cpuUsage(), performance.now()];
  begun(program);
  let rows = 0, made = 1;
  while (!run.ended && made) rows += made = go(program.capacity);
  const { user, system } = process.cpuUsage(before[0]);
  return { cpu: (user + system) / 1000, wall: performance.now() - before[1], rows };
};
loadedProgram(packed).then((each) => {
  program = each;
  whole();
  const runs = Array.from({ length: packed.repeats }, whole);
  console.log(JSON.stringify(runs));
});
"""


def in_node(packed: dict[str, Any], settings: dict[str, Any]) -> list[dict[str, float]]:
    """Runs of a program: cpu and wall in milliseconds, and rows."""
    node = shutil.which("node")
    assert node is not None, "node is not here"
    worker = (ROOT / "curvkit/browser/run.js").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as home:
        script, data = Path(home, "run.cjs"), Path(home, "program.json")
        start = f"Object.assign(settings, {json.dumps(settings, default=str)});"
        script.write_text(worker + start + SCRIPT, encoding="utf-8")
        data.write_text(json.dumps({**packed, "repeats": REPEATS}), encoding="utf-8")
        done = subprocess.run([node, script, data], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def by_jax(room: Any, settings: Any) -> list[dict[str, float]]:
    """The same of JAX's own runs."""
    runs = []
    for repeat in range(REPEATS + 1):
        spent, began = time.process_time(), time.perf_counter()
        state, rows, ended = room.stream.started(settings, jax.random.key(0)), 0, False
        while not ended:
            chunk = room.stream.advanced(settings, state, room.stream.capacity)
            state, rows, ended = chunk.state, rows + int(chunk.count), bool(chunk.ended)
        cpu, wall = time.process_time() - spent, time.perf_counter() - began
        if repeat:  # the first one compiles
            runs.append({"cpu": 1000 * cpu, "wall": 1000 * wall, "rows": rows})
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", nargs="*", help="all if none is given")
    rows, shares = [], []
    for name in parser.parse_args().room or names():
        room = importlib.import_module(f"curvkit.{name}").room
        settings = room.read({})
        packed = scenes.packed(written(room.stream, settings), settings)
        knobs = {
            each["name"]: getattr(settings, each["name"]) for each in packed["program"]["knobs"]
        }
        ours, theirs = in_node(packed, knobs), by_jax(room, settings)
        assert ours[0]["rows"] == theirs[0]["rows"], (name, ours[0], theirs[0])
        middle = lambda runs, what: statistics.median(each[what] for each in runs)
        cpu = middle(ours, "cpu"), middle(theirs, "cpu")
        shares.append(cpu[0] / cpu[1])
        walls = [f"{middle(each, 'wall'):.0f}" for each in (ours, theirs)]
        spent = [f"{each:.0f}" for each in cpu]
        rows.append([name, str(theirs[0]["rows"]), *spent, f"{shares[-1]:.2f}", *walls])
        print(rows[-1], flush=True)
    heads = ["room", "rows", "page, ms of processor", "JAX, ms of processor", "ratio",
             "page, ms", "JAX, ms"]  # fmt: skip
    table("Programs of pages against JAX", str(machine()), heads, rows)
    print(f"\nThe median of the ratios is {statistics.median(shares):.2f}.")


if __name__ == "__main__":
    main()

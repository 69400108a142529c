"""Pages that train, against JAX on the same machine: size, first reading, rows a second, frames.

`python benchmarks/pages.py [ROOM:SCENE …]` writes a table; it needs the extra `pages`, playwright
and a Chromium. Rows are counted as the page plays them, at four times its speed, while it draws.
"""

import argparse
import gzip
import importlib
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
from curvature import machine, table
from playwright.sync_api import sync_playwright

from curvkit._rooms import names
from curvkit.report import trained

REPEATS, ROWS = 3, 120
# The worker's own times a row, and rows and frames as the page sees them.
STATE = """() => { const s = stages.at(-1); return { rows: s.store.rows, open: s.open,
  fps: s.measured(2).fps }; }"""


PLAY = "() => { const s = stages.at(-1); s.asks = false; s.clock.speed = 4; s.play(); }"


def scenes() -> list[tuple[str, str]]:
    rooms = [(name, importlib.import_module(f"curvkit.{name}").room) for name in names()]
    return [(name, scene) for name, room in rooms for scene in room.scenes]


def of_jax(room: Any, scene: str, rows: int) -> float:
    """Milliseconds a row of JAX's program, compiled before."""
    settings = room.read(dict(room.scenes[scene][1]))
    state = room.stream.started(settings, jax.random.key(0))
    room.stream.advanced(settings, state, 1)
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        chunk = room.stream.advanced(settings, state, min(rows, room.stream.capacity))
        took.append(1000 * (time.perf_counter() - began) / max(int(chunk.count), 1))
    return statistics.median(took)


def in_page(browser: Any, path: Path) -> dict[str, float]:
    """What one page does: milliseconds to the first picture, rows and frames a second."""
    firsts, paces, frames = [], [], []
    for _ in range(REPEATS):
        sheet = browser.new_page(viewport={"width": 1280, "height": 900})
        began = time.perf_counter()
        sheet.goto(path.as_uri(), wait_until="commit")
        while not sheet.evaluate("globalThis.stages?.length > 0"):
            time.sleep(0.005)
        firsts.append(1000 * (time.perf_counter() - began))
        sheet.evaluate(PLAY)
        start, at = sheet.evaluate(STATE), time.perf_counter()
        end = start
        while end["open"] and end["rows"] < ROWS + start["rows"] and time.perf_counter() - at < 15:
            time.sleep(0.05)
            end = sheet.evaluate(STATE)
        paces.append((end["rows"] - start["rows"]) / (time.perf_counter() - at))
        time.sleep(1)
        frames.append(sheet.evaluate(STATE)["fps"])
        sheet.close()
    middle = statistics.median
    return {"first": middle(firsts), "pace": middle(paces), "fps": middle(frames)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="*", help="ROOM:SCENE; all if none is given")
    wanted = [tuple(each.split(":")) for each in parser.parse_args().scene] or scenes()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    rows = []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, scene in wanted:
            room = importlib.import_module(f"curvkit.{name}").room
            path = Path(home, f"{name}-{scene}.html")
            sizes = trained.lesson(room, scene, {}, path)
            packed = len(gzip.compress(path.read_bytes(), 9))
            seen, jax_ms = in_page(opened, path), of_jax(room, scene, ROWS)
            rows.append([
                f"{name} {scene}", f"{sizes['page'] / 1000:.0f}", f"{sizes['programs'] / 1000:.0f}",
                f"{packed / 1000:.0f}", f"{seen['first']:.0f}", f"{seen['pace']:.0f}",
                f"{seen['fps']:.0f}", f"{jax_ms:.2f}",
            ])  # fmt: skip
            print(rows[-1], flush=True)
    heads = ["scene", "page, kB", "programs, kB", "zipped, kB", "first picture, ms",
             "rows a second, drawn", "frames a second", "JAX, ms a row"]  # fmt: skip
    table("Pages that train", str(machine()), heads, rows)


if __name__ == "__main__":
    main()

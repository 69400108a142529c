"""Pages that train, against JAX on the same machine: size, first reading, rows a second, frames.

`python benchmarks/pages.py [ROOM:SCENE …] [--figures]` writes a table; it needs the extra `pages`,
playwright and a Chromium. Of scenes, rows are counted as the page plays them, at four times its
speed, while it draws; of figures, how long the run of the defaults takes with all that is drawn of
it, in Firefox too where there is one, from a file and by http, wide and narrow.
"""

import argparse
import contextlib
import functools
import gzip
import http.server
import importlib
import importlib.util
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
from curvature import machine, table
from playwright.sync_api import sync_playwright

from curvkit._rooms import names
from curvkit.report import trained

HERE = Path(__file__).resolve().parent
REPEATS, ROWS, SLOWER = 3, 120, 4
REST = 1.5  # seconds before a page is opened
CALL = "program.advance();"
WAITS = (
    "{ const a = performance.now(); program.advance(); const b = performance.now();"
    f" while (performance.now() - b < {SLOWER - 1} * (b - a)); }}"
)
# The worker's own times a row, and rows and frames as the page sees them.
STATE = """() => { const s = stages.at(-1); return { rows: s.store.rows, open: s.open,
  fps: s.measured(2).fps }; }"""

# By the page's own clock, when its first stage is there.
MOUNTED = """{ let held; Object.defineProperty(globalThis, "stages", { get: () => held,
  set(stages) { performance.mark("mounted"); held = stages; } }); }"""
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
    firsts, paces, frames, slows = [], [], [], []
    for _ in range(REPEATS):
        sheet = browser.new_page(viewport={"width": 1280, "height": 900})
        sheet.add_init_script(MOUNTED)
        sheet.goto(path.as_uri())
        waited(sheet, "globalThis.stages?.length > 0")
        firsts.append(sheet.evaluate("performance.getEntriesByName('mounted')[0].startTime"))
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
        slows.append(of_slow(browser, path))
    middle = statistics.median
    told = {"first": firsts, "pace": paces, "fps": frames}
    told |= {"slow": [fps for fps, _ in slows], "slow_pace": [pace for _, pace in slows]}
    return {name: middle(each) for name, each in told.items()}


def of_slow(browser: Any, path: Path) -> tuple[float, float]:
    """Frames and rows a second where all is slower by `SLOWER`: Chromium slows the page's thread,
    and the worker waits after each call of its program as often as that took, but for once.
    """
    text = path.read_text(encoding="utf-8")
    assert CALL in text, "the worker calls its program otherwise"
    slow = path.with_suffix(".slow.html")
    slow.write_text(text.replace(CALL, WAITS), encoding="utf-8")
    sheet = browser.new_page(viewport={"width": 420, "height": 900})
    sheet.context.new_cdp_session(sheet).send(
        "Emulation.setCPUThrottlingRate", {"rate": SLOWER}
    )  # fmt: skip
    sheet.goto(slow.as_uri())
    waited(sheet, "globalThis.stages?.length > 0")
    sheet.evaluate("() => { const s = stages.at(-1); s.asks = false; s.seek(0); s.play(); }")
    start, at = sheet.evaluate(STATE), time.perf_counter()
    time.sleep(4)
    end = sheet.evaluate(STATE)
    sheet.close()
    return end["fps"], (end["rows"] - start["rows"]) / (time.perf_counter() - at)


# Plays at a level of detail and no other, and counts frames.
LEVEL = """(level) => { const s = stages.at(-1); s.asks = false; s.seek(0); s.play();
  Object.assign(s.detail, { judge() {}, reached: level }); globalThis.counted = 0;
  const next = () => { counted += 1; requestAnimationFrame(next); }; next(); }"""
LEAST_DRAWN, PHONE = 3, {"viewport": {"width": 420, "height": 900}, "device_scale_factor": 3}


def of_thread(browser: Any, path: Path, level: int) -> float:
    """Milliseconds of a processor that a frame takes of the page's thread, on a telephone's screen;
    what else the machine does changes little of it.
    """
    context = browser.new_context(**PHONE)
    sheet = context.new_page()
    session = context.new_cdp_session(sheet)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    sheet.goto(path.as_uri())
    waited(sheet, "globalThis.stages?.length > 0")
    sheet.evaluate(LEVEL, level)

    def now() -> tuple[float, int]:
        told = session.send("Performance.getMetrics")["metrics"]
        seconds = next(each["value"] for each in told if each["name"] == "ThreadTime")
        return 1000 * seconds, sheet.evaluate("counted")

    time.sleep(1)
    start = now()
    time.sleep(4)
    end = now()
    context.close()
    return (end[0] - start[0]) / (end[1] - start[1])


TURN = """(() => { const p = curvkitPanels.at(-1);
  const name = p.packed.front.find((each) => !p.knobs[each].choices && each !== "steps");
  p.turnAll({ [name]: p.knobs[name].value }, "end"); return name; })()"""
TIMED = {
    "first": "first reading", "pictured": "its picture", "ended": "whole run",
    "turned": "after a turn",
}  # fmt: skip
TIMES = "globalThis.curvkitPanels?.at(-1)?.times ?? {}"


def of_figures(sheet: Any, address: str) -> dict[str, float]:
    """Milliseconds from opening a page of figures: the first reading, told in words and numbers,
    and drawn; the end; and from a turn to the reading that answers.
    """
    told: dict[str, list[float]] = {name: [] for name in TIMED}
    for _ in range(REPEATS):
        sheet.goto("about:blank")
        time.sleep(REST)  # a browser that has just begun, or a run that is left, takes a core
        sheet.goto(address)
        waited(sheet, f"({TIMES}).ended && ({TIMES}).pictured")
        sheet.evaluate(TURN)
        waited(sheet, f"({TIMES}).turned")
        seen = sheet.evaluate(TIMES)
        for name in TIMED:
            told[name].append(seen[name])
    return {name: statistics.median(each) for name, each in told.items()}


def waited(sheet: Any, condition: str) -> None:
    end = time.monotonic() + 120
    while not sheet.evaluate(condition):
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.02)


def whole(room: Any, settings: Any) -> float:
    """Milliseconds of a whole run by JAX, compiled before."""
    room.stream.run(settings)
    began = time.perf_counter()
    room.stream.run(settings)
    return 1000 * (time.perf_counter() - began)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address on this machine at which the files of a folder are served."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def widened(sheet: Any, width: int) -> None:
    """Gives a page of either browser another width."""
    if hasattr(sheet, "resize"):
        sheet.resize(width)
    else:
        sheet.set_viewport_size({"width": width, "height": 900})


def page_of(room: Any, folder: Path) -> dict[str, int]:
    """Bytes of a room's page of figures by part; one that lies in the folder is taken as it is."""
    path = folder / f"{room.name}.html"
    if not path.exists():
        sizes = trained.figures(room, room.figure or next(iter(room.figures)), {}, path)
        path.with_suffix(".json").write_text(json.dumps(sizes))
    return json.loads(path.with_suffix(".json").read_text())


@contextlib.contextmanager
def browsers(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of a folder by http, and a page of each browser that is here, by its name."""
    spec = importlib.util.spec_from_file_location("firefox", HERE.parent / "tests" / "firefox.py")
    assert spec is not None and spec.loader is not None
    firefox = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(firefox)
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(served(folder))
        playwright = stack.enter_context(sync_playwright())
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        sheets = {"Chromium": opened.new_page(viewport={"width": 1280, "height": 900})}
        if firefox.FIREFOX:
            sheets["Firefox"] = stack.enter_context(firefox.opened())
        yield server, sheets


def places(folder: Path, server: str, name: str) -> dict[str, int]:
    """Where a page is opened, and how wide: from a file, and by http on a narrow screen."""
    return {(folder / f"{name}.html").as_uri(): 1280, f"{server}/{name}.html": 420}


def figures(rooms: list[str], folder: Path) -> None:
    """A table of the pages of figures, in each browser that is here: from a file in a window of
    1280 pixels, and by http in one of 420.
    """
    rows, heads = [], ["room", "page, kB", "programs, kB"]
    with browsers(folder) as (server, sheets):
        heads += [f"{browser}: {what}, ms" for browser in sheets for what in TIMED.values()]
        for name in rooms:
            room = importlib.import_module(f"curvkit.{name}").room
            sizes = page_of(room, folder)
            cells = [name, f"{(sizes['page']) / 1000:.0f}", f"{sizes['programs'] / 1000:.0f}"]
            for sheet in sheets.values():
                seen = []
                if not rows:  # the first page of a browser that has just begun takes 70 ms more
                    of_figures(sheet, next(iter(places(folder, server, name))))
                for address, width in places(folder, server, name).items():
                    widened(sheet, width)
                    seen.append(of_figures(sheet, address))
                cells += [" / ".join(f"{each[what]:.0f}" for each in seen) for what in TIMED]
            rows.append([*cells, f"{whole(room, room.read({})):.0f}"])
            print(rows[-1], f"load {os.getloadavg()[0]:.1f}", flush=True)
    heads.append("JAX: whole run, ms")
    table("Figures that train in a page", str(machine()), heads, rows)


def frames(wanted: list[tuple[str, str]], folder: Path) -> None:
    """A table of the frames a second of scenes that play while they train, in each browser, with
    those of a page in which nothing is drawn.
    """
    (folder / "blank.html").write_text("<!doctype html><title>blank</title>", encoding="utf-8")
    rows = []
    with browsers(folder) as (server, sheets):
        for name, scene in [("blank", ""), *wanted]:
            file = f"{name}-{scene}" if scene else name
            if scene:
                room = importlib.import_module(f"curvkit.{name}").room
                trained.lesson(room, scene, {}, folder / f"{file}.html")
            cells = [f"{name} {scene}"]
            for sheet in sheets.values():
                seen = []
                for address, width in places(folder, server, file).items():
                    widened(sheet, width)
                    sheet.goto(address)
                    if scene:
                        waited(sheet, "globalThis.stages?.length > 0")
                        sheet.evaluate(f"({PLAY.replace('speed = 4', 'speed = 1')})()")
                    seen.append(f"{counted(sheet):.0f}")
                cells.append(" / ".join(seen))
            rows.append(cells)
            print(cells, f"load {os.getloadavg()[0]:.1f}", flush=True)
    heads = ["scene", *(f"{browser}: frames a second" for browser in sheets)]
    table("Scenes that train in a page, 1280 px / 420 px", str(machine()), heads, rows)


COUNT = """(() => { globalThis.passed = 0; const next = () => { passed += 1;
  requestAnimationFrame(next); }; next(); return 0; })()"""


def counted(sheet: Any, seconds: float = 3.0) -> float:
    """Frames a second of a page, by the page's own clock."""
    time.sleep(1)
    sheet.evaluate(COUNT)
    start = sheet.evaluate("[passed, performance.now()]")
    time.sleep(seconds)
    end = sheet.evaluate("[passed, performance.now()]")
    return 1000 * (end[0] - start[0]) / (end[1] - start[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="*", help="ROOM:SCENE, or ROOM; all if none is given")
    parser.add_argument("--figures", action="store_true", help="pages of figures, not of scenes")
    parser.add_argument(
        "--frames", action="store_true", help="scenes in each browser, frames alone"
    )
    parser.add_argument("--pages", type=Path, help="a folder where pages of figures lie or come")
    asked = parser.parse_args()
    if asked.figures:
        with tempfile.TemporaryDirectory() as home:
            figures(asked.scene or names(), asked.pages or Path(home))
        return
    rooms, given = scenes(), [each.split(":") for each in asked.scene]
    wanted = [each for each in rooms if not given or list(each) in given or [each[0]] in given]
    if asked.frames:
        with tempfile.TemporaryDirectory() as home:
            frames(wanted, Path(home))
        return
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
            taken = [of_thread(opened, path, level) for level in (0, LEAST_DRAWN)]
            rows.append([
                f"{name} {scene}", f"{sizes['page'] / 1000:.0f}", f"{sizes['programs'] / 1000:.0f}",
                f"{packed / 1000:.0f}", f"{seen['first']:.0f}", f"{seen['pace']:.0f}",
                f"{seen['fps']:.0f}", f"{seen['slow']:.0f}", f"{seen['slow_pace']:.0f}",
                f"{taken[0]:.1f}", f"{taken[1]:.1f}", f"{jax_ms:.2f}",
            ])  # fmt: skip
            print(rows[-1], flush=True)
    heads = ["scene", "page, kB", "programs, kB", "zipped, kB", "first picture, ms",
             "rows a second, drawn", "frames a second", f"frames a second, {SLOWER} times slower",
             f"rows a second, {SLOWER} times slower", "ms of processor a frame, all drawn",
             "ms of processor a frame, least drawn", "JAX, ms a row"]  # fmt: skip
    table("Pages that train", str(machine()), heads, rows)


if __name__ == "__main__":
    main()

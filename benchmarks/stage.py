"""The stage: frames a second of every scene in a page, beside a blank page and a bare canvas.

Frames are counted by a loop of the page's own, several times while a scene plays; milliseconds are
the stage's script a frame, and the processor's time that all of the browser takes for one, which a
busy machine moves less than the count. The kernel has no part in a frame. Beside them the first
figures of some of the rooms, played by plotly in a page. With --live the scenes stand in
JupyterLab, each with its kernel.
"""

import argparse
import importlib
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from _live import live
from curvature import machine, table
from playwright.sync_api import sync_playwright

from curvkit._rooms import names
from curvkit.pages import page, plot, stages
from curvkit.show import player
from curvkit.show.stage.live import knob_facts
from curvkit.show.stage.widget import StoredStage

BY_PLOTLY = ("curvature", "minima.basin")
SIZES = {"1400": (1400, 1), "1920": (1920, 1), "1400@2": (1400, 2), "1920@2": (1920, 2)}
FRAMES = """(ms) => new Promise((resolve) => {
  let n = 0;
  const first = performance.now();
  const next = (now) => {
    n += 1;
    if (now - first < ms) requestAnimationFrame(next);
    else resolve((1000 * n) / (now - first));
  };
  requestAnimationFrame(next);
})"""
AGAIN = "() => { const S = globalThis.stages?.[0]; if (S && !S.clock.playing) S.play(); }"
BARE = """<canvas id=c></canvas><script nonce="n">
const c = document.getElementById("c"), d = devicePixelRatio, w = innerWidth - 40;
[c.width, c.height, c.style.width] = [w * d, 0.43 * w * d, w + "px"];
const g = c.getContext("2d");
let t = 0;
const draw = () => {
  g.clearRect(0, 0, c.width, c.height);
  g.fillRect(t++ % c.width, 100, 40, 40);
  requestAnimationFrame(draw);
};
draw();
</script>"""


def scenes():
    """The page of each scene, and of the same room's first figure by plotly."""
    for name in names():
        room = importlib.import_module(f"curvkit.{name}").room
        for scene, (draw, values) in room.scenes.items():
            settings = room.read(dict(values))
            trace = room.run(settings)
            kept = StoredStage(draw(trace), knob_facts(room.stream, settings)).packed()
            program = page.script(stages.program(), "n", "module")
            yield (
                f"{name}, {scene}",
                page.shell("A scene", stages.drawn(kept, asks=False) + program, "n"),
            )
            if name not in BY_PLOTLY or scene != next(iter(room.scenes)):
                continue
            figure = player.animate(room.figures[room.figure], trace)
            drawn = plot.drawn(json.loads(figure.to_json()), 0, "n")
            library = page.script(page.get_plotlyjs(), "n")
            text = library + drawn + page.script(plot.SCRIPT, "n")
            yield f"{name}, {room.figure} by plotly", page.shell("A figure", text, "n")


def spent():
    """Milliseconds of processor time that all programs begun by this one took so far, on Linux."""
    ticks, begun = {}, {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = each.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        one = int(each.parent.name)
        begun.setdefault(int(told[1]), []).append(one)
        ticks[one] = int(told[11]) + int(told[12])
    left, all_of_it = list(begun.get(os.getpid(), ())), 0
    while left:
        one = left.pop()
        all_of_it += ticks.get(one, 0)
        left += begun.get(one, ())
    return 1000 * all_of_it / os.sysconf("SC_CLK_TCK")


def measured(browser, path, sizes, seconds, repeats):
    """Frames a second at each size, the median and the least, and milliseconds a frame: of script,
    and of processor time in all.
    """
    found = []
    for width, ratio in sizes.values():
        sheet = browser.new_page(viewport=dict(width=width, height=900), device_scale_factor=ratio)
        sheet.goto(path.as_uri())
        sheet.wait_for_timeout(1500)
        button = sheet.locator(".transport button")
        frames, costs = [], []
        for _ in range(repeats):
            sheet.evaluate(AGAIN)
            if button.count():
                button.first.click()
            before, began = spent(), time.perf_counter()
            frames.append(sheet.evaluate(FRAMES, 1000 * seconds))
            count = frames[-1] * (time.perf_counter() - began)
            costs.append((spent() - before) / max(count, 1))
        script = sheet.evaluate("globalThis.stages?.[0]?.measured(3).median ?? null")
        told = f"{statistics.median(frames):.0f} ({min(frames):.0f})"
        parts = [told, *([f"{script:.1f} ms"] if script is not None else [])]
        found.append(", ".join([*parts, f"{statistics.median(costs):.0f} ms"]))
        sheet.close()
    return found


def in_jupyterlab(count: int | None) -> None:
    """Writes the table of scenes that a kernel stands behind, at the first so many sizes."""
    sizes = dict(list(SIZES.items())[:count])
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=["--no-sandbox"], executable_path=CHROMIUM)
        for row in live(browser, sizes, FRAMES, 2):
            rows.append(row)
            print(row, flush=True)
        browser.close()
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    title = "Live: frames a second, the median (the least), and the kernel's processor time a frame"
    heads = ["scene", *(f"{each} px" for each in sizes), "a hand is answered, ms"]
    table(title, facts, heads, rows)


def main(quick: bool) -> None:
    """Writes the table of exported pages."""
    sizes = dict(list(SIZES.items())[: 1 if quick else None])
    seconds, repeats = (1, 2) if quick else (2, 2)
    shell = lambda text: page.shell("Control", text, "n")
    pages = [("a blank page", shell("")), ("a bare canvas", shell(BARE)), *scenes()]
    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=["--no-sandbox"], executable_path=CHROMIUM)
        for name, text in pages:
            path = Path(folder) / "page.html"
            path.write_text(text, encoding="utf-8")
            rows.append([name, *measured(browser, path, sizes, seconds, repeats)])
            print(rows[-1], flush=True)
        browser.close()
    heads = ["page", *(f"{each} px" for each in sizes)]
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    title = "Frames a second: the median (the least); a frame: script, and processor time in all"
    table(title, facts, heads, rows)


CHROMIUM = next(
    (each for each in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(each).exists()), None
)
if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="one size, few frames")
    asked.add_argument("--live", action="store_true", help="in JupyterLab, each with its kernel")
    asked.add_argument("--hands", action="store_true", help="with --live: no frames, hands alone")
    given = asked.parse_args()
    if given.live:
        in_jupyterlab(0 if given.hands else 1 if given.quick else None)
    else:
        main(given.quick)

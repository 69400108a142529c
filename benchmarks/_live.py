"""Every scene live in JupyterLab: frames a second, and how soon a hand is answered there."""

import importlib
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from curvkit._rooms import names

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from jupyter_lab import READY, running

RUN = """async (k) => {
  const content = window.jupyterapp.shell.currentWidget.content;
  content.activeCellIndex = k;
  window.jupyterapp.commands.execute("notebook:run-cell");
  await content.scrollToItem(k, "start");
}"""
# What the cell before shows goes away, as a notebook rarely shows two stages at once.
CLEAR = """() => {
  globalThis.stages?.at(-1)?.pause();
  return window.jupyterapp.commands.execute("notebook:clear-cell-output");
}"""
PLAYS = "() => globalThis.stages?.length > %d && stages.at(-1).store.rows > 5"
# Past the question, from the start; a scene that is short plays again while frames are counted.
AGAIN = """() => {
  const S = stages.at(-1);
  if (S.guess?.asking) S.toggle();
  S.seek(0);
  S.play();
  globalThis.again = setInterval(() => S.clock.playing || S.open || S.play(), 50);
}"""
# When a hand's message leaves, and when the first rows that answer it are there.
LISTENS = """() => {
  const S = stages.at(-1), steer = S.source.steer, splice = S.splice;
  clearInterval(globalThis.again);
  globalThis.heard = { drawn: [], rows: [] };
  let asked = null;
  S.source.steer = (message, stage) => {
    asked ??= performance.now();
    steer(message, stage);
  };
  S.splice = function (...all) {
    if (all[3]?.steered && asked != null) {
      heard.rows.push(performance.now() - asked);
      asked = null;
    }
    splice.apply(S, all);
  };
  const frame = S.frame;
  S.frame = function (now) {
    frame.call(S, now);
    if (S.answered) heard.drawn.push(S.answered);
    S.answered = 0;
  };
}"""
# The place of the first handle that turns a knob, in the page.
HANDLE = """() => {
  const S = stages.at(-1);
  S.root.scrollIntoView({ block: "center" });
  const b = S.canvas.getBoundingClientRect();
  const h = S.handles.find((h) => !h.view.hiddenNow && Object.values(h.axes).some((a) => a.knob));
  S.seek(Math.min(S.store.last, 40));
  S.draw();
  if (!h) {
    const number = S.numbers.find((n) => n.part.knob && n.e.tabIndex === 0);
    if (!number) return null;
    const at = number.e.getBoundingClientRect();
    return { x: at.left + at.width / 2, y: at.top + at.height / 2, along: [1, 0] };
  }
  const along = h.axes.y ? [0, 1] : [1, 0];
  return { x: b.left + h.x, y: b.top + h.y, along };
}"""
MOVES = 8


def cells():
    """The notebook: what is imported, and a cell for each scene."""
    rooms = {name: importlib.import_module(f"curvkit.{name}").room for name in names()}
    stages = [(name, scene) for name, room in rooms.items() for scene in room.scenes]
    imports = "\n".join(f"import curvkit.{name}" for name in sorted({n for n, _ in stages}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    texts = [imports, *(f"curvkit.{name}.stage({scene!r})" for name, scene in stages)]
    built = [nbformat.v4.new_code_cell(each) for each in texts]
    return stages, nbformat.v4.new_notebook(cells=built, metadata={"kernelspec": kernel})


def kernel_of(server):
    """The process of a server's kernel."""
    text = subprocess.run(["pgrep", "-P", str(server)], capture_output=True, text=True).stdout
    return max(int(each) for each in text.split())


def milliseconds(process):
    """The processor's time that a process took so far, on Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def played(sheet, device, sizes, count, kernel, seconds):
    """Frames a second at each size, and the milliseconds that the kernel computed for each."""
    columns = []
    for width, ratio in sizes.values():
        size = dict(width=width, height=1000, deviceScaleFactor=ratio, mobile=False)
        device.send("Emulation.setDeviceMetricsOverride", size)
        sheet.wait_for_timeout(700)
        before, frames = milliseconds(kernel), []
        for _ in range(2):
            frames.append(sheet.evaluate(count, 1000 * seconds))
        spent = (milliseconds(kernel) - before) / max(sum(frames) * seconds, 1)
        columns.append(f"{statistics.median(frames):.0f} ({min(frames):.0f}), {spent:.1f} ms")
    return columns


def dragged(sheet):
    """Milliseconds from a move of the hand to the picture, and to the first rows that answer it."""
    sheet.evaluate(LISTENS)
    place = sheet.evaluate(HANDLE)
    if place is None:
        return "no handle of a knob"
    (x, y), (dx, dy) = (place["x"], place["y"]), place["along"]
    sheet.mouse.move(x, y)
    sheet.mouse.down()
    for k in range(1, MOVES + 1):
        sheet.mouse.move(x + 3 * k * dx, y - 3 * k * dy)
        sheet.wait_for_timeout(250)
    sheet.mouse.up()
    sheet.wait_for_timeout(1500)
    heard = sheet.evaluate("() => heard")
    rows, drawn = heard["rows"], heard["drawn"]
    words = [f"picture {statistics.median(drawn):.0f}"] if drawn else []
    if rows:
        later = statistics.median(rows[1:] or rows)
        words.append(f"rows {rows[0]:.0f}, {later:.0f} ({len(rows)})")
    return ", ".join(words) or "no answer"


def live(browser, sizes, count, seconds):
    """A row for each scene: frames at each size, and the answers to a hand."""
    stages, notebook = cells()
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(notebook, Path(folder) / "live.ipynb")
        with running(Path(folder)) as (base, token, server):
            sheet = browser.new_page(viewport=dict(width=1400, height=1000))
            sheet.goto(f"{base}/lab/tree/live.ipynb?token={token}&reset")
            sheet.wait_for_function(READY, timeout=120_000)
            device = sheet.context.new_cdp_session(sheet)
            kernel = kernel_of(server)
            sheet.evaluate(RUN, 0)
            yield ["JupyterLab, nothing run", *played(sheet, device, sizes, count, kernel, 1), ""]
            for k, (name, scene) in enumerate(stages, 1):
                before = sheet.evaluate("() => globalThis.stages?.length ?? 0")
                sheet.evaluate(RUN, k)
                sheet.wait_for_function(PLAYS % before, timeout=120_000)
                sheet.wait_for_timeout(3000)
                sheet.evaluate(AGAIN)
                found = played(sheet, device, sizes, count, kernel, seconds)
                # Back to the first size, in which the whole of a stage is seen.
                whole = dict(width=1400, height=1000, deviceScaleFactor=1, mobile=False)
                device.send("Emulation.setDeviceMetricsOverride", whole)
                sheet.wait_for_timeout(500)
                yield [f"{name}, {scene}", *found, dragged(sheet)]
                sheet.evaluate(CLEAR)

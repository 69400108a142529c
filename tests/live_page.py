"""A page with a stage whose kernel is the test itself, which carries what both say."""

import base64
import queue
import time

from curvkit.draw.scene import script
from curvkit.show.stage.live import Running

BEGIN = """async (code) => {
  window.outbox = [];
  window.heard = [];
  const model = {
    send: (message) => window.outbox.push(message),
    on: (name, take) => name === "msg:custom" && window.heard.push(take),
    off() {}, get: (name) => window.wanted?.[name] ?? 0, save_changes() {},
    set: (name, value) => { window.given = { ...window.given, [name]: value }; },
  };
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const stage = await import(address);
  stage.default.render({ model, el: document.querySelector("main") });
}"""
# As wide as the screen on a phone, too.
CONTENT = """<meta name="viewport" content="width=device-width, initial-scale=1">
<main></main>"""
# Sixteen times as fast as a button makes it, and as a scene is played; both at once.
HASTE, LEISURE = (
    f"Object.assign(S.clock, {{ speed: {each}, rate: {each} * S.clock.pace.rate }})"
    for each in (64, 1)
)
TAKE = """([message, buffers]) => {
  const bytes = buffers.map((b) => new DataView(
    Uint8Array.from(atob(b), (c) => c.charCodeAt(0)).buffer));
  window.heard.forEach((take) => take(message, bytes));
}"""


class LivePage:
    """A stage in a browser's page, and the run behind it.

    Args:
        sheet: the page.
        stream: a room's experiment.
        settings: what it begins with.
        draw: the scene of a trace.
        asks: whether its question is waited out, or else passed over.
    """

    def __init__(self, sheet, stream, settings, draw, asks=True):
        self.sheet, self.said, self.asks = sheet, queue.Queue(), asks
        self.steers = []
        sheet.set_content(CONTENT)
        sheet.evaluate(BEGIN, script.joined())
        self.running = Running(stream, settings, draw, lambda *told: self.said.put(told))

    def pump(self):
        """Carries what was said, both ways."""
        for message in self.sheet.evaluate("window.outbox.splice(0)"):
            if message["kind"] == "steer":
                self.steers.append(message)
            self.running.heard(message)
        while not self.said.empty():
            message, buffers = self.said.get()
            raw = [base64.b64encode(each).decode() for each in buffers]
            self.sheet.evaluate(TAKE, [message, raw])

    def until(self, condition, seconds=60):
        """Carries on until a condition of the page holds, in JavaScript with the stage as `S`."""
        end = time.monotonic() + seconds
        over = "" if self.asks else "if (S?.guess?.asking) S.play(); "
        # Where a question was passed over, the picture goes up to its place over some frames.
        still = "true" if self.asks else "!S.askBox.offsetHeight"
        held = f"!!(S && {still} && ({condition}))"
        asked = f"() => {{ const S = window.stages?.at(-1); {over}return {held}; }}"
        while not self.sheet.evaluate(asked):
            assert time.monotonic() < end, f"never: {condition}"
            self.pump()
            self.sheet.wait_for_timeout(20)

    def get(self, expression):
        """A value of the page, with the stage as `S`."""
        return self.sheet.evaluate(
            f"() => {{ const S = window.stages.at(-1); return {expression}; }}"
        )

    def place(self, view, x, y):
        """Where a point of a view is on the screen."""
        box = self.sheet.locator(".stage canvas[role=img]").bounding_box()
        at = self.get(
            f"((v) => [v.x.px({x}), v.y.px({y})])(S.views.find((v) => v.id === '{view}'))"
        )
        return box["x"] + at[0], box["y"] + at[1]

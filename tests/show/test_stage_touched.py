"""A finger on the stage drags what has a grip, and elsewhere scrolls the page; two widen it."""

import contextlib

import pytest
from fingers import PHONE, Fingers
from live_page import LivePage
from test_every_scene import PAIRS, suited
from waits import frames, until

pytestmark = [pytest.mark.slow, pytest.mark.browser]
# A handle that is in sight, and whither it can be dragged: up or down where it goes that way, for
# there a finger would scroll.
GRIP = """(() => {
  const h = S.handles.find((h) => !h.view.hiddenNow && h.grip);
  if (!h) return null;
  h.grip.scrollIntoView({ block: "center" });
  const b = S.canvas.getBoundingClientRect(), box = h.view.box;
  const up = h.y > box.y + box.h / 2 ? -1 : 1, left = h.x > box.x + box.w / 2 ? -1 : 1;
  return { item: S.handles.indexOf(h), x: b.left + h.x, y: b.top + h.y,
           way: h.axes.y ? [0, up] : [left, 0] };
})()"""
# A place in a view far from all handles.
ELSEWHERE = """(() => {
  const far = (x, y) => S.handles.every(
    (h) => h.view.hiddenNow || Math.hypot(h.x - x, h.y - y) > 60);
  for (const { box } of S.views.filter((v) => !v.hiddenNow && !v.paint)) {
    for (const a of [0.5, 0.2, 0.8, 0.35, 0.65]) for (const b of [0.5, 0.25, 0.75]) {
      const x = box.x + a * box.w, y = box.y + b * box.h;
      if (!far(x, y)) continue;
      const top = S.canvas.getBoundingClientRect().top + scrollY;
      scrollTo(0, top + y - 500);
      const c = S.canvas.getBoundingClientRect();
      return [c.left + x, c.top + y];
    }
  }
  return null;
})()"""
STANDS = """JSON.stringify([S.clock.t, S.strokes, S.store.version,
  Object.values(S.knobs).map((k) => k.value)])"""
# What a hand has turned stays so for a moment, then it stands as it did at the step that is shown.
RECALLED = "Object.values(S.knobs).every((k) => !(performance.now() - k.turnedAt < 1000))"
TALL = "document.body.style.height = `${document.body.scrollHeight + 1600}px`"


@contextlib.contextmanager
def touched(browser, name, scene, **turned):
    """A scene of a short run on a phone, halted in its middle."""
    house, draw, settings = suited(name, scene, **turned)
    opened = browser.new_context(**PHONE)
    live = LivePage(opened.new_page(), house.stream, settings, draw, asks=False)
    live.until("S.store.rows > 2 && S.clock.t > 0", 180)
    live.running.idle.wait(60)
    live.pump()
    live.get("(S.pause(), S.seek(Math.floor(S.store.last / 2)))")
    live.until("S.askBox.offsetHeight === 0")
    live.sheet.evaluate(TALL)
    frames(live.sheet)
    yield live, Fingers(live.sheet)
    live.running.close()
    opened.close()


def a_finger_drags_and_scrolls(live, fingers):
    """Drags a grip, if there is one, then the picture elsewhere; returns whether there was one."""
    held = live.get(GRIP)
    frames(live.sheet)
    if held is not None:
        held = live.get(GRIP)
        before, scrolled = live.get(STANDS), live.get("scrollY")
        dx, dy = (30 * each for each in held["way"])
        handle = f"S.handles[{held['item']}]"

        def follows(share):
            # Some are where the kernel says that they are now.
            wanted, side = (held["x"] + share * dx, "x") if dx else (held["y"] + share * dy, "y")
            start = f"S.canvas.getBoundingClientRect().{'left' if dx else 'top'}"
            live.until(f"S.grabbed && Math.abs({start} + {handle}.{side} - {wanted}) < 4", 20)

        fingers.drag(held["x"], held["y"], dx, dy, follows)
        assert live.get("scrollY") == scrolled, "the page was scrolled by what was dragged"
        assert live.get("!S.grabbed") and live.get(STANDS) != before
        # A run that was turned plays on when it is answered.
        live.until(RECALLED)
        live.running.idle.wait(60)
        live.pump()
        live.get("(S.pause(), S.seek(1))")
        frames(live.sheet)
    place = live.get(ELSEWHERE)
    frames(live.sheet)
    before, scrolled = live.get(STANDS), live.get("scrollY")
    fingers.drag(*place, 0, -160)
    until(live.sheet, f"scrollY > {scrolled + 50}", 5)
    assert live.get(STANDS) == before, "a finger that scrolls the page turns or halts nothing"
    return held is not None


def test_a_finger_drags_a_grip_scrolls_the_page_elsewhere_taps_and_widens(browser):
    with touched(browser, "curvature", "edge", width=8) as (live, fingers):
        assert a_finger_drags_and_scrolls(live, fingers)
        # Taken beside its grip, the line stays and the page scrolls.
        line = live.get(GRIP)
        before, scrolled = live.get(STANDS), live.get("scrollY")
        fingers.drag(line["x"] - 120, line["y"], 0, -160)
        until(live.sheet, f"scrollY > {scrolled + 50}", 5)
        assert live.get(STANDS) == before
        # A tap means a step.
        live.get("(S.root.scrollIntoView(), S.seek(1))")
        view = "S.views.find((v) => !v.hiddenNow && v.pick?.clock)"
        live.get(
            f"scrollTo(0, S.canvas.getBoundingClientRect().top + scrollY + {view}.box.y - 200)"
        )
        x, y = live.get(
            f"(({{ box }}, c) => [c.left + box.x + 0.5 * box.w, c.top + box.y + 0.9 * box.h])"
            f"({view}, S.canvas.getBoundingClientRect())"
        )
        fingers.tap(x, y)
        assert live.get("S.clock.t") > 1
        assert live.get("visualViewport.scale") == pytest.approx(1)
        fingers.widen(x, y - 40)
        until(live.sheet, "visualViewport.scale > 1.3", 5)
        assert live.get("S.clock.t") > 1 and live.get("!S.grabbed && !S.tap")


@pytest.mark.full
@pytest.mark.parametrize("name, scene", PAIRS, ids=lambda each: str(each))
def test_in_every_scene_a_finger_drags_its_grip_and_scrolls_elsewhere(browser, name, scene):
    with touched(browser, name, scene) as (live, fingers):
        has = bool(live.get("S.handles.filter((h) => !h.view.hiddenNow).length"))
        assert a_finger_drags_and_scrolls(live, fingers) == has

"""Every scene with a run behind it: it plays, is scrubbed, is turned by hand, and by keys alone."""

import json

import pytest
from live_page import HASTE, LEISURE, LivePage
from scripts import listened
from test_every_scene import PAIRS, suited

pytestmark = [pytest.mark.slow, pytest.mark.browser]
# What a hand turns: a handle that stands for knobs, or else the first number of the sentence.
HELD = """(() => {
  const h = S.handles.find((h) => !h.view.hiddenNow && Object.values(h.axes).some((a) => a.knob));
  if (h) {
    const b = S.canvas.getBoundingClientRect();
    return { knobs: Object.values(h.axes).map((a) => a.knob), x: b.left + h.x, y: b.top + h.y,
             along: h.axes.y ? [0, h.y > h.view.box.y + h.view.box.h / 2 ? -1 : 1] : [1, 0],
             label: h.grip.getAttribute("aria-label") };
  }
  const { e, part } = S.numbers.find((n) => n.part.knob && n.e.tabIndex === 0);
  const b = e.getBoundingClientRect();
  return { knobs: [part.knob], x: b.left + b.width / 2, y: b.top + b.height / 2, along: [1, 0],
           label: e.getAttribute("aria-label"), said: true };
})()"""
# The last row of all fields, and what is fixed: the numbers that a steered run has otherwise.
NUMBERS = """Object.fromEntries(Object.entries(S.store.fields).map(([name, f]) =>
  [name, [...(f.time ? f.values.slice(0, S.store.rows * f.size) : f.values)].map(String).join()],
))"""


@pytest.fixture(scope="module", params=PAIRS, ids=lambda each: "-".join(each))
def live(request, browser):
    """A scene of a short run, in a page of its own."""
    sheet = browser.new_page(viewport=dict(width=1400, height=1000))
    sheet.set_default_timeout(10_000)
    complaints = listened(sheet)
    house, draw, settings = suited(*request.param)
    opened = LivePage(sheet, house.stream, settings, draw)
    opened.until("S.store.rows > 2", 180)
    yield opened
    opened.running.close()
    sheet.close()
    assert [each for each in complaints if not each.startswith("blob:")] == []


def values(live, names):
    return live.get(f"{json.dumps(names)}.map((n) => S.knobs[n].value)")


def halfway(live):
    """Halts the run in its middle by a click on the time bar."""
    live.get("S.root.scrollIntoView({ block: 'center' })")
    track = live.sheet.locator(".stage .track").bounding_box()
    share = min(0.5, live.get("S.store.last / S.span()"))
    live.sheet.mouse.click(track["x"] + share * track["width"], track["y"] + 20)
    live.pump()
    return share


def was_steered(live, names, before):
    """The run comes to have the knobs as they stand, and other numbers than before."""
    live.until(f"JSON.stringify({NUMBERS}) !== {json.dumps(before)}")
    for _ in range(500):
        # At a step before the turn a knob stands where it stood then, until the clock goes on.
        trace, wanted = live.running.trace, values(live, names)
        turned = {**trace.settings}
        for _, knobs in trace.turns:
            turned |= knobs
        if [turned[name] for name in names] == pytest.approx(wanted, rel=1e-5):
            return
        live.pump()
        live.sheet.wait_for_timeout(20)
    raise AssertionError(f"{names} stand at {wanted}, and the run has {turned}")


def test_it_plays_asks_once_and_is_scrubbed(live):
    live.until("S.guess?.asking || S.clock.t > 0")
    if live.get("!!S.guess?.asking"):
        asked = "S.askBox.getBoundingClientRect().bottom"
        live.until(f"{asked} > S.askBox.getBoundingClientRect().top + 20")
        assert live.get(f"S.hold.getBoundingClientRect().top - {asked}") >= 0, "it covers the scene"
        live.sheet.locator(".stage .track").focus()
        live.sheet.keyboard.press("Escape")
    live.until("S.clock.t > 0")
    live.get(HASTE)
    live.until("!S.open")
    live.get(LEISURE)
    share = halfway(live)
    t, span, playing = live.get("[S.clock.t, S.span(), S.clock.playing]")
    assert not playing and t == pytest.approx(share * span, abs=1.5)


def test_what_a_hand_holds_is_dragged_its_knobs_follow_and_the_run_is_another(live):
    halfway(live)
    live.sheet.wait_for_timeout(60)
    held = live.get(HELD)
    before, numbers = values(live, held["knobs"]), live.get(f"JSON.stringify({NUMBERS})")
    (x, y), (dx, dy) = (held["x"], held["y"]), held["along"]
    live.sheet.mouse.move(x, y)
    live.sheet.mouse.down()
    seen = []
    for far in (12, 24):
        live.sheet.mouse.move(x + far * dx, y + far * dy)
        live.sheet.wait_for_timeout(40)
        seen.append(values(live, held["knobs"]))
        live.pump()
    assert before != seen[0] != seen[1], "the knob does not follow the finger"
    if not held.get("said"):
        live.until(f"((h) => Math.hypot(h.x - {x + far * dx}, h.y - {y + far * dy}) < 2)({HELD})")
    live.sheet.mouse.up()
    was_steered(live, held["knobs"], numbers)


def test_by_keys_alone_it_is_played_halted_scrubbed_and_turned(live):
    keys, held = live.sheet.keyboard, live.get(HELD)
    live.running.idle.wait(60)  # or what a hand asked for before would still come between
    live.pump()
    live.until("S.store.rows > 2")
    live.get("(S.pause(), S.root.focus())")
    keys.press("Home")
    keys.press("ArrowRight")
    assert live.get("S.clock.t") == 1
    keys.press(" ")
    assert live.get("S.clock.playing")
    keys.press(" ")
    assert not live.get("S.clock.playing")
    focused = "[document.activeElement.getAttribute('aria-label'), document.activeElement.tabIndex]"
    met = []
    while held["label"] not in [label for label, _ in met]:
        keys.press("Tab")
        met.append(live.get(focused))
        assert len(met) < 60, f"{held['label']} is not come to: {met}"
    numbers, before = live.get(f"JSON.stringify({NUMBERS})"), values(live, held["knobs"])
    for _ in range(3):
        keys.press("ArrowUp")
    live.pump()
    assert values(live, held["knobs"]) != before
    was_steered(live, held["knobs"], numbers)
    aimed = "(v) => !v.hiddenNow && (v.drop || v.paint || v.turned)"
    places = live.get(f"S.views.filter({aimed}).length")
    assert live.sheet.locator(".stage .aim:not([hidden])[tabindex='0']").count() >= places


def test_what_is_refused_is_told_beside_what_turns_it_until_it_is_turned_again(live):
    halfway(live)
    held = live.get(HELD)
    name = held["knobs"][0]
    ask = f"{{ knobs: {{ {name}: 1e9 }}, at: 0, phase: 'end', over: !S.knobs.{name}.goes }}"
    live.get(f"S.source.steer({ask}, S)")
    told = "[...S.root.querySelectorAll('[role=alert]')].filter((e) => e.textContent)"
    live.until(f"{told}.length === 1")
    assert f"{name} must be" in live.get(f"{told}[0].textContent")
    assert live.get("S.statusLine.textContent") == ""
    alert, stage = live.get(f"[{told}[0], S.root].map((e) => e.getBoundingClientRect().toJSON())")
    assert alert["height"] > 10 and alert["left"] >= stage["left"]
    assert alert["right"] <= stage["right"] and alert["bottom"] <= stage["bottom"]
    live.get(f"[...S.root.querySelectorAll('[role=slider]')].find((e) =>"
             f" e.getAttribute('aria-label') === {json.dumps(held['label'])}).focus()")  # fmt: skip
    live.sheet.keyboard.press("ArrowDown")
    live.sheet.keyboard.press("ArrowLeft")  # where it is a handle of two knobs
    live.until(f"{told}.length === 0")

"""What a hand does on any stage, on a scene that is quick: it hovers, slides, chooses, touches."""

import pytest
from fingers import Fingers
from live_page import LivePage
from waits import frames

from curvkit import curvature

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ETA = "S.knobs.learning_rate"
RANGE = "S.root.querySelector('.control input[type=range]')"


@pytest.fixture
def live(browser):
    """The throw of notebook 00, in a page that can be touched as well."""
    opened = browser.new_context(viewport=dict(width=1000, height=700), has_touch=True)
    sheet = opened.new_page()
    draw, values = curvature.room.scenes["throw"]
    settings = curvature.Settings.read({**values, "steps": 28, "learning_rate": 0.08})
    page = LivePage(sheet, curvature.stream, settings, draw, asks=False)
    page.until("S.store.rows === 29 && !S.open", 180)
    page.get("(S.pause(), S.seek(20))")
    frames(sheet)
    yield page
    page.running.close()
    opened.close()


def test_a_step_that_is_hovered_over_is_shown_in_all_views_and_in_words(live):
    words = "document.querySelector('.stage p').textContent"
    before = live.get(words)
    live.sheet.mouse.move(*live.place("path", 9, 0))
    frames(live.sheet)
    assert live.get("[S.peek, S.hover.step, S.clock.t]") == [9, 9, 20]
    x = live.get("S.store.fields.x.values[9]")
    assert f"{x:.3f}".replace("-", "−") in live.get(words) != before
    # The ball stands in the other view where it stood at that step, not where the clock is.
    ball = "S.views[0].marks.find((m) => m.mark === 'jumps').c.x.get(S.peek ?? S.clock.t, 0)"
    assert live.get(ball) == pytest.approx(x)
    live.sheet.mouse.move(5, 5)
    frames(live.sheet)
    assert live.get(words) == before and live.get("S.peek") is None


def test_a_slider_is_widened_at_its_ends_and_turns_nothing_by_that(live):
    declared = curvature.room.knobs["learning_rate"]
    ends = live.sheet.locator(".stage .control .end")
    assert ends.all_inner_texts() == ["0.02", "0.12"]
    ends.nth(1).dblclick()
    frames(live.sheet)
    assert live.get(f"[{ETA}.low, {ETA}.high]") == list(declared.ends)
    ends.nth(0).focus()
    live.sheet.keyboard.press("Enter")
    frames(live.sheet)
    assert ends.all_inner_texts() == ["0.02", "0.12"]
    live.pump()
    assert live.steers == [] and live.get(f"{ETA}.value") == pytest.approx(0.08)
    ends.nth(1).dblclick()
    live.get(f"((e) => {{ e.value = 900; e.dispatchEvent(new Event('change')); }})({RANGE})")
    live.pump()
    turned = live.steers[-1]["knobs"]["learning_rate"]
    assert declared.useful is None or turned > 0.12
    frames(live.sheet)
    ends.nth(1).dblclick()
    frames(live.sheet)
    assert live.get(f"{ETA}.high") == declared.ends[1], "what is shown is out of sight"


def test_arrows_on_a_slider_do_not_go_on_to_the_notebook(live):
    live.get("(window.gone = [], document.addEventListener('keydown', (e) => gone.push(e.key)), 1)")
    live.get(f"({RANGE}.focus(), 1)")
    for pressed in ("ArrowLeft", "Home", "x"):
        live.sheet.keyboard.press(pressed)
    live.pump()
    assert live.get("window.gone") == ["x"]
    assert live.steers[-1]["knobs"]["learning_rate"] == pytest.approx(0.02)


def test_a_hand_that_rests_on_a_slider_keeps_what_it_holds(live):
    box = live.sheet.locator(".stage .control input[type=range]").bounding_box()
    y = box["y"] + box["height"] / 2
    place = lambda share: (box["x"] + 8 + share * (box["width"] - 16), y)
    live.get("S.setMode(true)")  # so that no row answers while it is held
    live.sheet.mouse.move(*place(0.77))
    live.sheet.mouse.down()
    live.sheet.mouse.move(*place(0.3), steps=4)
    held = live.get(f"{ETA}.value")
    assert held < 0.06
    live.sheet.wait_for_timeout(1100)
    assert live.get(f"{ETA}.value") == held
    live.sheet.mouse.up()
    live.pump()
    assert live.steers[-1]["knobs"]["learning_rate"] == pytest.approx(held)


def test_a_turned_knob_goes_on_or_starts_over_as_the_switch_says(live):
    switch = live.sheet.locator(".stage .mode").first
    assert switch.inner_text() == "go on"
    live.get(f"((e) => {{ e.value = 300; e.dispatchEvent(new Event('change')); }})({RANGE})")
    live.until("S.steers.length === 1")
    assert not live.steers[-1]["over"]
    at = live.get("S.steers[0]")
    turns = live.running.trace.turns
    assert 21 <= at == turns[0][0] and live.running.trace.settings["learning_rate"] == 0.08
    # Each step shows the rate that it was made with.
    live.get("(S.pause(), S.seek(5))")
    live.until(f"Math.abs({ETA}.value - 0.08) < 1e-6")
    live.get("S.seek(25)")
    live.until(f"Math.abs({ETA}.value - {turns[0][1]['learning_rate']}) < 1e-6")
    switch.click()
    assert switch.inner_text() == "start over"
    live.get(f"((e) => {{ e.value = 500; e.dispatchEvent(new Event('change')); }})({RANGE})")
    live.until("S.steers.length === 0 && !S.open && S.store.rows === 29")
    assert live.steers[-1]["over"] and live.running.trace.turns == []
    assert live.running.trace.settings["learning_rate"] == live.steers[-1]["knobs"]["learning_rate"]


def test_a_run_that_was_seen_to_its_end_is_turned_from_its_start(live):
    live.get("S.seek(28)")
    live.get(f"((e) => {{ e.value = 300; e.dispatchEvent(new Event('change')); }})({RANGE})")
    live.until("S.store.rows === 29 && !S.open && S.steers.length === 1")
    assert [each["at"] for each in live.steers] == live.get("S.steers") == [1]
    ((at, knobs),) = live.running.trace.turns
    assert at == 1 and knobs["learning_rate"] < 0.06
    assert live.get("[S.clock.playing, S.clock.t < 20]") == [True, True], "it is not seen again"


def test_a_finger_scrubs_the_time_and_drags_a_number_and_the_page_stays(live):
    sheet = live.sheet
    sheet.evaluate("document.body.style.height = '3000px'")
    drag = Fingers(sheet).drag
    track = sheet.locator(".stage .track").bounding_box()
    drag(track["x"] + 0.5 * track["width"], track["y"] + 20, -0.4 * track["width"], 60)
    assert live.get("S.clock.t") < 12
    number = sheet.locator(".stage p .turn").first.bounding_box()
    before = live.get(f"{ETA}.value")
    drag(number["x"] + number["width"] / 2, number["y"] + 8, 60, -40)
    live.pump()
    assert live.steers[-1]["knobs"]["learning_rate"] > before * 1.2
    assert sheet.evaluate("scrollY") == 0, "the page was scrolled by what was dragged"
    # Anywhere else a finger scrolls the page.
    title = sheet.locator(".stage h3").bounding_box()
    drag(title["x"] + 60, title["y"] + 200, 0, -150)
    live.sheet.wait_for_timeout(200)
    assert sheet.evaluate("scrollY") > 50

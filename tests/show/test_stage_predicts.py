"""Predictions in a browser: asked, made by mouse and keys, held against the run, passed over."""

import json

import numpy as np
import pytest
from fingers import Fingers
from scripts import listened
from staged import packed
from waits import STILL, frames, until

from curvkit.draw.scene import script
from curvkit.pages import page as pages

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def said(sheet):
    return sheet.locator(".stage .beat").inner_text()


# Where the picture begins, and where the question above it ends, from the top of the stage.
PLACES = """((top) => {
  const box = (name) => stages[0][name].getBoundingClientRect();
  return [box("hold").top - box("root").top, box("askBox").bottom - box("root").top];
})()"""


def asked(told, **changed):
    """The same scene with its question changed."""
    scene = {**told["scene"], "predict": {**told["scene"]["predict"], **changed}}
    return {**told, "scene": scene}


def to_the_end(sheet):
    """Plays the rest of the run."""
    sheet.evaluate("stages[0].clock.t = Math.max(stages[0].clock.t, stages[0].store.last - 2)")
    until(sheet, f"stages[0].played && !stages[0].clock.playing && {STILL.format('stages[0]')}")


def test_a_choice_made_by_keys_is_held_against_what_the_trace_says(opened):
    made, told = packed("curvature", "throw")
    right = made.right()
    choices = [each.say for each in made.predict.choices]
    for chosen in (choices.index(right), (choices.index(right) + 1) % len(choices)):
        sheet, complaints = opened(told, asks=True)
        sheet.wait_for_selector(".stage .answers button")
        assert sheet.evaluate("[stages[0].clock.playing, stages[0].clock.t]") == [False, 0]
        assert sheet.locator(".stage .question").inner_text().startswith(made.predict.ask)
        read = sheet.locator(".stage [aria-live]").inner_text()
        assert f"{chosen + 1}: {choices[chosen]}." in read and "Escape: skip." in read
        for _ in range(20):
            sheet.keyboard.press("Tab")
            if sheet.evaluate("document.activeElement.textContent") == choices[chosen]:
                break
        sheet.keyboard.press("Enter")
        until(sheet, "stages[0].clock.t > 0")
        assert sheet.evaluate("document.activeElement === stages[0].playButton"), (
            "the focus is lost"
        )
        to_the_end(sheet)
        if choices[chosen] == right:
            assert said(sheet) == f"As you predicted: {right}."
        else:
            assert said(sheet) == f"You predicted: {choices[chosen]}. What happened: {right}."
        assert complaints == []
        sheet.close()


@pytest.mark.parametrize("width", [420, 1400])
def test_the_question_covers_nothing_and_makes_room_without_a_jump(opened, width):
    _, told = packed("curvature", "throw")
    sheet, _ = opened(told, asks=True, width=width)
    sheet.wait_for_selector(".stage .answers button")
    picture, question = sheet.evaluate(PLACES)
    title, ends = sheet.evaluate(
        "['h3', '.question'].map((each) => document.querySelector(`.stage ${each}`)"
        ".getBoundingClientRect()).map((box) => box.right)"
    )
    assert question <= picture and ends <= title + 1
    assert sheet.evaluate("stages[0].askBox.scrollWidth <= stages[0].askBox.clientWidth")
    assert said(sheet) == "" and question < 900, "it is below the page"
    sheet.locator(".stage .answers button").first.click()
    tops = [picture]
    until(sheet, "stages[0].clock.t > 0")
    while not sheet.evaluate("stages[0].askBox.offsetHeight === 0"):
        tops.append(sheet.evaluate(PLACES)[0])
    tops.append(sheet.evaluate(PLACES)[0])
    assert tops[-1] < picture - 20 and tops == sorted(tops, reverse=True)
    assert sheet.evaluate("getComputedStyle(stages[0].askBox).transitionDuration") == "0.35s"
    sheet.locator(".stage .ask").click()
    sheet.wait_for_selector(".stage .answers button")
    until(sheet, f"Math.abs({PLACES}[0] - {picture}) < 1")
    sheet.close()


def test_a_curve_drawn_by_mouse_is_held_against_the_rows(opened):
    made, told = packed("curvature", "edge")
    sheet, complaints = opened(told, asks=True)
    sheet.wait_for_selector(".stage .answers button")
    box = sheet.evaluate("stages[0].guess.view.box")
    place = sheet.locator(".stage .hold > canvas").last.bounding_box()
    across, down = place["x"] + box["x"], place["y"] + box["y"]
    last = sheet.evaluate("stages[0].guess.view.x.px(stages[0].store.last)") - box["x"]
    sheet.mouse.move(across + 1, down + 0.5 * box["h"])
    sheet.mouse.down()
    for share in (0.2, 0.5, 0.9):
        sheet.mouse.move(across + share * last, down + (0.6 - 0.3 * share) * box["h"], steps=4)
    sheet.mouse.up()
    assert sheet.evaluate("stages[0].clock.playing"), "when it is drawn the run goes on"
    xs, ys = (np.array(sheet.evaluate(f"stages[0].guess.{name}")) for name in ("xs", "ys"))
    assert len(xs) > 5 and (np.diff(xs) > 0).all()
    step, lam = (np.asarray(made.rows[name], float) for name in ("step", "lam"))
    covered = step <= xs[-1]
    off = np.abs(np.interp(step[covered], xs, ys) - lam[covered]).mean()
    sheet.evaluate("stages[0].guess.told = undefined")
    to_the_end(sheet)
    told_off = float(said(sheet).split("was ")[1].split(" away")[0])
    assert told_off == pytest.approx(off, rel=0.02) and off > 0
    assert complaints == []
    sheet.close()


def test_a_finger_draws_a_curve_and_scrolls_the_page_elsewhere(opened):
    _, told = packed("curvature", "edge")
    sheet, complaints = opened(told, asks=True, width=420, has_touch=True)
    sheet.wait_for_selector(".stage .answers button")
    sheet.evaluate("document.body.style.height = '3000px'")
    fingers, pad = Fingers(sheet), sheet.locator(".stage .pad")
    top = sheet.locator(".stage h3").bounding_box()
    fingers.drag(top["x"] + 40, top["y"] + 420, 0, -160)
    until(sheet, "scrollY > 50 && stages[0].guess.asking")
    pad.scroll_into_view_if_needed()
    box, scrolled = pad.bounding_box(), sheet.evaluate("scrollY")
    assert box["width"] > 200 and box["height"] > 80
    drawn = dict(x=box["x"] + 40, y=box["y"] + 0.8 * box["height"])
    fingers.drag(**drawn, dx=160, dy=-0.6 * box["height"])
    assert sheet.evaluate("stages[0].guess.xs.length") > 3
    assert sheet.evaluate("[scrollY, stages[0].clock.playing]") == [scrolled, True]
    assert not pad.is_visible() and complaints == []
    sheet.close()


def test_a_line_is_tilted_by_keys(opened):
    _, told = packed("curvature", "edge")
    sheet, _ = opened(told, asks=True)
    sheet.wait_for_selector(".stage .answers button")
    sheet.locator(".stage .track").focus()
    for _ in range(4):
        sheet.keyboard.press("ArrowUp")
    first, end = sheet.evaluate("[stages[0].guess.ys[0], stages[0].guess.ys.at(-1)]")
    assert end > first and sheet.evaluate("stages[0].guess.asking")
    sheet.keyboard.press("Enter")
    assert sheet.evaluate("stages[0].clock.playing")
    to_the_end(sheet)
    assert "away from λ" in said(sheet)
    sheet.close()


@pytest.mark.parametrize("by", ["skip", "play", "Escape", "End", "patience"])
def test_it_can_be_passed_over_and_is_not_asked_again(opened, by):
    _, told = packed("curvature", "throw")
    sheet, _ = opened(asked(told, patience=0.5) if by == "patience" else told, asks=True)
    sheet.wait_for_selector(".stage .answers button, .stage .question:empty")
    if by == "skip":
        sheet.locator(".stage .answers .skip").click()
    elif by == "play":
        sheet.locator(".stage .play").click()
    elif by != "patience":
        sheet.locator(".stage .track").focus()
        sheet.keyboard.press(by)
    until(sheet, "stages[0].clock.t > 0")
    to_the_end(sheet) if by != "End" else until(sheet, STILL.format("stages[0]"))
    assert "predicted" not in said(sheet)
    sheet.locator(".stage .play").click()
    until(sheet, "stages[0].clock.t > 1 && stages[0].clock.playing")
    assert sheet.locator(".stage .answers").count() == 0
    sheet.close()


def test_it_is_asked_again_by_who_wants_it_also_where_nothing_moves(opened):
    made, told = packed("curvature", "throw")
    sheet, _ = opened(told, asks=True, reduced_motion="reduce")
    assert sheet.evaluate("[stages[0].clock.t, stages[0].guess]") == [made.count - 1, None]
    sheet.locator(".stage .ask").focus()
    sheet.keyboard.press("Enter")
    until(sheet, "document.activeElement.closest('.answers')")
    assert sheet.evaluate("stages[0].clock.t") == 0
    choices = [each.say for each in made.predict.choices]
    sheet.keyboard.press(str(choices.index(made.right()) + 1))
    until(sheet, f"stages[0].clock.t > 0 && {STILL.format('stages[0]')}")
    assert sheet.evaluate("stages[0].clock.t") == made.count - 1
    assert said(sheet) == f"As you predicted: {made.right()}."
    sheet.close()


def test_a_page_may_be_told_not_to_ask(opened):
    _, told = packed("curvature", "throw")
    sheet, _ = opened(told, asks=False)
    until(sheet, "stages[0].clock.t > 0")
    assert sheet.evaluate("stages[0].guess") is None
    assert sheet.locator(".stage .ask").is_visible()
    sheet.close()


def test_of_a_run_that_is_lost_it_is_told_how_the_prediction_fared(opened):
    made, told = packed("curvature", "throw", learning_rate=0.2)
    assert made.last < made.count - 1 and made.right() == "each jump is wider than the last"
    sheet, complaints = opened(told, asks=True)
    sheet.wait_for_selector(".stage .answers button")
    sheet.keyboard.press("Tab")
    sheet.locator(".stage .answers button", has_text="wider").click()
    to_the_end(sheet)
    assert said(sheet).startswith(
        "As you predicted: each jump is wider than the last. Here the run"
    )
    assert complaints == []
    sheet.close()


# A kernel that is played by the test: what the stage sends is kept, messages are sent to it.
KERNEL = """
globalThis.kernel = { sent: [], heard: {} };
kernel.begin = (told) => {
  const bytes = Uint8Array.from(atob(told.raw), (c) => c.charCodeAt(0)).buffer;
  kernel.say({ kind: "scene", scene: told.scene, header: told.header, ended: false }, bytes);
};
kernel.say = (message, bytes) => kernel.heard["msg:custom"](message, [new DataView(bytes)]);
stageDoor.render({ el: document.querySelector("main"), model: {
  on: (name, act) => (kernel.heard[name] = act),
  off() {}, get: () => 0, save_changes() {}, set() {},
  send: (message) => kernel.sent.push(message),
} });
globalThis.now = () => stages.findLast((each) => each && !each.gone);
"""


def live(made, told):
    """A scene as a kernel sends it."""
    import base64

    from curvkit.draw.scene import pack

    header, raw = pack.packed(made.rows, made.fixed, exact=True)
    return {"scene": told["scene"], "header": header, "raw": base64.b64encode(raw).decode()}


def test_a_run_that_is_turned_is_another_one_and_a_second_one_is_not_asked_of(browser, tmp_path):
    made, told = packed("curvature", "throw")
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    complaints = listened(sheet)
    program = pages.script(f"{{{script.joined(exports=False)}{KERNEL}}}", "n", "module")
    (tmp_path / "live.html").write_text(pages.shell("S", f"<main></main>{program}", "n"))
    sheet.goto((tmp_path / "live.html").as_uri())
    message = json.dumps(live(made, told))
    sheet.evaluate(f"kernel.begin({message})")
    sheet.wait_for_selector(".stage .answers button")
    rows = (
        f"(() => {{ const m = {message};"
        + """
      const bytes = Uint8Array.from(atob(m.raw), (c) => c.charCodeAt(0)).buffer;
      const count = m.header[0].shape[0];
      kernel.say({ kind: "rows", at: 0, count, header: m.header, steered: true, anew: true,
                   ended: true }, bytes); })()"""
    )
    sheet.evaluate(rows)
    frames(sheet)
    assert sheet.evaluate("now().guess.asking"), "turned before the answer: it is asked of this run"
    sheet.locator(".stage .answers button").nth(2).click()
    assert sheet.evaluate("now().guess.chosen") == 2
    sheet.evaluate(rows)
    assert sheet.evaluate("[now().guess.chosen, now().guess.asking]") == [None, False]
    sheet.evaluate(f"kernel.begin({message})")
    until(sheet, "now().clock.t > 0")
    assert sheet.evaluate("now().guess") is None, "another run in the same place asks nothing"
    sheet.locator(".stage .control input").focus()
    sheet.evaluate(f"kernel.begin({message})")
    assert sheet.evaluate("document.activeElement.matches('.control input')"), "the slider is lost"
    assert complaints == []
    sheet.close()

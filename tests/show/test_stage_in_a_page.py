"""Every scene in a page of its own, in a browser: it plays, is scrubbed, and shows its numbers."""

import numpy as np
import pytest
from rooms import ran
from staged import packed
from test_every_scene import every_scene, suited
from waits import STILL, frames, until

from curvkit import curvature
from curvkit.show.stage.live import knob_facts
from curvkit.show.stage.widget import StoredStage

pytestmark = [pytest.mark.slow, pytest.mark.browser]
# How many colours the picture has, and how many of its pixels are not paper.
INK = """() => new Promise((resolve) => {
  const image = new Image();
  image.onload = () => {
    const c = document.createElement("canvas"), g = c.getContext("2d");
    [c.width, c.height] = [image.width, image.height];
    g.drawImage(image, 0, 0);
    const p = g.getImageData(0, 0, c.width, c.height).data, seen = new Set();
    let inked = 0;
    for (let i = 0; i < p.length; i += 4) {
      seen.add((p[i] << 16) | (p[i + 1] << 8) | p[i + 2]);
      if (p[i] !== p[0] || p[i + 1] !== p[1] || p[i + 2] !== p[2]) inked++;
    }
    resolve([seen.size, inked / (p.length / 4)]);
  };
  image.src = stages[0].picture();
})"""


@every_scene
def test_a_scene_plays_is_scrubbed_by_keys_and_says_its_numbers(opened, name, scene):
    made, told = packed(name, scene)
    sheet, complaints = opened(told)
    sheet.wait_for_function("globalThis.stages?.length === 1", timeout=20_000)
    sheet.wait_for_function("stages[0].clock.t > 0", timeout=20_000)
    sheet.locator(".stage .track").focus()
    sheet.keyboard.press("End")
    assert sheet.evaluate("stages[0].clock.t") == sheet.evaluate("stages[0].store.last")
    sheet.keyboard.press("Home")
    sheet.keyboard.press("ArrowRight")
    assert sheet.evaluate("stages[0].clock.t") == min(1, made.count - 1)
    frames(sheet)
    colours, share = sheet.evaluate(INK)
    assert colours > 20 and share > 0.01, "the picture is as good as empty"
    counted = float(np.asarray(made.rows[made.time], float)[min(1, made.count - 1)])
    read = sheet.locator(".stage .track").get_attribute("aria-valuetext")
    assert read == f"{made.clock} {_said(counted)}"
    assert sheet.locator(".stage canvas[role=img]").get_attribute("aria-label").startswith(made.alt)
    words = sheet.locator(".stage p").inner_text()
    assert "NaN" not in words and "undefined" not in words, words
    shown = [made.rows[each.field][min(1, made.count - 1)] for each in made.sentence
             if getattr(each, "field", None) in made.rows]  # fmt: skip
    unknown = sum(not np.all(np.isfinite(np.asarray(each, float))) for each in shown)
    assert words.count("—") == unknown, words  # such as what has not begun
    assert sheet.locator(".stage .status").inner_text() == ""
    assert sheet.locator(".stage .grip").count() == 0, "nothing answers a hand here"
    assert not sheet.evaluate("stages[0].views.some((v) => v.marks.some((m) => m.broken))")
    assert complaints == []
    sheet.close()


def _said(value):
    """A number as the stage says it, to three digits."""
    return f"{float(f'{value:.3g}'):g}".replace("-", "−")


# Which words go beyond the right rim of a picture that is drawn anew, so many pixels wide.
CUT = """(width) => new Promise((resolve) => {
  const own = CanvasRenderingContext2D.prototype, write = own.fillText, cut = new Set();
  own.fillText = function (words, x, y) {
    const { a, e } = this.getTransform(), end = a * (x + this.measureText(words).width) + e;
    if (end > this.canvas.width + 1) cut.add(words);
    write.call(this, words, x, y);
  };
  stages[0].root.style.width = width + "px";
  const seen = () => {
    if (stages[0].width > width) return requestAnimationFrame(seen);
    own.fillText = write;
    resolve([...cut]);
  };
  seen();
})"""
LOOKS = [(420, "light"), (420, "dark"), (1920, "light"), (1920, "dark")]


@pytest.mark.grid
@pytest.mark.parametrize("width, mode", LOOKS)
@every_scene
def test_a_scene_fits_its_place_wide_and_narrow_light_and_dark(opened, name, scene, width, mode):
    _, told = packed(name, scene)
    sheet, complaints = opened(told, width=width, color_scheme=mode)
    sheet.wait_for_function("globalThis.stages?.length === 1", timeout=20_000)
    sheet.keyboard.press("Tab")
    frames(sheet)
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    colours, share = sheet.evaluate(INK)
    assert colours > 20 and share > 0.005
    assert sheet.evaluate("stages[0].palette.mode") == mode
    boxes = sheet.evaluate(
        "stages[0].views.filter((v) => !v.hiddenNow).map((v) => [v.box, v.outer])"
    )
    for box, outer in boxes:
        assert box["w"] >= 60 and box["h"] >= 60, "a view has no room"
        assert outer["x"] <= box["x"] and box["x"] + box["w"] <= outer["x2"] + 1
    if width < 720:  # in a notebook on a phone there is less room than in a page
        assert sheet.evaluate(CUT, 312) == [], "words are cut"
    assert complaints == []
    sheet.close()


def test_a_run_that_is_lost_stops_and_says_so(opened):
    house, draw, settings = suited("curvature", "throw", learning_rate=0.2)
    told = StoredStage(draw(ran(house, settings)), knob_facts(house.stream, settings)).packed()
    sheet, complaints = opened(told)
    sheet.evaluate("stages[0].seek(1e9)")
    until(sheet, STILL.format("stages[0]"))
    lost, last, rows = sheet.evaluate(
        "[stages[0].store.lost, stages[0].store.last, stages[0].store.rows]"
    )
    assert last == lost < rows - 1
    assert "Go back" in sheet.locator(".stage .beat").inner_text()
    ends = sheet.evaluate("stages[0].views.flatMap((v) => [...v.x.domain, ...v.y.domain])")
    assert all(np.isfinite(ends)) and max(map(abs, ends)) < 1e12
    assert complaints == []


def test_with_reduced_motion_it_stands_at_the_end(opened):
    made, told = packed("curvature", "throw")
    sheet, _ = opened(told, reduced_motion="reduce")
    assert sheet.evaluate("[stages[0].clock.playing, stages[0].clock.t]") == [False, made.count - 1]


def test_what_moves_is_drawn_by_itself_and_what_stands_is_not_drawn_again(opened):
    _, told = packed("curvature", "throw")
    sheet, _ = opened(told)
    sheet.evaluate("stages[0].seek(5)")
    until(sheet, STILL.format("stages[0]"))
    before = sheet.evaluate("[stages[0].frames.length, stages[0].redrawn]")
    frames(sheet, 20)
    assert sheet.evaluate("[stages[0].frames.length, stages[0].redrawn]") == before
    sheet.evaluate("stages[0].play()")
    until(sheet, f"stages[0].frames.length > {before[0] + 20}")
    drawn, redrawn = sheet.evaluate("[stages[0].frames.length, stages[0].redrawn]")
    assert redrawn - before[1] < 2 * (drawn - before[0]), "what stands is drawn with each frame"


def test_a_scene_that_cannot_be_shown_is_a_sentence_and_the_others_play(opened):
    _, good = packed("curvature", "throw")
    bad = {**good, "scene": {**good["scene"], "time": "nothing"}}
    torn = {**good, "bytes": "AAAA"}
    sheet, complaints = opened(bad, torn, good)
    assert sheet.evaluate("stages.filter(Boolean).length") == 1
    said = [each.inner_text() for each in sheet.locator(".curvkit-scene").all()][:2]
    assert all("cannot be shown" in each for each in said), said
    assert 'the field "nothing"' in said[0]
    assert "__proto__" not in "".join(complaints)


def test_words_in_a_scene_are_words(opened):
    _, told = packed("curvature", "throw")
    evil = "<img src=x onerror='window.evil = 1'></script><script>window.evil = 1</script>"
    scene = {**told["scene"], "title": evil, "alt": evil, "beats": [{"say": evil}]}
    sheet, _ = opened({**told, "scene": scene})
    # A picture of that address has failed by now, and so would one of the words.
    sheet.evaluate("""new Promise((failed) =>
      Object.assign(new Image(), { onload: failed, onerror: failed, src: "x" }))""")
    assert sheet.evaluate("window.evil") is None
    assert evil in sheet.locator(".stage h3").inner_text()


def test_a_group_is_chosen_by_a_click_or_by_keys_and_held_against_the_rule_s(opened):
    made, told = packed("selection", "picks")
    sheet, complaints = opened(told)
    sheet.evaluate("stages[0].seek(1)")
    left, rule = made.rows["left_after"][1], made.rows["rule_left"][1]
    place = "(k) => { const v = stages[0].views[0]; return [v.x.px(k), v.box.y + v.box.h - 3]; }"
    x, y = sheet.evaluate(place, 2)
    sheet.locator(".stage canvas[role=img]").click(position=dict(x=x, y=y))
    choice = sheet.locator(".stage [role=slider].aim")
    said = lambda k: f"group {k} by hand would leave {_said(left[k])}, the rule leaves "
    assert choice.get_attribute("aria-valuetext") == said(2) + _said(rule)
    assert said(2) in sheet.locator(".stage canvas[role=img]").get_attribute("aria-label")
    drawn = sheet.evaluate("stages[0].views[3].marks.at(-2).c.y.get(1)")
    np.testing.assert_allclose(drawn, left[2], rtol=1e-3)
    choice.focus()
    sheet.keyboard.press("ArrowRight")
    assert choice.get_attribute("aria-valuenow") == "3"
    assert choice.get_attribute("aria-valuetext") == said(3) + _said(rule)
    sheet.keyboard.press("Escape")
    assert choice.get_attribute("aria-valuetext") == "none"
    assert np.isnan(sheet.evaluate("stages[0].views[3].marks.at(-2).c.y.get(1)"))
    sheet.locator(".stage canvas[role=img]").click(position=dict(x=x, y=y))
    sheet.locator(".stage canvas[role=img]").click(position=dict(x=x, y=y))
    assert sheet.evaluate("stages[0].chosen.groups") is None, "a second click gives it up"
    assert sheet.evaluate("stages[0].clock.t") == 1
    assert complaints == []


# A stage of the same scene beside the first one, with a source that only listens.
ANSWERED = """() => {
  const [first] = stages, heard = (globalThis.heard = []);
  const place = document.querySelector("main").appendChild(document.createElement("div"));
  const fields = Object.fromEntries(Object.entries(first.store.fields).map(([name, f]) =>
    [name, { ...f, shape: f.time ? [first.store.rows, ...f.shape.slice(1)] : f.shape }]));
  const listen = (kind) => (message) => heard.push({ kind, ...message });
  const source = { live: true, steer: listen("steer"), edit: listen("edit"), drop: listen("drop") };
  stages.push(new first.constructor(place, first.scene, fields, source));
  stages[1].pause();
  stages[1].root.scrollIntoView();
}"""
ANSWERS = f"stages[1]?.visible && {STILL.format('stages[1]')}"
HANDLE = "(k) => { const h = stages[1].handles[k]; return [h.x, h.y]; }"


@pytest.mark.parametrize("method, activation", [
    ("dks", "softplus"), pytest.param("tat", "softplus", marks=pytest.mark.full),
    ("tat", "leaky_relu"),
])  # fmt: skip
def test_the_target_is_a_handle_in_the_map_of_cosines(opened, method, activation):
    house, draw, settings = suited("kernels", "circle", method=method, activation=activation)
    made = draw(ran(house, settings))
    sheet, complaints = opened(StoredStage(made, knob_facts(house.stream, settings)).packed())
    assert sheet.evaluate("stages[0].handles.length") == 0, "nothing answers it in a page"
    sheet.evaluate(ANSWERED)
    until(sheet, ANSWERS)
    target = made.controls[1]
    value = "stages[1].knobs[stages[1].scene.controls[1]].value"
    before = sheet.evaluate(value)
    assert before == getattr(settings, target)
    box = sheet.locator(".stage").nth(1).locator("canvas[role=img]").bounding_box()
    x, y = sheet.evaluate(HANDLE, 0)
    sheet.mouse.move(box["x"] + x, box["y"] + y)
    sheet.mouse.down()
    sheet.mouse.move(box["x"] + x, box["y"] + y + 9, steps=3)
    sheet.mouse.up()
    until(sheet, "heard.at(-1)?.phase === 'end'")
    frames(sheet)
    dragged = sheet.evaluate(value)
    assert dragged > before if target == "zeta" else dragged < before
    heard = sheet.evaluate("heard")
    assert heard[-1]["kind"] == "steer" and heard[-1]["over"] and heard[-1]["phase"] == "end"
    assert heard[-1]["knobs"] == {target: dragged}
    moved = sheet.evaluate(HANDLE, 0)
    assert moved[0] == pytest.approx(x) and moved[1] == pytest.approx(y + 9, abs=1.5)
    sheet.locator(".stage .grip").focus()
    sheet.keyboard.press("ArrowUp")
    turned = sheet.evaluate(value)
    assert turned < dragged if target == "zeta" else turned > dragged
    assert (
        sheet.locator(".stage .grip")
        .get_attribute("aria-label")
        .endswith({"zeta": "slope ζ at 1", "tau": "curvature τ at 1"}.get(target, "go, η"))
    )
    assert complaints == []


def test_points_and_slopes_are_dragged_or_moved_by_keys_and_taken_back(opened):
    _, told = packed("sobolev", "surfaces")
    sheet, complaints = opened(told)
    assert sheet.evaluate("stages[0].handles.length") == 0, "nothing answers them in a page"
    sheet.evaluate(ANSWERED)
    until(sheet, ANSWERS)
    box = sheet.locator(".stage").nth(1).locator("canvas[role=img]").bounding_box()
    of = "(name) => [...stages[1].store.fields[name].values]"
    # In the surface ends of slopes, then points; the same seen from above.
    before, count = sheet.evaluate(of, "point_x"), sheet.evaluate("stages[1].handles.length") // 4
    x, y = sheet.evaluate(HANDLE, 3 * count + 3)
    sheet.mouse.move(box["x"] + x, box["y"] + y)
    sheet.mouse.down()
    sheet.mouse.move(box["x"] + x + 14, box["y"] + y + 5, steps=3)
    sheet.mouse.up()
    heard = sheet.evaluate("heard")
    assert [each["kind"] for each in heard] == ["edit"] * len(heard)
    assert heard[-1]["phase"] == "end" and heard[-1]["field"] in ("points", "tips")
    item, field = heard[-1]["item"], heard[-1]["field"]
    shown = sheet.evaluate(of, {"points": "point_x", "tips": "tip_x"}[field])
    assert shown[item] == pytest.approx(heard[-1]["x"], rel=1e-5)
    grips = sheet.locator(".stage .grip")
    assert [grips.nth(k).get_attribute("tabindex") for k in (0, 1, 3 * count, 3 * count + 1)] == [
        "0", "-1", "0", "-1",
    ]  # fmt: skip
    grips.nth(3 * count).focus()
    sheet.keyboard.press("PageDown")
    sheet.keyboard.press("ArrowLeft")
    last = sheet.evaluate("heard").pop()
    assert (last["field"], last["item"], last["phase"]) == ("points", 1, "end")
    assert sheet.evaluate(of, "point_x")[1] == pytest.approx(before[1] - 0.02 * 2, abs=0.02)
    frames(sheet)
    label = grips.nth(3 * count + 1).get_attribute("aria-label")
    assert label == f"point 2 of {count}, Page Down for the next"
    told = grips.nth(3 * count + 1).get_attribute("aria-valuetext")
    assert told.startswith(_said(last["x"])[:4])
    assert complaints == []


def test_in_the_turned_surface_a_point_goes_across_and_its_value_up(opened):
    _, told = packed("sobolev", "surfaces")
    sheet, complaints = opened(told)
    sheet.evaluate(ANSWERED)
    until(sheet, ANSWERS)
    box = sheet.locator(".stage").nth(1).locator("canvas[role=img]").bounding_box()
    count = sheet.evaluate("stages[1].handles.length") // 4
    value = "(k) => ['point_x', 'targets'].map((n) => stages[1].store.fields[n].values[k])"
    seen = []
    for dx, dy, field in ((24, 3, "points"), (2, -18, "values")):
        x, y = sheet.evaluate(HANDLE, count + 3)
        # Where many lie near one another the nearest is taken.
        sheet.mouse.move(box["x"] + x, box["y"] + y)
        sheet.mouse.down()
        sheet.mouse.move(box["x"] + x + dx, box["y"] + y + dy, steps=4)
        sheet.mouse.up()
        last = sheet.evaluate("heard").pop()
        assert (last["kind"], last["field"], last["phase"]) == ("edit", field, "end")
        frames(sheet)
        item = last["item"]
        there = sheet.evaluate(HANDLE, count + item)
        moved = (dx, 0) if field == "points" else (0, dy)
        assert there == pytest.approx([x + moved[0], y + moved[1]], abs=3)
        seen.append(sheet.evaluate(value, item))
        key, at = ("x", 0) if field == "points" else ("y", 1)
        assert seen[-1][at] == pytest.approx(last[key], rel=1e-5)
    sheet.evaluate("stages[1].handles[0].grip.focus()")
    sheet.keyboard.press("ArrowUp")
    last = sheet.evaluate("heard").pop()
    assert last["field"] == "tips" and last.keys() >= {"x", "y"}
    turned = sheet.evaluate("stages[1].views[0].turned.azimuth")
    view = sheet.evaluate("stages[1].views[0].box")
    sheet.mouse.move(box["x"] + view["x"] + 6, box["y"] + view["y"] + view["h"] - 6)
    sheet.mouse.down()
    sheet.mouse.move(box["x"] + view["x"] + 40, box["y"] + view["y"] + view["h"] - 6)
    sheet.mouse.up()
    assert sheet.evaluate("stages[1].views[0].turned.azimuth") != turned
    assert complaints == []


def test_a_hand_is_answered_by_continuations_that_were_computed_beforehand(opened, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    stage = curvature.stage("edge", data="quadratic", steps=40, every=1)
    stage.offer(12, learning_rate=[0.02, 0.05])
    sheet, complaints = opened(stage.packed())
    sheet.evaluate("stages[0].pause()")
    read = "[...stages[0].store.fields.x.values.slice(0, stages[0].store.rows)]"
    own = sheet.evaluate(read)
    assert sheet.evaluate(
        "stages[0].handles.flatMap((h) => Object.values(h.axes).map((a) => a.knob))"
    ) == ["learning_rate"]
    assert sheet.locator(".stage .controls .control").count() <= 1
    for value in (0.05, 0.02):
        sheet.evaluate(f"stages[0].turnAll({{ learning_rate: {value} }}, 'end')")
        assert sheet.evaluate("stages[0].knobs.learning_rate.value") == value
        by_hand = curvature.run(stage.trace.settings, turns=[(12, {"learning_rate": value})])
        np.testing.assert_allclose(sheet.evaluate(read), by_hand.distance, rtol=1e-4, atol=1e-4)
    sheet.evaluate(
        f"stages[0].turnAll({{ learning_rate: {stage.trace.settings['learning_rate']} }}, 'end')"
    )
    assert sheet.evaluate(read) == own
    assert complaints == []

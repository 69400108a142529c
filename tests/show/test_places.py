"""What is placed by hand in a scene: by a click, a drag and by keys, with a run that answers."""

import pytest
from live_page import HASTE, LEISURE, LivePage
from scripts import listened
from waits import frames

from curvkit import curvature, distillation, verification
from curvkit.distillation import grid
from curvkit.kernels import ways
from curvkit.minima import basin
from curvkit.show.still import PNG

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def sheet(browser):
    made = browser.new_page(viewport=dict(width=1400, height=900))
    yield made
    made.close()


@pytest.fixture(scope="module")
def region(sheet):
    """The verification room's scene at the end of a short run."""
    complaints = listened(sheet)
    scene = verification.room.scenes["region"][0]
    live = LivePage(
        sheet, verification.stream, verification.Settings.read(steps=3), scene, asks=False
    )
    live.until("S.store.rows === 4 && !S.open", 180)
    live.until("S.clock.t >= 3 && !S.clock.playing")
    yield live
    live.running.close()
    assert [each for each in complaints if not each.startswith("blob:")] == []


def box(live):
    return live.get(
        "['box_left', 'box_right', 'box_low', 'box_high'].map((n) => S.store.fields[n].values[0])"
    )


def test_a_click_puts_the_box_there_and_a_pendulum_swings_from_its_middle(region):
    assert region.get("S.views[0].drop.say") == "let a pendulum go"
    region.sheet.mouse.click(*region.place("plane", 1.5, 2.0))
    region.until("Math.abs(S.store.fields.box_left.values[0] - 1.2) < 0.05")
    assert box(region) == pytest.approx([1.2, 1.8, 1.7, 2.3], abs=0.05)
    assert region.steers[-1]["knobs"].keys() == {"box_angle", "box_speed"}
    at, first = region.get("[S.swing.at, S.store.fields.swing.values[0]]")
    assert at < 1 and first == pytest.approx(1.5, abs=0.05)
    region.until(f"S.swing.at > {at}")  # it swings


def test_the_run_stays_as_it_is_while_the_box_is_dragged(region):
    x, y = region.place("plane", *region.get("[S.knobs.box_angle.value, S.knobs.box_speed.value]"))
    region.sheet.mouse.move(x, y)
    region.sheet.mouse.down()
    for share in (0.3, 0.6, 1.0):
        region.sheet.mouse.move(x - 60 * share, y + 40 * share)
        region.pump()
    middle = region.get("[S.knobs.box_angle.value, S.knobs.box_speed.value]")
    region.sheet.mouse.up()
    left = middle[0] - 0.3
    region.until(f"Math.abs(S.store.fields.box_left.values[0] - {left}) < 0.01")
    assert all(abs(now - then) > 0.1 for now, then in zip(middle, (1.5, 2.0), strict=True))
    assert region.get("[S.store.rows, S.clock.t, S.clock.playing, S.steers.length]") == [
        4, 3, False, 0,
    ]  # fmt: skip
    bound, attack, gap = region.get(
        "['bound', 'attack', 'gap'].map((n) => S.store.fields['box_' + n].values[0])"
    )
    assert bound >= attack and gap == pytest.approx(bound - attack, abs=1e-5)
    assert f"{bound:.3f}".replace("-", "−") in region.sheet.locator(".stage p").inner_text()


def test_its_rim_is_dragged_and_by_keys_it_moves_and_shrinks(region):
    place = region.get("[S.knobs.box_angle.value, S.knobs.box_speed.value]")
    region.sheet.mouse.move(*region.place("plane", place[0] + 0.3, place[1]))
    region.sheet.mouse.down()
    region.sheet.mouse.move(*region.place("plane", place[0] + 0.6, place[1]))
    region.sheet.mouse.up()
    region.until("Math.abs(S.knobs.box_size.value - 0.6) < 0.05")
    region.until("S.store.fields.box_right.values[0] - S.store.fields.box_left.values[0] > 1.1")
    before = region.get("[S.knobs.box_size.value, S.knobs.box_angle.value]")
    region.sheet.locator(".stage .grip").focus()
    region.sheet.keyboard.press("-")
    region.sheet.keyboard.press("ArrowLeft")
    size, angle = region.get("[S.knobs.box_size.value, S.knobs.box_angle.value]")
    assert size == pytest.approx(before[0] / 1.1, rel=1e-3) and angle < before[1]
    region.until(f"Math.abs(S.store.fields.box_left.values[0] - {angle - size}) < 0.02")
    assert "plus and minus" in region.sheet.locator(".stage .grip").get_attribute("aria-label")


def test_by_keys_a_place_is_aimed_at_and_taken(region):
    aim = region.sheet.locator(".stage .aim")
    assert "let a pendulum go" in aim.get_attribute("aria-label")
    aim.focus()
    for _ in range(5):
        region.sheet.keyboard.press("ArrowUp")
    region.sheet.keyboard.press("Enter")
    region.until("Math.abs(S.knobs.box_angle.value) < 0.05 && S.knobs.box_speed.value > 0.1")
    middle = "S.store.fields.box_left.values[0] + S.knobs.box_size.value"
    region.until(f"Math.abs({middle} - S.knobs.box_angle.value) < 0.02")
    said = "(document.querySelector('.stage [aria-live]').textContent)"
    region.until(f"{said}.includes(S.store.fields.box_bound.values[0].toFixed(3))")


def test_what_is_refused_is_a_sentence_and_the_box_stays(region):
    before = box(region)
    region.get("S.source.steer({knobs: {box_size: 99}, at: 0, phase: 'end', over: false}, S)")
    region.until("document.querySelector('.stage').innerText.includes('box_size must be')")
    assert box(region) == before


def test_a_knob_that_has_a_handle_alone_is_refused_beside_it(region):
    region.get("S.source.steer({knobs: {box_angle: 99}, at: 0, phase: 'end', over: false}, S)")
    told = "S.hold.querySelector('[role=alert].beside')"
    region.until(f"{told}.textContent.includes('box_angle must be')")
    x, y = region.get("[S.handles[0].x, S.handles[0].y]")
    left, top, wide, high = region.get(
        f"((e) => [e.offsetLeft, e.offsetTop, e.offsetWidth, e.offsetHeight])({told})"
    )
    assert left - 20 <= x <= left + wide + 20 and min(abs(top - y), abs(top + high - y)) < 40
    assert region.get("S.statusLine.textContent") == ""
    region.sheet.locator(".stage .grip").focus()
    region.sheet.keyboard.press("ArrowLeft")
    region.until(f"{told}.textContent === ''")


def test_a_pendulum_halts_with_the_stage(region):
    region.get("S.play()")
    region.get("S.pause()")
    frames(region.sheet)
    halted = region.get("S.swing.at")
    frames(region.sheet, 12)
    assert region.get("S.swing.at") == halted


def test_a_run_that_follows_the_hand_is_seen_at_the_step_that_is_shown(browser):
    sheet = browser.new_page(viewport=dict(width=1400, height=900))
    draw, values = ways.room.scenes["edge"]
    live = LivePage(sheet, ways.stream, ways.Settings.read(values), draw, asks=False)
    live.until("S.store.rows === 26 && !S.open", 180)
    live.get("S.seek(20)")
    frames(sheet)
    before = live.get("[...S.store.fields.followed.values.slice(60, 63)]")
    x, y = live.place("plane", *live.get("[S.knobs.gain.value, S.knobs.bias.value]"))
    sheet.mouse.move(x, y)
    sheet.mouse.down()
    for far in 20 * (20, 40, 60):
        sheet.mouse.move(x + far, y - far)
        frames(sheet)
        live.pump()
        live.until("S.clock.t === 20 && S.store.rows >= 21 && S.steers.length === 0")
        if far == 60 and len(live.steers) >= 2:
            break
    steered = len(live.steers)
    assert steered >= 2 and live.steers[-1]["shown"] == 20, "it waits until the hand lets go"
    live.until(f"Math.abs(S.store.fields.followed.values[62] - {before[2]}) > 0.01")
    sheet.mouse.up()
    live.until("S.store.rows === 26 && !S.open")
    gain, bias = live.get("[S.knobs.gain.value, S.knobs.bias.value]")
    assert live.get("[S.clock.t, S.clock.playing]") == [20, False]
    live.until("S.source && !S.raf")
    assert live.running.idle.wait(60)
    given = live.running.trace.settings
    assert (given["gain"], given["bias"]) == pytest.approx((gain, bias), rel=1e-5)
    sheet.locator(".stage .tries button").first.click()
    live.until("S.clock.playing && S.clock.t < 15 && S.knobs.gain.value === 1.32")
    live.running.close()
    sheet.close()


def test_a_click_drops_a_marble_and_all_fall_again(browser):
    pytest.importorskip("flint")
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    draw, values = basin.room.scenes["marbles"]
    live = LivePage(
        sheet, basin.stream, basin.Settings.read({**values, "steps": 240}), draw, asks=False
    )
    live.until("S.store.rows > 2", 180)
    live.get(HASTE)
    live.until("S.store.rows > 25 && S.clock.t > 22", 180)
    live.get(LEISURE)
    before = live.get("S.store.fields.along.values.slice(0, 500)")
    along, across = live.get("[S.views[0].x.domain[1] * 0.5, S.views[0].y.domain[1] * -0.25]")
    sheet.mouse.click(*live.place("plane", along, across))
    live.until(f"Math.abs(S.store.fields.own_along.values[0] - {along}) < 0.05")
    assert live.get("S.store.fields.own_across.values[0]") == pytest.approx(across, abs=0.05)
    assert live.get("S.clock.t") < 20 and live.get("S.clock.playing")
    live.get(HASTE)
    live.until("!S.open && S.store.rows === 31 && S.clock.t >= 30")
    assert live.get("S.store.fields.along.values.slice(0, 500)") == before
    assert live.steers[-1]["over"] and len(live.steers) == 1
    live.running.close()
    sheet.close()


def test_a_point_of_the_data_is_dragged_and_the_certificate_renewed_or_withdrawn(browser):
    pytest.importorskip("flint")
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    draw, values = basin.room.scenes["marbles"]
    live = LivePage(
        sheet, basin.stream, basin.Settings.read({**values, "steps": 80}), draw, asks=False
    )
    live.until("S.store.rows === 11 && !S.open", 180)
    level, marble = live.get("[S.store.fields.level.values[0], S.store.fields.loss.values[0]]")
    for stroke, x, failed in ((1, -0.4, 0), (2, 0.6, 1)):
        here = live.get("['datum_x', 'datum_y'].map((n) => S.store.fields[n].values[4])")
        sheet.mouse.move(*live.place("data", *here))
        sheet.mouse.down()
        sheet.mouse.move(*live.place("data", x, here[1]), steps=3)
        sheet.mouse.up()
        live.until(f"S.strokes === {stroke} && S.store.rows > 2", 120)
        assert live.get("S.store.fields.failed.values[0]") == failed
        assert live.running.trace.proved == (not failed)
        assert live.get("S.store.fields.datum_x.values[4]") == pytest.approx(x, abs=0.1)
    live.until("S.beatBox.innerText.includes('no critical point is shown')")
    assert live.get("S.store.fields.level.values[0]") != level
    assert live.get("S.store.fields.loss.values[0]") != marble
    sheet.get_by_role("button", name="undo all", exact=True).click()
    live.until("S.strokes === 0 && S.store.fields.failed.values[0] === 0")
    assert live.get("S.store.fields.level.values[0]") == level
    live.running.close()
    sheet.close()


def test_walls_are_painted_by_a_drag_and_by_keys_and_taken_back(browser):
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    draw = grid.room.scenes["worlds"][0]
    live = LivePage(sheet, grid.stream, grid.Settings.read(steps=60), draw, asks=False)
    live.until("S.store.rows > 2 && !S.undoButtons.some((b) => !b.hidden)", 180)
    held = sheet.locator(".stage .tries button[aria-pressed=true]")
    assert held.all_inner_texts() == ["a teacher that never errs"], "what is so already"
    walls = "[...S.store.fields.walls.values]"
    declared, level = live.get(f"[{walls}, S.store.fields.level.values[0]]")
    places = [live.place("world", 3, row) for row in (2, 3, 4)]
    sheet.mouse.move(*places[0])
    sheet.mouse.down()
    for place in places[1:]:
        sheet.mouse.move(*place, steps=4)
    painted = [3 + 11 * row for row in (2, 3, 4)]
    filled = 1 - declared[painted[0]]
    expected = [filled if k in painted else each for k, each in enumerate(declared)]
    assert live.get(walls) == expected, "nothing is seen while the hand draws"
    sheet.mouse.up()
    live.until("S.strokes === 1 && S.store.rows > 2", 120)
    assert live.get(walls) == expected and live.running.trace.kinds[painted[0]] == filled
    assert live.get("S.store.fields.level.values[0]") != level, "the teacher is the same"
    aim = sheet.locator(".stage .aim")
    assert "draw walls" in aim.get_attribute("aria-label")
    aim.focus()
    sheet.keyboard.press("Enter")  # the middle, where episodes begin
    live.until("S.root.innerText.includes('No goal can be come to')")
    assert live.get(walls) == expected and live.get("S.strokes") == 1
    sheet.get_by_role("button", name="undo", exact=True).click()
    live.until("S.strokes === 0 && S.undoButtons.every((b) => b.hidden)")
    assert live.get(walls) == declared
    assert live.get("S.store.fields.level.values[0]") == pytest.approx(level, rel=1e-5)
    live.running.close()
    sheet.close()


def test_without_a_run_that_answers_nothing_is_offered(browser):
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    draw, values = basin.room.scenes["marbles"]
    live = LivePage(
        sheet, basin.stream, basin.Settings.read({**values, "steps": 80}), draw, asks=False
    )
    live.until("S.store.rows > 5", 180)
    live.running.close()
    kept = "S.constructor(document.querySelector('main'), S.scene, S.store.fields, null)"
    drop, aims = live.get(
        f"((T) => [T.views[0].drop, T.views.filter((v) => v.aim).length])(new {kept})"
    )
    assert drop is None and aims == 0
    sheet.close()


def test_many_choices_are_a_list_that_begins_another_run(browser):
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    draw, values = distillation.room.scenes["portrait"]
    settings = distillation.Settings.read({**values, "steps": 40})
    live = LivePage(sheet, distillation.stream, settings, draw, asks=False)
    live.until("S.store.rows > 2", 180)
    offered = sheet.locator(".stage .control select")
    assert offered.input_value() == settings.variant
    assert offered.locator("option").count() == len(distillation.room.knobs["variant"].choices)
    offered.select_option("reward_alone")
    for _ in range(600):  # another variant compiles
        live.pump()
        if live.running.trace.settings["variant"] == "reward_alone":
            break
        sheet.wait_for_timeout(100)
    assert live.running.trace.settings["variant"] == "reward_alone"
    assert live.steers[-1]["knobs"] == {"variant": "reward_alone"} and live.steers[-1]["over"]
    live.until("S.knobs.variant.value === 'reward_alone' && S.store.rows > 2", 120)
    assert sheet.locator(".stage .control select").last.input_value() == "reward_alone"
    live.running.close()
    sheet.close()


def test_a_stage_that_still_asks_has_left_a_picture_in_the_notebook(browser):
    sheet = browser.new_page(viewport=dict(width=1000, height=900))
    draw, values = curvature.room.scenes["throw"]
    live = LivePage(sheet, curvature.stream, curvature.Settings.read({**values, "steps": 20}), draw)
    sheet.evaluate("window.wanted = { wanted: 1 }")
    live.until("S.guess?.asking && window.given?.still", 180)
    assert sheet.evaluate("window.given.still.url").startswith(PNG)
    live.running.close()

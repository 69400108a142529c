"""Pages that train, in a browser and opened from a file: the numbers of JAX, steered and cut."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rooms import ROOMS, room
from waits import until

from curvkit.browser.scenes import without_edits
from curvkit.report import trained
from curvkit.show.stage.live import knob_facts

pytestmark = [pytest.mark.slow, pytest.mark.browser]
SCENES = [(name, scene) for name in ROOMS for scene in room(name).package.room.scenes]
QUICK = [("tuners.model", "balance"), ("curvature", "throw")]
# Where moves are drawn by lot, rounding makes another move of one that falls between two: of the
# millions in a run some do, of those before so many rows hardly any.
BY_LOT = {"distillation.grid": 6}
SKIP = "(() => { const S = stages.at(-1); S.asks = false; S.askButton && S.seek(0); return 0; })()"


def house(name, scene):
    made = room(name).package.room
    draw, suited = made.scenes[scene]
    return made, draw, made.read(dict(suited))


def rows_of(sheet, count):
    """The first rows of each field over time, as the page has them."""
    return sheet.evaluate(
        """(count) => Object.fromEntries(Object.entries(stages.at(-1).store.fields)
          .filter(([, f]) => f.time).map(([name, f]) => [name,
            [...f.values.slice(0, count * f.size)].map((v) => Number.isFinite(v) ? v : null)]))""",
        count,
    )


def poured(sheet, count):
    """Plays at four times its pace until there are so many rows, or all."""
    sheet.evaluate(SKIP)
    sheet.evaluate("stages.at(-1).clock.speed = 4")
    sheet.evaluate("stages.at(-1).play()")
    until(sheet, f"stages.at(-1).store.rows >= {count} || !stages.at(-1).open")


def steady(made, draw, settings, count, edits=()):
    """How many of the first rows rounding leaves alone: half of those up to where a run parts from
    one that begins off by the last bit.
    """
    course = made.stream.course(settings, edits=edits)
    course.advance(count)
    stream, trace = made.stream, course.trace
    begun = stream.edited(settings, stream.started(settings, jax.random.key(0)), edits)
    nudged = jax.tree.map(
        lambda x: jnp.nextafter(x, jnp.full_like(x, np.inf)) if x.dtype == np.float32 else x, begun
    )
    chunk = stream.advanced(settings, nudged, min(count, stream.capacity))
    made_, rows = (
        int(chunk.count),
        {k: np.asarray(v)[: int(chunk.count)] for k, v in chunk.rows.items()},
    )
    last = {k: np.asarray(v) for k, v in chunk.last.items()}
    other = draw.rows(stream.trace(header=trace.header, **rows, **last))
    for name, values in draw.rows(trace).items():
        ours, theirs = (np.abs(np.asarray(x, float)[:made_]) for x in (other[name], values))
        size = np.nanmax(np.where(np.isfinite(theirs), theirs, 0), initial=0) or 1.0
        far = np.nan_to_num(np.abs(ours - theirs)).reshape(made_, -1).max(1) > 1e-4 * size
        made_ = min(made_, int(np.argmax(far))) if far.any() else made_
    return max(1, (made_ + 1) // 2)


def agree(sheet, wanted, count, near=2e-3):
    """The page's rows are those of JAX, where a number is one."""
    got = rows_of(sheet, count)
    assert set(got) == set(wanted)
    if "ground" in got and np.dot(got["x"], np.asarray(wanted["x"])[:count]) < 0:
        # Its valley is seen from the other side, where the eigenvector points the other way.
        got["start"], got["end"] = (-np.array(got[each]) for each in ("end", "start"))
    for name, values in wanted.items():
        theirs = np.asarray(values, np.float32)[:count].astype(float)
        ours = np.array(got[name], float).reshape(theirs.shape)
        finite = np.isfinite(theirs)
        assert (np.isfinite(ours) == finite).all(), name
        size = np.abs(theirs[finite]).max(initial=0) or 1.0
        apart = np.abs(np.where(finite, ours - theirs, 0))
        # An eigenvector points either way, and what lies along it is mirrored.
        other = np.abs(np.where(finite, np.abs(ours) - np.abs(theirs), 0))
        flat = np.abs(np.where(finite, np.flip(ours, -1) - theirs, 0)) if ours.ndim > 1 else other
        assert min(each.max(initial=0) for each in (apart, other, flat)) <= near * size, name


@pytest.mark.parametrize(
    "name, scene",
    [each if each in QUICK else pytest.param(*each, marks=pytest.mark.full) for each in SCENES],
)
def test_a_page_trains_with_the_numbers_of_jax(lessons, opened, name, scene):
    made, draw, settings = house(name, scene)
    path = lessons(made, scene)
    assert path.stat().st_size <= 400_000
    sheet, asked, said = opened(path)
    count = min(24, made.stream.length(settings))
    poured(sheet, count)
    count = min(count, sheet.evaluate("stages.at(-1).store.rows"))
    count = min(steady(made, draw, settings, count), BY_LOT.get(name, count))
    course = made.stream.course(settings)
    course.advance(count)
    agree(sheet, draw.rows(course.trace), count)
    assert [each for each in asked if not each.startswith(("blob:", "file:", "data:"))] == []
    assert len([each for each in asked if each.startswith("file:")]) == 1 and not said
    assert sheet.evaluate("stages.at(-1).source.live") is True


def test_a_knob_that_is_turned_steers_the_run_and_going_back_is_exact(lessons, opened):
    made, draw, settings = house("tuners.model", "balance")
    sheet, _, _ = opened(lessons(made, "balance"))
    poured(sheet, 90)
    sheet.evaluate("stages[0].seek(41)")
    sheet.evaluate("stages[0].turnAll({ sigma: 1.0 }, 'end')")
    until(sheet, "stages[0].steers.length === 1")
    at = sheet.evaluate("stages[0].steers[0]")
    assert 41 <= at <= 44
    told = sheet.locator(".stage .status").inner_text()
    assert re.fullmatch(r"\d+\.\d MB of readings and states", told), told
    # Each step shows the value that it was made with.
    sheet.evaluate("(stages[0].pause(), stages[0].seek(20))")
    until(sheet, "Math.abs(stages[0].knobs.sigma.value - 1.9) < 1e-6")
    sheet.evaluate(f"stages[0].seek({at})")
    until(sheet, "Math.abs(stages[0].knobs.sigma.value - 1) < 1e-6")
    poured(sheet, at + 30)
    course = made.stream.course(settings)
    course.advance(at)
    course.turn(at, sigma=1.0)
    course.advance(30)
    agree(sheet, draw.rows(course.trace), at + 30)
    # Back to before that turn: the numbers from there on are those of the first settings again.
    before = rows_of(sheet, at)
    sheet.evaluate("stages[0].seek(20)")
    sheet.evaluate("stages[0].turnAll({ sigma: 1.9 }, 'end')")
    until(sheet, "stages[0].steers.length === 1 && stages[0].steers[0] < 30")
    poured(sheet, at)
    assert rows_of(sheet, at) == before, "going back is not exact"


def test_another_choice_is_another_program_and_one_that_is_not_there_is_grey(
    lessons, opened, tmp_path
):
    made, draw, _ = house("tuners.model", "balance")
    sheet, _, _ = opened(lessons(made, "balance"))
    poured(sheet, 5)
    sheet.get_by_role("button", name="constant", exact=True).click()
    until(sheet, "'learning_rate' in stages.at(-1).knobs")
    poured(sheet, 24)
    settings = made.read(dict(made.scenes["balance"][1]), rule="constant")
    course = made.stream.course(settings)
    course.advance(24)
    agree(sheet, draw.rows(course.trace), 24)
    alone = tmp_path / "alone.html"
    trained.lesson(made, "balance", {}, alone, most=1)
    sheet, _, _ = opened(alone)
    button = sheet.get_by_role("button", name="constant", exact=True)
    assert button.is_disabled() and button.get_attribute("title") == "needs a notebook"


def test_a_link_holds_the_knobs(lessons, opened):
    made, _, settings = house("tuners.model", "balance")
    path = lessons(made, "balance")
    sheet, _, _ = opened(path, "#sigma=1.25&rule=nonsense&steps=7&other=<b>")
    assert sheet.evaluate("stages[0].knobs.sigma.value") == 1.25
    assert sheet.evaluate("stages[0].knobs.rule.value") == settings.rule
    poured(sheet, 60)
    sheet.evaluate("stages[0].seek(30)")
    sheet.evaluate("stages[0].turnAll({ sigma: 1.5 }, 'end')")
    until(sheet, "location.hash.includes('turns=')")
    link, at = sheet.evaluate("location.hash"), sheet.evaluate("stages[0].steers[0]")
    assert f"&turns=sigma*{at}*1.5" in link and "sigma=1.25&" in link
    # It is the same run that the link makes.
    other, _, _ = opened(path, link)
    for each in (sheet, other):
        poured(each, 80)
    assert rows_of(other, 80) == rows_of(sheet, 80)


def test_a_link_whose_turns_cannot_be_made_says_so(lessons, opened):
    made, _, _ = house("tuners.model", "balance")
    sheet, _, _ = opened(lessons(made, "balance"), "#turns=sigma*30*99")
    said = sheet.locator(".stage .status.bad").inner_text()
    why = "sigma goes from 0.5 to 2.5, and not to 99"
    assert said == f"The turns that the link holds are left out: {why}."


@pytest.mark.parametrize("sandbox", ["", 'sandbox="allow-scripts"'])
def test_in_a_frame_a_page_trains_and_tells_how_high_it_is(lessons, browser, tmp_path, sandbox):
    made, _, _ = house("tuners.model", "balance")
    address = lessons(made, "balance").as_uri()
    course = tmp_path / "course.html"
    course.write_text(
        f'<title>c</title><iframe {sandbox} src="{address}" style="width: 90%"></iframe><script>'
        'addEventListener("message", ({ data }) => { document.querySelector("iframe").style.height'
        " = `${data.height}px`; });</script>"
    )
    sheet, said = browser.new_page(viewport={"width": 420, "height": 900}), []
    sheet.on("pageerror", lambda error: said.append(str(error)))
    sheet.on("console", lambda message: said.append(message.text))
    sheet.goto(course.as_uri())
    frame = sheet.frames[1]
    until(frame, "globalThis.stages?.length > 0 && stages[0].source.live")
    frame.evaluate(SKIP)
    frame.evaluate("stages[0].play()")
    until(frame, "stages[0].store.rows > 40")
    frame.evaluate("stages[0].turnAll({ sigma: 1.5 }, 'end')")
    until(frame, "stages[0].steers.length === 1 && location.hash.endsWith('*1.5')")
    # Nothing in it has to be scrolled to.
    until(frame, "document.documentElement.scrollHeight <= innerHeight && innerHeight > 600")
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth") and not said
    sheet.close()


@pytest.mark.full
def test_a_point_is_edited_by_hand_and_the_networks_learn_anew(lessons, opened):
    made, draw, settings = house("sobolev", "surfaces")
    sheet, _, _ = opened(lessons(made, "surfaces"))
    poured(sheet, 3)
    for x in (0.25, 0.5):  # the second goes on from the first
        edit = f"{{ field: 'points', item: 3, x: {x} }}"
        sheet.evaluate(f"stages[0].edit({edit}, 'end')")
        until(sheet, f"Math.abs(stages[0].store.fields.point_x.values[3] - {x}) < 1e-5")
    poured(sheet, 5)
    edits = [("points", 3, {"x": 0.5})]
    count = steady(made, draw, settings, 5, edits)
    course = made.stream.course(settings, edits=edits)
    course.advance(count)
    agree(sheet, draw.rows(course.trace), count)
    sheet.evaluate("stages[0].edit({ field: 'points', item: 3, x: NaN }, 'end')")
    beside = "[...stages[0].root.querySelectorAll('.refused')].map((each) => each.textContent)"
    until(sheet, f"{beside}.some((each) => each.includes('cannot be edited'))")


@pytest.mark.full
def test_walls_are_painted_in_a_page_and_a_closed_way_is_refused(lessons, opened):
    made, draw, settings = house("distillation.grid", "worlds")
    sheet, _, _ = opened(lessons(made, "worlds"))
    poured(sheet, 3)
    paint = lambda *cells: sheet.evaluate(
        f"stages[0].source.paint({{ field: 'walls', cells: {[*cells]}, value: 1 }})"
    )
    until(sheet, "stages[0].store.fields.walls.values[61] === 0")
    paint(61)
    until(sheet, "stages[0].strokes === 1 && stages[0].store.fields.walls.values[61] === 1")
    paint(59, 71, 49)
    until(sheet, "stages[0].statusLine.textContent.startsWith('No goal can be come to')")
    paint(121)
    until(sheet, "stages[0].statusLine.textContent.includes('cannot be edited')")
    poured(sheet, 5)  # what was refused has changed nothing
    edits = [("walls", 61, {"value": 1})]
    count = steady(made, draw, settings, 5, edits)
    course = made.stream.course(settings, edits=edits)
    course.advance(count)
    agree(sheet, draw.rows(course.trace), count)
    fixed = draw.fixed(course.trace)
    for name in ("walls", "top", "level"):
        got = sheet.evaluate(f"[...stages[0].store.fields.{name}.values]")
        np.testing.assert_allclose(got, np.ravel(fixed[name]), rtol=1e-3, atol=1e-3)
    sheet.evaluate("stages[0].source.undo({ all: true })")
    until(sheet, "stages[0].strokes === 0 && stages[0].store.fields.walls.values[61] === 0")


def test_what_a_page_cannot_edit_by_hand_is_no_handle_and_is_said():
    made, draw, settings = house("minima.basin", "marbles")
    course = made.stream.course(settings)
    course.advance(1)
    told = draw(course.trace).as_dict(knob_facts(made.stream, settings))
    drags = lambda told: [each["drag"] for view in told["views"] for each in view["marks"]
                          if "each" in each.get("drag", {})]  # fmt: skip
    assert drags(told)
    page = without_edits(told)
    assert not drags(page) and "needs a notebook" in page["elsewhere"]


@pytest.mark.parametrize("forbidden", ["WebAssembly", "workers"])
def test_where_nothing_can_run_what_was_run_before_is_shown_and_said(
    lessons, opened, tmp_path, forbidden
):
    made, _, _ = house("tuners.model", "balance")
    text = lessons(made, "balance").read_text(encoding="utf-8")
    rule = " 'wasm-unsafe-eval'" if forbidden == "WebAssembly" else "worker-src blob:"
    assert rule in text
    shut = tmp_path / "shut.html"
    other = "" if forbidden == "WebAssembly" else "worker-src 'none'"
    shut.write_text(text.replace(rule, other), encoding="utf-8")
    sheet, _, _ = opened(shut)
    words = sheet.locator(".stage-kept").inner_text()
    assert re.fullmatch(
        r"This page cannot train here \(.+\); a run made beforehand is shown\.", words
    )
    assert sheet.evaluate("stages[0].source") is None
    assert sheet.evaluate("stages[0].store.rows") > 50

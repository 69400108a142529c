"""The run behind a stage: what a page is told, and what it may ask for."""

import dataclasses
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float, Int

from curvkit import curvature
from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.core.stream import Stream
from curvkit.core.trace import Record, series
from curvkit.draw import scene as sc
from curvkit.draw.scene.pack import MIME
from curvkit.show.stage import stroke
from curvkit.show.stage.live import Running, knob_facts
from curvkit.show.stage.widget import Stage, StoredStage

TOLD = dict(sentence="How much there is.", source="2026")


class Settings(BaseSettings):
    """A line that grows."""

    slope: float = knob(default=1.0, low=-9.0, high=9.0, symbol="s", **TOLD)
    start: float = knob(default=0.0, low=-9.0, high=9.0, **TOLD)
    steps: int = knob(default=500, low=1, high=100000, **TOLD)
    shape: str = choice(default="line", choices=("line", "curve"), **TOLD)


class Trace(Record):
    """What a line recorded."""

    step: Int[np.ndarray, " reading"] = series("Steps.")
    value: Float[np.ndarray, " reading"] = series("The value.")

    def merits(self):
        return {"final": float(self.value[-1])}


def reading(settings, state):
    step, value = state
    grown = value + (settings.slope if settings.shape == "line" else settings.slope * step)
    return (step + 1, grown), {"step": step, "value": value}


LINE = Stream(
    "line", trace=Trace, capacity=64, length=lambda s: s.steps, steers=("slope",),
    begin=lambda s, key: (jnp.zeros((), int), jnp.zeros(()) + s.start), reading=reading,
    finished=lambda s, state: state[0] >= s.steps,
)  # fmt: skip
PLAN = sc.Arrangement(columns=(1,), rows=(1,), areas=("line",))


def line(trace):
    view = sc.View(
        id="line", title="A line", x=sc.Axis(domain=(0, 100)), y=sc.Axis(domain=(0, 100)),
        marks=(sc.Line(x="step", y="value"), sc.Rule(y="newest")),
    )  # fmt: skip
    newest = trace.value[-1:] if trace.readings else np.zeros(1)
    return sc.Scene(
        title="A line", alt="A line that grows", time="step", views=(view,),
        rows={"step": trace.step, "value": trace.value}, fixed={"newest": newest},
        layout=sc.Layout(wide=PLAN, narrow=PLAN), knobs={"slope": sc.Turn(), "start": sc.Turn()},
    )  # fmt: skip


class Page:
    """A page that only listens: what it was told, and the rows as it would hold them."""

    def __init__(self, stream=LINE, settings=None, draw=line):
        self.told, self.fields, self.rows = [], {}, 0
        self.came = threading.Condition()
        self.running = Running(stream, settings or Settings(), draw, self.take)

    def take(self, message, buffers):
        json.dumps(message)
        with self.came:
            self.told.append(message)
            if message["kind"] in ("rows", "scene"):
                at = message.get("at", 0)
                for entry in message["header"]:
                    size = int(np.prod(entry["shape"], dtype=int))
                    new = np.frombuffer(buffers[0], np.float32, size, entry["offset"])
                    new = new.reshape(entry["shape"])
                    if entry["time"]:
                        old = self.fields.get(entry["name"], new[:0])[:at]
                        new = np.concatenate([old, new])
                        self.rows = len(new)
                    self.fields[entry["name"]] = new
            self.came.notify_all()

    def say(self, **message):
        self.running.heard(message)

    def wait(self, until, seconds=60):
        with self.came:
            assert self.came.wait_for(lambda: until(self), seconds), self.told[-3:]

    def kinds(self):
        return [each["kind"] for each in self.told]


@pytest.fixture
def page():
    opened = Page()
    opened.say(kind="ready", **{"from": "me"})
    opened.wait(lambda p: "scene" in p.kinds())
    yield opened
    opened.running.close()


def test_a_page_is_told_the_scene_and_then_as_much_as_it_sees(page):
    assert page.running.idle.wait(60)
    first = page.rows
    assert 30 <= first <= 60, "some readings ahead, and no more"
    page.say(kind="seen", at=100, rate=60.0)
    page.wait(lambda p: p.rows >= 130)
    np.testing.assert_array_equal(page.fields["value"], np.arange(page.rows))
    page.say(kind="seen", at=480, rate=60.0)
    page.wait(lambda p: p.told[-1].get("ended"))
    assert page.rows == 500
    np.testing.assert_array_equal(page.fields["newest"], [499])


def test_a_page_that_comes_later_is_told_all(page):
    assert page.running.idle.wait(60)
    page.say(kind="ready", **{"from": "other"})
    message = page.told[-1]
    assert message["kind"] == "scene" and message["to"] == "other"
    assert page.rows == page.running.trace.readings


def test_a_turned_knob_goes_on_from_where_one_is(page):
    assert page.running.idle.wait(60)
    page.say(kind="steer", knobs={"slope": -2.0}, at=20, over=False)
    page.wait(lambda p: any(each.get("steered") for each in p.told))
    steered = next(each for each in page.told if each.get("steered"))
    assert steered["at"] == 20 and 1 <= steered["count"] <= 3
    page.wait(lambda p: p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:26], [*range(21), 18, 16, 14, 12, 10])
    assert page.running.trace.turns == [(20, {"slope": -2.0})]
    again = LINE.run(Settings(), turns=page.running.trace.turns)
    np.testing.assert_array_equal(again.value[: page.rows], page.fields["value"])


def test_a_knob_of_the_beginning_begins_anew(page):
    assert page.running.idle.wait(60)
    page.say(kind="steer", knobs={"start": 5.0}, at=0, over=True)
    page.wait(lambda p: any(each.get("anew") for each in p.told))
    page.wait(lambda p: p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:4], [5, 6, 7, 8])


def moved(settings, state, field, item, values):
    """Another first value."""
    if field != "start" or item:
        raise ValueError(f"There is no {field} {item} to move.")
    return state[0], state[1] + values["y"]


EDITED = Stream(
    "edited", trace=Trace, capacity=64, length=lambda s: s.steps, steers=("slope",), edit=moved,
    begin=lambda s, key: (jnp.zeros((), int), jnp.zeros(()) + s.start), reading=reading,
    finished=lambda s, state: state[0] >= s.steps,
)  # fmt: skip


def test_data_edited_by_hand_begin_a_run_anew_that_can_be_made_again():
    page = Page(EDITED)
    page.say(kind="ready", **{"from": "me"})
    page.wait(lambda p: p.rows >= 30)
    page.say(kind="edit", field="start", item=0, y=2.0, phase="move")
    assert page.running.idle.wait(60)
    assert page.fields["value"][0] == 0, "it waits until the hand lets go"
    page.say(kind="edit", field="start", item=0, y=7.0, phase="end")
    page.wait(lambda p: any(each.get("anew") for each in p.told) and p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:3], [7, 8, 9])
    page.say(kind="steer", knobs={"slope": 0.0}, at=2, over=False)
    page.wait(lambda p: p.rows >= 5 and p.fields["value"][4] == 9)
    trace = page.running.trace
    assert trace.header["edits"] == [["start", 0, {"y": 7.0}]]
    again = EDITED.course(Settings(), edits=trace.header["edits"])
    again.advance(2)
    np.testing.assert_array_equal(again.trace.value, [7, 8])
    page.running.close()


class Warm(Trace):
    """A line whose first value can be edited."""

    EDITED: ClassVar[dict[str, str]] = {"start": "value"}


def test_an_edit_is_compiled_once_a_program_while_nothing_else_is_wanted():
    edits = []

    def noted(settings, state, field, item, values):
        edits.append((field, item))
        return moved(settings, state, field, item, {"y": 0.0, **values})

    stream = Stream(
        "warm", trace=Warm, capacity=64, length=lambda s: s.steps, steers=("slope",), edit=noted,
        begin=lambda s, key: (jnp.zeros((), int), jnp.zeros(()) + s.start), reading=reading,
        finished=lambda s, state: state[0] >= s.steps,
    )  # fmt: skip
    page = Page(stream)
    page.wait(lambda p: p.rows >= 30)
    end = time.monotonic() + 60
    while edits != [("start", 0)]:
        assert time.monotonic() < end, "nothing was compiled"
        time.sleep(0.01)
    np.testing.assert_array_equal(page.fields["value"][:3], [0, 1, 2])
    page.say(kind="edit", field="start", item=0, y=7.0, phase="end")
    page.wait(lambda p: any(each.get("anew") for each in p.told) and p.rows >= 30)
    assert page.running.idle.wait(60) and edits == [("start", 0)] * 2
    page.running.close()


def filled(settings, state, field, item, values):
    """The first value grows by ten to the item where that cell is filled."""
    if item > 3:
        raise ValueError(f"There is no cell {item}.")
    return state[0], state[1] + 10.0**item * values["value"]


CELLS = Stream(
    "cells", trace=Trace, capacity=64, length=lambda s: s.steps, steers=("slope",), edit=filled,
    sound=(lambda settings, state: state[1] < 1000, "There are too many."),
    begin=lambda s, key: (jnp.zeros((), int), jnp.zeros(()) + s.start), reading=reading,
    finished=lambda s, state: state[0] >= s.steps,
)  # fmt: skip


def test_cells_are_painted_and_taken_back_stroke_by_stroke():
    page = Page(CELLS)
    page.wait(lambda p: p.rows >= 30)

    def does(expected, strokes, **message):
        page.say(**message)
        page.wait(lambda p: p.fields["value"][0] == expected and p.rows >= 3)
        told = next(each for each in reversed(page.told) if each.get("anew"))
        assert told["strokes"] == strokes

    paint = dict(kind="paint", field="cells")
    does(11, 1, **paint, cells=[0, 1], value=1)
    does(111, 2, **paint, cells=[2], value=1)
    does(110, 3, **paint, cells=[0], value=0)
    page.say(**paint, cells=[3], value=1)
    page.wait(lambda p: "refused" in p.kinds())
    refused = [each["words"] for each in page.told if each["kind"] == "refused"]
    assert refused == ["There are too many."]
    does(111, 2, kind="undo")
    page.say(kind="ready", **{"from": "late"})
    assert page.told[-1]["to"] == "late" and page.told[-1]["strokes"] == 2
    trace = page.running.trace
    assert trace.edits == [("cells", cell, {"value": 1}) for cell in (0, 1, 2)]
    again = CELLS.run(Settings(steps=9), edits=trace.edits)
    np.testing.assert_array_equal(again.value, np.arange(111, 120))
    does(0, 0, kind="undo", all=True)
    assert page.running.trace.edits == []
    page.running.close()


@pytest.mark.parametrize(
    "message, said",
    [
        (dict(kind="paint", cells=[0, 4], value=1), "There is no cell 4."),
        (dict(kind="paint", cells=[], value=1), "cells must be a list of 1 to 4096 cells"),
        (dict(kind="paint", cells=3, value=1), "cells must be a list of 1 to 4096 cells"),
        (dict(kind="paint", cells=[1.5], value=1), "a cell must be a whole number"),
        (dict(kind="paint", cells=[0], value=2), "value must be 1 (filled) or 0 (emptied)"),
        (dict(kind="paint", cells=[0]), "value must be 1 (filled) or 0 (emptied)"),
        (dict(kind="undo"), "Nothing was edited by hand"),
    ],
)
def test_a_stroke_that_is_refused_is_told_and_loses_nothing(message, said):
    page = Page(CELLS)
    page.wait(lambda p: p.rows >= 30)
    page.say(field="cells", **message)
    page.wait(lambda p: "refused" in p.kinds())
    assert said in next(each["words"] for each in page.told if each["kind"] == "refused")
    assert page.running.trace.edits == [] and page.fields["value"][0] == 0
    page.running.close()


@pytest.mark.parametrize(
    "stream, edit, said",
    [
        (EDITED, dict(field="start", item=1, y=1.0), "There is no start 1 to move."),
        (EDITED, dict(field="start", item=-1, y=1.0), "the item must be a whole number"),
        (EDITED, dict(field="start", item=0, y="up"), "y must be "),
        (EDITED, dict(field="start", item=0, y=float("nan")), "y must be "),
        (LINE, dict(field="start", item=0, y=1.0), "of line cannot be edited by hand."),
    ],
)
def test_an_edit_that_is_refused_is_told_and_loses_nothing(stream, edit, said):
    page = Page(stream)
    page.wait(lambda p: p.rows >= 30)
    page.say(kind="edit", phase="end", **edit)
    page.wait(lambda p: "refused" in p.kinds())
    assert said in next(each["words"] for each in page.told if each["kind"] == "refused")
    page.say(kind="steer", knobs={"slope": 3.0}, at=10, over=False)
    page.wait(lambda p: p.rows >= 13 and p.fields["value"][12] == 16)
    assert "edits" not in page.running.trace.header
    page.running.close()


def test_the_newest_edit_of_an_item_comes_last():
    """A point that is moved is told anew what was edited of it before, and can be edited again."""
    strokes = ()
    edits = [("tips", {"x": 1.0}), ("points", {"y": 2.0}), ("tips", {"y": 3.0})]
    for field, values in edits:
        strokes = stroke.after(strokes, {"kind": "edit", "field": field, "item": 4, **values})
    assert stroke.listed(strokes) == [
        ("points", 4, {"y": 2.0}), ("tips", 4, {"x": 1.0, "y": 3.0}),
    ]  # fmt: skip


def test_another_run_begins_without_edits():
    page = Page(EDITED)
    page.wait(lambda p: p.rows >= 30)
    page.say(kind="edit", field="start", item=0, y=7.0, phase="end")
    page.wait(lambda p: p.fields["value"][0] == 7)
    page.say(kind="steer", knobs={"start": 1.0}, at=0, over=True)
    page.wait(lambda p: p.fields["value"][0] == 1)
    assert "edits" not in page.running.trace.header
    page.running.close()


def test_what_was_turned_on_the_way_stays_where_a_run_begins_anew(page):
    assert page.running.idle.wait(60)
    page.say(kind="steer", knobs={"slope": -2.0}, at=20, over=False)
    page.wait(lambda p: p.rows >= 30 and p.fields["value"][25] == 10)
    page.say(kind="steer", knobs={"start": 5.0}, at=0, over=True)
    page.wait(lambda p: any(each.get("anew") for each in p.told))
    page.wait(lambda p: p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:4], [5, 3, 1, -1])


def test_two_knobs_are_turned_by_one_drop_and_both_or_none_is_taken(page):
    assert page.running.idle.wait(60)
    page.say(kind="steer", knobs={"start": 3.0, "slope": 2.0}, at=0, over=True)
    page.wait(lambda p: any(each.get("anew") for each in p.told))
    page.wait(lambda p: p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:4], [3, 5, 7, 9])
    page.say(kind="steer", knobs={"start": 4.0, "slope": 99.0}, at=0, over=True)
    page.wait(lambda p: p.told[-1]["kind"] == "refused")
    assert page.told[-1]["words"].startswith("slope must be")
    assert page.running.trace.value[0] == 3


def test_a_static_knob_shows_another_scene(page):
    assert page.running.idle.wait(60)
    shown = page.kinds().count("scene")
    page.say(kind="steer", knobs={"shape": "curve"}, at=0, over=True)
    page.wait(lambda p: p.kinds().count("scene") == shown + 1)
    page.wait(lambda p: p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:5], [0, 0, 1, 3, 6])
    assert {"kind": "words", "words": "compiling…"} in page.told


def test_a_scene_whose_words_are_of_a_knob_is_shown_anew_with_it():
    titled = lambda trace: dataclasses.replace(line(trace), title=f"From {trace.settings['start']}")
    page = Page(draw=titled)
    page.wait(lambda p: p.rows >= 30)
    shown = page.kinds().count("scene")
    page.say(kind="steer", knobs={"start": 5.0}, at=0, over=True)
    page.wait(lambda p: p.kinds().count("scene") == shown + 1)
    scenes = [each["scene"] for each in page.told if each["kind"] == "scene"]
    assert [each["title"] for each in scenes] == ["From 0.0", "From 5.0"]
    assert scenes[1]["knobs"]["start"]["value"] == 5.0
    page.wait(lambda p: p.rows >= 30)
    np.testing.assert_array_equal(page.fields["value"][:4], [5, 6, 7, 8])
    page.running.close()


def test_what_is_refused_is_told_beside_its_knob_and_loses_nothing(page):
    assert page.running.idle.wait(60)
    for knobs, over in (({"slope": 99.0}, False), ({"start": 99.0}, True), ({"start": 1.0}, False)):
        before = page.kinds().count("refused")
        page.say(kind="steer", knobs=knobs, at=10, over=over)
        page.wait(lambda p, n=before: p.kinds().count("refused") == n + 1)
        refused = page.told[-1]
        assert refused["knob"] == next(iter(knobs)) and refused["words"].endswith((".", "?"))
    page.say(kind="seen", at=100, rate=60.0)
    page.wait(lambda p: p.rows >= 120)
    np.testing.assert_array_equal(page.fields["value"], np.arange(page.rows))


def test_of_many_turns_of_one_knob_that_wait_the_newest_counts(page):
    assert page.running.idle.wait(60)
    for slope in np.linspace(2, 8, 40):
        page.say(kind="steer", knobs={"slope": float(slope)}, at=10, over=False)
    page.wait(lambda p: p.rows > 12 and p.fields["value"][12] == 10 + 2 * 8)
    assert page.running.trace.turns == [(10, {"slope": 8.0})]


def test_a_scene_that_fails_is_a_sentence():
    def broken(trace):
        raise ZeroDivisionError("no scene")

    page = Page(draw=broken)
    page.wait(lambda p: p.told and p.told[-1].get("bad"))
    assert "no scene" in page.told[-1]["words"]
    page.say(kind="ready", **{"from": "late"})
    assert page.told[-1]["to"] == "late" and "no scene" in page.told[-1]["words"]


def test_two_stages_run_beside_one_another():
    pages = [Page(settings=Settings(slope=slope)) for slope in (1.0, 2.0)]
    for page, slope in zip(pages, (1.0, 2.0), strict=True):
        page.wait(lambda p: p.rows >= 30)
        np.testing.assert_array_equal(page.fields["value"][:9], slope * np.arange(9))
        page.running.close()


def test_a_closed_stage_computes_no_more():
    page = Page()
    page.wait(lambda p: p.rows >= 1)
    page.running.close()
    time.sleep(0.2)
    rows = page.rows
    page.say(kind="seen", at=400, rate=600.0)
    time.sleep(0.3)
    assert page.rows == rows


def test_the_widget_steers_from_code():
    stage = Stage(LINE, Settings(), line)
    stage.wait()
    stage.turn(at=10, slope=3.0)
    stage.wait()
    assert stage.trace.turns == [(10, {"slope": 3.0})]
    stage.turn(start=4.0)
    for _ in range(200):
        if stage.trace.value[0] == 4.0:
            break
        time.sleep(0.05)
    assert stage.trace.value[0] == 4.0 and stage.trace.turns == []
    stage.close()


def test_an_executed_notebook_keeps_the_scene_whole():
    trace = LINE.run(Settings(steps=40))
    kept = StoredStage(line(trace), knob_facts(LINE, Settings()))
    bundle = kept._repr_mimebundle_()
    packed = json.loads(json.dumps(bundle[MIME]))
    assert packed["scene"]["title"] == "A line" and "its page plays it" in bundle["text/plain"]
    knobs = packed["scene"]["knobs"]
    assert knobs["slope"]["label"] == "slope *s*" and knobs["slope"]["goes"] is True
    assert knobs["start"]["goes"] is False and knobs["start"]["ends"] == [-9.0, 9.0]
    assert {each["name"] for each in packed["header"]} == {"step", "value", "newest"}


def test_a_room_s_stage_is_kept_where_nobody_watches(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    kept = curvature.stage(data="quadratic", steps=20)
    assert isinstance(kept, StoredStage) and kept.scene.count == 21
    with pytest.raises(ValueError, match="There is no scene 'nothing'"):
        curvature.stage("nothing")
    with pytest.raises(ValueError, match="learning_rate must be"):
        curvature.stage(learning_rate=-1)


def test_what_is_turned_from_code_where_nobody_watches_is_the_run_that_was_turned(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    short = dict(data="quadratic", steps=20, every=1)
    stage = curvature.stage(**short)
    assert isinstance(stage, StoredStage)
    assert stage.packed()["origin"]["settings"]["steps"] == 20
    whole = stage.trace
    stage.turn(at=7, learning_rate=0.02)
    stage.turn(at=12, learning_rate=0.05)
    turns = [(7, {"learning_rate": 0.02}), (12, {"learning_rate": 0.05})]
    by_hand = curvature.run(whole.settings, turns=turns)
    assert stage.wait() is stage.trace and stage.trace.turns == turns
    np.testing.assert_array_equal(stage.trace.distance, by_hand.distance)
    np.testing.assert_array_equal(stage.scene.rows["x"], by_hand.distance)
    assert "origin" not in stage.packed(), "a page would make another run in its place"
    stage.turn(at=0, learning_rate=0.04)
    again = curvature.run(whole.settings, learning_rate=0.04)
    assert stage.trace.turns == []
    np.testing.assert_array_equal(stage.trace.distance, again.distance)
    with pytest.raises(ValueError, match="learning_rate must be"):
        stage.turn(at=3, learning_rate=-1)
    np.testing.assert_array_equal(stage.trace.distance, again.distance)
    assert not np.array_equal(whole.distance, again.distance)
    stage.close()
    with pytest.raises(ValueError, match="no run that can be turned"):
        StoredStage(stage.scene, {}).turn(learning_rate=0.1)


def test_continuations_offered_to_a_page_are_the_runs_that_go_on_so(monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    stage = curvature.stage(data="quadratic", steps=20, every=1)
    stage.offer(7, learning_rate=[0.02, 0.05])
    packed = stage.packed()
    assert [each["knobs"] for each in packed["branches"]] == [
        {"learning_rate": 0.02}, {"learning_rate": 0.05}]  # fmt: skip
    knob = packed["scene"]["knobs"]["learning_rate"]
    assert knob["stops"] == sorted({0.02, 0.05, knob["value"]})
    for wrong, words in (
        (dict(at=0, learning_rate=[0.1]), "at must be a reading after the first"),
        (dict(at=7, learning_rate=[-1]), "learning_rate must be"),
        (dict(at=7, seed=[1]), "knobs that a run goes on with"),
        (dict(at=7), "got none"),
    ):
        with pytest.raises(ValueError, match=words):
            stage.offer(**wrong)
    assert len(stage.packed()["branches"]) == 2
    stage.turn(at=7, learning_rate=0.02)
    assert "branches" not in stage.packed(), "they went on from another run"
    with pytest.raises(ValueError, match="no run that can go on"):
        StoredStage(stage.scene, {}).offer(3, learning_rate=[0.1])


LEAVES = """
import sys
sys.path.insert(0, sys.argv[1])
from test_stage import Page, Settings
page = Page(settings=Settings(steps=100000))
page.wait(lambda p: p.rows > 0)
page.say(kind="seen", at=90000, rate=60.0)
page.wait(lambda p: p.rows > 600)
"""


def test_a_program_that_ends_while_a_stage_computes_ends_well():
    command = [sys.executable, "-c", LEAVES, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]

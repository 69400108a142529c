"""Each reading of a run is computed once in a process, whoever asks for it: a stage, a panel or a
call of `run`; what is shared can be changed by nobody.
"""

import threading
import time
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from curvkit.core import finished, shared
from curvkit.core.course import Course, paced
from curvkit.show.live import Live
from curvkit.show.stage.live import Running
from curvkit.tuners import model

DRAW = model.room.scenes["balance"][0]


@pytest.fixture
def slowly(monkeypatch):
    """Many short calls of the program."""
    monkeypatch.setattr(model.stream, "capacity", 16)


@pytest.fixture
def computed(monkeypatch):
    """How many readings the program computed, by how many there are of the settings."""
    counted, turn, advanced = {}, threading.Lock(), type(model.stream).advanced

    def counting(self, settings, state, count):
        chunk = advanced(self, settings, state, count)
        with turn:
            there = self.length(settings)
            counted[there] = counted.get(there, 0) + int(chunk.count)
        return chunk

    monkeypatch.setattr(type(model.stream), "advanced", counting)
    monkeypatch.setattr(model.stream, "runs", shared.RunRegistry())
    return counted


def long(readings):
    """Settings of a run of so many readings."""
    return model.Settings(steps=readings - 1)


def unshared(settings, **options):
    """The same run, made by itself."""
    return model.stream.run(settings, **options)


def same(trace, other):
    """Holds two traces of one run together, number for number."""
    for name in trace.__series__:
        np.testing.assert_array_equal(getattr(trace, name), getattr(other, name), err_msg=name)
    for name in ("settings", "key", "seed"):
        assert trace.header[name] == other.header[name]
    assert trace.turns == other.turns


class Panel:
    """The run behind a panel."""

    def __init__(self, settings, shown=lambda trace: None):
        self.trace, self.said, self._shown = None, [], shown
        self.live = Live(model.stream, self.take, lambda *words: self.said.append(words))
        self.live.start(settings)

    def take(self, trace):
        self._shown(trace)
        self.trace = trace


class Page:
    """The run behind a stage, watched to its end at once or, with `seen` 0, from its beginning."""

    def __init__(self, settings, seen=10**6, draw=DRAW):
        self.told, self.seen, self.opened = [], seen, threading.Event()
        self.running = Running(model.stream, settings, draw, self.take)
        self.opened.set()

    def take(self, message, buffers):
        self.told.append((message, buffers))
        if message["kind"] == "scene":
            self.opened.wait(20)
            self.running.heard({"kind": "seen", "at": self.seen, "rate": 60.0})

    def wait(self, until, seconds=20):
        end = time.monotonic() + seconds
        while not (self.running.trace is not None and until(self.running.trace)):
            assert time.monotonic() < end, self.told[-2:]
            time.sleep(0.005)
        return self.running.trace


def test_a_panel_and_a_run_of_the_same_settings_share_one(computed, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    model.explore(steps=39)
    trace = model.run(steps=39)
    assert computed == {40: 40}
    same(trace, unshared(long(40)))


@pytest.mark.parametrize("first", ["stage", "panel"])
def test_a_stage_a_panel_and_a_run_make_each_reading_once(computed, first):
    settings = long(3000)
    opened = {}
    for each in (first, "stage", "panel"):
        opened[each] = opened.get(each) or {"stage": Page, "panel": Panel}[each](settings)
    trace = model.run(settings)
    page, panel = opened["stage"], opened["panel"]
    page.wait(lambda trace: trace.readings == 3000)
    assert page.running.idle.wait(20) and panel.live.wait(60) and computed == {3000: 3000}
    expected = unshared(settings)
    for each in (trace, page.running.trace, panel.trace):
        same(each, expected)
    sizes = [told["count"] for told, _ in page.told if told["kind"] == "rows"]
    assert sum(sizes) == 2999 and max(sizes) <= 256, "messages stay small"
    page.running.close()


def test_who_comes_later_reads_what_there_is(computed):
    settings = long(300)
    panel = Panel(settings)
    assert panel.live.wait(60)
    del panel
    page = Page(settings, seen=0)
    page.wait(lambda trace: trace.readings > 30)
    assert page.running.idle.wait(60)
    assert page.running.trace.readings < 80, "no more than is seen soon"
    page.running.heard({"kind": "seen", "at": 299, "rate": 60.0})
    page.wait(lambda trace: trace.readings == 300)
    again = Panel(settings)
    assert again.live.wait(60) and again.trace.readings == 300
    assert computed == {300: 300}
    page.running.close()


def test_a_run_takes_a_stage_s_to_its_end(computed):
    settings = long(500)
    page = Page(settings, seen=0)
    trace = model.run(settings)
    assert computed == {500: 500} and trace.readings == 500
    page.running.close()


def test_a_hand_on_the_stage_changes_nothing_of_the_panel(computed, slowly):
    """Turned in the midst of the run that both make, to which it goes back where it begins anew."""
    settings = long(4000)
    page = Page(settings, seen=0)
    page.wait(lambda trace: trace.readings > 20)
    panel = Panel(settings)
    page.running.heard({"kind": "steer", "knobs": {"sigma": 1.5}, "at": 20, "over": False})
    page.wait(lambda trace: trace.turns and trace.readings > 30)
    turned = page.running.trace
    assert panel.live.wait(60)
    same(panel.trace, unshared(settings))
    same(model.run(settings), panel.trace)
    again = unshared(settings, turns=[(20, {"sigma": 1.5})])
    np.testing.assert_array_equal(turned.offset, again.offset[: turned.readings])
    page.running.heard({"kind": "steer", "knobs": {"sigma": settings.sigma}, "at": 0, "over": True})
    page.wait(lambda trace: not trace.turns)
    np.testing.assert_array_equal(
        page.running.trace.offset, panel.trace.offset[: page.running.trace.readings]
    )
    page.running.close()


@pytest.mark.parametrize("at", [0, 150, 300])
def test_a_follower_that_turns_is_the_run_turned_by_itself(computed, at):
    """Behind another, who has made it whole; whatever states were kept."""
    settings = long(300)
    first, second = (finished.follow(model.stream, settings) for _ in range(2))
    for _ in paced(first, 0.003):
        pass
    while second.readings < at:
        second.advance(at - second.readings)
    whole = first.trace
    with pytest.raises(ValueError, match="sigma must be"):
        second.turn(at, sigma=-1.0)
    assert second.readings == at and second.course is first.course
    second.turn(at, sigma=1.5)
    for _ in paced(second, 0.003):
        pass
    same(second.trace, unshared(settings, turns=[(at, {"sigma": 1.5})]))
    same(first.trace, whole)
    same(first.trace, unshared(settings))


def test_a_copy_of_a_course_and_the_course_go_different_ways():
    """Each adds to rows that both began with, and goes back in them."""
    settings = long(200)
    course = Course(model.stream, settings)
    for count in (3, 20, 40):
        course.advance(count)
    copy = course.copy()
    copy.turn(50, sigma=1.2)
    for each in (copy, course, copy, course):
        each.advance(30)
    other = course.copy(most_bytes=0)
    other.turn(100, sigma=1.9)
    for each in (copy, course, other):
        each.advance(1000)
    same(course.trace, unshared(settings))
    same(copy.trace, unshared(settings, turns=[(50, {"sigma": 1.2})]))
    same(other.trace, unshared(settings, turns=[(100, {"sigma": 1.9})]))


def test_stop_in_a_panel_stops_the_panel_alone(computed, slowly):
    settings = long(20000)
    page, panel = Page(settings, seen=0), Panel(settings)
    page.wait(lambda trace: trace.readings > 20)
    panel.live.stop()
    assert panel.live.wait(60)
    there = computed[20000]
    assert there < 20000 and panel.said[-1][0] == "stopped"
    page.running.heard({"kind": "seen", "at": there + 200, "rate": 60.0})
    page.wait(lambda trace: trace.readings > there + 200)
    assert computed[20000] < there + 1000
    page.running.close()


def test_a_run_goes_on_where_a_panel_was_stopped(computed, slowly):
    settings = long(20000)
    panel = Panel(settings)
    while panel.trace is None:
        time.sleep(0.005)
    panel.live.stop()
    assert panel.live.wait(60) and 0 < computed[20000] < 20000
    assert model.run(settings).readings == 20000 and computed == {20000: 20000}


def broken(trace):
    raise ZeroDivisionError("no picture")


@pytest.mark.parametrize("fails", ["stage", "panel"])
def test_where_one_fails_the_other_goes_on(computed, fails):
    settings = long(2000)
    page = Page(settings, draw=broken if fails == "stage" else DRAW)
    panel = Panel(settings, broken if fails == "panel" else lambda trace: None)
    assert panel.live.wait(60)
    if fails == "stage":
        assert panel.trace.readings == 2000 and page.running.idle.wait(20)
        assert any(told.get("bad") for told, _ in page.told)
    else:
        page.wait(lambda trace: trace.readings == 2000)
        assert panel.said[-1][0] == "failed: ZeroDivisionError: no picture."
    assert computed == {2000: 2000}
    page.running.close()


def test_a_reading_that_fails_in_one_thread_is_made_by_the_other(monkeypatch):
    settings, advanced = long(400), model.stream.advanced
    monkeypatch.setattr(model.stream, "runs", shared.RunRegistry())
    one, other = (finished.follow(model.stream, settings) for _ in range(2))
    one.advance(10)

    def out_of_memory(*given):
        raise MemoryError("no room")

    monkeypatch.setattr(model.stream, "advanced", out_of_memory)
    with pytest.raises(MemoryError):
        one.advance(10)
    monkeypatch.setattr(model.stream, "advanced", advanced)
    assert other.advance(400) == 10 and other.advance(400) == 390
    assert one.advance(400) == 390 and one.ended
    same(one.trace, unshared(settings))


def test_who_waits_for_another_thread_waits_no_longer_than_its_patience(computed):
    follower = finished.follow(model.stream, long(50))
    follower.advance(1)
    with follower._shared._turn:
        assert follower.advance(5, patience=0.02) == 0 and not follower.ended
    assert follower.advance(5, patience=0.02) == 5


def test_a_run_is_forgotten_once_nobody_follows_it(computed):
    follower = finished.follow(model.stream, long(50))
    follower.advance(20)
    assert len(model.stream.runs.under_way) == 1
    del follower
    assert not model.stream.runs.under_way and not model.stream.runs.held
    assert model.run(steps=49).readings == 50 and computed == {50: 70}


def test_of_many_whole_runs_the_newest_are_held_with_few_states(computed):
    for steps in (30, 40, 50):
        follower = finished.follow(model.stream, long(steps))
        for _ in paced(follower, 0.1):
            pass
    assert len(model.stream.runs.held) == finished.MOST == 2
    for _, each in model.stream.runs.held.values():
        assert each.course._kept.most_bytes == finished.MOST_BYTES


def test_whoever_changes_what_was_shared_changes_her_own(computed, monkeypatch):
    panel = Panel(long(40))
    assert panel.live.wait(60)
    with pytest.raises(ValueError, match="read-only"):
        panel.trace.step[:] = -1
    trace = model.run(steps=39)
    trace.step[:] = -1
    assert np.all(model.run(steps=39).step >= 0)
    assert computed == {40: 40}


OTHERS = [
    dict(steps=40), dict(steps=39, key=jax.random.key(1)), dict(steps=39, sigma=1.5),
    dict(steps=39, turns=[(3, {"sigma": 1.5})]),
]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_another_run_is_made(computed, monkeypatch, other):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    model.explore(steps=39)
    model.run(**other)
    assert sum(computed.values()) == 40 + other["steps"] + 1


def test_what_was_edited_by_hand_is_followed_by_nobody_else():
    stream = SimpleNamespace(runs=shared.RunRegistry())
    finished.follow(stream, model.Settings(), [("start", 0, {"y": 1.0})])
    assert not stream.runs.under_way


def test_a_run_by_itself_is_made_each_time(computed):
    model.run(steps=39)
    model.run(steps=39)
    assert computed == {40: 80}

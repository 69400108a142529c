"""Courses: a run that is cut and goes on is, number for number, the one continued by hand."""

import itertools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float, Int
from rooms import ROOMS, room, short

from curvkit.core.course import Course, StateCache
from curvkit.core.knob import BaseSettings, knob
from curvkit.core.stream import Stream
from curvkit.core.trace import Record, series

STEERED = [name for name in ROOMS if room(name).stream.steers]
TOLD = dict(sentence="How much there is.", source="2026")


class Settings(BaseSettings):
    """A line that grows."""

    slope: float = knob(default=1.0, low=-9.0, high=9.0, **TOLD)
    steps: int = knob(default=40, low=1, high=100, **TOLD)
    size: int = knob(default=3, low=1, high=1000, static=True, **TOLD)


class Trace(Record):
    """What a line recorded."""

    step: Int[np.ndarray, " reading"] = series("Steps.")
    value: Float[np.ndarray, " reading"] = series("The value.")
    total: Float[np.ndarray, ""] = series("The last value.")

    def merits(self):
        return {"total": float(self.total)}


def line(**options):
    return Stream(
        "line", trace=Trace, capacity=8, length=lambda s: s.steps,
        begin=lambda s, key: (jnp.zeros((), int), jnp.zeros((s.size,))),
        reading=lambda s, c: ((c[0] + 1, c[1] + s.slope), {"step": c[0], "value": c[1][0]}),
        finished=lambda s, c: c[0] >= s.steps, last=lambda s, c: {"total": c[1][0]},
        **{"steers": ("slope", "steps"), **options},
    )  # fmt: skip


LINE = line()


def by_hand(stream, settings, turns):
    """The run, cut and continued by the compiled program alone."""
    state, parts = stream.begin(settings, jax.random.key(0)), []
    ends = [at for at, _ in turns] + [10**6]
    for (_, knobs), start, stop in zip([(0, {}), *turns], [0, *ends], ends, strict=False):
        settings, left = settings.read(vars(settings), **knobs), stop - start
        while left > 0:
            given = stream.shared(settings), state, min(left, stream.capacity)
            state, rows, made, ended, _ = stream.advance(*given)
            parts.append({name: np.asarray(each)[: int(made)] for name, each in rows.items()})
            left -= int(made)
            if bool(ended):
                break
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_a_turn_is_seen_from_its_reading_on():
    course = LINE.course(Settings())
    assert course.advance(5) == 5
    course.turn(3, slope=-2.0)
    assert course.readings == 3
    assert course.advance(3) == 3
    assert course.trace.value.tolist() == [0, 1, 2, 3, 1, -1]
    assert course.trace.turns == [(3, {"slope": -2.0})]
    assert course.trace.over_readings("slope").tolist() == [1, 1, 1, -2, -2, -2]


def test_a_turn_to_an_earlier_reading_takes_away_those_after_it():
    course = LINE.course(Settings())
    course.advance(20)
    course.turn(10, slope=5.0)
    course.advance(6)
    course.turn(4, slope=2.0)
    course.advance(2)
    assert course.turns == [(4, {"slope": 2.0})]
    assert course.trace.value.tolist() == [0, 1, 2, 3, 4, 6]


def test_two_turns_at_one_reading_are_one_turn_of_both():
    course = LINE.course(Settings())
    course.advance(10)
    course.turn(4, slope=2.0)
    course.turn(4, steps=6)
    course.advance(50)
    assert course.turns == [(4, {"slope": 2.0, "steps": 6})]
    assert course.trace.value.tolist() == [0, 1, 2, 3, 4, 6] and course.ended
    course.turn(6, steps=8)
    assert course.advance(50) == 2 and course.trace.readings == 8


def test_a_trace_that_was_given_away_does_not_change():
    course = LINE.course(Settings())
    course.advance(6)
    early = course.trace
    values = early.value.copy()
    course.turn(2, slope=9.0)
    course.advance(10)
    np.testing.assert_array_equal(early.value, values)
    assert early.turns == []


def test_before_the_first_reading_there_is_an_empty_trace():
    assert LINE.course(Settings()).trace.readings == 0


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(at=3, size=5), "size cannot be turned during a run of line, where these can"),
        (dict(at=3, nothing=5), "There is no setting 'nothing'"),
        (dict(at=99, slope=1), "at must be a whole number from 0 to 10"),
        (dict(at=-1, slope=1), "at must be a whole number from 0 to 10"),
        (dict(at=3, slope=99), "slope must be a number from -9 to 9"),
    ],
)
def test_what_is_wrong_is_refused_and_loses_nothing(given, said):
    course = LINE.course(Settings())
    course.advance(10)
    with pytest.raises(ValueError, match=said):
        course.turn(**given)
    course.advance(2)
    assert course.trace.value.tolist() == list(range(12)) and not course.turns


@pytest.mark.parametrize(
    "turns, said",
    [
        ([(70, {"slope": 1.0})], "ended after 40 readings, before the turn at reading 70"),
        ([("a", {"slope": 1.0})], "a reading in turns must be a whole number"),
        (3, "turns must be a list of readings"),
        ([3], "turns must be a list of readings"),
        ([(3, 4)], "turns must be a list of readings"),
    ],
)
def test_turns_of_a_run_that_are_none_are_refused(turns, said):
    with pytest.raises(ValueError, match=said):
        LINE.run(Settings(), turns=turns)


def test_a_run_is_replayed_from_the_turns_of_its_trace():
    course = LINE.course(Settings())
    for at, slope in ((5, 2.0), (17, -1.0), (18, 3.0)):
        course.advance(at - course.readings + 3)
        course.turn(at, slope=slope)
    course.advance(1000)
    again = LINE.run(Settings(), turns=course.trace.turns)
    np.testing.assert_array_equal(again.value, course.trace.value)
    assert again.turns == course.trace.turns
    for stop in range(1, 40):  # each chunk along the way is the run so far
        assert again.head(stop).readings == stop


def test_a_part_of_a_trace_knows_the_turns_before_it():
    trace = LINE.run(Settings(), turns=[(5, {"slope": 2.0}), (20, {"slope": 3.0})])
    part = trace.part(10, 25)
    assert part.turns == [(0, {"slope": 2.0}), (10, {"slope": 3.0})]
    np.testing.assert_array_equal(part.over_readings("slope"), trace.over_readings("slope")[10:25])


def test_states_are_kept_sparsely_in_bounded_memory_and_always_where_a_knob_was_turned():
    state = lambda: {"x": np.zeros(100, np.float32)}
    kept = StateCache(10 * 400)
    for reading in range(500):
        kept.keep(reading, state(), pinned=reading in (40, 200))
    assert len(kept.states) <= 10
    assert {0, 40, 200, 499} <= kept.states.keys()
    assert kept.before(41)[0] == 40 and kept.before(39)[0] <= 39
    kept.drop(45)
    assert max(kept.states) <= 45
    tight = StateCache(0)
    for reading in range(50):
        tight.keep(reading, state(), pinned=True)
    assert len(tight.states) <= 2 and 0 in tight.states


def test_going_back_gives_the_same_numbers_whatever_states_are_kept():
    whole = None
    for most in (0, 2000, 10**9):
        course = Course(LINE, Settings(size=100), most_bytes=most)
        for at, slope in ((9, 2.0), (30, 1.5), (12, -4.0), (12, 0.5), (39, 8.0)):
            while course.readings < at:
                course.advance(4)
            course.turn(at, slope=slope)
        course.advance(1000)
        whole = course.trace.value if whole is None else whole
        np.testing.assert_array_equal(course.trace.value, whole)


# What compiles for ten seconds is left to full runs.
HEAVY = {"sobolev", "kernels.race", "kernels.contest", "tuners", "verification"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.full] * (n in HEAVY)) for n in STEERED]
)
def test_a_steered_run_is_the_one_that_was_cut_and_continued_by_hand(name):
    """Bit for bit, over four turns; each turn is of a knob that the room says it can go on with."""
    house, stream = room(name), room(name).stream
    settings = short(house)
    readings = stream.length(settings)
    places = sorted({1, max(1, readings // 4), max(1, readings // 3), max(1, readings // 2)})
    knobs, turns = itertools.cycle(stream.steers), []
    for at in places:
        each = house.knobs[next(knobs)]
        low, middle, high = each.sweep()
        value = middle if getattr(settings, each.name) != middle else 0.5 * (middle + high)
        turns.append((at, {each.name: each.kind(value)}))
    course = stream.course(settings)
    for at, turned in turns:
        course.advance(at + 2 - course.readings)
        if course.readings < at:
            break
        course.turn(at, **turned)
    course.advance(10**6)
    expected = by_hand(stream, settings, course.turns)
    for field, values in expected.items():
        np.testing.assert_array_equal(getattr(course.trace, field), values, err_msg=field)


@pytest.mark.slow
@pytest.mark.parametrize("name", STEERED)
def test_no_beginning_reads_a_knob_that_can_be_turned_later(name):
    stream, settings = room(name).stream, short(room(name))
    program = stream.begin.lower(settings, jax.random.key(0)).as_text(debug_info=True)
    assert not set(re.findall(r"settings\W*(\w+)", program)) & set(stream.steers)


@pytest.mark.slow
def test_after_a_turn_the_sharpness_settles_at_the_new_edge():
    """Whoever drags 2/η sees λ follow, up and down."""
    house = room("curvature")
    for rate in (0.125, 0.0833):
        settings = house.settings.Settings(steps=4400, every=11)
        trace = house.stream.run(settings, turns=[(120, {"learning_rate": rate})])
        before, after = trace.scaled_sharpness[90:120], trace.scaled_sharpness[-100:]
        assert abs(np.median(before) - 2.0) < 0.1
        assert abs(np.median(after) - 2.0) < 0.1
        assert abs(np.median(trace.sharpness[-100:]) - 2 / rate) < 0.1 / rate

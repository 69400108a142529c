"""Every scene of every room: drawn from any trace, row by row, whole and checked."""

import dataclasses
import functools
import json

import jax
import numpy as np
import pytest
from rooms import ROOMS, ran, room, short
from scripts import script

from curvkit.core import knob as knobs
from curvkit.draw.scene import Scene, pack
from curvkit.draw.scene.check import MOST_CONTROLS
from curvkit.show.stage.live import knob_facts

pytestmark = pytest.mark.slow
blank = script("poster_source").blank
PAIRS = [(name, scene) for name in ROOMS for scene in room(name).package.room.scenes]
every_scene = pytest.mark.parametrize("name, scene", PAIRS, ids=lambda each: str(each))
MOST_BYTES = 1_500_000


def suited(name, scene, **turned):
    """The scene's function, and settings for a short run of it."""
    house = room(name)
    draw, values = house.package.room.scenes[scene]
    steps = {"steps": min(55, values["steps"])} if "steps" in values else {}
    return house, draw, short(house, **{**values, **steps, **turned})


def as_rows(scene):
    return {name: np.asarray(each, np.float32) for name, each in scene.rows.items()}


@every_scene
def test_a_scene_is_what_the_trace_says_reading_by_reading(name, scene):
    """So that a run can be drawn while it is made: part of a trace gives that part of the rows."""
    house, draw, settings = suited(name, scene)
    trace = ran(house, settings)
    whole = draw(trace)
    assert isinstance(whole, Scene) and whole.count == trace.readings
    cut = max(1, trace.readings // 2)
    for start, stop in ((0, 1), (0, cut), (cut, trace.readings)):
        part = as_rows(draw(trace.part(start, stop)))
        own = draw.rows(trace.part(start, stop))
        assert part.keys() == own.keys()
        for field, values in own.items():
            np.testing.assert_array_equal(np.asarray(values, np.float32), part[field])
        assert part.keys() == whole.rows.keys()
        for field, values in part.items():
            expected = np.asarray(whole.rows[field], np.float32)[start:stop]
            np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6, err_msg=field)


@every_scene
def test_a_scene_draws_a_run_that_was_lost(name, scene):
    house, draw, settings = suited(name, scene)
    trace = ran(house, settings)
    for bad in (np.nan, np.inf, 1e30):
        broken = {
            each: np.where(np.arange(trace.readings).reshape(-1, *[1] * (values.ndim - 1))
                           >= trace.readings // 2, bad, values).astype(values.dtype)
            for each, values in trace.arrays().items()
            if trace.__series__[each].dims[:1] == ("reading",) and values.dtype.kind == "f"
        }  # fmt: skip
        drawn = draw(dataclasses.replace(trace, **broken))
        assert drawn.predict is None or drawn.predict.view or drawn.right(), f"{bad}: none is right"
        json.dumps(drawn.as_dict(knob_facts(house.stream, settings)), allow_nan=False)
        header, raw = pack.packed(drawn.rows, drawn.fixed)
        json.dumps(header, allow_nan=False)
        assert len(raw) > 0


@every_scene
def test_a_scene_says_what_is_seen_and_names_its_knobs(name, scene):
    house, draw, settings = suited(name, scene)
    made = draw(ran(house, settings))
    assert len(made.alt.split()) >= 6 and made.sentence and made.beats
    assert len(made.controls) <= MOST_CONTROLS
    declared = knobs.knobs(settings)
    assert set(made.knobs) <= set(declared)
    for each, turn in made.knobs.items():
        for end in (turn.low, turn.high):
            assert end is None or declared[each].read(end) == end
        if turn.recorded:
            told = np.asarray(made.rows[turn.recorded.field], float)
            back = ((told - turn.recorded.plus) / turn.recorded.times) ** (1 / turn.recorded.power)
            np.testing.assert_allclose(back, getattr(settings, each), rtol=1e-5)
    for tried in made.tries:
        knobs.turned(settings, **tried.knobs)
    assert any(view.beats for view in made.views), "what is said of the moment has no place"


def steered(trace, cut, **turned):
    """The trace as if knobs had been turned at a reading: only its header says so."""
    return dataclasses.replace(trace, header={**trace.header, "turns": [[cut, turned]]})


@every_scene
def test_a_knob_that_goes_on_stands_at_each_step_where_it_stood_then(name, scene):
    house, draw, settings = suited(name, scene)
    trace = ran(house, settings)
    made, cut = draw(trace), max(1, trace.readings // 2)
    for each, turn in made.knobs.items():
        if each not in house.stream.steers or turn.aside:
            continue
        assert turn.recorded, f"{each} shows its newest value at steps before it was turned"
        end = next(end for end in ends(knobs.knobs(settings)[each], turn)
                   if end != getattr(settings, each))  # fmt: skip
        wanted = np.where(np.arange(trace.readings) < cut, getattr(settings, each), end)
        if not np.allclose(read_off(draw, steered(trace, cut, **{each: end}), each), wanted, 1e-5):
            # It is read off what the run did.
            again = house.stream.run(settings, turns=[(cut, {each: end})])
            np.testing.assert_allclose(read_off(draw, again, each), wanted, rtol=1e-5)


def read_off(draw, trace, name):
    """Where a knob stands at each reading, as the stage reads it."""
    made = draw(trace)
    told = made.knobs[name].recorded
    values = np.asarray(made.rows[told.field], float)
    return ((values - told.plus) / told.times) ** (1 / told.power)


@every_scene
def test_no_knob_that_does_nothing_stands_beside_a_scene(name, scene):
    """Whatever is chosen of what stands there, too."""
    house, draw, settings = suited(name, scene)
    trace, declared = blank(house.stream, settings), knobs.knobs(settings)
    choices = [(each, value) for each in draw(trace).controls for value in declared[each].choices]
    for each, value in [(None, None), *choices]:
        turned = suited(name, scene, **({each: value} if each else {}))[2]
        other = {**trace.header, "settings": knobs.as_dict(turned)}
        made, idle = draw(dataclasses.replace(trace, header=other)), knobs.idle(turned)
        numbers = {part.knob for part in made.sentence if getattr(part, "knob", None)}
        assert not {*made.controls, *numbers} & set(idle), (each, value)


@every_scene
def test_a_scene_is_small_enough_for_a_page(name, scene):
    house, draw, settings = suited(name, scene)
    made = draw(ran(house, settings))
    header, raw = pack.packed(made.rows, made.fixed)
    _, values = house.package.room.scenes[scene]
    length = house.stream.length(house.settings.Settings.read(values))
    assert len(raw) / made.count * length < MOST_BYTES, f"{len(raw)} bytes for {made.count} rows"


# Scenes that ask nothing, with the reason.
ASKS_NOTHING: dict[tuple[str, str], str] = {}


@every_scene
def test_a_scene_asks_one_thing_and_has_things_to_try(name, scene):
    house, draw, settings = suited(name, scene)
    made = draw(ran(house, settings))
    assert 2 <= len(made.tries) <= 3 and len({each.say for each in made.tries}) == len(made.tries)
    assert (made.predict is None) == ((name, scene) in ASKS_NOTHING)
    if made.predict is None:
        return
    assert made.predict.at == 0 and made.predict.ask.rstrip().endswith((".", "?"))
    said = [each.say for each in made.predict.choices or ()]
    assert len(set(said)) == len(said) and all(not each.endswith(".") for each in said)
    assert made.predict.view or 2 <= len(said) <= 4


def ends(knob, turn):
    """The ends of a knob in a scene; of a choice the first and the last."""
    if knob.choices or knob.kind is bool:
        choices = list(knob.choices) or [False, True]
        return [choices[0], choices[-1]]
    return [own if own is not None else end
            for own, end in zip((turn.low, turn.high), knob.ends, strict=True)]  # fmt: skip


def one_is_right(name, scene, quick):
    """Runs the scene with each of its knobs at its ends: just one choice is right of each run."""
    house, draw, settings = suited(name, scene)
    made = draw(ran(house, settings))
    if made.predict is None or made.predict.view:
        return
    assert made.right()
    for knob, turn in made.knobs.items():
        declared = knobs.knobs(settings)[knob]
        if declared.static == quick:
            continue
        for end in ends(declared, turn):
            _, _, there = suited(name, scene, **{knob: end})
            other = draw(ran(house, there))
            assert other.predict is None or other.predict.view or other.right(), (knob, end)


@every_scene
def test_just_one_choice_is_right_at_the_ends_of_the_knobs(name, scene):
    one_is_right(name, scene, quick=True)


@pytest.mark.full
@every_scene
def test_just_one_choice_is_right_at_the_ends_of_the_knobs_that_compile(name, scene):
    one_is_right(name, scene, quick=False)


# Of a room the numbers that decide how many items there are, and so the shapes of its fields.
COUNTS = {"selection": {"groups"}}


def turned_runs(name, scene):
    """Runs of a scene at what suits it, at the ends of its knobs that do not compile, and of
    another seed; the first is what suits it.
    """
    house, draw, settings = suited(name, scene)
    declared = knobs.knobs(settings)
    suits = ran(house, settings)
    yield "as it is", suits
    for knob, turn in draw(suits).knobs.items():
        for end in () if declared[knob].static else ends(declared[knob], turn):
            yield f"{knob} = {end}", ran(house, suited(name, scene, **{knob: end})[2])
    if "seed" in declared:
        yield "seed = 3", ran(house, suited(name, scene, seed=3)[2])


def in_a_program(house, draw):
    """The fields of a scene as a program makes them, of a trace."""
    declared, counts = knobs.knobs(house.settings.Settings), COUNTS.get(house.name, ())
    free = [name for name, each in declared.items() if not each.static and name not in counts]

    @functools.partial(jax.jit, static_argnames="fast")
    def made(turned, arrays, fast):
        trace = house.trace.Trace.traced({**dict(fast), **turned}, **arrays)
        return draw.rows(trace), draw.fixed(trace)

    def of(trace):
        over = lambda name: trace.over_readings(name) if name in house.stream.steers else None
        turned = {name: trace.settings[name] if over(name) is None else over(name) for name in free}
        fast = tuple(sorted((k, v) for k, v in trace.settings.items() if k not in free))
        return made(turned, trace.arrays(), fast)

    return of


@every_scene
def test_a_program_makes_the_fields_of_a_scene_that_its_trace_says(name, scene):
    """So that a page with no kernel feeds the stage by itself, whatever is turned there."""
    house, draw, _ = suited(name, scene)
    program = in_a_program(house, draw)
    for where, trace in turned_runs(name, scene):
        drawn = draw(trace)
        for made, expected in zip(program(trace), (drawn.rows, drawn.fixed), strict=True):
            assert made.keys() == expected.keys()
            for field, given in expected.items():
                with np.errstate(over="ignore"):  # beyond single precision is infinite
                    values = np.asarray(given, np.float32)
                assert made[field].shape == values.shape, (where, field)
                size = np.max(np.abs(values), where=np.isfinite(values), initial=0)
                np.testing.assert_allclose(
                    made[field], values, rtol=1e-5, atol=1e-6 * size, err_msg=f"{where}: {field}"
                )


@every_scene
def test_only_the_fields_of_a_scene_are_numbers_of_the_run(name, scene):
    """So that the stage of a page goes on with fields alone, whatever is turned there."""
    _, draw, _ = suited(name, scene)
    runs = list(turned_runs(name, scene))
    told = draw(runs[0][1]).as_dict({})
    for where, trace in runs[1:]:
        assert draw(trace).as_dict({}) == told, where

"""The rooms' programs, translated and run, against JAX: the same rows and the same fixed series."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rooms import ROOMS, SHORT, ran, room, short
from rounding import otherwise
from wasm import Run

from curvkit.browser.program import written
from curvkit.core import knob as knobs
from curvkit.core.batch import UNOPTIMISED
from curvkit.core.x64 import compiled

pytestmark = pytest.mark.slow
# Of a series' largest number, in a short run, before rounding has grown.
NEAR = 1e-3
# Along an eigenvector, whose sign is chance.
UP_TO_SIGN = {"distance", "top_gradient", "offset", "flow_cubic"}
# What is small by itself, and of which rounding is a larger part: the residual of an eigenpair,
# and the cosine of two vectors that are nearly at right angles.
# A condition number multiplies rounding by itself; so does what cancels in a shaped sigmoid, which
# is steep, in the layers of a sampled network.
# Of a share of examples, one that lies at the border of two classes.
ROUNDED = {"accuracy": 3e-3, "residual": 2e-2, "alignment": 1e-2, "sampled": 5e-3, **dict.fromkeys(
    ("kappa", "plain_kappa", "shaped_kappa"), 2e-2)}  # fmt: skip
# What is next to nothing: how far a solved target is missed.
NOTHING = {"missed"}
# Between none and one, and next to nothing for some choices.
SHARES = {"asymmetry"}
# Decimal logarithms of what is one where an activation is shaped: next to nothing is rounding.
LOGARITHMS = {"map_log_slope", "map_log_square"}
MIRRORED = {"across"}  # along an eigenvector from one end to the other, or places on it
# What rounding makes of JAX's own runs, in parts of what it makes of the page's: it rounds each
# operation otherwise, and is compared with some ways of rounding of very many.
SAME = 0.1
SALTS = range(1, 9)  # as many ways of rounding each operation otherwise


def far(name, ours, theirs):
    """How far each reading of a series, or a field that has none, is off, in parts of the series'
    largest number; infinitely where a number is one in but one of the two.
    """
    ours, theirs = (np.asarray(each, float) for each in (ours, theirs))
    known = np.isfinite(theirs)
    size = 1.0 if name in SHARES else np.abs(theirs[known]).max(initial=0) or 1.0
    size = max(size, 1.0) if name in LOGARITHMS else size
    if name in NOTHING:
        return np.atleast_1d(np.maximum(np.abs(ours), np.abs(theirs)))
    if name in UP_TO_SIGN:
        ours, theirs = np.abs(ours), np.abs(theirs)
    each = [ours]
    if name in MIRRORED and ours.ndim:
        each += [ours[..., ::-1], -ours]
    with np.errstate(invalid="ignore"):
        apart = [np.where(np.isfinite(a) & known, np.abs(a - theirs) / size, 0.0)
                 + np.where(np.isfinite(a) == known, 0.0, np.inf) for a in each]  # fmt: skip
    rows = [np.atleast_1d(a).max(axis=tuple(range(1, a.ndim)), initial=0) for a in apart]
    return min(rows, key=lambda row: row.max(initial=0))


def off(name, ours, theirs):
    """How far a series is off at most; see `far`."""
    assert np.shape(ours) == np.shape(theirs), name
    return far(name, ours, theirs).max(initial=0)


def timed(trace, name):
    """Whether a series has a number for each reading."""
    return trace.__series__[name].dims[:1] == ("reading",)


def apart(trace, others):
    """For each series how far another run is off at each reading, in parts of what is near, and
    infinitely where one of the two is over; of a field without readings one number.
    """
    rows = {}
    for name, values in trace.arrays().items():
        near, other = ROUNDED.get(name, NEAR), others[name]
        if not timed(trace, name):
            rows[name] = far(name, other, values) / near
            continue
        both = min(len(values), len(other))
        rows[name] = np.zeros(len(values) + 1)
        rows[name][:both] = far(name, other[:both], values[:both]) / near
        if len(values) != len(other):
            rows[name][both:] = np.inf
    return rows


def twins(house, settings):
    """What rounding alone makes of a run: the same settings in a batch; runs that begin off by the
    last bit of each number; the program as XLA leaves it unoptimised; with each eigenvector of a
    small matrix pointing the other way, for Davidson's method adds noise to what is left of it; and
    with each operation rounded otherwise, of the beginning too, where what is nearly dependent is
    made orthogonal. The first of them are compiled sooner.
    """
    stream, key = house.stream, jax.random.key(0)
    yield stream.batch([settings, settings])[0].arrays()
    begun = stream.started(settings, key)
    plain = compiled(stream.reading, mixed=True)
    for way in (np.inf, -np.inf):
        yield stepped(stream, settings, begun, way=way, step=plain)
    yield stepped(stream, settings, begun, **UNOPTIMISED)
    eigh = jnp.linalg.eigh
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jnp.linalg, "eigh", lambda *a, **k: (eigh(*a, **k)[0], -eigh(*a, **k)[1]))
        jax.clear_caches()
        yield stepped(stream, settings, begun)
    jax.clear_caches()
    begin = jax.jit(lambda key, salt: otherwise(lambda key: stream.begun(settings, key), salt)(key))
    step = compiled(lambda salt, *given: otherwise(stream.reading, salt)(*given), mixed=True)
    for salt in map(jnp.uint32, SALTS):
        state = begin(key, salt)
        yield stepped(stream, settings, state, step=functools.partial(step, salt))


def stepped(stream, settings, state, way=None, step=None, **options):
    """The arrays of a run from a state on, reading by reading, moved by a last bit each `way`."""
    settings, rows = stream.shared(settings), []
    if way is not None:
        move = lambda x: jnp.nextafter(x, jnp.full_like(x, way)) if x.dtype == np.float32 else x
        state = jax.tree.map(move, state)
    step = step or compiled(stream.reading, mixed=True, compiler_options=options)
    while not bool(stream.finished(settings, state)):
        state, row = step(settings, state)
        rows.append({name: np.asarray(each) for name, each in row.items()})
    fields = {name: np.asarray(each) for name, each in stream.final(settings, state).items()}
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]} | fields


def facing(got, trace):
    """The page's run with its valley, which lies along an eigenvector, seen from the side that JAX
    sees it from.
    """
    if "valley" not in got or got["distance"][0] * trace.distance[0] >= 0:
        return got
    ends = {"valley_start": -got["valley_end"], "valley_end": -got["valley_start"]}
    return got | ends | {"valley": got["valley"][:, ::-1]}


def agrees(settings, run, house):
    """The page's run is JAX's, as far as JAX's own runs are one another's."""
    run.turn(**{each["name"]: getattr(settings, each["name"]) for each in run.told["knobs"]})
    trace = ran(house, settings)
    got = facing(run.whole(), trace)
    assert set(got) == set(trace.arrays())
    gaps = apart(trace, got)
    if max(each.max(initial=0) for each in gaps.values()) <= 1:
        return
    itself, wrong = {name: np.zeros_like(each) for name, each in gaps.items()}, []
    for other in twins(house, settings):
        own = apart(trace, other)
        itself = {name: np.maximum(each, own[name]) for name, each in itself.items()}
        wrong = unexplained(trace, gaps, itself)
        if not wrong:
            return
    assert not wrong, "; ".join(wrong)


def unexplained(trace, gaps, itself):
    """A sentence for each series that is further from JAX than what rounding makes of JAX's own
    runs lets it be: at a reading, ten times as far as the furthest of them was up to there. What
    has no readings is of the whole run, and may be anything where JAX's own runs part.
    """
    grown = {name: np.maximum.accumulate(each) for name, each in itself.items()}
    parted = any(grown[name][-1] > SAME for name in grown if timed(trace, name))
    wrong = []
    for name, rows in gaps.items():
        over = (rows > 1) & (SAME * rows > grown[name])
        if over.any() and (timed(trace, name) or not parted):
            at = int(np.argmax(over))
            own = grown[name][at]
            wrong.append(f"{name} is off by {rows[at]:.3g} at {at}, JAX's own by {own:.3g}")
    return wrong


def test_a_series_is_held_by_its_own_rounding_and_by_none_of_another():
    trace = ran(room("tuners.model"), short(room("tuners.model")))
    none = {name: np.zeros_like(each) for name, each in apart(trace, trace.arrays()).items()}
    one, other = [name for name in none if timed(trace, name)][:2]
    rows = lambda reading, size: np.where(np.arange(len(none[one])) < reading, 0, size)
    itself = none | {one: rows(3, 5.0)}
    assert not unexplained(trace, none | {one: rows(3, 49.0), other: rows(0, 1.0)}, itself)
    for gaps in ({one: rows(2, 2.0)}, {one: rows(3, 51.0)}, {other: rows(4, 2.0)}):
        assert len(unexplained(trace, none | gaps, itself)) == 1
    cut = {name: each[:-1] if timed(trace, name) else each for name, each in trace.arrays().items()}
    assert len(unexplained(trace, apart(trace, cut), none)) == sum(timed(trace, n) for n in none)


# Tests go from room to room, so that few programs are asked for again.
@functools.lru_cache(maxsize=4)
def program(name, **static):
    """The room's program with some static knobs turned; the others are turned in its memory."""
    return Run(written(room(name).stream, short(room(name), **static)))


@pytest.fixture(scope="module", autouse=True)
def _let_go():
    yield
    program.cache_clear()


def agrees_where(name, **turned):
    """A short run with some knobs turned is JAX's."""
    static = {each: value for each, value in turned.items() if room(name).knobs[each].static}
    agrees(short(room(name), **turned), program(name, **static), room(name))


# So shallow that rounding has not grown yet: from twelve layers on the plain network's condition
# number is looked up in JAX's own runs, which are ten programs more. With other choices and at the
# ends of its knobs all of this room's layers are compared.
SHALLOW = {"kernels": {"depth": 8}}


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_has_the_numbers_of_jax(name):
    agrees_where(name, **SHALLOW.get(name, {}))


def counting(name, each):
    """How other knobs have to stand for this one to change anything, where at the defaults it does
    not.
    """
    if each.name not in knobs.idle(short(room(name))):
        return {}
    return {other: first for other, (first, *_) in each.when[0].items()}


# A size that shapes the program is turned up so far, where its own end would take minutes and more.
SIZES = {
    "width": 64, "examples": 400, "batch": 64, "depth": 6, "seeds": 3, "trials": 24,
    "kernels width": 512, "kernels.race depth": 80, "kernels.race width": 96,
    "kernels.contest depth": 40, "kernels.contest width": 96, "sobolev width": 128,
}  # fmt: skip


def ends(name, each):
    """The values at a knob's ends, as far as a slider goes and a short run can be made."""
    if each.kind is bool:
        return [not each.default]
    low, high = each.useful or each.ends
    if each.name == "steps":  # how far a run may go is not asked of a short one
        return [each.kind(each.ends[0])]
    if each.static:
        high = min(high, SIZES.get(f"{name} {each.name}", SIZES.get(each.name, high)))
    return [each.kind(end) for end in (low, high) if end != each.default]


def cases(static):
    """Each knob that is a number or a switch at its ends: those that shape the program, or the
    others.
    """
    return [
        pytest.param(name, each.name, end, id=f"{name}-{each.name}-{end:g}")
        for name in ROOMS for each in room(name).knobs.values()
        if each.static is static and not each.choices for end in ends(name, each)
    ]  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("name, knob, end", cases(static=False))
def test_a_room_has_the_numbers_of_jax_at_a_knobs_end(name, knob, end):
    # So long that there are some readings, however far they lie apart.
    steps = {"steps": max(SHORT, 3 * end)} if knob == "every" else {}
    agrees_where(name, **counting(name, room(name).knobs[knob]), **steps, **{knob: end})


@pytest.mark.full
@pytest.mark.parametrize("name, knob, end", cases(static=True))
def test_a_room_has_the_numbers_of_jax_in_another_size(name, knob, end):
    agrees_where(name, **counting(name, room(name).knobs[knob]), **{knob: end})


def choices():
    return [
        pytest.param(name, each.name, value, id=f"{name}-{each.name}-{value}")
        for name in ROOMS for each in room(name).knobs.values()
        for value in each.choices if value != each.default
    ]  # fmt: skip


# At the default rate the transformer begins beyond its edge, where a jump multiplies rounding; and
# flows leave a run later than a short one ends.
BESIDE = {
    ("tuners", "task"): {"learning_rate": 0.05},
    ("tuners", "flow"): {"flow_from": 22},
    ("curvature", "flow"): {"flow_from": 22},
}


@pytest.mark.full
@pytest.mark.parametrize("name, knob, value", choices())
def test_a_room_has_the_numbers_of_jax_with_another_choice(name, knob, value):
    beside = counting(name, room(name).knobs[knob]) | BESIDE.get((name, knob), {})
    agrees_where(name, **beside, **{knob: value})


@pytest.mark.full
def test_a_long_run_stays_as_near_as_a_batch_does():
    """At the edge of stability rounding grows: JAX leaves itself no later than the page leaves it,
    but for a few readings, and what is claimed of the run holds of the page's.
    """
    house = room("curvature")
    settings = house.settings.Settings.read(steps=2000)
    trace, batch = ran(house, settings), house.stream.batch([settings, settings])[0]
    run = Run(written(house.stream, settings))
    got = run.whole()
    first = lambda values: int(np.argmax(np.append(
        np.abs(values - trace.sharpness) > 1e-3 * trace.sharpness, True)))  # fmt: skip
    ours, theirs = first(got["sharpness"]), first(batch.sharpness)
    assert ours >= 0.9 * theirs - 2, f"apart at reading {ours}, a batch at {theirs}"
    late = settings.learning_rate * got["sharpness"][-100:].mean()
    assert abs(late - settings.learning_rate * trace.sharpness[-100:].mean()) < 0.03


def test_a_cut_run_goes_on_to_the_same_bits():
    """The state is all that a run needs: kept, put back, and gone on from."""
    run = program("curvature")
    run.turn(**{each["name"]: each["value"] for each in run.told["knobs"]})
    run.begin()
    run.advance(20)
    kept = [run.at(each).copy() for each in run.told["state"]]
    once, _ = run.advance(16)
    run.turn(learning_rate=0.3)
    run.advance(5)
    run.turn(
        learning_rate=next(k["value"] for k in run.told["knobs"] if k["name"] == "learning_rate")
    )
    for each, values in zip(run.told["state"], kept, strict=True):
        run.at(each)[...] = values
    again, _ = run.advance(16)
    for name, values in once.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_no_first_row_comes_alone_where_that_is_most_of_the_work_or_all_is_soon_done():
    assert program("curvature").told["first"] is None
    assert program("kernels.ways").told["first"] is None


ALONE = ["distillation.grid", "sobolev", pytest.param("kernels.contest", marks=pytest.mark.full)]


def test_each_room_that_makes_its_first_row_by_less_is_compared():
    opening = {name for name in ROOMS if room(name).stream.opening is not None}
    assert opening and opening <= {getattr(each, "values", (each,))[0] for each in ALONE}


@pytest.mark.parametrize("name", ALONE)
def test_a_first_row_alone_is_the_first_of_the_run_and_leaves_the_run_as_it_was(name):
    run = program(name)
    run.begin()
    before = [run.at(each).copy() for each in run.told["state"]]
    run.machine.call("first")
    alone = {each["name"]: run.at(each).copy() for each in run.told["first"]}
    for each, values in zip(run.told["state"], before, strict=True):
        np.testing.assert_array_equal(run.at(each), values)
    rows, _ = run.advance(1)
    assert alone.keys() == rows.keys()
    for each, values in rows.items():
        np.testing.assert_allclose(alone[each], values, rtol=1e-5, atol=1e-6, err_msg=each)


def test_data_edited_by_hand_are_what_jax_makes_of_them():
    house = room("sobolev")
    settings, run = short(house), program("sobolev")
    run.turn(**{each["name"]: each["value"] for each in run.told["knobs"]})
    run.begin()
    edits = [
        ("points", 1, {"x": 0.25, "y": -0.5}),
        ("tips", 2, {"x": 0.1}),
        ("points", 1, {"y": 0.75}),
        ("values", 3, {"y": 0.5}),
    ]
    for field, item, values in edits:
        run.at(run.told["edits"]["item"])[...] = item
        run.at(run.told["edits"]["values"])[...] = [values.get(each, np.nan) for each in "xy"]
        run.machine.call(f"edit_{field}")
    rows, _ = run.advance(5)
    course = house.stream.course(settings, edits=edits)
    course.advance(5)
    for name, values in rows.items():
        assert off(name, values, getattr(course.trace, name)) <= NEAR, name
    plain = house.stream.course(settings)
    plain.advance(5)
    assert off("surface", rows["surface"], plain.trace.surface) > NEAR, "nothing was edited"


def test_walls_painted_by_hand_are_what_jax_makes_of_them():
    house = room("distillation.grid")
    settings, run = short(house), program("distillation.grid")
    run.turn(**{each["name"]: each["value"] for each in run.told["knobs"]})
    told, middle = run.told["edits"], 60

    def painted(*cells):
        run.begin()
        for cell in cells:
            run.at(told["item"])[...] = cell
            run.at(told["values"])[...] = [1, np.nan]
            run.machine.call("edit_walls")
        run.machine.call("sound")
        return bool(run.at(told["sound"]))

    assert told["fields"] == {"walls": 121} and told["painted"] == ["walls"]
    assert painted() and not painted(middle + 1, middle - 1, middle + 11, middle - 11)
    assert told["sound"]["words"].startswith("No goal can be come to")
    assert painted(middle + 1, middle - 11)
    rows, _ = run.advance(5)
    edits = [("walls", cell, {"value": 1}) for cell in (middle + 1, middle - 11)]
    course, plain = (house.stream.course(settings, edits=each) for each in (edits, ()))
    for each in (course, plain):
        each.advance(5)
    for name, values in rows.items():
        assert off(name, values, getattr(course.trace, name)) <= NEAR, name
    assert off("value", rows["value"], plain.trace.value) > NEAR, "nothing was painted"


def test_no_more_rows_than_there_is_room_for():
    run = program("verification")
    run.begin()
    rows, _ = run.advance(10_000)
    assert all(len(each) <= run.told["capacity"] for each in rows.values())


@pytest.mark.full
def test_the_central_flow_has_the_numbers_of_jax_at_its_edge():
    """LeCun's start is sharper than 2/η, and comes down to it within a few steps: from there on the
    flow is held by what it solves for.
    """
    house = room("curvature")
    settings = short(house, initialization="lecun", flow="both", flow_from=22)
    rise = ran(house, settings).flow_rise[:, 1]
    assert np.isfinite(rise).any(), "the flow is nowhere at its edge"
    agrees(settings, Run(written(house.stream, settings)), house)

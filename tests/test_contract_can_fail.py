"""The contract can be broken: a miniature room that signs it, and one breakage for each rule."""

import dataclasses
import itertools
import json
from types import SimpleNamespace

import contract
import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
import pytest
import rooms
from IPython.display import Markdown
from jaxtyping import Float, Int
from rooms import Room

from curvkit import room as house
from curvkit.core import knob as knobs
from curvkit.core import trace as traces
from curvkit.core.knob import BaseSettings, choice, knob
from curvkit.core.trace import Record, series

TOLD = dict(sentence="A knob of the miniature room.", source="arXiv 2103.00065, section 2")
names = itertools.count()


def a_settings(**changed):
    """The knobs of the miniature room, with some declared otherwise."""
    declared = {
        "rate": (float, knob(0.5, low=0.1, high=2.0, scale="log", useful=(0.2, 1), **TOLD)),
        "pull": (float, knob(0.5, low=0.1, high=0.9, **TOLD)),
        "steps": (int, knob(90, low=1, high=999, **TOLD)),
        "size": (int, knob(3, low=1, high=9, static=True, **TOLD)),
        "rule": (str, choice("plain", ("plain", "pulled"), **TOLD)),
        "seed": (int, knob(0, low=0, high=99, **TOLD)),
    } | changed
    body = {name: each for name, (_, each) in declared.items()}
    body["__annotations__"] = {name: kind for name, (kind, _) in declared.items()}
    return type("Settings", (BaseSettings,), body)


class Trace(Record):
    """What the miniature room records."""

    step: Int[np.ndarray, " reading"] = series("Steps taken.")
    value: Float[np.ndarray, " reading"] = series("The mean.")
    count: Float[np.ndarray, ""] = series("How many there are.")

    def merits(self):
        """The last mean."""
        return {"last_value": float(self.value[-1]) if self.readings else float("nan")}


def begin(settings, key):
    start = jax.random.normal(jax.random.fold_in(key, settings.seed), (settings.size,))
    return start, jnp.zeros((), int)


def reading(settings, state):
    values, step = state
    row = {"step": step, "value": jnp.mean(values**2)}
    if settings.rule == "pulled":
        values = settings.pull * values
    return (values * (1 - 0.01 * settings.rate), step + 1), row


def last(settings, state):
    return {"count": jnp.asarray(settings.size, float)}


def draw(trace):
    finite = np.isfinite(trace.value)
    end = len(finite) if finite.all() else int(np.argmin(finite))
    made = go.Figure(go.Scatter(x=trace.step[:end], y=trace.value[:end], name="the mean"))
    return made.update_layout(
        title_text=f"A mean of {trace.count}", xaxis_title="steps", yaxis_title="mean"
    )


def words(trace):
    return f"There are {trace.readings} readings."


def miniature(*, figure=draw, tell=words, doc="As in arXiv 2103.00065.", knobs=None, **functions):
    """A room that signs the contract, but for what is given."""
    parts = dict(
        begin=begin, reading=reading, last=last,
        finished=lambda settings, state: state[1] > settings.steps,
        figures={"mean": figure}, words=tell,
    )  # fmt: skip
    settings, name = a_settings(**(knobs or {})), f"miniature {next(names)}"
    room = house.Room(name, settings, Trace, **(parts | functions))
    package = SimpleNamespace(__doc__=doc, room=room, tell=room.tell)
    return Room(name, package, SimpleNamespace(Settings=settings), SimpleNamespace(Trace=Trace))


def signs(room, folder):
    """Every rule of the contract, as in `test_every_room.py`."""
    contract.cites(room)
    contract.refuses_unknown_names(room)
    contract.runs_to_its_end(room)
    contract.keeps_its_state_alike(room)
    contract.useful_ends_run(room)
    contract.only_begins(room)
    contract.tells_any_trace(room)
    contract.tells_with_its_merits(room)
    contract.repeats_itself(room)
    contract.does_not_depend_on_the_cut(room)
    contract.states_its_merits(room)
    contract.batches_like_single_runs(room)
    contract.survives_saving(room, folder)
    contract.loads_nothing_else(room, folder)
    for name, each in room.knobs.items():
        contract.explains_a_knob(room, name)
        contract.refuses_what_is_outside(room, name)
        contract.reaches_the_program(room, name)
        where = rooms.where_it_matters(room, name)
        contract.moves_a_figure(room, name, where)
        if not each.static:
            contract.never_recompiles(room, name, **where)
    contract.draws_any_trace(room, "mean")
    contract.says_why_it_is_empty(room, "mean")
    contract.draws_nothing_after_the_end(room, "mean")


def test_the_miniature_room_signs_the_contract(tmp_path):
    room = miniature()
    signs(room, tmp_path)
    assert rooms.where_it_matters(room, "pull") == {"rule": "pulled"}
    assert rooms.where_it_matters(room, "rate") == {}


def breaks(said):
    """The contract says so; `pytest.fail` is how it says that nothing was raised."""
    return pytest.raises((AssertionError, pytest.fail.Exception), match=said)


# What a room is made of


@pytest.mark.parametrize("absent", contract.FILES)
def test_a_missing_file_is_seen(tmp_path, absent):
    for name in (*contract.FILES, "theory"):
        (tmp_path / f"{name}.py").touch()
    contract.has_its_files(tmp_path)
    (tmp_path / f"{absent}.py").unlink()
    with breaks(f"has no {absent}.py"):
        contract.has_its_files(tmp_path)


def test_a_room_without_theory_is_seen(tmp_path):
    for name in contract.FILES:
        (tmp_path / f"{name}.py").touch()
    with breaks("has no theory file"):
        contract.has_its_files(tmp_path)


def test_a_docstring_that_cites_nothing_is_seen():
    for doc in ("A fine room.", None):
        with breaks("cites nothing"):
            contract.cites(miniature(doc=doc))


@pytest.mark.parametrize(
    "said, told",
    [
        ("has no sentence", dict(TOLD, sentence="How fast.")),
        ("has no sentence", dict(TOLD, sentence="How fast it all goes")),
        ("cites nothing", dict(TOLD, source="common knowledge")),
    ],
)
def test_a_knob_that_is_not_explained_is_seen(said, told):
    room = miniature(knobs={"rate": (float, knob(0.5, low=0.1, high=2.0, **told))})
    with breaks(said):
        contract.explains_a_knob(room, "rate")


# The gate


def test_a_gate_that_lets_everything_through_is_seen(monkeypatch):
    room = miniature()
    monkeypatch.setattr(knobs.BaseSettings, "__post_init__", lambda self: None)
    with breaks("takes"):
        contract.refuses_what_is_outside(room, "rate")


def test_a_gate_that_refuses_without_the_name_is_seen(monkeypatch):
    room = miniature()
    monkeypatch.setattr(knobs.messages, "refusal", lambda *_: "That is wrong.")
    with breaks("That is wrong"):
        contract.refuses_what_is_outside(room, "rate")
    monkeypatch.setattr(knobs.messages, "unknown", lambda *_: "That is wrong.")
    with breaks("does not list"):
        contract.refuses_unknown_names(room)


# The program


def test_a_run_that_is_not_finite_or_not_whole_is_seen():
    def wild(settings, state):
        state, row = reading(settings, state)
        return state, row | {"value": jnp.where(row["step"] > 7, jnp.nan, row["value"])}

    with breaks("value is not finite, first at reading .8"):
        contract.runs_to_its_end(miniature(reading=wild))
    with breaks("91 readings are made of 999"):
        contract.runs_to_its_end(miniature(length=lambda settings: 999))


def test_a_useful_range_that_is_all_there_is_or_begins_with_no_number_is_seen():
    whole = {"rate": (float, knob(0.5, low=0.1, high=2.0, useful=(0.1, 2.0), **TOLD))}
    with breaks("all of rate is useful"):
        contract.useful_ends_run(miniature(knobs=whole))

    def wild(settings, state):
        state, row = reading(settings, state)
        return state, row | {"value": jnp.where(settings.rate > 0.9, jnp.nan, row["value"])}

    with breaks("rate = 1 begins with no number"):
        contract.useful_ends_run(miniature(reading=wild))


def test_a_knob_that_nothing_reads_is_seen():
    unused = {"idle": (float, knob(1.0, low=0.0, high=2.0, **TOLD))}
    with breaks("reads idle"):
        contract.reaches_the_program(miniature(knobs=unused), "idle")
    with breaks("changes a figure"):
        contract.moves_a_figure(miniature(knobs=unused), "idle", {})


def test_a_static_knob_that_shapes_nothing_is_seen():
    unused = {"idle": (str, choice("a", ("a", "b"), **TOLD))}
    with breaks("reads idle"):
        contract.reaches_the_program(miniature(knobs=unused), "idle")


def test_a_knob_read_after_the_beginning_that_is_said_not_to_be_is_seen():
    kind = {"kind": (str, choice("a", ("a", "b"), **TOLD))}

    def doubling(settings, state):
        state, row = reading(settings, state)
        return state, {**row, "value": row["value"] * (2 if settings.kind == "b" else 1)}

    with breaks("kind is read after the beginning"):
        contract.only_begins(miniature(knobs=kind, reading=doubling, begin_only=("kind",)))
    with breaks("rate is an argument"):
        contract.only_begins(miniature(begin_only=("rate",)))


def test_a_knob_that_moves_no_figure_is_seen():
    still = lambda trace: draw(Trace(step=np.arange(3), value=np.ones(3), count=np.float32(1)))
    with breaks("no value of rate changes a figure"):
        contract.moves_a_figure(miniature(figure=still), "rate", {})


def test_a_knob_that_recompiles_is_seen():
    room = miniature()
    stream, compiled = room.stream, room.stream.advance

    def advance(settings, state, count):
        # As if the rate were static: a program for each of its values.
        return jax.jit(lambda *rest: compiled.__wrapped__(settings, *rest))(state, count)

    stream.advance = advance
    with breaks("rate = .* compiled"):
        contract.never_recompiles(room, "rate")


def test_an_eager_operation_of_another_shape_is_seen_as_a_compilation():
    def eager(settings):
        return settings.steps + 0 * int(jnp.arange(settings.steps)[0]) + 1

    room = miniature()
    chunks = room.stream.chunks

    def counted(settings, *rest, **options):
        eager(settings)
        return chunks(settings, *rest, **options)

    room.stream.chunks = counted
    with breaks("steps = .* compiled"):
        contract.never_recompiles(room, "steps")


def test_a_state_whose_types_change_is_seen():
    room = miniature()
    # A plain 0 is a weak type, and comes back from the next call as a strong one.
    weak = jax.jit(lambda settings, key: (begin(settings, key)[0], 0))
    room.stream.begin = weak
    with breaks(r"state\[1\] goes from"):
        contract.keeps_its_state_alike(room)


def test_a_run_that_differs_from_time_to_time_is_seen():
    room, clock = miniature(), itertools.count()
    begun = room.stream.begin
    room.stream.begin = lambda settings, key: begun(settings, jax.random.fold_in(key, next(clock)))
    with breaks("a second run is not the same"):
        contract.repeats_itself(room)


def test_a_seed_or_a_key_that_nothing_reads_is_seen():
    fixed = lambda settings, key: begin(dataclasses.replace(settings, seed=0), key)
    with breaks("another seed gives the same trace"):
        contract.repeats_itself(miniature(begin=fixed))
    with breaks("the key is not used"):
        contract.repeats_itself(miniature(begin=lambda s, key: begin(s, jax.random.key(0))))


def test_a_trace_that_depends_on_the_cut_is_seen():
    room = miniature()
    compiled = room.stream.advance

    def advance(settings, state, count):
        # Each call leaves its mark on the state.
        return compiled(settings, (state[0] * 1.001, state[1]), count)

    room.stream.advance = advance
    with breaks("value depends on how the run is cut"):
        contract.does_not_depend_on_the_cut(room)


def test_a_batch_that_draws_otherwise_is_seen():
    def drawn(settings, key):
        data = jax.random.key_data(jax.random.fold_in(key, settings.seed))
        # The trap: under vmap this generator draws other numbers than alone.
        own = jax.random.wrap_key_data(jnp.tile(data, 2), impl="rbg")
        return jax.random.normal(own, (settings.size,)), jnp.zeros((), int)

    with breaks("value in a batch"):
        contract.batches_like_single_runs(miniature(begin=drawn))
    contract.batches_like_single_runs(miniature(begin=drawn, one_by_one=True))


@pytest.mark.parametrize(
    ("merits", "said"),
    [
        (lambda self: {}, "has 0 merits"),
        (lambda self: {"rate": 1.0}, "rate is a knob and a merit"),
        (lambda self: {"Last value": 1.0}, "is no name of a merit"),
        (lambda self: {"last": np.float32(1)}, "last of a run is .*, no float"),
        (lambda self: {"last": float("nan")}, "misses the first merit"),
        (lambda self: {f"of_{self.readings}": 1.0}, "the merits of no reading are of_0"),
    ],
)
def test_merits_that_are_none_are_seen(monkeypatch, merits, said):
    monkeypatch.setattr(Trace, "merits", merits)
    with breaks(said):
        contract.states_its_merits(miniature())


# Figures and words


@pytest.mark.parametrize(
    "said, change",
    [
        ("has no title", dict(title_text="")),
        ("no words on xaxis", dict(xaxis_title="")),
        ("no words on yaxis", dict(yaxis_title="mean_value")),
    ],
)
def test_a_figure_without_words_is_seen(said, change):
    changed = lambda trace: draw(trace).update_layout(change)
    with breaks(said):
        contract.draws_any_trace(miniature(figure=changed), "mean")


@pytest.mark.parametrize("name", [None, "", "trace 0", "mean_value"])
def test_a_legend_that_no_person_reads_is_seen(name):
    def unnamed(trace):
        return draw(trace).update_traces(name=name)

    with breaks("in its legend"):
        contract.draws_any_trace(miniature(figure=unnamed), "mean")


def test_a_figure_that_is_empty_without_a_word_is_seen():
    empty = lambda trace: draw(trace).update_traces(y=[np.nan] * trace.readings)
    with breaks("mean is empty, and does not say why"):
        contract.says_why_it_is_empty(miniature(figure=empty), "mean")
    said = lambda trace: empty(trace).add_annotation(text="not recorded", bgcolor="white")
    contract.says_why_it_is_empty(miniature(figure=said), "mean")


def test_two_curves_of_one_name_are_seen():
    twice = lambda trace: draw(trace).add_traces(draw(trace).data)
    with breaks("two are the same"):
        contract.draws_any_trace(miniature(figure=twice), "mean")


def test_a_figure_that_cannot_take_a_short_trace_is_seen():
    first = lambda trace: draw(trace).add_hline(float(trace.value[0]))
    with pytest.raises(IndexError):
        contract.draws_any_trace(miniature(figure=first), "mean")


def test_a_figure_that_touches_its_trace_is_seen():
    def touching(trace):
        trace.value[:1] = 0
        return draw(trace)

    with breaks("changes value"):
        contract.draws_any_trace(miniature(figure=touching), "mean")


def test_a_figure_that_draws_on_after_the_end_is_seen():
    def on(trace):
        made = draw(trace)
        return made.update_traces(x=trace.step, y=trace.value)

    with breaks("beyond the reading that is not finite"):
        contract.draws_nothing_after_the_end(miniature(figure=on), "mean")


def test_words_that_are_none_are_seen():
    with breaks("is told as"):
        contract.tells_any_trace(miniature(tell=lambda trace: ""))


def test_words_without_their_figures_of_merit_are_seen():
    room = miniature()
    room.package.tell = lambda trace: Markdown(words(trace))
    with breaks("has nothing beside its words: it is to return `show.summary.markdown"):
        contract.tells_with_its_merits(room)


# Files


@pytest.mark.parametrize("entry", ["settings", "seed", "versions", "backend"])
def test_a_header_that_leaves_something_out_is_seen(tmp_path, monkeypatch, entry):
    whole = traces.header
    cut = lambda *a: {name: each for name, each in whole(*a).items() if name != entry}
    monkeypatch.setattr(traces, "header", cut)
    with breaks(f"does not say {entry}|'{entry}'"):
        contract.survives_saving(miniature(), tmp_path)


def test_a_file_that_loses_digits_is_seen(tmp_path, monkeypatch):
    room = miniature()
    rooms.ran(room, rooms.short(room))
    keep = np.savez_compressed

    def halved(file, **arrays):
        keep(file, **{n: a.astype(np.float16) if a.dtype == "f4" else a for n, a in arrays.items()})

    monkeypatch.setattr(traces.np, "savez_compressed", halved)
    with breaks("value.* is not loaded as it was saved"):
        contract.survives_saving(room, tmp_path)


def test_a_loader_that_unpickles_is_seen(tmp_path, monkeypatch):
    def trusting(cls, path):
        with np.load(path, allow_pickle=True) as stored:
            found = {name: stored[name] for name in stored.files}
        return cls(header=json.loads(str(found.pop("header"))), **found)

    load = traces.Record.load.__func__
    careless = lambda cls, path: (trusting if path.stem == "planted" else load)(cls, path)
    monkeypatch.setattr(traces.Record, "load", classmethod(careless))
    with breaks("a trace was unpickled"):
        contract.loads_nothing_else(miniature(), tmp_path)


def test_a_loader_that_speaks_in_tracebacks_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(traces, "UNREADABLE", ())
    with breaks("Expecting property name|Regex"):
        contract.loads_nothing_else(miniature(), tmp_path)

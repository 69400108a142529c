"""The contract that every room signs, as functions that say what a room broke.

`test_every_room.py` and `test_every_figure.py` call them on every room of the house;
`test_contract_can_fail.py` on miniature rooms, each with one thing wrong. What a room brings:
`settings.Settings`, `trace.Trace`, and its `room`, with the stream, the figures and the words. By
convention the knob that draws the randomness anew, where there is one, is called `seed`.
"""

import dataclasses
import functools
import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import plotly.graph_objects as go
import pytest
from helpers import assert_close, compilations, same_bits
from plotly.utils import PlotlyJSONEncoder
from rooms import SHORT, Room, advanced, brief, ran, ran_early, short, where_it_matters

from curvkit.core import knob as knobs
from curvkit.draw import theme
from curvkit.draw.traces_only import Sketch, only_curves
from curvkit.show import player
from curvkit.show.kept import KeptRuns

FILES = ("__init__", "settings", "trace", "experiment", "figures")
CITATION = re.compile(r"arXiv \d{4}\.\d{4,5}|doi|(19|20)\d\d")


def has_its_files(home: Path) -> None:
    """The files of the floor plan, and some theory besides them."""
    found = {path.stem for path in home.glob("*.py")}
    absent = [f"{each}.py" for each in FILES if each not in found]
    assert not absent, f"{home.name} has no {', '.join(absent)}"
    assert found - {*FILES, "widget"}, f"{home.name} has no theory file"


def cites(room: Room) -> None:
    """A docstring that says why the room is there and what it rests on."""
    told = room.package.__doc__ or ""
    assert CITATION.search(told), f"the docstring of {room.name} cites nothing"


def explains_a_knob(room: Room, name: str) -> None:
    """A sentence of at least four words, and a citation."""
    each = room.knobs[name]
    assert each.sentence.endswith(".") and len(each.sentence.split()) >= 4, (
        f"{name} has no sentence, but {each.sentence!r}"
    )
    assert CITATION.search(each.source), f"{name} cites nothing, but {each.source!r}"


def refuses_what_is_outside(room: Room, name: str) -> None:
    """Ends of the range are read as they are; what lies outside is refused by name."""
    each, settings = room.knobs[name], room.settings.Settings
    for value in [each.default, *each.sweep()]:
        read = getattr(settings.read({name: value}), name)
        assert read == value and type(read) is each.kind, f"{name} reads {value!r} as {read!r}"
    for value in each.outside():
        for take in (settings.read, lambda values: settings(**values)):
            with pytest.raises(ValueError) as refused:
                take({name: value})
                pytest.fail(f"{name} takes {value!r}")
            said = str(refused.value)
            assert name in said and said.endswith((".", "?")) and "\n" not in said, said


def refuses_unknown_names(room: Room) -> None:
    """A setting that does not exist is refused with the names of those that do."""
    for name in ("", "no_such_knob", next(iter(room.knobs))[:-1]):
        with pytest.raises(ValueError) as refused:
            room.settings.Settings.read({name: 1})
            pytest.fail(f"{name!r} is taken")
        absent = [known for known in room.knobs if known not in str(refused.value)]
        assert not absent, f"the refusal of {name!r} does not list {', '.join(absent)}"


def runs_to_its_end(room: Room) -> None:
    """At the defaults every reading is made, and every number is finite."""
    settings = room.settings.Settings()
    trace = ran(room, settings)
    length = room.stream.length(settings)
    assert trace.readings == length, f"{trace.readings} readings are made of {length}"
    for name, array in trace.arrays().items():
        bad = np.argwhere(~np.isfinite(array))
        assert not len(bad), f"{name} is not finite, first at reading {bad[0]}"


def never_recompiles(room: Room, *names: str, **turned: Any) -> None:
    """Once the program is there, a sweep of the knobs from end to end compiles nothing."""
    stream = room.stream
    for _ in itertools.islice(stream.chunks(short(room, **turned)), 2):
        pass
    for values in zip(*(room.knobs[name].sweep() for name in names), strict=True):
        swept = dict(zip(names, values, strict=True))
        with compilations() as count:
            # Two short chunks and no more: the high end of `steps` would take its time.
            settings = short(room, **{**turned, **swept})
            for _ in itertools.islice(stream.chunks(settings, seconds=0.01), 2):
                pass
        told = ", ".join(f"{name} = {value}" for name, value in swept.items())
        assert count() == 0, f"{told} compiled {count()} times"


def keeps_its_state_alike(room: Room) -> None:
    """The state that a chunk leaves is of the types that it took: else the next one compiles."""
    stream, settings, key = room.stream, short(room), jax.random.key(0)
    begun = jax.eval_shape(stream.begin, settings, key)
    left = jax.eval_shape(stream.advance, settings, begun, 1)[0]
    pairs = zip(jax.tree_util.tree_leaves_with_path(begun), jax.tree.leaves(left), strict=True)
    for (path, before), after in pairs:
        forms = [(x.shape, x.dtype, getattr(x, "weak_type", False)) for x in (before, after)]
        assert forms[0] == forms[1], f"state{jax.tree_util.keystr(path)} goes from {forms}"


def reaches_the_program(room: Room, name: str) -> None:
    """A knob's name is an argument of the compiled program; a static one shapes it."""
    where = where_it_matters(room, name)
    assert where is not None, f"no program of {room.name} reads {name}"
    assert name not in knobs.idle(short(room, **where)), f"{name} is read at {where} and not shown"


def only_begins(room: Room) -> None:
    """A knob that the stream says only the beginning reads shapes no later program."""
    for name in room.stream.begin_only:
        assert room.knobs[name].static, f"{name} is an argument: another value compiles nothing"
        texts = {advanced(room, short(room, **{name: each})) for each in room.knobs[name].sweep()}
        assert len(texts) == 1, f"{name} is read after the beginning, and would be ignored there"


def moves_a_figure(room: Room, name: str, turned: dict[str, Any]) -> None:
    """Turned to some value, the knob changes some figure's data or layout."""
    each, plain = room.knobs[name], short(room, **turned)
    for value in each.sweep():
        # The far end of `steps` is not run: that is no short run.
        value = min(value, 2 * SHORT) if name == "steps" else value
        settings = short(room, **{**turned, name: value})
        if settings != plain and any(
            draw(ran(room, settings)).to_json() != drawn(room, figure, plain)
            for figure, draw in room.drawings.items()
        ):
            return
    raise AssertionError(f"no value of {name} changes a figure of {room.name}")


# The figures of one run are asked for again and again, those of another not any more.
@functools.lru_cache(maxsize=8)
def drawn(room: Room, figure: str, settings: Any) -> str:
    """A figure of a run, as JSON."""
    return room.drawings[figure](ran(room, settings)).to_json()


def odd_traces(room: Room, every: bool = False) -> Iterator[tuple[str, Any]]:
    """Traces that a figure has to take: short, cut, broken off, and of numbers gone wild.

    With `every` also those that are broken from their beginning, and knobs at each of their values,
    all run to their ends.
    """
    whole = ran(room, short(room))
    # What a knob does to a picture is there early, and the runs are many.
    early = max(2, whole.readings // 4)
    yield from beginnings(whole)
    for value in (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e38):
        yield f"{value} from the middle on", spoiled(whole, whole.readings // 2, value)
        if every:
            yield f"{value} everywhere", spoiled(whole, 0, value)
    for name, each in room.knobs.items():
        if not each.static and name != "steps":
            for value in each.sweep() if every else each.sweep()[-1:]:
                turned = short(room, **{name: value})
                made = ran(room, turned) if every else ran_early(room, turned, early)
                yield f"{name} = {value}", made


def beginnings(whole: Any) -> Iterator[tuple[str, Any]]:
    """A run, and the same cut off near its beginning."""
    yield "a run", whole
    yield "no reading", whole.head(0)
    yield "one reading", whole.head(1)
    yield "two readings", whole.head(2)


def few_traces(room: Room) -> Iterator[tuple[str, Any]]:
    """Of the odd traces a few of each kind, where drawing all would take long."""
    whole = ran(room, short(room))
    yield from beginnings(whole)
    yield "nan from the middle on", spoiled(whole, whole.readings // 2, np.nan)
    for name, each in room.knobs.items():
        if each.choices and not each.static:
            for value in each.sweep():
                yield f"{name} = {value}", ran(room, short(room, **{name: value}))


def is_recoloured(room: Room, figure: str) -> None:
    """A figure drawn light is, with each colour in its pair's place, the figure drawn dark."""
    draw, trace = room.drawings[figure], ran(room, short(room))
    numbers = lambda colour: theme.faint(colour, 0).removesuffix("0)")
    light = draw(trace).to_json()
    for one, other in theme.pairs():
        light = light.replace(one, other).replace(numbers(one), numbers(other))
    theme.use("dark")
    dark = draw(trace).to_json()
    assert json.loads(light) == json.loads(dark), f"{figure} has colours of its own"


def spoiled(trace: Any, since: int, value: float, after: float | None = None) -> Any:
    """The trace with every series of floats at `value` from the reading `since` on.

    With `after` only that one reading is, and those after it are at `after`.
    """
    arrays = {}
    for name, each in trace.__series__.items():
        array = np.array(getattr(trace, name))
        if each.dims[:1] == ("reading",) and array.dtype.kind == "f":
            array[since:] = value
            array[since + 1 :] = value if after is None else after
            arrays[name] = array
    return dataclasses.replace(trace, **arrays)


def draws_any_trace(room: Room, figure: str, every: bool = False) -> None:
    """A figure of any trace that a person can read, drawn without touching the trace."""
    for what, trace in odd_traces(room, every):
        before = {name: array.copy() for name, array in trace.arrays().items()}
        made = room.drawings[figure](trace)
        is_readable(made, f"{figure} of {what}")
        with only_curves():
            sketched = room.drawings[figure](trace)
        assert curves(sketched) == curves(made), f"{figure} of {what} is sketched otherwise"
        touched = [
            name for name, array in trace.arrays().items() if not same_bits(array, before[name])
        ]
        assert not touched, f"{figure} of {what} changes {', '.join(touched)}"


def curves(figure: go.Figure | Sketch) -> list[str]:
    """The curves of a figure as JSON, without the panel that each stands in."""
    told = [each.to_plotly_json() for each in figure.data]
    panel = ("xaxis", "yaxis")
    return [
        json.dumps(
            {k: v for k, v in each.items() if k not in panel}, cls=PlotlyJSONEncoder, sort_keys=True
        )
        for each in told
    ]


def draws_nothing_after_the_end(room: Room, figure: str) -> None:
    """What comes after a reading that is not finite is not drawn as if it were real."""
    whole = ran(room, short(room))
    middle = whole.readings // 2
    broken = spoiled(whole, middle, np.nan, after=1e30)
    for curve in room.drawings[figure](broken).data:
        values = np.asarray(curve.y if curve.y is not None else [], float)
        assert not np.any(np.abs(values[np.isfinite(values)]) > 1e25), (
            f"{figure} draws {curve.name!r} beyond the reading that is not finite"
        )


def is_readable(figure: go.Figure, what: str = "the figure") -> None:
    """A title, a title on every axis whose numbers are shown, and names in the legend."""
    assert figure.layout.title.text, f"{what} has no title"
    for axis in [*figure.select_xaxes(), *figure.select_yaxes()]:
        title = axis.title.text or ""
        hidden = axis.showticklabels is False or axis.visible is False
        assert hidden or (title.strip() and "_" not in title), (
            f"{what} has no words on {axis.plotly_name}, but {title!r}"
        )
    names = [curve.name for curve in figure.data if curve.showlegend is not False]
    for name in names:
        plain = name and name.strip() and "_" not in name and not re.match(r"trace \d+$", name)
        assert plain, f"{what} has {name!r} in its legend"
    assert len(set(names)) == len(names), f"{what} says {names} in its legend, two are the same"


def says_why_it_is_empty(room: Room, figure: str) -> None:
    """Each panel of a figure of the defaults has something in it, or a remark says why not."""
    made = room.drawings[figure](ran(room, short(room)))
    flat = any("yaxis" in curve for curve in made.data)
    axes = [axis for axis in made.select_yaxes() if flat and not axis.overlaying]
    empty = [axis.plotly_name for axis in axes if not any(_numbers(c, axis) for c in made.data)]
    remarks = [each.text for each in made.layout.annotations if each.bgcolor]
    assert remarks or (made.data and not empty), f"{figure} is empty, and does not say why"


def tells_any_trace(room: Room) -> None:
    """What a trace shows is told in words, whatever the trace."""
    for what, trace in odd_traces(room):
        told = room.package.room.words(trace)
        assert told.strip().endswith("."), f"{what} is told as {told!r}"


def tells_with_its_merits(room: Room) -> None:
    """A report reads a run's figures of merit beside the words that a notebook displays."""
    trace = ran(room, short(room))
    found = room.package.tell(trace)._repr_markdown_()
    assert isinstance(found, tuple), (
        f"the `tell` of {room.name} has nothing beside its words: it is to return "
        "`show.summary.markdown(words(trace), trace)`"
    )
    _, beside = found
    merits, told = trace.merits(), beside["curvkit"]
    assert (told["room"], told["settings"]) == (room.name, dict(trace.settings))
    assert told["merits"].keys() == merits.keys()
    for name, value in told["merits"].items():
        assert value == merits[name] if math.isfinite(merits[name]) else value is None, name


def repeats_itself(room: Room) -> None:
    """The same key and settings give the same trace; another key or seed gives another."""
    stream, settings = room.stream, short(room)
    first = ran(room, settings)
    # In as few calls as there can be, which the test of the cut leaves to this one.
    again = stream.run(settings, seconds=1e6)
    assert differing(first, again) == [], "a second run is not the same"
    if "seed" in room.knobs:
        other = first_readings(room, short(room, seed=1))
        assert differs_early(first, other), "another seed gives the same trace"
        other = first_readings(room, settings, key=1)
        assert differs_early(first, other), "the key is not used"


def first_readings(room: Room, settings: Any, key: int = 0) -> Any:
    """The first two readings of a run."""
    chunks = room.stream.chunks(settings, jax.random.key(key), seconds=0.0)
    return list(itertools.islice(chunks, 2))[-1]


def differs_early(whole: Any, part: Any) -> list[str]:
    """The names of the series in which a run begins otherwise than another one."""
    names = [name for name, each in whole.__series__.items() if each.dims[:1] == ("reading",)]
    return [n for n in differing(whole.head(part.readings), part) if n in names]


def differing(one: Any, other: Any) -> list[str]:
    """The names of the arrays in which two traces are not the same, bit by bit."""
    others = other.arrays()
    return [name for name, array in one.arrays().items() if not same_bits(array, others[name])]


def does_not_depend_on_the_cut(room: Room) -> None:
    """Made one reading at a time or in chunks that grow: the same trace."""
    stream, settings = room.stream, short(room)
    pieces = list(stream.chunks(settings, seconds=0.0))
    assert len(pieces) >= pieces[-1].readings, "seconds=0 does not cut after each reading"
    wrong = differing(ran(room, settings), pieces[-1])
    assert not wrong, f"{', '.join(wrong)} depends on how the run is cut"
    for piece in pieces:
        early = pieces[-1].head(piece.readings)
        wrong = [n for n in differing(piece, early) if piece.__series__[n].dims]
        assert not wrong, f"{', '.join(wrong)} of {piece.readings} readings changed later"


def batches_like_single_runs(room: Room) -> None:
    """Runs made at once have the numbers of the same runs made alone, whatever their lengths."""
    stream = room.stream
    lengths = {"steps": SHORT // 2} if "steps" in room.knobs else {}
    others = {"seed": 1} if "seed" in room.knobs else {}
    every = [short(room), short(room, **others), short(room, **lengths)]
    for settings, made in zip(every, stream.batch(every), strict=True):
        alone = ran(room, settings)
        assert made.settings == alone.settings and made.header["seed"] == alone.header["seed"]
        for name, array in alone.arrays().items():
            # Early in a run rounding has not grown yet; what is drawn of it is the same.
            size = np.abs(array[np.isfinite(array)]).max(initial=1e-30)
            assert_close(getattr(made, name), array, atol=2e-3 * size, what=f"{name} in a batch")


def states_its_merits(room: Room) -> None:
    """The same few numbers of any trace; a run at the defaults comes to the first of them."""
    merits = ran(room, short(room)).merits()
    assert 1 <= len(merits) <= 6, f"{room.name} has {len(merits)} merits"
    assert np.isfinite(next(iter(merits.values()))), "a run at the defaults misses the first merit"
    taken = {*room.knobs} & {*merits}
    assert not taken, f"{', '.join(taken)} is a knob and a merit"
    for what, trace in odd_traces(room):
        found = trace.merits()
        assert list(found) == list(merits), f"the merits of {what} are {', '.join(found)}"
        for name, value in found.items():
            assert type(value) is float, f"{name} of {what} is {value!r}, no float"
            assert name.isidentifier() and name.islower(), f"{name!r} is no name of a merit"


def useful_ends_run(room: Room) -> None:
    """A run begins with each knob at both ends of its useful range, and reads numbers there."""
    for name, each in room.knobs.items():
        if each.useful is None:
            continue
        low, high = each.useful
        assert each.ends[0] <= low <= each.default <= high <= each.ends[1], name
        assert (low, high) != each.ends, f"all of {name} is useful, so it need not be said"
        for end in each.useful:
            course = room.stream.course(short(room, **{name: end}))
            assert course.advance(2) >= 1, f"{name} = {end} makes no reading"
            assert course.trace.finite >= 1, f"{name} = {end} begins with no number"


def survives_saving(room: Room, folder: Path) -> None:
    """A trace is loaded as it was saved, nan and infinity included, with all it was made of."""
    for since, value in ((99, 0.0), (1, np.nan), (0, -np.inf)):
        trace = spoiled(ran(room, short(room)), since, value)
        loaded = type(trace).load(trace.save(folder / "trace.npz"))
        wrong = differing(trace, loaded)
        assert not wrong, f"{', '.join(wrong)} is not loaded as it was saved"
        assert json.loads(json.dumps(dict(trace.header))) == loaded.header
    header = loaded.header
    absent = {"settings", "seed", "versions", "backend", "key", "room"} - set(header)
    assert not absent, f"the header does not say {', '.join(sorted(absent))}"
    assert {"curvkit", "python", "jax", "numpy"} <= set(header["versions"])
    assert header["room"] == room.name and header["backend"] == jax.default_backend()
    assert knobs.read(room.settings.Settings, header["settings"]) == short(room)


def loads_nothing_else(room: Room, folder: Path) -> None:
    """A file that is no trace of this room is refused in words, and nothing in it is executed."""
    good = ran(room, short(room)).save(folder / "good.npz").read_bytes()
    arrays = ran(room, short(room)).arrays()
    header = json.dumps({"settings": {}})
    (folder / "half.npz").write_bytes(good[: len(good) // 2])
    (folder / "words.npz").write_text("no numbers here")
    (folder / "empty.npz").write_bytes(b"")
    np.savez(folder / "other.npz", header=header, something=np.ones(3))
    np.savez(folder / "bare.npz", **arrays)
    np.savez(folder / "torn.npz", header="{", **arrays)
    first = next(iter(arrays))
    planted = {**arrays, first: np.array([Planted()], dtype=object)}
    np.savez(folder / "planted.npz", header=header, **planted)
    with open(folder / "single.npz", "wb") as file:
        np.save(file, np.ones(3))
    for name in ("half", "words", "empty", "other", "bare", "torn", "planted", "single"):
        with pytest.raises(ValueError, match=rf"{name}\.npz is not a .*\.$"):
            room.trace.Trace.load(folder / f"{name}.npz")
            pytest.fail(f"{name}.npz is loaded")


class Planted:
    """An object that would make itself heard if it were ever unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a trace was unpickled",)


def moves_as_a_page(room: Room, figure: str) -> None:
    """A figure of any trace plays from its first reading to its last, in axes that stand still."""
    draw = room.drawings[figure]
    for what, trace in few_traces(room):
        made = player.animate(draw, trace, frames=3)
        json.loads(made.to_json())
        names = [frame.name for frame in made.frames]
        assert len(names) == min(3, trace.readings) or len(names) == 0 == max(trace.readings - 1, 0)
        if names and (made.layout.meta or {}).get("axes") != "move":
            for axis in [*made.select_xaxes(), *made.select_yaxes()]:
                drawn = [c for c in made.data if _numbers(c, axis)]
                assert not drawn or axis.range, f"{axis.plotly_name} of {what} moves while it plays"


def _numbers(curve: Any, axis: Any) -> bool:
    """Whether a curve has a finite number on the axis, above 0 where that is logarithmic."""
    letter = axis.plotly_name[0]
    if f"{letter}axis" not in curve or curve[letter] is None:
        return False
    if (curve[f"{letter}axis"] or letter) != letter + axis.plotly_name[5:]:
        return False
    values = np.asarray(curve[letter])
    if values.dtype.kind not in "biuf":
        return bool(values.size)
    return bool(np.any(np.isfinite(values) & ((values > 0) | (axis.type != "log"))))


def is_kept(room: Room, figure: str) -> None:
    """Runs kept on a figure are seen: each in a colour of its own behind it, or drawn below."""
    draw = room.drawings[figure]
    newest, *others = [trace for _, trace in itertools.islice(few_traces(room), 4)]
    kept = KeptRuns()
    for number, trace in enumerate([newest, *others], 1):
        kept.keep(f"run {number}", trace)
    plain = len(draw(newest).data)
    made = kept.compare(draw(newest), draw, figure)
    json.loads(made.to_json())
    if kept.box.children:
        assert len(made.data) == plain and len(kept.box.children) == len(kept.runs)
        shown = [canvas.figure.layout.title.text for canvas in kept.box.children]
        assert all(f"kept {n}: run {n}" in text for n, text in enumerate(shown, 1)), shown
        return
    assert curves(go.Figure(made.data[-plain:])) == curves(draw(newest)), (
        "the newest run is drawn otherwise beside kept ones"
    )
    colors = {c.name: c.line.color for c in made.data[:-plain]}
    assert len(set(colors.values())) == len(colors) == len(kept.runs)


def opens_its_panel(room: Room) -> None:
    """A live panel: runs, shows every figure, keeps and scrubs on each, tells a failure."""
    panel = room.package.explore(**brief(room))
    trace = panel.wait()
    assert trace is not None and panel.bar.status.value.startswith("done"), panel.bar.status.value
    for name in panel.figures:
        panel.figure_choice.value = name
        panel.keep()
        panel.transport.scrubber.value = 1
        panel.transport.scrubber.value = panel.transport.scrubber.max
        plain = panel.figures[name](trace)
        shown = curves(go.Figure(panel.canvas.figure.data[-len(plain.data) or None :]))
        assert shown == curves(plain), f"the panel shows another {name} than that of its trace"
        assert panel._advice.value == "", f"{name}: {panel._advice.value}"
        panel.clear()
    panel.figures[name] = lambda trace: 1 / 0
    panel.draw()
    assert "ZeroDivisionError" in panel._advice.value and not panel.canvas.figure.data

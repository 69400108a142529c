"""A room's stream as a program of a page: the same `begin` and `reading`, and what is drawn of
each row.

The page calls `begin` once, `fix` after it and when the run has ended, and `advance` again and
again; between calls the state lies in the module's memory, where the page may copy it and put it
back. Where a row takes less of the program than the work up to the next, `first` makes the row
alone, so that the first one comes at once.
"""

import functools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import partial_eval

from curvkit.browser.module import Module
from curvkit.browser.values import Value
from curvkit.browser.walk import Untranslatable
from curvkit.core import knob, tree
from curvkit.core.stream import Stream

# What is drawn of a run: fields by name, of a trace whose arrays are traced.
Fields = Callable[[Any], Mapping[str, Any]]
# The rows that one call makes take no more memory than this, unless one alone does.
MOST_BYTES = 2**20
# Which share of the work a row may take, that it is made alone, and how many operations have to be
# left for later by it, some ten milliseconds of them.
MOST_ALONE, LEAST_LATER = 1 / 2, 1e7
# How often a loop is taken to go round whose end is not known beforehand.
ROUNDS = 100


@dataclass(frozen=True)
class Program:
    """What a page needs of a program: its C text, and where in its memory all lies.

    Attributes:
        layout: as JSON; `knobs`, `key`, `count`, `state`, `rows`, `fixed`, `made` and `ended` are
            places as `module.Place.as_dict` gives them, with their names where they have one.
    """

    text: str
    layout: dict[str, Any]
    bytes: int
    met: Mapping[str, int]


def written(
    stream: Stream[Any], settings: Any, *, rows: Fields | None = None, fixed: Fields | None = None,
    turned: Collection[str] = (), key: jax.Array | None = None,
) -> Program:  # fmt: skip
    """Translates a stream with the static knobs of `settings`.

    Args:
        stream: a room's.
        settings: the numeric knobs begin with its values.
        rows: `rows(trace)`, the fields over time of a trace of readings, each of its reading alone;
            the series of the trace if None.
        fixed: `fixed(trace)`, the fields that are not over time; those of the trace if None.
        turned: the knobs that the page turns; to `rows` and `fixed` the others are plain numbers.
        key: the base key, as `Stream.run` takes it.

    Raises:
        Untranslatable: naming the primitive, the room and the line that it came from.
    """
    parts = _Parts(stream, settings, rows, fixed, turned)
    try:
        return _translated(parts, settings, jax.random.key(0) if key is None else key)
    except Untranslatable as error:
        raise Untranslatable(f"{stream.name}: {error}") from error


def _translated(parts: "_Parts", settings: Any, key: jax.Array) -> Program:
    stream, module = parts.stream, Module()
    leaves, form = jax.tree.flatten(settings)
    shared = jax.tree.flatten(stream.shared(settings))[1]
    state = jax.eval_shape(stream.begun, settings, key)
    last = jax.eval_shape(parts.last, settings, state)
    traced = functools.partial(_jaxpr, form, shared)
    begin = traced(parts.begin, leaves, key)
    fix = traced(parts.fix, leaves, state)
    advance = traced(parts.advance, leaves, state, last, 1)
    knobs = module.arrays(begin.in_avals[: len(leaves)])
    keys = module.arrays(begin.in_avals[len(leaves) :])
    states, others = module.arrays(begin.out_avals), module.arrays(fix.out_avals[: len(last)])
    count = module.arrays(advance.in_avals[-1:])
    module.function("begin", begin, [*knobs, *keys], states)
    still = module.function("fix", fix, [*knobs, *states], others)[len(last) :]
    outputs = module.function("advance", advance, [*knobs, *states, *others, *count], states)
    outputs = outputs[len(states) :]
    alone = _first(module, parts, traced, (leaves, state, last, [*knobs, *states, *others]))
    edits = _edits(module, parts, traced, (leaves, state, last, [*knobs, *states], states))
    place, named = lambda value: module.place(value).as_dict(), functools.partial(_named, module)
    layout = {
        "knobs": [
            {**each, "value": float(value)}
            for each, value in zip(named(_names(settings), knobs), leaves, strict=True)
        ],
        "key": {**place(keys[0]), "value": np.asarray(jax.random.key_data(key)).ravel().tolist()},
        "state": [place(each) for each in _read(advance, states, len(leaves))],
        "count": place(count[0]), "made": place(outputs[-2]), "ended": place(outputs[-1]),
        "rows": named(sorted(parts.row_names), outputs[:-2]),
        "fixed": named(sorted(parts.fixed_names), still), "capacity": parts.capacity,
        "edits": edits, "first": named(sorted(parts.row_names), alone) if alone else None,
    }  # fmt: skip
    return Program(module.text(), layout, module.bytes, module.met)


def _named(module: Module, names: Sequence[str], values: Sequence[Value]) -> list[dict[str, Any]]:
    """The places of values, with their names."""
    pairs = zip(names, values, strict=True)
    return [{"name": name, **module.place(value).as_dict()} for name, value in pairs]


def _first(module: Module, parts: "_Parts", traced: Any, of: Any) -> list[Value]:
    """Adds `first`, the row of a state and nothing else, and returns where its fields lie; nothing
    where that takes much of what `advance` takes.
    """
    leaves, state, last, given = of
    whole = traced(parts.first, leaves, state, last)
    alone = traced(parts.opening, leaves, state, last) if parts.stream.opening else whole
    jaxpr, _ = partial_eval.dce_jaxpr(alone.jaxpr, [True] * len(alone.jaxpr.outvars), True)
    row, all_of_it = _work(jaxpr), _work(whole.jaxpr)
    if row > MOST_ALONE * all_of_it or all_of_it - row < LEAST_LATER:
        return []
    return module.function("first", alone.replace(jaxpr=jaxpr), given)


def _work(jaxpr: Any) -> float:
    """About how many operations on numbers a jaxpr takes."""
    total = 0.0
    for equation in jaxpr.eqns:
        name, params = equation.primitive.name, equation.params
        inner = [_work(body) for each in params.values() for body in _bodies(each)]
        rounds = {"while": ROUNDS, "scan": params.get("length")}.get(name, 1)
        each = max((getattr(out.aval, "size", 1) for out in equation.outvars), default=1)
        if name == "dot_general":
            (summed, _), _ = params["dimension_numbers"]
            each *= math.prod(equation.invars[0].aval.shape[axis] for axis in summed)
        elif name == "conv_general_dilated":
            kernel = equation.invars[1].aval
            each *= kernel.size // kernel.shape[params["dimension_numbers"].rhs_spec[0]]
        total += rounds * sum(inner) if inner else each
    return total


def _bodies(given: Any) -> list[Any]:
    """The jaxprs in a parameter of an equation."""
    several = given if isinstance(given, tuple | list) else (given,)
    bodies = (getattr(each, "jaxpr", each) for each in several)
    return [each for each in bodies if hasattr(each, "eqns")]


def _edits(module: Module, parts: "_Parts", traced: Any, of: Any) -> dict[str, Any]:
    """Adds a function for each field that can be edited by hand: `edit_` and its name, of an item
    and of two numbers, of which one that is nan stays as it was; and `sound`, whether a run can
    begin so.
    """
    stream, (leaves, state, last, given, states) = parts.stream, of
    if stream.edit_traced is None:
        return {}
    item, values = jax.ShapeDtypeStruct((), np.int32), jax.ShapeDtypeStruct((2,), np.float32)
    number, pair = module.arrays([item, values])
    fields = stream.trace.EDITED
    for field in fields:
        jaxpr = traced(functools.partial(parts.edit, field), leaves, state, item, values)
        module.function(f"edit_{field}", jaxpr, [*given, number, pair], states)
    sound = {}
    if stream.hand.sound is not None:
        holds = module.function("sound", traced(parts.sound, leaves, state), given)
        sound = {"sound": {**module.place(holds[0]).as_dict(), "words": stream.hand.sound[1]}}
    return {
        "fields": {field: last[of].shape[0] for field, of in fields.items()},
        "painted": sorted(stream.trace.PAINTED), "item": module.place(number).as_dict(),
        "values": module.place(pair).as_dict(), **sound,
    }  # fmt: skip


def _names(settings: Any) -> list[str]:
    """The names of the numeric knobs, in the order of the leaves."""
    paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(settings)]
    return ["".join(str(getattr(part, "name", part)) for part in path) for path in paths]


def _jaxpr(form: Any, shared: Any, function: Callable[..., Any], leaves: Any, *given: Any) -> Any:
    """The closed jaxpr of a function of both settings, with the leaves of the knobs first."""

    def flat(leaves: Any, *given: Any) -> Any:
        return function(
            jax.tree.unflatten(form, leaves), jax.tree.unflatten(shared, leaves), *given
        )

    return jax.make_jaxpr(flat)(leaves, *given)


def _read(advance: Any, states: list[Any], first: int) -> list[Any]:
    """The arrays of the state that the next reading reads; only these are to be kept."""
    jaxpr = advance.jaxpr
    read = {id(v) for each in jaxpr.eqns for v in each.invars} | {id(v) for v in jaxpr.outvars}
    inputs = jaxpr.invars[first : first + len(states)]
    return [each for each, variable in zip(states, inputs, strict=True) if id(variable) in read]


class _Parts:
    """The functions of a program, of the settings as `begin` and as all else reads them."""

    def __init__(
        self, stream: Stream[Any], settings: Any, rows: Fields | None, fixed: Fields | None,
        turned: Collection[str],
    ):  # fmt: skip
        self.stream, self.rows, self.fixed = stream, rows, fixed
        self.values, self.turned = knob.as_dict(settings), turned
        self.row_names: list[str] = []
        self.fixed_names: list[str] = []
        self.capacity = stream.capacity

    def begin(self, settings: Any, shared: Any, key: Any) -> Any:
        return self.stream.begun(settings, key)

    def edit(
        self, field: str, settings: Any, shared: Any, state: Any, item: Any, values: Any
    ) -> Any:
        assert self.stream.edit_traced is not None
        after = self.stream.edit_traced(settings, state, field, item, values)
        return tree.strong(tree.typed(after, state))

    def sound(self, settings: Any, shared: Any, state: Any) -> Any:
        assert self.stream.hand.sound is not None
        return self.stream.hand.sound[0](settings, state)

    def last(self, settings: Any, state: Any) -> dict[str, Any]:
        return dict(self.stream.final(settings, state))

    def fix(self, settings: Any, shared: Any, state: Any) -> Any:
        """What of a run is no row, and what is drawn of it."""
        last = self.last(shared, state)
        row = jax.eval_shape(self.stream.reading, shared, state)[1]
        empty = {name: jnp.zeros((1, *each.shape), each.dtype) for name, each in row.items()}
        fields = last
        if self.fixed is not None:
            fields = self.fixed(self._trace(settings, empty, last))
        self.fixed_names = list(fields)
        return last, {name: jnp.asarray(value) for name, value in fields.items()}

    def advance(self, settings: Any, shared: Any, state: Any, last: Any, count: Any) -> Any:
        """Up to `count` rows from a state on."""
        drawn = jax.jit(functools.partial(self._row, settings, shared, last), inline=True)
        row = jax.eval_shape(drawn, state)[1]
        self.row_names = list(row)
        each = sum(leaf.size * leaf.dtype.itemsize for leaf in row.values())
        self.capacity = max(1, min(self.stream.capacity, MOST_BYTES // max(each, 1)))
        rows = {k: jnp.zeros((self.capacity, *v.shape), v.dtype) for k, v in row.items()}

        def unfinished(carry: Any) -> Any:
            state, _, number = carry
            return (number < count) & ~self.stream.finished(shared, state)

        def one(carry: Any) -> Any:
            before, rows, number = carry
            state, row = drawn(before)
            rows = {name: all.at[number].set(row[name]) for name, all in rows.items()}
            return tree.typed(state, before), rows, number + 1

        state, rows, number = jax.lax.while_loop(unfinished, one, (state, rows, 0))
        return tree.strong(state), rows, number, self.stream.finished(shared, state)

    def first(self, settings: Any, shared: Any, state: Any, last: Any) -> Any:
        """The row of a state, one of a row."""
        row = self._row(settings, shared, last, state)[1]
        return {name: each[None] for name, each in row.items()}

    def opening(self, settings: Any, shared: Any, state: Any, last: Any) -> Any:
        """The same of the state that a run begins with, as the room makes it by less."""
        assert self.stream.opening is not None
        row = self._drawn(settings, self.stream.opening(shared, state), last)
        like = jax.eval_shape(self.first, settings, shared, state, last)
        return tree.typed({name: each[None] for name, each in row.items()}, like)

    def _row(self, settings: Any, shared: Any, last: Any, state: Any) -> Any:
        """A reading, and what is drawn of it."""
        state, row = self.stream.reading(shared, state)
        return state, self._drawn(settings, row, last)

    def _drawn(self, settings: Any, row: dict[str, Any], last: Any) -> dict[str, Any]:
        """What is drawn of a row."""
        if self.rows is None:
            return row
        trace = self._trace(settings, {name: each[None] for name, each in row.items()}, last)
        return {name: jnp.asarray(v)[0] for name, v in self.rows(trace).items()}

    def _trace(self, settings: Any, rows: Mapping[str, Any], last: Mapping[str, Any]) -> Any:
        turned = {name: getattr(settings, name) for name in self.turned}
        return self.stream.trace.traced({**self.values, **turned}, **rows, **last)

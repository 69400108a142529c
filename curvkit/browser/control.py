"""Rules of loops, branches and of functions within a program."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curvkit.browser.values import ElementType, Value, in_memory, plus
from curvkit.browser.walk import Untranslatable, Walk, results, rule


@rule("jit", "pjit", "closed_call", "core_call", "remat2", "checkpoint")
def _call(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    inner = equation.params["jaxpr"]
    if hasattr(inner, "jaxpr"):
        return walk.closed(inner, given)
    return walk.open(inner, given)


@rule("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr")
def _custom(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    named = ("call_jaxpr", "fun_jaxpr", "jaxpr")
    return walk.closed(next(equation.params[n] for n in named if n in equation.params), given)


@rule("custom_linear_solve")
def _solved(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    counts, programs = equation.params["const_lengths"], equation.params["jaxprs"]
    first = counts.matvec + counts.vecmat
    last = first + counts.solve
    return walk.closed(programs.solve, given[first:last] + given[last + counts.transpose_solve :])


@rule("platform_index")
def _platform(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    """A page computes as a processor does."""
    for at, names in enumerate(equation.params["platforms"]):
        if names is None or "cpu" in names:
            return [walk.writer.constant(np.int32(at))]
    raise Untranslatable("a program for other platforms than a processor has no rule")


def into(walk: Walk, values: Sequence[Value], places: Sequence[Value]) -> None:
    """Stores values into places that some of them may still have to be read from."""
    write = walk.writer
    taken = {place.array for place in places}
    moved = []
    for value, place in zip(values, places, strict=True):
        write.stored(value)
        if (value.array, value.offset) == (place.array, place.offset):
            continue
        moved.append((write.copied(value) if value.array in taken else value, place))
    for value, place in moved:
        write.store(place, value)


def _before(walk: Walk, given: Sequence[Value]) -> list[Value]:
    """Values as a loop or a branch reads them: computed before it, once."""
    for each in given:
        if each.cost or each.array is None and each.size > 1:
            walk.writer.stored(each)
    return [each.same(False) for each in given]


def _carried(walk: Walk, equation: Any, given: Sequence[Value]) -> list[Value]:
    """The arrays that a loop carries on, as they begin: those that nobody else reads are taken."""
    carry = [walk.writer.new(*each) for each in results(equation)[: len(given)]]
    for place, value in zip(carry, given, strict=True):
        walk.writer.store(place, value)
    return carry


@rule("while")
def _while(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    params, write = equation.params, walk.writer
    tests, bodies = params["cond_nconsts"], params["body_nconsts"]
    fixed = _before(walk, given[: tests + bodies])
    carry = _carried(walk, equation, given[tests + bodies :])
    with write.block("for(;;)", loop=True):
        read = [each.same(False) for each in carry]
        goes_on = walk.closed(params["cond_jaxpr"], [*fixed[:tests], *read])[0]
        several = bool(goes_on.shape)
        any_one = _any(walk, goes_on) if several else goes_on.at([])
        write.line(f"if(!{any_one})break;")
        # Where several loops run as one, those that have ended keep what they had.
        after = walk.closed(
            params["body_jaxpr"], [*fixed[tests:], *(each.same(not several) for each in carry)]
        )
        if several:
            pairs = zip(after, carry, strict=True)
            after = [_unless_ended(goes_on, new, old) for new, old in pairs]
        into(walk, after, carry)
    return carry


def _any(walk: Walk, truths: Value) -> str:
    """Whether any of several loops goes on; their truths are kept, since the loop changes what
    they are computed from.
    """
    copy = walk.writer.changeable(walk.writer.stored(truths))
    for name in ("at", "flat", "array", "offset"):
        setattr(truths, name, getattr(copy, name))
    count = walk.writer.new((), ElementType("B"))
    with walk.writer.nest():
        total = count.at([])
        walk.writer.line(f"{total}=0;")
        walk.writer.loops(truths.shape, lambda at: walk.writer.line(f"{total}|={truths.at(at)};"))
    return total


def _unless_ended(goes_on: Value, new: Value, old: Value) -> Value:
    """The new elements of the loops that go on, the old ones of the others."""
    rank = len(goes_on.shape)
    return Value(
        new.shape, new.kind,
        lambda at: f"({goes_on.at(at[:rank])}?{new.at(at)}:{old.at(at)})", cost=new.cost + 1,
    )  # fmt: skip


@rule("scan")
def _scan(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    params, write = equation.params, walk.writer
    constants, carried, length = params["num_consts"], params["num_carry"], params["length"]
    fixed = _before(walk, given[:constants])
    carry = _carried(walk, equation, given[constants : constants + carried])
    series = [write.stored(each) for each in given[constants + carried :]]
    outputs = [write.new(*each) for each in results(equation)[carried:]]
    k = write.name("k")
    head = f"for(int {k}=0;{k}<{length};{k}++)"
    if params["reverse"]:
        head = f"for(int {k}={length}-1;{k}>=0;{k}--)"
    with write.block(head, loop=True):
        rows = [_row(each, k) for each in series]
        after = walk.closed(params["jaxpr"], [*fixed, *(each.same(True) for each in carry), *rows])
        for place, value in zip(outputs, after[carried:], strict=True):
            write.store(_row(place, k), value)
        into(walk, after[:carried], carry)
    return [*carry, *outputs]


def _row(series: Value, k: str) -> Value:
    """A row of an array in memory."""
    shape = series.shape[1:]
    size = int(np.prod(shape, dtype=int))
    assert series.array is not None
    return in_memory(series.array, shape, series.kind, plus(series.offset, f"{k}*{size}"))


@rule("cond")
def _cond(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    branches, write = equation.params["branches"], walk.writer
    which, *others = _before(walk, given)
    outputs = [write.new(*each) for each in results(equation)]
    if which.array is not None:  # a branch may write where the choice was read from
        which = write.copied(which)
    chosen = which.at([])
    for at, branch in enumerate(branches):
        test = f"if({chosen}<=0)" if at == 0 else f"else if({chosen}=={at})"
        head = "" if len(branches) == 1 else "else" if at == len(branches) - 1 else test
        with write.block(head):
            after = walk.closed(branch, [each.same(False) for each in others])
            for place, value in zip(outputs, after, strict=True):
                write.store(place, value)
    return outputs

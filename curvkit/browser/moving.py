"""Rules of what moves elements and computes nothing: views where that is possible."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curvkit.browser.values import Index, Value, in_memory, linear, plus, times
from curvkit.browser.walk import Walk, results, rule


@rule(
    "copy", "copy_p", "stop_gradient", "optimization_barrier", "random_wrap", "random_unwrap",
    "pvary",
)  # fmt: skip
def _same(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    return list(given)


def view(source: Value, shape: Sequence[int], at: Any, cost: int | None = None) -> Value:
    """The elements of a value at other places, computed where they are used."""
    return Value(tuple(shape), source.kind, at, cost=source.cost if cost is None else cost)


@rule("broadcast_in_dim")
def _broadcast(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, shape = given[0], results(equation)[0][0]
    dimensions = [int(each) for each in equation.params["broadcast_dimensions"]]
    # The words of a random key are the last dimension, and not counted among the others.
    dimensions += range(len(shape) - (len(source.shape) - len(dimensions)), len(shape))
    if np.prod(shape, dtype=float) > source.size and source.cost:
        walk.writer.stored(source)
    if source.size == np.prod(shape, dtype=int) and dimensions == sorted(dimensions):
        return [reshaped(walk, source, shape)]
    if source.size == 1:
        text = source.at(["0"] * len(source.shape))
        return [Value(shape, source.kind, lambda index: text, lambda k: text, cost=source.cost)]
    sizes = source.shape

    def at(index: Index) -> str:
        pairs = zip(dimensions, sizes, strict=True)
        return source.at([index[d] if n != 1 else "0" for d, n in pairs])

    return [view(source, shape, at)]


def reshaped(walk: Walk, source: Value, shape: Sequence[int]) -> Value:
    """The same elements in the same order, in another shape."""
    shape = tuple(shape)
    if shape == source.shape:
        return source.same(source.alone)
    if source.array is None:
        old = [(k, n) for k, n in enumerate(source.shape) if n != 1]
        new = [(k, n) for k, n in enumerate(shape) if n != 1]
        if [n for _, n in old] == [n for _, n in new]:
            where = {k: to for (k, _), (to, _) in zip(old, new, strict=True)}
            rank = len(source.shape)
            at = lambda index: source.at([
                index[where[k]] if k in where else "0" for k in range(rank)
            ])  # fmt: skip
            return Value(shape, source.kind, at, source.flat, cost=source.cost)
        walk.writer.stored(source)
    assert source.array is not None
    return in_memory(source.array, shape, source.kind, source.offset, source.alone)


@rule("reshape", "squeeze", "expand_dims")
def _reshape(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    return [reshaped(walk, given[0], results(equation)[0][0])]


@rule("transpose")
def _transpose(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source = given[0]
    order = [int(each) for each in equation.params["permutation"]]
    order += range(len(order), len(source.shape))
    return [transposed(walk, source, order)]


def transposed(walk: Walk, source: Value, order: Sequence[int]) -> Value:
    """A value with its dimensions in another order."""
    shape = [source.shape[k] for k in order]
    long = [k for k in order if source.shape[k] != 1]
    if long == sorted(long):
        return reshaped(walk, source, shape)
    back = np.argsort(order)
    return view(source, shape, lambda index: source.at([index[k] for k in back]))


@rule("rev")
def _reverse(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, turned = given[0], {int(each) for each in equation.params["dimensions"]}

    def at(index: Index) -> str:
        sizes = source.shape
        return source.at([f"({sizes[k] - 1}-{i})" if k in turned and sizes[k] != 1 else i
                          for k, i in enumerate(index)])  # fmt: skip

    return [view(source, source.shape, at)]


def part(
    walk: Walk, source: Value, shape: Sequence[int], starts: Sequence[str],
    strides: Sequence[int] = (),
) -> Value:  # fmt: skip
    """A part of a value, from `starts` on, which are C expressions; a stretch of memory where it
    is one.
    """
    strides = list(strides) or [1] * len(shape)
    long = [k for k, n in enumerate(shape) if n != 1]
    whole_after = all(shape[k] == source.shape[k] for k in range(long[0] + 1 if long else 0,
                                                                 len(shape)) if long)  # fmt: skip
    if source.array is not None and set(strides) <= {1} and (whole_after or not long):
        place = linear(source.shape, starts)
        offset = plus(source.offset, place if place.isdigit() else f"({place})")
        return in_memory(source.array, shape, source.kind, offset)

    def at(index: Index) -> str:
        moved = []
        for i, start, stride in zip(index, starts, strides, strict=True):
            step = times(i, stride)
            sum_ = plus(start, step)
            moved.append(sum_ if sum_.isalnum() else f"({sum_})")
        return source.at(moved)

    return view(source, shape, at)


@rule("slice")
def _slice(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, shape = given[0], results(equation)[0][0]
    starts = [int(each) for each in equation.params["start_indices"]]
    strides = [int(each) for each in equation.params["strides"] or [1] * len(starts)]
    more = len(source.shape) - len(starts)
    starts, strides = starts + [0] * more, strides + [1] * more
    return [part(walk, source, shape, [str(each) for each in starts], strides)]


@rule("split")
def _split(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, axis, at, parts = given[0], equation.params["axis"], 0, []
    walk.writer.stored(source) if source.cost else None
    for shape, _ in results(equation):
        starts = ["0"] * len(shape)
        starts[axis], at = str(at), at + shape[axis]
        parts.append(part(walk, source, shape, starts))
    return parts


@rule("unstack")
def _unstack(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, axis, parts = walk.writer.stored(given[0]), equation.params["axis"], []
    for at, (shape, _) in enumerate(results(equation)):
        starts, long = ["0"] * (len(shape) + 1), list(shape)
        starts[axis] = str(at)
        long.insert(axis, 1)
        parts.append(reshaped(walk, part(walk, source, long, starts), shape))
    return parts


def _joined(walk: Walk, equation: Any, pieces: list[tuple[list[str], Value]]) -> list[Value]:
    (shape, kind), write = results(equation)[0], walk.writer
    whole = write.new(shape, kind)
    for starts, value in pieces:
        if not value.size:
            continue
        place = part(walk, whole, value.shape, starts)
        if place.array is not None:
            write.store(place, value)
        else:
            write.loops(value.shape, lambda i, to=place, v=value: write.line(
                f"{to.at(i)}={v.at(i)};"))  # fmt: skip
    return [whole]


@rule("concatenate")
def _concatenate(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    axis, at, pieces = equation.params["dimension"], 0, []
    for value in given:
        starts = ["0"] * len(value.shape)
        starts[axis], at = str(at), at + value.shape[axis]
        pieces.append((starts, value))
    return _joined(walk, equation, pieces)


@rule("stack")
def _stack(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    axis, rank = equation.params["axis"], len(results(equation)[0][0])
    pieces = []
    for at, value in enumerate(given):
        starts, shape = ["0"] * rank, list(value.shape)
        starts[axis] = str(at)
        shape.insert(axis, 1)
        pieces.append((starts, reshaped(walk, value, shape)))
    return _joined(walk, equation, pieces)


@rule("pad")
def _pad(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    (source, filling), write = given, walk.writer
    (shape, kind), config = results(equation)[0], equation.params["padding_config"]
    whole, text = write.new(shape, kind), write.scalar(filling)
    write.store(whole, Value(shape, kind, lambda index: text, lambda k: text))

    def put(index: Index) -> None:
        moved, tests = [], []
        for i, (low, high, inner), n in zip(index, config, shape, strict=True):
            place = plus(times(i, int(inner) + 1), f"({low})" if low < 0 else str(low))
            place = place if place.isalnum() else f"({place})"
            if low < 0 or high < 0:
                tests.append(f"{place}>=0&&{place}<{n}")
            moved.append(place)
        test = f"if({'&&'.join(tests)})" if tests else ""
        write.line(f"{test}{whole.at(moved)}={source.at(index)};")

    write.loops(source.shape, put)
    return [whole]


@rule("tile")
def _tile(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source = walk.writer.stored(given[0])
    shape, sizes = results(equation)[0][0], given[0].shape
    return [view(source, shape, lambda index: source.at([
        f"({i}%{n})" if n != 1 else "0" for i, n in zip(index, sizes, strict=True)
    ]))]  # fmt: skip

"""Rules of what goes through a dimension: sums, extremes, running sums, sorting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curvkit.browser.values import ElementType, Index, Value, literal
from curvkit.browser.walk import Walk, results, rule

# So many sums run side by side where a long row is summed: quicker, and closer to the true sum.
LANES = 8


def _least(kind: ElementType) -> str:
    if kind.real:
        return f"(-INF_{kind})"
    return "0" if kind == "B" else literal(np.iinfo(kind.numpy).min, kind)


def _most(kind: ElementType) -> str:
    if kind.real:
        return f"INF_{kind}"
    return "1" if kind == "B" else literal(np.iinfo(kind.numpy).max, kind)


# Where a reduction begins, and how it takes in an element.
REDUCED: dict[str, tuple[Any, str]] = {
    "reduce_sum": (lambda kind: literal(0, kind), "{a}+={x};"),
    "reduce_prod": (lambda kind: literal(1, kind), "{a}*={x};"),
    "reduce_max": (_least, "{a}=max_{kind}({a},{x});"),
    "reduce_min": (_most, "{a}=min_{kind}({a},{x});"),
    "reduce_and": (lambda kind: "1" if kind == "B" else "(~0)", "{a}&={x};"),
    "reduce_or": (lambda kind: "0", "{a}|={x};"),
    "reduce_xor": (lambda kind: "0", "{a}^={x};"),
}  # fmt: skip


@rule(*REDUCED)
def _reduce(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, axes = given[0], sorted(int(each) for each in equation.params["axes"])
    if not axes:
        return [source]
    write, (shape, kind) = walk.writer, results(equation)[0]
    begin, step = REDUCED[equation.primitive.name]
    begin = begin(kind)
    output = write.new(shape, kind)
    remaining = [k for k in range(len(source.shape)) if k not in axes]
    joined = lambda outer, inner: _index(len(source.shape), remaining, outer, axes, inner)
    sizes = [source.shape[k] for k in axes]
    # Along the rows of memory: then the sums of all columns go on side by side.
    across = remaining and remaining[-1] > axes[-1] and source.shape[remaining[-1]] > 1
    if across and 0 not in sizes:
        with write.nest():
            write.loops(shape, lambda at: write.line(f"{output.at(at)}={begin};"))
            taken = lambda outer, inner: write.line(
                step.format(a=output.at(outer), x=source.at(joined(outer, inner)), kind=kind)
            )
            write.loops(sizes, lambda inner: write.loops(shape, lambda outer: taken(outer, inner)))
        return [output]

    def one(outer: Index) -> None:
        total = write.name("a")
        if step == "{a}+={x};" and kind.real and sizes[-1] >= 2 * LANES:
            _by_lanes(walk, source, sizes, lambda inner: joined(outer, inner), total)
        else:
            write.line(f"{kind.c} {total}={begin};")
            write.loops(sizes, lambda inner: write.line(
                step.format(a=total, x=source.at(joined(outer, inner)), kind=kind)))  # fmt: skip
        write.line(f"{output.at(outer)}={total};")

    write.each(shape, one)
    return [output]


def _index(
    rank: int, remaining: Sequence[int], outer: Index, axes: Sequence[int], inner: Index
) -> list[str]:
    """The index of an element, from those of the dimensions that stay and of those that go."""
    full = ["0"] * rank
    for k, i in [*zip(remaining, outer, strict=True), *zip(axes, inner, strict=True)]:
        full[k] = i
    return full


def _by_lanes(walk: Walk, source: Value, sizes: Sequence[int], index: Any, total: str) -> None:
    """Sums along rows, in lanes that are added at the end."""
    write, c = walk.writer, source.kind.c
    lanes, n = write.name("a"), sizes[-1]
    write.line(f"{c} {lanes}[{LANES}]={{0}},{total}=0;")

    def row(outer: Index) -> None:
        k, j = write.name("i"), write.name("i")
        write.line(f"int {k}=0;")
        write.line(f"for(;{k}+{LANES}<={n};{k}+={LANES})for(int {j}=0;{j}<{LANES};{j}++)")
        write.line(f"{lanes}[{j}]+={source.at(index([*outer, f'({k}+{j})']))};")
        write.line(f"for(;{k}<{n};{k}++){total}+={source.at(index([*outer, k]))};")

    write.line("{")
    write.loops(sizes[:-1], row)
    write.line("}")
    pairs = "+".join(f"({lanes}[{k}]+{lanes}[{k + LANES // 2}])" for k in range(LANES // 2))
    write.line(f"{total}+={pairs};")


@rule("argmax", "argmin")
def _extreme_place(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    """The first place of the largest or smallest; of not a number, where there is one."""
    write, axis = walk.writer, int(equation.params["axes"][0])
    source, (shape, kind) = write.stored(given[0]), results(equation)[0]
    output, sign = write.new(shape, kind), ">" if equation.primitive.name == "argmax" else "<"

    def one(outer: Index) -> None:
        best, at, k = write.name("a"), write.name("a"), write.name("i")
        index = [*outer[:axis], "0", *outer[axis:]]
        write.line(f"{source.kind.c} {best}={source.at(index)};int {at}=0;")
        index[axis] = k
        x = source.at(index)
        better = f"{x}{sign}{best}"
        if source.kind.real:
            better += f"||({x}!={x}&&{best}=={best})"
        write.line(f"for(int {k}=1;{k}<{source.shape[axis]};{k}++)")
        write.line(f"if({better}){{{best}={x};{at}={k};}}")
        write.line(f"{output.at(outer)}={at};")

    write.each(shape, one)
    return [output]


RUNNING = {
    "cumsum": "{a}+={x};", "cumprod": "{a}*={x};",
    "cummax": "{a}=max_{kind}({a},{x});", "cummin": "{a}=min_{kind}({a},{x});",
    "cumlogsumexp": "{a}=logaddexp_{kind}({a},{x});",
}  # fmt: skip


@rule(*RUNNING)
def _running(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, axis, back = walk.writer, equation.params["axis"], equation.params["reverse"]
    source, (shape, kind) = write.stored(given[0]), results(equation)[0]
    output, n, step = write.new(shape, kind), shape[axis], RUNNING[equation.primitive.name]
    others = [1 if k == axis else size for k, size in enumerate(shape)]
    if not output.size:
        return [output]

    def one(outer: Index) -> None:
        total, k = write.name("a"), write.name("i")
        index = [*outer]
        index[axis] = f"({n - 1}-{k})" if back else k
        x = source.at(index)
        first = [*outer]
        first[axis] = str(n - 1) if back else "0"
        write.line(f"{kind.c} {total}={source.at(first)};{output.at(first)}={total};")
        taken = step.format(a=total, x=x, kind=kind)
        write.line(f"for(int {k}=1;{k}<{n};{k}++){{{taken}{output.at(index)}={total};}}")

    write.each(others, one)
    return [output]


@rule("sort")
def _sort(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    """A stable sort of rows by the first arrays as keys; numbers that are none come last."""
    write, axis = walk.writer, equation.params["dimension"]
    keys, arrays = equation.params["num_keys"], [write.copied(each) for each in given]
    shape = given[0].shape
    n = shape[axis]
    others = [1 if k == axis else size for k, size in enumerate(shape)]

    def one(outer: Index) -> None:
        at = lambda array, k: array.at([k if d == axis else i for d, i in enumerate(outer)])
        i, j = write.name("i"), write.name("i")
        held = [write.name("a") for _ in arrays]
        write.line(f"for(int {i}=1;{i}<{n};{i}++){{int {j}={i};")
        for name, array in zip(held, arrays, strict=True):
            write.line(f"{array.kind.c} {name}={at(array, i)};")
        later = "0"
        for name, array in reversed([*zip(held, arrays, strict=True)][:keys]):
            x = at(array, f"({j}-1)")
            ties = f"(!less_{array.kind}({x},{name})&&{later})" if later != "0" else "0"
            later = f"(less_{array.kind}({name},{x})||{ties})"
        shifts = "".join(f"{at(a, j)}={at(a, f'({j}-1)')};" for a in arrays)
        write.line(f"for(;{j}>0&&{later};{j}--){{{shifts}}}")
        for name, array in zip(held, arrays, strict=True):
            write.line(f"{at(array, j)}={name};")
        write.line("}")

    write.each(others, one)
    return arrays


@rule("top_k")
def _top(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    """The largest of each row with their places, ties in order; not a number counts as largest."""
    write, k = walk.writer, equation.params["k"]
    source, (shape, kind), (_, whole) = write.stored(given[0]), *results(equation)
    values, places = write.new(shape, kind), write.new(shape, whole)
    rows, n = source.size // max(source.shape[-1], 1), source.shape[-1]
    if values.size:
        write.line(
            f"top_{kind}({rows},{n},{k},{source.pointer},{values.pointer},{places.pointer});"
        )
    return [values, places]

"""Rules of reading and writing at places that are computed: slices, gather and scatter."""

from typing import Any

import numpy as np

from curvkit.browser.moving import part
from curvkit.browser.values import ElementType, Index, Value, literal, plus
from curvkit.browser.walk import Walk, results, rule


def _starts(walk: Walk, given: list[Value], sizes: Any, lengths: Any) -> list[str]:
    """Where a slice begins, moved so that it lies within the whole."""
    return [
        f"within_{each.kind}({walk.writer.scalar(each)},{n - m})" if n != m else "0"
        for each, n, m in zip(given, sizes, lengths, strict=True)
    ]


@rule("dynamic_slice")
def _dynamic_slice(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, (shape, _) = walk.writer.stored(given[0]), results(equation)[0]
    starts = _starts(walk, given[1:], source.shape, shape)
    return [walk.writer.copied(part(walk, source, shape, starts))]


@rule("dynamic_update_slice")
def _dynamic_update(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    source, update, *places = given
    write = walk.writer
    starts = _starts(walk, places, source.shape, update.shape)
    if update.cost or update.array == source.array:
        write.stored(update)
    whole = write.changeable(source)
    place = part(walk, whole, update.shape, starts)
    if place.array is not None and update.array is not None:
        write.store(place, update)
    else:
        write.loops(update.shape, lambda i: write.line(f"{place.at(i)}={update.at(i)};"))
    return [whole]


class Window:
    """Which element of the operand an index into windows means, by the numbers of dimensions that
    gather and scatter share.

    Args:
        rank: of the operand.
        along: dimensions of the windowed array that run within a window.
        dropped, batched: dimensions of the operand that a window has none of; and of these, those
            that go along with `batch` dimensions of the indices.
        named: the dimension of the operand that each number of an index is of.
        sizes: of a window, by dimension of the operand.
    """

    def __init__(
        self, operand: Value, indices: Value, along: Any, dropped: Any, batched: Any, batch: Any,
        named: Any, sizes: Any, scatters: bool,
    ):  # fmt: skip
        self.operand, self.indices, self.scatters = operand, indices, scatters
        self.along = [int(each) for each in along]
        self.batched, self.batch = [int(x) for x in batched], [int(x) for x in batch]
        self.named = [int(each) for each in named]
        self.sizes = [int(each) for each in sizes]
        gone = {int(each) for each in dropped} | {*self.batched}
        self.within = [k for k in range(len(operand.shape)) if k not in gone]

    def place(self, index: Index, mode: str) -> tuple[list[str], list[str]]:
        """The element's index in the operand, and the tests that say whether it is in there."""
        outer = [i for k, i in enumerate(index) if k not in self.along]
        inner = dict(zip(self.within, (index[k] for k in self.along), strict=True))
        place, tests = [], []
        for k, n in enumerate(self.operand.shape):
            at = inner.get(k, "0")
            if k in self.batched:
                at = outer[self.batch[self.batched.index(k)]]
            if k in self.named:
                start = self.indices.at([*outer, str(self.named.index(k))])
                most = n - self.sizes[k]
                if mode == "drop":
                    tests.append(f"{start}>=0&&{start}<={most}")
                if mode == "clip" or mode == "drop" and not self.scatters:
                    start = f"within_{self.indices.kind}({start},{most})"
                at = plus(start, at)
            place.append(at if at.isalnum() else f"({at})")
        return place, tests


def _mode(equation: Any) -> str:
    name = str(equation.params["mode"]).upper()
    return "drop" if "FILL" in name or "DROP" in name else "clip" if "CLIP" in name else "trust"


@rule("gather")
def _gather(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, numbers = walk.writer, equation.params["dimension_numbers"]
    operand, indices = write.stored(given[0]), write.stored(given[1])
    (shape, kind), mode = results(equation)[0], _mode(equation)
    window = Window(
        operand, indices, numbers.offset_dims, numbers.collapsed_slice_dims,
        numbers.operand_batching_dims, numbers.start_indices_batching_dims,
        numbers.start_index_map, equation.params["slice_sizes"], scatters=False,
    )  # fmt: skip
    output, outside = write.new(shape, kind), _filling(equation.params["fill_value"], kind)

    def put(index: Index) -> None:
        place, tests = window.place(index, mode)
        value = operand.at(place)
        if tests:
            value = f"({'&&'.join(tests)}?{value}:{outside})"
        write.line(f"{output.at(index)}={value};")

    write.loops(shape, put)
    return [output]


def _filling(given: Any, kind: ElementType) -> str:
    """What stands for an element outside: what was asked for, else what JAX puts there."""
    if given is not None:
        return literal(given, kind)
    if kind.real:
        return f"NAN_{kind}"
    ends = np.iinfo(kind.numpy)
    if kind == "B":
        return "1"
    return literal(ends.min if ends.min else ends.max, kind)


COMBINED = {
    "scatter": "{new}", "scatter-add": "({old}+{new})", "scatter-mul": "({old}*{new})",
    "scatter-sub": "({old}-{new})", "scatter-max": "max_{kind}({old},{new})",
    "scatter-min": "min_{kind}({old},{new})",
}  # fmt: skip


@rule(*COMBINED, *(name.replace("-", "_") for name in COMBINED))
def _scatter(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, numbers = walk.writer, equation.params["dimension_numbers"]
    source, indices, updates = given[0], write.stored(given[1]), given[2]
    if updates.cost > 3 or updates.array == source.array:
        write.stored(updates)
    whole, mode = write.changeable(source), _mode(equation)
    along = [int(each) for each in numbers.update_window_dims]
    dropped = {int(each) for each in numbers.inserted_window_dims}
    batched = [int(each) for each in numbers.operand_batching_dims]
    within = [k for k in range(len(whole.shape)) if k not in dropped | {*batched}]
    sizes = [1] * len(whole.shape)
    for k, of in zip(within, along, strict=True):
        sizes[k] = updates.shape[of]
    window = Window(
        whole, indices, along, dropped, batched, numbers.scatter_indices_batching_dims,
        numbers.scatter_dims_to_operand_dims, sizes, scatters=True,
    )  # fmt: skip
    combined = COMBINED[equation.primitive.name.replace("_", "-")]

    def put(index: Index) -> None:
        place, tests = window.place(index, mode)
        test, old = f"if({'&&'.join(tests)})" if tests else "", whole.at(place)
        new = combined.format(old=old, new=updates.at(index), kind=whole.kind)
        write.line(f"{test}{old}={new};")

    write.loops(updates.shape, put)
    return [whole]

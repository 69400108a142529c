"""Rules of linear algebra: matrices are handed to the functions of runtime.c."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from curvkit.browser.moving import transposed
from curvkit.browser.values import ElementType, Value
from curvkit.browser.walk import Untranslatable, Walk, results, rule


def _size(source: Value, dimensions: Sequence[int]) -> int:
    return int(np.prod([source.shape[k] for k in dimensions], dtype=int))


def _converted(value: Value, kind: ElementType) -> Value:
    if value.kind == kind:
        return value
    if value.kind.real and not kind.real:
        raise Untranslatable("a product of real numbers as a whole one has no rule")
    return Value(value.shape, kind, lambda index: f"(({kind.c}){value.at(index)})", cost=1)


@rule("dot_general")
def _product(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    """A product of batches of matrices: rows of the left, columns of the right."""
    write, (left, right) = walk.writer, given
    (sums, batches) = equation.params["dimension_numbers"]
    (left_sum, right_sum), (left_batch, right_batch) = (
        [[int(k) for k in each] for each in pair] for pair in (sums, batches)
    )
    rows = [k for k in range(len(left.shape)) if k not in left_sum + left_batch]
    columns = [k for k in range(len(right.shape)) if k not in right_sum + right_batch]
    (shape, kind) = results(equation)[0]
    left, right = (_converted(each, kind) for each in given)
    if kind not in "FDILU":
        raise TypeError(f"numbers of kind {kind.numpy}")
    product = write.new(shape, kind)
    if not product.size:
        return [product]
    first = write.stored(transposed(walk, left, [*left_batch, *rows, *left_sum]))
    # A matrix whose rows are summed lies in memory as the columns of the other side do.
    turned = [*right_batch, *columns, *right_sum]
    one_row = _size(left, rows) == 1 and not left_batch
    if one_row and right.array is not None and turned == list(range(len(right.shape))):
        first, second = right, first
        m, n = _size(right, columns), 1
    else:
        second = write.stored(transposed(walk, right, [*right_batch, *right_sum, *columns]))
        m, n = _size(left, rows), _size(right, columns)
    counts = f"{_size(left, left_batch)},{m},{n},{_size(left, left_sum)}"
    pointers = f"{first.pointer},{second.pointer},{product.pointer}"
    write.line(f"product_{kind}({counts},{pointers});")
    return [product]


def _batch(source: Value) -> int:
    return int(np.prod(source.shape[:-2], dtype=int))


def _real(value: Value) -> None:
    if not value.kind.real:
        raise TypeError(f"numbers of kind {value.kind.numpy}")


@rule("eigh")
def _eigh(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, (vectors, values) = walk.writer, (walk.writer.new(*each) for each in results(equation))
    source, n = write.stored(given[0]), given[0].shape[-1]
    _real(source)
    if vectors.shape != source.shape:
        raise Untranslatable("eigh of a part of the spectrum has no rule")
    work = write.new(source.shape, source.kind)
    lower = int(equation.params["lower"])
    write.line(
        f"eigh_{source.kind}({_batch(source)},{n},{lower},{source.pointer},{work.pointer},"
        f"{vectors.pointer},{values.pointer});"
    )
    return [vectors, values]


@rule("cholesky")
def _cholesky(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    factor, n = walk.writer.copied(given[0]), given[0].shape[-1]
    _real(factor)
    walk.writer.line(f"cholesky_{factor.kind}({_batch(factor)},{n},{factor.pointer});")
    return [factor]


@rule("lu")
def _lu(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, factors = walk.writer, walk.writer.copied(given[0])
    _real(factors)
    pivots, order = (write.new(*each) for each in results(equation)[1:])
    m, n = factors.shape[-2:]
    write.line(
        f"lu_{factors.kind}({_batch(factors)},{m},{n},{factors.pointer},{pivots.pointer},"
        f"{order.pointer});"
    )
    return [factors, pivots, order]


@rule("lu_pivots_to_permutation")
def _order(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, pivots, permutation = walk.writer, walk.writer.stored(given[0]), None
    permutation = write.new(*results(equation)[0])
    rows, n = pivots.shape[-1], permutation.shape[-1]
    count = pivots.size // max(rows, 1)
    write.line(f"order_of_pivots({count},{rows},{n},{pivots.pointer},{permutation.pointer});")
    return [permutation]


@rule("triangular_solve")
def _triangular(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, params = walk.writer, equation.params
    matrix, solution = write.stored(given[0]), write.copied(given[1])
    _real(solution)
    n, (rows, columns) = matrix.shape[-1], solution.shape[-2:]
    left, transposes = params["left_side"], bool(params["transpose_a"])
    # X A = B is A' X' = B': the same loop with rows and columns in each other's place.
    others, along, across = (columns, columns, 1) if left else (rows, 1, columns)
    flags = f"{int(params['lower'])},{int(transposes == bool(left))},{int(params['unit_diagonal'])}"
    write.line(
        f"triangular_{solution.kind}({_batch(solution)},{n},{others},{matrix.pointer},{solution.pointer},"
        f"{flags},{along},{across});"
    )
    return [solution]


@rule("qr")
def _qr(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    write, work = walk.writer, walk.writer.copied(given[0])
    _real(work)
    m, n = work.shape[-2:]
    if equation.params.get("pivoting"):
        raise Untranslatable("qr with pivoting has no rule")
    q, r = (write.new(*each) for each in results(equation)[:2])
    write.line(
        f"qr_{work.kind}({_batch(work)},{m},{n},{q.shape[-1]},{work.pointer},{q.pointer},"
        f"{r.pointer});"
    )
    return [q, r]

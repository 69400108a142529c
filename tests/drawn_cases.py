"""Small functions of all that figures are written in, which a page must run as Python does."""

# ruff: noqa: B006, E501, UP003, B023, C408, C416, C419, E731, PERF401, RUF005, SIM108, SIM118, UP031
import dataclasses
import functools
import math
from collections.abc import Mapping

import numpy as np

A = np.array([[3.0, -1.0, 2.5], [0.5, np.nan, -4.0]])
B = np.array([2, 0, 2, 7, 5])
C = np.array([0.25, 0.5, 1.5, 2.5], np.float32)
MASK = np.array([True, False, True, True, False])
NAMES = {"gd": "gradient descent", "adam": "Adam"}


@dataclasses.dataclass(frozen=True)
class Declared:
    name: str
    low: float = 0.5

    @property
    def label(self):
        return f"{self.name}!"


DECLARED = Declared("width")


def elementwise(x):
    return [np.abs(x), np.sqrt(np.abs(x)), np.exp(x), np.log(np.abs(x)), np.log10(np.abs(x) + 1),
            np.log2(np.abs(x) + 1), np.log1p(np.abs(x)), np.expm1(x), np.tanh(x), np.sin(x),
            np.cos(x), np.floor(x), np.ceil(x), np.sign(x), np.square(x), np.negative(x),
            np.absolute(x), np.arctan(x), np.isfinite(x), np.isnan(x), np.isinf(x),
            np.logical_not(x > 0), x**2, 2.0**x, -x, x // 2, x % 2]  # fmt: skip


def pairs(x, y):
    return [np.maximum(x, y), np.minimum(x, y), np.fmax(x, y), np.fmin(x, y), np.hypot(x, y),
            np.power(np.abs(x), y), np.arctan2(x, y), np.logical_and(x > 0, y > 0),
            np.logical_or(x > 0, y > 0), np.where(x > y, x, y), np.clip(x, -1, 1.5),
            np.clip(x, None, 0), np.divmod(x, 1.5), x > y, x <= y, x == y, x != y, x / y, x - y,
            (x > 0) & (y > 0), (x > 0) | ~(y > 0), (x > 0) ^ (y > 0)]  # fmt: skip


def reductions(x, y):
    return [np.sum(y), np.prod(y), np.mean(x, axis=1), np.std(y), np.var(y), np.median(x, axis=0),
            np.nanmedian(x, axis=0), np.nanmean(x), np.nanmax(x, axis=1), np.nanmin(x),
            np.nansum(x), np.count_nonzero(y), np.any(x > 2, axis=0), np.all(x > -9, axis=1),
            np.max(y), np.min(y), np.amax(y), np.amin(y), np.max(x[:0], initial=3.0),
            np.nanmax(x[0], initial=9), np.ptp(y), np.argmax(y), np.argmin(x, axis=1),
            np.quantile(y, 0.3), np.quantile(x[0], [0, 0.25, 1]), x.sum(), x.mean(0),
            y.max(), y.std(), y.prod(), np.quantile(y, 0.3, method="nearest"),
            np.linalg.norm(x[0]), np.linalg.norm(x, axis=1, keepdims=True), x.sum(1, keepdims=True),
            np.sum(x > 0), (x > 0).sum(0), np.median(y), y.any(), np.mean(x > 0),
            y.sum(0, dtype=float), C.sum(dtype=float)]  # fmt: skip


def made():
    return [np.zeros(3), np.ones((2, 2)), np.empty(0), np.full(3, 2.5), np.full((1, 2), 7),
            np.arange(4), np.arange(2, 9, 3), np.arange(0, 1, 0.25), np.linspace(0, 1, 5),
            np.array([[1, 2], [3, 4.5]]), np.array([], float), np.array([1, 0], bool),
            np.asarray([1, 2], float), np.zeros_like(A), np.ones_like(B, bool),
            np.full_like(C, np.nan), np.zeros((2, 0)), np.array(3.5), np.float32(0.1)]  # fmt: skip


def arranged(x, y):
    one, two = np.meshgrid(y[:2], y[:3])
    return [np.concatenate([x, x[:1]]), np.concatenate([x, x], axis=1), np.stack([y, y]),
            np.stack([y, y], -1), np.append(y, 3), np.append(y, [1, 2]), np.tile(y, 2),
            np.tile(y, 0), np.repeat(y, 2), np.repeat(x, 2, axis=1), np.diff(y),
            np.diff(y, prepend=0), np.cumsum(y), np.flatnonzero(y > 2), np.nonzero(x > 0)[0],
            np.ravel(x), np.reshape(y[:4], (2, 2)), np.transpose(x), np.swapaxes(x, 0, 1),
            np.moveaxis(x[None], 0, 2), np.expand_dims(y, 1), np.broadcast_to(y[:3], (2, 3)), one,
            two, np.pad(x, ((0, 0), (0, 1)), constant_values=np.nan), np.sort(y), np.argsort(y),
            np.searchsorted(np.array([0, 2, 5]), y), np.searchsorted([0, 2, 5], 2, side="right"),
            np.digitize([0.1, 0.5, 0.9], [0.25, 0.75]), np.unique(y),
            np.unique(y, return_inverse=True)[1], np.unique(y, return_counts=True)[1],
            np.unique(y, return_index=True)[1], np.unique([[1, 2], [1, 2], [0, 3]], axis=0),
            np.histogram(y, np.array([0, 1, 3, 9]))[0], np.histogram(y.astype(float), 4)[0],
            np.bincount(y), np.bincount([0, 2], [0.5, 1.5], 4), np.isin(y, [2, 5]),
            np.interp([-1, 0.5, 9], [0.0, 1.0], [2.0, 4.0]), np.round(C), np.round(x, 1),
            np.take_along_axis(x, np.array([[0], [2]]), 1), np.array_equal(y, y.copy()),
            np.dot(y, y), np.r_[y[:1], y[:-1]], np.minimum.reduce(y), np.fmax.reduce(x, axis=0),
            np.logical_and.accumulate(y > 1), np.maximum.accumulate(y),
            np.fmax.reduce(x[:, 1], initial=-np.inf), np.broadcast_arrays(y[:2], 1.0)[1],
            np.nan_to_num(x, nan=7.0), np.pi, np.e, np.inf, np.newaxis]  # fmt: skip


def methods(x, y):
    return [x.T, x.shape, x.size, x.ndim, x.ravel(), x.flatten(), x.reshape(3, 2), x.reshape(-1),
            y.astype(float), x.astype(bool), y.tolist(), y[0].item(), y.copy(), x.transpose(1, 0),
            x.clip(-1, 1), y.cumsum(), y.argmax(), y.repeat(2), y.swapaxes(0, 0), y.min(), y.round(),
            (y > 2).nonzero()[0], y.searchsorted(4), y.var(), x.argmin(), y.all(), x.real]  # fmt: skip


def places(x, y, mask):
    copy = x.copy()
    copy[0, 1:] = 9
    copy[:, 0] += 1
    copy[copy > 8.5] = 0
    other = y.copy()
    other[mask] = [1, 2, 3]
    other[[0, -1]] = 5
    other[1] -= 4
    cube = np.arange(24).reshape(2, 3, 4)
    return [x[0], x[-1, 1], x[:, 1], x[::-1], x[:, None, 0], x[..., 0], y[mask], y[[0, 2]], y[1:4:2],
            y[::-2], y[-3:], x[:, [2, 0]], x[[0, 1], [1, 2]], x[np.array([[1], [0]]), [0, 2]],
            cube[:, 1, [0, 3]], cube[0, :, [1, 2]], cube[:, np.array([True, False, True])],
            cube[cube > 20], x[np.isfinite(x)], y[~mask], y[:0], cube[1, ..., 2], copy, other,
            x[(slice(None), 1)], cube[[0, 1], :, 1], y[np.array([], int)]]  # fmt: skip


def numbers(value, count):
    return [f"{value:.3g}", f"{value:.2f}", f"{value:.1e}", f"{value:+.0f}", f"{count:d}",
            f"{count:>5}", f"{count:05d}", f"{value:8.2f}|", f"{value:<8.1f}|", f"{value:^9.1f}|",
            f"{count:,}", f"{value:.1%}", f"{value:g}", f"{1e-7:g}", f"{1e22:g}", f"{1234567.0:g}",
            f"{123456:.3g}", f"{0.0:g}", f"{-0.5:.0f}", f"{2.5:.0f}", f"{count!r}", f"{'a':>3}",
            f"{True}", f"{None}", f"{value > 1}", "%d" and f"{count}", str(count), repr("it's"),
            f"{float('nan'):.2f}", f"{float('inf'):g}", f"{1e16:.4g}", f"{0.1 + 0.2}"]  # fmt: skip


def text(word):
    first, between, rest = "a=b=c".partition("=")
    return [word.replace("_", " "), word.upper(), word.title(), word.capitalize(), word.split("_"),
            "a b  c".split(), word.startswith("he"), word.startswith(("x", "h")), word.endswith("l"),
            " x ".strip(), "xxaxx".strip("x"), "ab ".rstrip(), "  a".lstrip(), ", ".join(["a", "b"]),
            word.find("_"), "aXbXc".count("X"), word.removeprefix("heavy"), word.removesuffix("all"),
            first, between, rest, "a=b=c".rpartition("="), "3".isdigit(), word[::-1], word[1:4],
            word[-1], "e" in word, "z" not in word, word * 2, "a" + "b", "a" < "b", len("θ₀"),
            [each for each in "abc"], chr(955), ord("λ"), word.lower(), "a,b,c".split(",", 1)]  # fmt: skip


def containers(count):
    table = {"a": 1, 2: "two", **NAMES}
    table["c"] = table.pop("a") + 1
    table.update(d=4)
    table.setdefault("e", []).append(5)
    rows = [3, 1, 2]
    rows += [0]
    rows.append(9)
    rows.extend((7, 8))
    rows.insert(0, -1)
    last = rows.pop()
    rows.sort()
    first, *others = rows
    return [list(table), list(table.values()), [f"{k}" for k, v in table.items()], table.get("no", 3),
            table.get("no"), NAMES["gd"], 2 in table, {**NAMES, "x": 1}, NAMES | {"y": 2}, len(table),
            dict(a=1) == {"a": 1}, dict([("k", 2)]), dict.fromkeys(("p", "q"), 0), rows, last, first,
            others, rows.index(2), rows.count(2), rows[:2] + [4], [0] * 3, sorted(rows, reverse=True),
            sorted(["bb", "a"], key=lambda each: len(each)), list(reversed(rows)), min(rows),
            max(1, 5, 2), max(rows, key=lambda each: -each), min([], default=4), sum(rows),
            sum([0.5, 0.25], 1.0), any(each > 8 for each in rows), all([]), list(range(3)),
            list(range(5, 0, -2)), list(zip(rows, "abc")), list(enumerate("ab", 1)),  # noqa: B905
            list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(filter(None, [0, 1, ""])),
            {each % 2 for each in rows}, {1, 2} & {2, 3}, {1, 2} - {2}, set([1]) | {4},
            frozenset((1, 2)), {k: v for k, v in zip("ab", (1, 2), strict=True)}, tuple(rows),
            [(a, b) for a in range(2) for b in range(3) if a != b], next(iter([6])),
            next((each for each in rows if each > 100), None), (1, 2) < (1, 3), [1, [2]] == [1, [2]],
            divmod(7, 2), table.copy() == table, table.keys() == table.keys(), slice(1, 2) and 1,
            format(0.5, ".2f"), hasattr(DECLARED, "low"), list(table.items())[0]]  # fmt: skip


def arithmetic(value, count):
    whole = count
    whole //= 3
    whole **= 2
    either = value or count
    return [7 // 2, -7 // 2, -7 % 3, 7.5 % 2, 2**10, 1 / 4, abs(-3), round(2.5), round(3.5),
            round(2.675, 2), round(1234.5, -2), int(3.9), int(-3.9), int("12"), int("ff", 16),
            float("1e3"), bool([]), bool("a"), not value, value and 0, either, 0 or "x", whole,
            1 < value < 3, 0 <= count > 2, value is None, count is not None, 6 & 3, 6 | 1, 6 ^ 3, ~5,
            64 >> 2, True + True, math.isnan(math.nan), math.isinf(-math.inf), math.isfinite(1.0),
            math.sqrt(2), math.log(3), math.log10(1000), math.exp(1), math.floor(-1.5),
            math.ceil(1.2), math.hypot(3, 4), math.pi, isinstance(value, float),
            isinstance("a", str), isinstance(NAMES, Mapping), isinstance([], list | tuple),
            isinstance(A, np.ndarray), isinstance(True, bool), str(True), repr([1, "a"]),
            (found := value + 1) * found]  # fmt: skip


def flow(count):
    kept = []
    for at in range(10):
        if at == 1:
            continue
        elif at > count:
            break
        kept.append(at)
    else:
        kept.append("never left")
    while kept and len(kept) > 3:
        kept.pop()
    first = second = len(kept)
    pair = [0, 0]
    pair[0], pair[1] = first, second + 1
    (a, (b, c)), d = (1, (2, 3)), 4

    def inner(x, *more, scale=2, **options):
        return [x, more, scale, options, count]

    def pieces(n):
        for each in range(n):
            yield each * 2
        yield from (10, 11)

    with np.errstate(invalid="ignore", divide="ignore"):
        quotient = np.array([1.0, 0.0]) / 0.0
    twice = lambda x, y=3: x * y
    return [kept, pair, a, b, c, d, inner(1), inner(1, 2, 3, scale=5, other=6), list(pieces(3)),
            quotient, twice(2), twice(2, y=5), [twice(each) for each in range(3)],
            "yes" if count > 2 else "no", DECLARED.label, DECLARED.low, getattr(DECLARED, "name")]  # noqa: B009  # fmt: skip


@functools.cache
def once(name, *, size=2):
    return np.full(size, float(len(name)))


def cached(name):
    first, second, other = once(name), once(name), once(name, size=3)
    return [first, other, first is second, first is other, once(name, size=3) is other]


def matrices(x, y):
    square = np.array([[1.0, 2.0], [3.0, 4.0]])
    return [square @ square, square @ np.array([1.0, 2.0]), np.array([1.0, 2.0]) @ square,
            x[:, :2] * y[:2], x + y[:3], y[:, None] * y, C * 2, C + 0.1, C / 3, B / 2, B * 0.5,
            (B > 2) * 3.0, np.float64(2.5) * B, C.astype(float) * 0.1]  # fmt: skip


CASES = [
    (elementwise, (A,)), (elementwise, (C,)), (pairs, (A, A[::-1])), (pairs, (C, np.full(4, 0.5))),
    (reductions, (A, B)), (made, ()), (arranged, (A, B)), (methods, (A, B)),
    (places, (A, B, MASK)), (numbers, (3.14159, 42)), (numbers, (-0.000123, -7)),
    (numbers, (98765.4321, 1234567)), (text, ("heavy_ball",)), (containers, (5,)),
    (arithmetic, (2.5, 11)), (flow, (7,)), (flow, (20,)), (matrices, (A, B)), (cached, ("width",)),
]  # fmt: skip

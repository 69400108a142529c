"""A case for every primitive that has a rule: a function of arrays, and arrays with edge cases."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

RNG = np.random.default_rng(0)
NAN, INF = np.nan, np.inf
EDGES = np.array(
    [
        0,
        -0.0,
        1,
        -1,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        3.7,
        -3.7,
        1e-3,
        -1e-3,
        20,
        -20,
        88.5,
        -88.5,
        1e4,
        -1e4,
        3e9,
        -3e9,
        1e30,
        -1e30,
        NAN,
        INF,
        -INF,
        0.9999,
        -0.9999,
        1e-8,
        7.9,
        -7.9,
        127,
        300,
    ]
)
WHOLE = np.array([0, 1, -1, 2, 7, -7, 31, 33, 64, 2**31 - 1, -(2**31), 12345, -99])


def real(*shape, dtype=np.float32):
    return RNG.normal(size=shape).astype(dtype)


def symmetric(n, *batch, dtype=np.float32):
    a = RNG.normal(size=(*batch, n, n))
    return (a + np.swapaxes(a, -1, -2)).astype(dtype)


def pairs(values):
    """Every value against every other."""
    return np.repeat(values, len(values)), np.tile(values, len(values))


class Case(NamedTuple):
    """A function, its arguments, and how near its results are to be."""

    function: Any
    given: tuple
    tolerance: float
    up_to_sign: tuple


CASES: dict[str, Case] = {}
# What a processor that flushes small numbers to zero leaves of them.
SMALLEST = float(np.finfo(np.float32).tiny)


def case(name, *given, tolerance=2e-6, up_to_sign=()):
    """Notes a case: of one operation each result is near by itself, else of the largest."""

    def noted(function):
        assert name not in CASES, name
        CASES[name] = Case(function, given, tolerance, up_to_sign)
        return function

    return noted


def up_to(ours, theirs, tolerance):
    """Where two arrays agree, by element: not a number with not a number, infinite with infinite,
    and to the last bit where the tolerance is 0.
    """
    with np.errstate(all="ignore"):
        same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
        if ours.dtype.kind != "f":
            return same
        off = np.abs(ours.astype(float) - theirs.astype(float))
        known = np.abs(theirs[np.isfinite(theirs)].astype(float))
        # Edge cases stand in a row: each by its own size.
        own = theirs.ndim == 1 and theirs.size > 25
        size = np.abs(theirs.astype(float)) if own else known.max(initial=0)
        return same | (np.isfinite(off) & (off <= tolerance * size + SMALLEST))


F32, F64 = EDGES.astype(np.float32), EDGES
UNARY = dict(
    exp=2e-6,
    exp2=2e-6,
    log=2e-6,
    log1p=2e-6,
    expm1=2e-6,
    tanh=2e-6,
    logistic=2e-6,
    sqrt=1e-7,
    rsqrt=2e-6,
    cbrt=2e-6,
    square=1e-7,
    abs=0,
    sign=0,
    floor=0,
    ceil=0,
    neg=0,
    is_finite=0,
    erf=2e-6,
    erfc=2e-6,
    erf_inv=2e-6,
    asin=2e-6,
    acos=2e-6,
    atan=2e-6,
    sinh=4e-6,
    cosh=4e-6,
    asinh=2e-6,
    acosh=2e-6,
    atanh=2e-6,
)
for _name, _tolerance in UNARY.items():
    _f = getattr(lax, _name)
    case(f"{_name} F", F32, tolerance=_tolerance)(_f)
    case(f"{_name} D", F64, tolerance=_tolerance and 1e-13)(_f)
# Of what lies between 0 and 1, log1p of a page is another function, as in softplus.
for _kind, _values, _tolerance in (("F", F32, 2e-6), ("D", F64, 1e-13)):
    case(f"log1p of an exponential {_kind}", _values, tolerance=_tolerance)(
        lambda x: jnp.log1p(jnp.exp(-jnp.abs(x)))
    )
case("lgamma of both", F32[:18], F64[:18])(lambda x, y: (lax.lgamma(x), lax.lgamma(y)))
for _name in ("sin", "cos", "tan"):
    _small = np.array([0, -0.0, 0.5, -1, 3, 10, -100, 1000, NAN, INF, -INF])
    case(f"{_name} F", _small.astype(np.float32), tolerance=4e-6)(getattr(lax, _name))
    case(f"{_name} D", _small, tolerance=1e-12)(getattr(lax, _name))
for _name in (
    "add",
    "sub",
    "mul",
    "div",
    "max",
    "min",
    "rem",
    "atan2",
    "pow",
    "nextafter",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
):
    for _kind, _values in (("F", F32), ("D", F64)):
        _tolerance = (
            4e-6
            if _name in ("pow", "atan2") and _kind == "F"
            else 1e-12
            if _name in ("pow", "atan2")
            else 0
        )
        _x, _y = pairs(_values)
        case(f"{_name} {_kind}", _x, _y, tolerance=_tolerance)(getattr(lax, _name))
for _primitive in (lax.eq_to_p, lax.le_to_p, lax.lt_to_p):
    # With a number that is none and has a minus.
    for _kind, _values in (("F", np.append(F32, -F32[23])), ("D", np.append(F64, -F64[23]))):
        _x, _y = pairs(_values)
        case(f"{_primitive.name} {_kind}", _x, _y, tolerance=0)(_primitive.bind)
    _x, _y = pairs(WHOLE)
    case(f"{_primitive.name} int64", _x, _y, tolerance=0)(_primitive.bind)
for _dtype in (np.int32, np.uint32, np.int64, np.uint64, np.int16, np.uint16, np.int8, np.uint8):
    _whole = WHOLE.astype(_dtype)
    _x, _y = pairs(_whole)
    for _name in (
        "add",
        "sub",
        "mul",
        "div",
        "rem",
        "max",
        "min",
        "and",
        "or",
        "xor",
        "eq",
        "lt",
        "ge",
        "shift_left",
        "shift_right_logical",
        "shift_right_arithmetic",
    ):
        _f = getattr(
            lax, {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}.get(_name, _name)
        )
        case(f"{_name} {np.dtype(_dtype)}", _x, _y, tolerance=0)(_f)
    for _name in ("abs", "sign", "neg", "bitwise_not", "square"):
        if _name == "neg" or np.issubdtype(_dtype, np.signedinteger) or _name != "abs":
            case(f"{_name} {np.dtype(_dtype)}", _whole, tolerance=0)(getattr(lax, _name))
    for _to in (np.float32, np.float64, np.int32, np.uint8, np.int64, np.bool_):
        if _to != _dtype:
            case(f"convert {np.dtype(_dtype)} {np.dtype(_to)}", _whole, tolerance=0)(
                functools.partial(lax.convert_element_type, new_dtype=_to)
            )
for _dtype in (np.int32, np.uint32, np.int64, np.uint64):
    case(f"population_count {np.dtype(_dtype)}", WHOLE.astype(_dtype), tolerance=0)(
        lax.population_count
    )
    case(f"clz {np.dtype(_dtype)}", WHOLE.astype(_dtype), tolerance=0)(lax.clz)
for _kind, _values in (("F", F32), ("D", F64)):
    for _to in (
        np.int32,
        np.uint32,
        np.int64,
        np.uint64,
        np.int16,
        np.uint16,
        np.int8,
        np.uint8,
        np.float32,
        np.float64,
        np.bool_,
    ):
        if _to != _values.dtype:
            case(f"convert {_kind} {np.dtype(_to)}", _values, tolerance=0)(
                functools.partial(lax.convert_element_type, new_dtype=_to)
            )
    for _n in (-3, -1, 0, 1, 2, 3, 5, 8):
        case(f"integer_pow {_kind} {_n}", _values, tolerance=1e-6 if _kind == "F" else 1e-14)(
            functools.partial(lax.integer_pow, y=_n)
        )
    for _how in (lax.RoundingMethod.TO_NEAREST_EVEN, lax.RoundingMethod.AWAY_FROM_ZERO):
        case(f"round {_kind} {_how.name}", _values, tolerance=0)(
            functools.partial(lax.round, rounding_method=_how)
        )
    case(
        f"clamp {_kind}",
        np.asarray(-1, _values.dtype),
        _values,
        np.asarray(2, _values.dtype),
        tolerance=0,
    )(lax.clamp)
    case(f"pow of whole {_kind}", _values[:22], np.int32(3), tolerance=1e-6)(
        lambda x, n: lax.pow(x, n)
    )
# A unit in the last place, however far the power: Adam divides by what is left of one less it.
case("pow of decay", np.float32(0.999), np.arange(-3, 300, 7, dtype=np.int32), tolerance=1.2e-7)(
    lambda x, n: lax.pow(jnp.broadcast_to(x, n.shape), n)
)
case("clamp int", np.int32(-3), WHOLE.astype(np.int32), np.int32(8), tolerance=0)(lax.clamp)
case("integer_pow int", WHOLE.astype(np.int32), tolerance=0)(lambda x: lax.integer_pow(x, 5))
TRUE = np.array([True, False, True, False]), np.array([True, True, False, False])
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor", "eq", "ne", "max", "min"):
    case(f"{_name} bool", *TRUE, tolerance=0)(getattr(lax, _name))
case("not bool", TRUE[0], tolerance=0)(lax.bitwise_not)
case("convert bool", TRUE[0], tolerance=0)(lambda x: (x.astype(np.float32), x.astype(np.int32)))
case("bitcast", F32, WHOLE.astype(np.int32), F64, tolerance=0)(
    lambda f, i, d: (
        lax.bitcast_convert_type(f, np.int32),
        lax.bitcast_convert_type(f, np.uint32),
        lax.bitcast_convert_type(i, np.uint32),
        lax.bitcast_convert_type(d, np.int64),
        lax.bitcast_convert_type(lax.bitcast_convert_type(d, np.uint64), np.float64),
    )
)
case("select_n", TRUE[0], real(4), real(4), tolerance=0)(lambda w, a, b: lax.select_n(w, a, b))
case("select_n of three", np.array([0, 1, 2, 1], np.int32), real(4), real(4), real(4), tolerance=0)(
    lambda w, a, b, c: lax.select_n(w, a, b, c)
)
case("select_n by one", np.bool_(True), real(3, 2), real(3, 2), tolerance=0)(
    lambda w, a, b: lax.select_n(w, a, b)
)
case("reduce_precision", real(4), tolerance=0)(lambda x: lax.reduce_precision(x, 8, 23))
case("fused", real(3, 40), real(40), tolerance=2e-6)(
    lambda x, y: jnp.exp(-jnp.abs(x * y + 1)) / (1 + x**2)
)
for _dtype in (np.float32, np.float64, np.int32, np.uint32, np.int64):
    case(f"iota {np.dtype(_dtype)}", tolerance=0)(
        lambda dtype=_dtype: (lax.broadcasted_iota(dtype, (3, 4), 1), lax.iota(dtype, 5))
    )

# What moves elements.
X = real(2, 3, 4)
MOVES = {
    "broadcast": lambda x: jnp.broadcast_to(x[:, :1], (2, 3, 4)) + jnp.ones((5, 2, 3, 4), x.dtype),
    "broadcast of a sum": lambda x: jnp.exp(x).sum(0)[None] * x,
    "transpose": lambda x: (x.transpose(2, 0, 1), x.transpose(1, 0, 2)[:, :, ::-1]),
    "reshape": lambda x: (x.reshape(4, 6), x.transpose(2, 1, 0).reshape(-1), x.sum(1).reshape(8)),
    "squeeze": lambda x: (x[:1].squeeze(0), jnp.expand_dims(x[:, :1].squeeze(1), (0, 2))),
    "rev": lambda x: (x[::-1], x[:, ::-1, ::-1]),
    "slice": lambda x: (x[1], x[:, 1:3], x[:, ::2, 1::2], x[0, 1:, 2:3]),
    "concatenate": lambda x: (jnp.concatenate([x, x + 1], 1), jnp.concatenate([x[:, :, :2], x], 2)),
    "concatenate with nothing": lambda x: jnp.concatenate([x[:0], x, x[:0]], 0),
    "stack": lambda x: (jnp.stack([x, -x]), jnp.stack([x[0], x[1]], 1)),
    "unstack": lambda x: jnp.unstack(x, axis=1),
    "split": lambda x: jnp.split(jnp.sin(x), [1, 3], axis=2),
    "tile": lambda x: jnp.tile(x, (2, 1, 3)),
    "pad": lambda x: lax.pad(x, jnp.float32(7), [(1, 2, 0), (0, 0, 1), (-1, 1, 0)]),
    "pad with less": lambda x: lax.pad(x, jnp.float32(7), [(0, 0, 0), (-1, -1, 0), (2, -3, 2)]),
    "roll": lambda x: jnp.roll(x, 1, 2),
    "moveaxis of a product": lambda x: jnp.moveaxis(x * 2, 0, 2) + 1,
}
for _name, _f in MOVES.items():
    case(_name, X)(_f)
    if "broadcast of" not in _name and "unstack" not in _name:
        case(f"{_name} int", (X * 9).astype(np.int32), tolerance=0)(
            _f
            if "pad" not in _name and "split" not in _name
            else {
                "pad": lambda x: lax.pad(x, np.int32(7), [(1, 2, 0), (0, 0, 1), (-1, 1, 0)]),
                "pad with less": lambda x: lax.pad(
                    x, np.int32(7), [(0, 0, 0), (-1, -1, 0), (2, -3, 2)]
                ),
                "split": lambda x: jnp.split(x, [1, 3], axis=2),
            }[_name]
        )
case("nothing at all", np.zeros((0, 3), np.float32))(
    lambda x: (
        x + 1,
        x.sum(0),
        x.sum(),
        jnp.max(x, axis=0, initial=-1),
        x @ jnp.ones((3, 2)),
        jnp.ones((2, 0)) @ x,
        x.T.reshape(0),
        jnp.sort(x, 0),
        jnp.cumsum(x, 0),
    )
)
case("dynamic_slice", X, np.array([-1, 0, 1, 2, 9], np.int32))(
    lambda x, at: [
        lax.dynamic_slice(x, (at[k], at[k], at[k]), size)
        for k in range(5)
        for size in ((1, 2, 2), (2, 3, 4), (1, 1, 4))
    ]
)
case("dynamic_update_slice", X, np.array([-1, 0, 1, 2, 9], np.int32))(
    lambda x, at: [
        lax.dynamic_update_slice(x, jnp.full(size, 5, x.dtype), (at[k], at[k], at[k]))
        for k in range(5)
        for size in ((1, 2, 2), (2, 3, 4), (1, 1, 4))
    ]
)
case("an update keeps the first", X)(
    lambda x: (
        lambda y: (y, lax.dynamic_update_slice(y, y[:1, :1] * 2, (1, 1, 0)), y.at[0].set(3.0))
    )(jnp.sin(x))
)
AT = np.array([0, 2, 5, -1, -7, 3, 9], np.int32)
for _mode in ("fill", "clip", "promise_in_bounds"):
    _at = AT % 3 if _mode == "promise_in_bounds" else AT
    case(f"gather {_mode}", X, _at)(
        lambda x, at, mode=_mode: (
            x.at[:, at].get(mode=mode),
            x.at[0, at, at].get(mode=mode),
            jnp.take(x, at, axis=2, mode=mode if mode != "promise_in_bounds" else "clip"),
        )
    )
    case(f"scatter {_mode}", X, _at)(
        lambda x, at, mode=_mode: (
            x.at[:, at].add(1.5, mode=mode),
            x.at[1, at[:1]].set(2.0, mode=mode),
            x.at[:, at].max(0.2, mode=mode),
            x.at[:, at].min(0.2, mode=mode),
            x.at[0, at].multiply(0.5, mode=mode),
        )
    )
case("gather of whole numbers", (X * 9).astype(np.int32), AT, tolerance=0)(
    lambda x, at: (
        x.at[:, at].get(mode="fill"),
        x.astype(bool).at[:, at].get(mode="fill"),
        x.at[0, at].get(mode="fill", fill_value=-5),
    )
)
case("gather of batches", X, np.array([[2, 0], [1, 1]], np.int32))(
    lambda x, at: (jax.vmap(lambda a, i: a[i])(x, at), jnp.take_along_axis(x, at[..., None], 1))
)
case("gather of windows", X, np.array([0, 5], np.int32))(
    lambda x, at: jax.vmap(lambda i: lax.dynamic_slice(x, (i * 0, i, i * 0 + 1), (2, 2, 2)))(at)
)
case("scatter of batches", X, np.array([[2, 0], [1, 1]], np.int32))(
    lambda x, at: (
        jax.vmap(lambda a, i: a.at[i].add(1.0))(x, at),
        jax.vmap(lambda a, i: a.at[i].set(0.0))(x, at),
    )
)
case("scatter of windows", X, np.array([0, 5], np.int32))(
    lambda x, at: jax.vmap(
        lambda i: lax.dynamic_update_slice(x, jnp.ones((2, 2, 2), x.dtype), (i * 0, i, i * 0 + 1))
    )(at)
)
case("scatter_sub", X)(lambda x: x.at[:, jnp.array([0, 0, 2])].subtract(1.5))
case("copy", X)(lambda x: (jnp.copy(x), lax.stop_gradient(x), lax.optimization_barrier(x)))
case("empty", tolerance=0)(lambda: (jnp.zeros((2, 3)), jnp.full((4,), 2, np.int32)))

# What goes through a dimension.
for _axis in (0, 1, 2, (0, 2), None):
    case(f"reductions {_axis}", X)(
        lambda x, axis=_axis: (
            x.sum(axis),
            x.prod(axis),
            x.max(axis),
            x.min(axis),
            (x > 0).all(axis),
            (x > 1).any(axis),
            lax.reduce_xor(
                x > 0, (0,) if axis is None else axis if isinstance(axis, tuple) else (axis,)
            ),
        )
    )
case("reductions int", (X * 9).astype(np.int32), tolerance=0)(
    lambda x: (x.sum(1), x.prod(2), x.max(0), x.min(), x.sum())
)
case("reductions of edges", F32, F64)(
    lambda x, y: (x.max(), x.min(), jnp.nanmax(y[:22]), y[:22].sum(), x[24:].max())
)
case("long sums", real(3, 1000), real(1000, 3), np.float32(1e4) + real(70))(
    lambda x, y, z: (x.sum(1), y.sum(0), x.sum(), z.sum(), jnp.sum(x * x, 1), z.mean())
)
case(
    "argmax",
    X,
    np.array([1, NAN, 3, NAN, 3], np.float32),
    np.array([2, 5, 5, 1], np.int32),
    tolerance=0,
)(
    lambda x, y, z: [
        f(v, axis=a)
        for f in (jnp.argmax, jnp.argmin)
        for v, a in ((x, 0), (x, 1), (x, 2), (y, 0), (z, 0))
    ]
)
for _f in (lax.cumsum, lax.cumprod, lax.cummax, lax.cummin, lax.cumlogsumexp):
    case(_f.__name__, X, np.array([1, 2, -INF, 3, NAN, 4], np.float32))(
        lambda x, y, f=_f: [
            f(v, axis=a, reverse=r)
            for v, a in ((x, 0), (x, 1), (x, 2), (y, 0))
            for r in (False, True)
        ]
    )
case("sort", X, F32, np.array([3, 1, 3, 2, 1], np.int32), tolerance=0)(
    lambda x, y, z: (
        jnp.sort(x, 1),
        jnp.sort(y),
        jnp.sort(z, descending=True),
        jnp.argsort(y),
        jnp.argsort(z, stable=True),
        *lax.sort((z, z * 0, jnp.arange(5)), num_keys=2),
        *lax.sort((z, jnp.arange(5)[::-1]), num_keys=2),
    )
)
case(
    "top_k",
    X,
    np.array([-INF, 3, -INF, 3, NAN, -INF], np.float32),
    np.array([4, 1, 4, 9], np.int32),
    tolerance=0,
)(
    lambda x, y, z: (
        *lax.top_k(x, 2),
        *lax.top_k(y, 5),
        *lax.top_k(z, 3),
        *lax.top_k(y.astype(np.float64), 6),
    )
)

# Products and factors of matrices.
for _m, _k, _n in (
    (1, 5, 1),
    (3, 4, 5),
    (4, 16, 8),
    (9, 7, 17),
    (1, 6, 9),
    (6, 6, 1),
    (13, 33, 10),
    (2, 3, 5),
    (6, 9, 21),
    (5, 4, 3),
    (3, 5, 33),
):
    case(f"product {_m} {_k} {_n}", real(_m, _k), real(_k, _n), tolerance=2e-6)(
        lambda a, b: (a @ b, b.T @ a.T, jnp.einsum("ik,kj->ji", a, b), a[0] @ b, a @ b[:, 0])
    )
case("product of batches", real(2, 3, 4, 5), real(2, 5, 3), tolerance=2e-6)(
    lambda a, b: (
        jnp.einsum("bijk,bkl->bijl", a, b),
        jnp.einsum("bijk,bkl->lbj", a, b),
        jnp.tensordot(a, b, ((0, 3), (0, 1))),
    )
)
case("product D", real(4, 5, dtype=np.float64), real(5, 3, dtype=np.float64), tolerance=1e-14)(
    lambda a, b: a @ b
)
case(
    "product int", (real(4, 5) * 9).astype(np.int32), (real(5, 3) * 9).astype(np.int32), tolerance=0
)(lambda a, b: a @ b)
# Numbers that are none go where the definition has them go, through blocks and rests of blocks.
_none = real(9, 17)
_none[[0, 2, 2, 5, 8], [0, 3, 9, 16, 4]] = NAN, INF, -INF, 0, INF
_zeros = real(17, 21)
_zeros[[3, 4, 16], [2, 20, 7]] = 0, -INF, 0
case("product of edges", _none, _zeros)(
    lambda a, b: (a @ b, b.T @ a.T, a[2] @ b, a @ b[:, 7], a[0] @ b[:, 1])
)
case("qr of nothing", np.zeros((4, 3), np.float32), tolerance=0)(lambda a: jnp.linalg.qr(a)[1])
case("inner", real(37), real(37))(lambda a, b: (a @ b, jnp.outer(a, b), a @ jnp.zeros(37)))
for _n in (1, 2, 3, 8, 20):
    # Vectors of eigenvalues that are near one another are less certain.
    for _dtype, _tolerance in ((np.float32, 5e-5), (np.float64, 1e-12)):
        _k = np.dtype(_dtype).char
        case(
            f"eigh {_n} {_k}", symmetric(_n, 2, dtype=_dtype), tolerance=_tolerance, up_to_sign=(1,)
        )(lambda a: tuple(jnp.linalg.eigh(a, symmetrize_input=False)))
        case(
            f"cholesky {_n} {_k}",
            (lambda a: a @ a.swapaxes(1, 2) + 0.5 * np.eye(a.shape[-1], dtype=a.dtype))(
                symmetric(_n, 2, dtype=_dtype)
            ),
            tolerance=_tolerance,
        )(jnp.linalg.cholesky)
        case(
            f"lu {_n} {_k}",
            real(2, _n, _n, dtype=_dtype),
            real(2, _n, 3, dtype=_dtype),
            tolerance=30 * _tolerance,
        )(lambda a, b: (*lax.linalg.lu(a), jnp.linalg.solve(a, b), jnp.linalg.det(a)))
        case(
            f"qr {_n} {_k}",
            real(2, _n + 2, _n, dtype=_dtype),
            real(_n, _n + 1, dtype=_dtype),
            tolerance=10 * _tolerance,
        )(lambda a, b: (*jnp.linalg.qr(a), *jnp.linalg.qr(a, mode="complete"), *jnp.linalg.qr(b)))
        _triangle = (
            np.eye(_n) * 3 + np.tril(np.random.default_rng(_n).normal(size=(2, _n, _n)))
        ).astype(_dtype)
        case(
            f"triangular_solve {_n} {_k}",
            _triangle,
            real(2, _n, 3, dtype=_dtype),
            tolerance=10 * _tolerance,
        )(
            lambda a, b: [
                lax.linalg.triangular_solve(
                    a if low else a.swapaxes(1, 2),
                    b if left else b.swapaxes(1, 2),
                    left_side=left,
                    lower=low,
                    transpose_a=t,
                    unit_diagonal=u,
                )
                for left in (True, False)
                for low in (True, False)
                for t in (True, False)
                for u in (True, False)
            ]
        )
case(
    "eigh of what is none",
    np.full((3, 3), NAN, np.float32),
    np.eye(3, dtype=np.float32) * 1e30,
    np.zeros((2, 2), np.float32),
)(lambda a, b, c: (jnp.linalg.eigh(a)[0], *jnp.linalg.eigh(b), *jnp.linalg.eigh(c)))
case("eigh of equal values", np.diag([2, 1, 2, 1]).astype(np.float32))(
    lambda a: jnp.linalg.eigvalsh(a)
)
case("cholesky of what has none", -np.eye(3, dtype=np.float32))(jnp.linalg.cholesky)
case("lu of a singular one", np.ones((3, 3), np.float32))(lambda a: lax.linalg.lu(a))

# Loops and branches.
case("while", real(5), np.int32(7))(
    lambda x, n: lax.while_loop(
        lambda c: c[0] < n, lambda c: (c[0] + 1, c[2], jnp.sin(c[1]) + c[0]), (0, x, 2 * x)
    )
)
case("while never", real(5))(lambda x: lax.while_loop(lambda c: c.sum() > 1e9, lambda c: c * 2, x))
case("while within while", real(4))(
    lambda x: lax.fori_loop(
        0, 3, lambda i, c: lax.fori_loop(0, i + 1, lambda j, d: jnp.cos(d) + j, c) * 0.5 + x, x
    )
)
case("many whiles", real(4, 3), np.array([2, 0, 5, 3], np.int32))(
    jax.vmap(
        lambda x, n: lax.while_loop(
            lambda c: c[0] < n, lambda c: (c[0] + 1, c[2], jnp.sin(c[1]) + c[0]), (0, x, 2 * x)
        )
    )
)
case("rows that grow", real(6))(
    lambda x: lax.fori_loop(
        0, 6, lambda i, c: (c[0].at[i].set(c[1]), jnp.sin(c[1]) + x), (jnp.zeros((6, 6)), x)
    )
)
case("scan", real(5, 3))(
    lambda x: lax.scan(lambda c, r: (c * 0.5 + r, (c.sum(), jnp.exp(-r * r))), jnp.zeros(3), x)
)
case("scan back", real(5, 3))(
    lambda x: lax.scan(lambda c, r: (c * 0.5 + r, c), jnp.zeros(3), x, reverse=True)
)
case("scan of nothing", np.zeros((0, 3), np.float32))(
    lambda x: lax.scan(lambda c, r: (c + r, c), jnp.ones(3), x)
)
case("scan within scan", real(4, 3, 2))(
    lambda x: lax.scan(lambda c, r: lax.scan(lambda d, s: (d + s, d * s), c, r), jnp.zeros(2), x)
)
case("scan that swaps", real(4, 3))(
    lambda x: lax.scan(lambda c, r: ((c[1], c[0] + r), c[0]), (x[0], x[1]), x)
)
case("cond", real(4), np.array([True, False]))(
    lambda x, w: [
        lax.cond(w[k], lambda v: (v + 1, v), lambda v: (v, v * 2), jnp.sin(x)) for k in (0, 1)
    ]
)
case("switch", real(4), np.array([-3, 0, 1, 2, 9], np.int32))(
    lambda x, w: [
        lax.switch(w[k], [lambda v: v, lambda v: -v, lambda v: v[::-1]], x) for k in range(5)
    ]
)
case("map of cond", real(6))(lambda x: lax.map(lambda v: lax.cond(v > 0, jnp.sqrt, jnp.exp, v), x))
# Where tanh is nearly 1, a second derivative is what is left of numbers that cancel: JAX optimised
# and unoptimised are 4e-6 apart.
case("grad and vmap", real(3, 4), real(4, 4), tolerance=1e-5)(
    lambda x, w: (
        jax.vmap(jax.grad(lambda v, w: jnp.tanh(v @ w).sum()), (0, None))(x, w),
        jax.jvp(jax.grad(lambda w: (jax.nn.gelu(x @ w) ** 2).sum()), (w,), (w * 2,)),
        jax.hessian(lambda v: jax.nn.softplus(v).sum() ** 2)(x[0]),
        jax.nn.log_softmax(x),
    )
)
case("checkpoint", real(3))(lambda x: jax.grad(lambda v: jax.checkpoint(jnp.sin)(v).sum())(x))


@jax.custom_vjp
def clipped(x):
    return jnp.clip(x, -1, 1)


clipped.defvjp(lambda x: (clipped(x), x), lambda x, g: (g * 0.5 * x,))
case("custom derivatives", real(5))(
    lambda x: (clipped(x), jax.grad(lambda v: clipped(v).sum())(x), jax.nn.relu(x))
)
case("pivots", np.array([[2, 1, 2], [0, 2, 2]], np.int32), tolerance=0)(
    lambda p: lax.linalg.lu_pivots_to_permutation(p, 5)
)
case(
    "conjugate gradients",
    symmetric(4) @ symmetric(4).T + np.eye(4, dtype=np.float32),
    real(4),
    tolerance=2e-5,
)(
    lambda a, b: lax.custom_linear_solve(
        lambda v: a @ v, b, lambda mv, c: jnp.linalg.solve(a, c), symmetric=True
    )
)

# Random numbers.
KEY = jax.random.key(7)
case("random bits", KEY, tolerance=0)(
    lambda k: [
        jax.random.bits(k, s, t)
        for s in ((), (3,), (2, 5))
        for t in (np.uint8, np.uint16, np.uint32)
    ]
)
case("random keys", KEY, np.int32(5), tolerance=0)(
    lambda k, n: (
        jax.random.key_data(jax.random.split(k, 3)),
        jax.random.key_data(jax.random.fold_in(k, n)),
        jax.random.key_data(jax.random.key(n)),
        jax.random.key_data(jax.vmap(lambda i: jax.random.fold_in(k, i))(jnp.arange(3))),
        jax.vmap(lambda q: jax.random.bits(q, (2,)))(jax.random.split(k, 4)),
    )
)
case("chosen keys", KEY, np.array([True, False, True]), tolerance=0)(
    lambda k, w: jax.random.key_data(
        jnp.where(w, jax.random.split(k, 3), jax.random.split(jax.random.fold_in(k, 1), 3))
    )
)
WIDE_KEY = jax.random.key(7, impl="rbg")
case("numbers of the other generator", WIDE_KEY, np.array([1, 2, 2**32 - 1, 2**32 - 1], np.uint32))(
    lambda k, w: (
        jax.random.bits(k, (2, 5), np.uint32),
        jax.random.normal(k, (7,), np.float32),
        jax.random.key_data(jax.random.split(k, 3)),
        jax.random.key_data(jax.random.fold_in(k, 5)),
        jax.random.uniform(jax.random.split(k)[1], (9,), np.float32),
        *lax.rng_bit_generator(w, (6,), dtype=np.uint32),
    )
)
case("random numbers", KEY)(
    lambda k: (
        jax.random.normal(k, (7,)),
        jax.random.uniform(k, (2, 3), minval=-1),
        jax.random.permutation(k, 9),
        jax.random.randint(k, (5,), 0, 10),
        jax.random.bernoulli(k, 0.3, (6,)),
        jax.random.choice(k, 5, (3,), replace=False),
        jax.random.categorical(k, jnp.zeros(4), shape=(5,)),
        jax.random.truncated_normal(k, -1, 1, (4,)),
    )
)

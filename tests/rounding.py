"""The same program with another rounding: what rounding alone makes of a run.

Each operation of a jaxpr is off by as much as it may be rounded: by a bit of its result, or, where
many numbers are added, by a bit of the sum of their sizes, for another order of adding is off by so
much. Which way, is drawn from the bits of the result, so that a program rounds the same way twice.
What is exact is left alone: whole numbers, what is moved, chosen or compared.
"""

import contextlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core

from curvkit.core import tree

ROUNDED = {
    "add", "add_any", "sub", "mul", "div", "rem", "pow", "integer_pow", "square", "sqrt", "rsqrt",
    "cbrt", "exp", "exp2", "log", "log1p", "expm1", "tanh", "logistic", "sin", "cos", "tan",
    "asin", "acos", "atan", "atan2", "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "erfc",
    "erf_inv", "lgamma", "eigh", "qr", "householder_product", "geqrf", "lu", "cholesky",
    "triangular_solve", "cumprod", "cumlogsumexp", "reduce_prod",
}  # fmt: skip
# Of these the sum of sizes is the same operation on sizes.
SUMS = {"dot_general", "reduce_sum", "cumsum", "conv_general_dilated", "scatter-add"}
WITHIN = ("jaxpr", "call_jaxpr", "fun_jaxpr")


def otherwise(function: Any, salt: Any) -> Any:
    """A function of arrays that computes as `function` does, each operation rounded otherwise.

    Args:
        salt: another whole number, other roundings.
    """

    def rounded(*given: Any) -> Any:
        closed, shape = jax.make_jaxpr(function, return_shape=True)(*given)
        results = _run(closed.jaxpr, closed.consts, jax.tree.leaves(given), salt)
        return jax.tree.unflatten(jax.tree.structure(shape), results)

    return rounded


def _run(jaxpr: Any, constants: Any, given: Any, salt: Any) -> list[Any]:
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *given], strict=True))
    read = lambda atom: atom.val if isinstance(atom, core.Literal) else known[atom]
    for at, equation in enumerate(jaxpr.eqns):
        values = [read(each) for each in equation.invars]
        results = _equation(equation, values, salt + 7919 * at)
        known.update(zip(equation.outvars, results, strict=True))
    return [read(each) for each in jaxpr.outvars]


def _equation(equation: Any, values: list[Any], salt: Any) -> list[Any]:
    name, params = equation.primitive.name, equation.params
    if name in LOOPS:
        return LOOPS[name](params, values, salt)
    inner = next((params[each] for each in WITHIN if each in params), None)
    if inner is not None:
        jaxpr, constants = (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, [])
        return _run(jaxpr, constants, values, salt)
    results = equation.primitive.bind(*values, **params)
    results = list(results) if equation.primitive.multiple_results else [results]
    if name not in ROUNDED | SUMS:
        return results
    # Some programs have a part in double precision, whatever JAX is set to.
    double = any(x.dtype == np.float64 for x in results)
    with tree.float64() if double else contextlib.nullcontext():
        sizes = results
        if name in SUMS:
            absolute = [jnp.abs(x) if _real(x) else x for x in values]
            sizes = [equation.primitive.bind(*absolute, **params)]
        pairs = zip(results, sizes, strict=True)
        return [_off(x, size, salt) if _real(x) else x for x, size in pairs]


def _real(x: Any) -> bool:
    return jnp.result_type(x) in (jnp.float32, jnp.float64)


def _off(x: Any, size: Any, salt: Any) -> Any:
    """A result moved by a bit of `size`, up or down as its own bits say."""
    whole = np.uint32 if x.dtype == jnp.float32 else np.uint64
    bits = jax.lax.bitcast_convert_type(x, whole).astype(jnp.uint32)
    mixed = (bits ^ jnp.uint32(salt)) * np.uint32(2654435761)
    mixed = (mixed ^ (mixed >> 15)) * np.uint32(2246822519)
    up = (mixed >> 16) & np.uint32(1)
    step = np.asarray(np.finfo(x.dtype).eps / 2, x.dtype) * size
    moved = jnp.where(up == 1, x + step, x - step)
    return jnp.where((x == jnp.round(x)) | ~jnp.isfinite(moved), x, moved)


def _closed(closed: Any, salt: Any) -> Any:
    return lambda *given: _run(closed.jaxpr, closed.consts, given, salt)


def _while(params: Any, values: list[Any], salt: Any) -> list[Any]:
    tests, bodies = params["cond_nconsts"], params["body_nconsts"]
    test, body = _closed(params["cond_jaxpr"], salt), _closed(params["body_jaxpr"], salt + 1)
    of_test, of_body = values[:tests], values[tests : tests + bodies]

    def step(carry: Any) -> Any:
        # Of loops side by side those that have ended stay as they are.
        on, after = test(*of_test, *carry)[0], body(*of_body, *carry)
        wide = lambda x: jax.lax.broadcast_in_dim(on, x.shape, range(on.ndim))
        return tuple(jax.lax.select(wide(x), x, y) for x, y in zip(after, carry, strict=True))

    anything = lambda carry: jnp.any(test(*of_test, *carry)[0])
    return list(jax.lax.while_loop(anything, step, tuple(values[tests + bodies :])))


def _scan(params: Any, values: list[Any], salt: Any) -> list[Any]:
    constants, carried = params["num_consts"], params["num_carry"]
    body = _closed(params["jaxpr"], salt)

    def one(carry: Any, row: Any) -> Any:
        after = body(*values[:constants], *carry, *row)
        return tuple(after[:carried]), tuple(after[carried:])

    carry, rows = jax.lax.scan(
        one, tuple(values[constants : constants + carried]), tuple(values[constants + carried :]),
        length=params["length"], reverse=params["reverse"],
    )  # fmt: skip
    return [*carry, *rows]


def _cond(params: Any, values: list[Any], salt: Any) -> list[Any]:
    branches = [
        lambda *given, b=branch, at=at: tuple(_closed(b, salt + at)(*given))
        for at, branch in enumerate(params["branches"])
    ]
    which = jnp.asarray(values[0], jnp.int32)
    return list(jax.lax.switch(which, branches, *values[1:]))


def _solved(params: Any, values: list[Any], salt: Any) -> list[Any]:
    counts, programs = params["const_lengths"], params["jaxprs"]
    first = counts.matvec + counts.vecmat
    last = first + counts.solve
    given = values[first:last] + values[last + counts.transpose_solve :]
    return _closed(programs.solve, salt)(*given)


LOOPS = {"while": _while, "scan": _scan, "cond": _cond, "custom_linear_solve": _solved}

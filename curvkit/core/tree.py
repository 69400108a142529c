"""Parameters as pytrees: what curvature needs of them, and a sentence where it is not there."""

import contextlib
import functools
import importlib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.core
import jax.numpy as jnp

from curvkit.core import messages


def require_floats(name: str, tree: Any) -> None:
    """Raises ValueError where `tree` is empty or has a leaf that is no floating-point array."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    if not leaves:
        raise ValueError(messages.refusal(name, "a pytree with at least one array", tree))
    for path, leaf in leaves:
        number = hasattr(leaf, "dtype") or isinstance(leaf, int | float | complex)
        dtype = jnp.result_type(leaf) if number else None
        if dtype is None or not jnp.issubdtype(dtype, jnp.floating):
            where = f"{name}{jax.tree_util.keystr(path)}"
            advice = "pass the trainable leaves only and close the loss over the others"
            raise ValueError(
                messages.refusal(where, "a floating-point array", dtype or leaf, advice)
            )


def require_scalar(loss: Callable[[Any], Any], params: Any) -> None:
    """Raises ValueError where `loss(params)` is not one real number."""
    out = jax.eval_shape(loss, params)
    if not hasattr(out, "shape") or out.shape != () or not jnp.issubdtype(out.dtype, jnp.floating):
        returned = f"{out.dtype} of shape {out.shape}" if hasattr(out, "shape") else out
        advice = "return one real number, as by jnp.mean over the examples"
        raise ValueError(messages.refusal("loss(params)", "a real scalar", returned, advice))


def strong(tree: Any) -> Any:
    """`tree` without weak types: where a program's results are its next arguments, they would
    differ between the first call and the second, and the whole program would be compiled twice.
    """

    def one(leaf: Any):
        keys = jnp.issubdtype(leaf.dtype, jax.dtypes.extended)
        return leaf if keys else jax.lax.convert_element_type(leaf, leaf.dtype)

    return jax.tree.map(one, tree)


def typed(tree: Any, like: Any) -> Any:
    """`tree` with the dtypes of `like`: what a loop hands on has those that it began with."""
    return jax.tree.map(
        lambda new, old: new if new.dtype == old.dtype else new.astype(old.dtype), tree, like
    )


def wide(array: jax.Array) -> jax.Array:
    """An array in single precision or better, whole numbers as real ones.

    >>> import jax.numpy as jnp
    >>> wide(jnp.ones(2, jnp.bfloat16)).dtype, wide(jnp.arange(2)).dtype
    (dtype('float32'), dtype('float32'))
    """
    if not jnp.issubdtype(array.dtype, jnp.inexact):
        return array.astype(float)
    narrow = jnp.issubdtype(array.dtype, jnp.floating) and jnp.finfo(array.dtype).bits < 32
    return array.astype(jnp.float32) if narrow else array


def inner_product(one: Any, other: Any) -> jax.Array:
    """The inner product of two pytrees of the same structure, summed in fp32 or better.

    A sum of products, and not a dot: on a mesh of explicit axes that asks where the result is.

    >>> float(inner_product({"a": jnp.ones(2)}, {"a": jnp.array([1.0, 2.0])}))
    3.0
    """
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    sums = [jnp.sum(wide(a) * wide(b).astype(wide(a).dtype)) for a, b in pairs]
    total = jnp.zeros((), jnp.float32)
    for each in sums:
        dtype = jnp.promote_types(total.dtype, each.dtype)
        total = total.astype(dtype) + each.astype(dtype)
    return total


def traced(*trees: Any) -> bool:
    """Whether any leaf is being traced, so that its value cannot be looked at."""
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(trees))


def exactly(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, with products of float32 matrices computed in float32.

    On recent GPUs JAX otherwise rounds what it multiplies to ten bits, which suffices to train but
    not to read the curvature: the rounding is as large as a small eigenvalue.

    >>> import jax.numpy as jnp
    >>> square = jax.make_jaxpr(exactly(lambda a: a @ a))(jnp.ones((2, 2)))
    >>> square.eqns[0].params["precision"][0].name
    'HIGHEST'
    """

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any):
        with jax.default_matmul_precision("highest"):
            return function(*args, **kwargs)

    return called


@contextlib.contextmanager
def ordinary() -> Generator[None, None, None]:
    """The block in which types are promoted as JAX does by default, whatever the user has set."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@contextlib.contextmanager
def settled() -> Generator[None, None, None]:
    """The block in which a room runs: in single precision, whatever the user has set, so that its
    runs are the same everywhere.

    >>> with float64(), settled():
    ...     jax.numpy.ones(1).dtype
    dtype('float32')
    """
    with float32(), ordinary():
        yield


def ordinarily(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, called where types are promoted as by default."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any):
        with ordinary():
            return function(*args, **kwargs)

    return called


def float64() -> AbstractContextManager[None]:
    """The block in which JAX computes in float64; the switch is named differently in older JAX.

    >>> with float64():
    ...     jax.numpy.ones(1).dtype
    dtype('float64')
    """
    return _x64(True)


def float32() -> AbstractContextManager[None]:
    """The block in which JAX computes in float32, whatever the block around it does.

    >>> with float64(), float32():
    ...     jax.numpy.ones(1).dtype
    dtype('float32')
    """
    return _x64(False)


def _x64(on: bool) -> AbstractContextManager[None]:
    switch: Any = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
    return switch.enable_x64(on)


def doubled(
    function: Callable[..., Any], options: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """`function` of one pytree of numbers, computed in float64 whatever the program is in.

    What it returns is in the program's own precision, and so are all its derivatives, which are
    those of `function` in float64: nothing of float64 is left outside. Whole numbers stay whole.

    Args:
        function: of JAX's arrays.
        options: XLA's, where it is called and not traced.

    >>> import jax.numpy as jnp
    >>> excess = doubled(lambda x: (1 + x) - 1)
    >>> float(excess(jnp.float32(1e-9))) > 0, float(jax.grad(excess)(jnp.float32(1e-9)))
    (True, 1.0)
    """

    @functools.lru_cache(maxsize=64)
    def program(structure: Any, real: tuple[bool, ...]) -> Callable[..., Any]:
        def of(reals: Any, others: Any) -> Any:
            parts = iter(reals), iter(others)
            return function(structure.unflatten([next(parts[not each]) for each in real]))

        return _Doubled(of, options).called

    def called(given: Any) -> Any:
        leaves, structure = jax.tree.flatten(given)
        leaves = [jnp.asarray(each) for each in leaves]
        real = tuple(jnp.issubdtype(each.dtype, jnp.floating) for each in leaves)
        pairs = list(zip(leaves, real, strict=True))
        reals, others = ([leaf for leaf, each in pairs if each is kind] for kind in (True, False))
        return program(structure, real)(reals, others)

    return called


class _Doubled:
    """The same of real numbers, and of others that nothing is differentiated in."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any] | None):
        self.function, self.options = function, options
        # Options are for what is no part of another program.
        self.within, self.alone = jax.jit(function), jax.jit(function, compiler_options=options)
        self.called = jax.custom_jvp(self._called)
        self.called.defjvp(self._moved)

    @functools.cached_property
    def slopes(self) -> Callable[..., Any]:
        return _Doubled(jax.jacfwd(self.function), self.options).called

    def _called(self, reals: list[jax.Array], others: list[jax.Array]) -> Any:
        kind = jnp.result_type(float)
        to = lambda kind: lambda each: jax.lax.convert_element_type(each, kind)
        run = self.within if traced(reals, others) else self.alone
        with float64():
            output = run(list(map(to(jnp.float64), reals)), others)
        return jax.tree.map(to(kind), output)

    def _moved(self, primals: Any, tangents: Any) -> Any:
        outputs, structure = jax.tree.flatten(self.called(*primals))
        slopes, moved, along = jax.tree.leaves(self.slopes(*primals)), tangents[0], []
        for number, output in enumerate(outputs):
            rows = slopes[number * len(moved) : (number + 1) * len(moved)]
            total = jnp.zeros_like(output)
            for slope, by in zip(rows, moved, strict=True):
                total += jnp.tensordot(slope, by, by.ndim)
            along.append(total)
        return structure.unflatten(outputs), structure.unflatten(along)

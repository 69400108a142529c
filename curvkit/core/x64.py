"""Programs of float32 that compute a part in float64, on older JAX too.

JAX before 0.10 writes the constants of such a part in float32, and then refuses the program, unless
float64 is on around the whole. So there it is, and what has no precision of its own is in float64.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.core import tree

OLD = jax.__version_info__ < (0, 10)


def compiled(function: Callable[..., Any], *, mixed: bool = False, **options: Any) -> Any:
    """`jax.jit` with `options`; `mixed` if a part of `function` is in `tree.float64()`.

    >>> import jax.numpy as jnp
    >>> def far(x):
    ...     with tree.float64():
    ...         return jnp.maximum(x.astype(jnp.float64) - 1, 0).astype(jnp.float32)
    >>> float(compiled(far, mixed=True)(jnp.float32(3)))
    2.0
    """
    if mixed and OLD:
        return Mixed(function, **options)
    return jax.jit(function, **options)


class Mixed:
    """A compiled program that is called, traced and compiled where float64 is on."""

    def __init__(self, function: Callable[..., Any], **options: Any):
        self.function, self.program = function, jax.jit(function, **options)

    def __call__(self, *given: Any) -> Any:
        # Compiler options do not apply within another compiled program: call the plain function.
        called = self.function if tree.traced(*given) else self.program
        with tree.float64():
            return called(*given)

    def lower(self, *given: Any) -> Any:
        """As that of `jax.jit`."""
        with tree.float64():
            return self.program.lower(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.program, name)


def doubled(
    function: Callable[..., Any], options: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """`function` of one pytree of numbers, computed in float64 whatever the program is in.

    What it returns is in the program's own precision, and so are all its derivatives, which are
    those of `function` in float64: nothing of float64 is left outside. Whole numbers stay whole.

    Args:
        function: of JAX's arrays.
        options: XLA's, where it is called and not traced.

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
        # As in `Mixed`: options are for what is no part of another program.
        self.within, self.alone = jax.jit(function), jax.jit(function, compiler_options=options)
        self.called = jax.custom_jvp(self._called)
        self.called.defjvp(self._moved)

    @functools.cached_property
    def slopes(self) -> Callable[..., Any]:
        return _Doubled(jax.jacfwd(self.function), self.options).called

    def _called(self, reals: list[jax.Array], others: list[jax.Array]) -> Any:
        kind = jnp.result_type(float)
        to = lambda kind: lambda each: jax.lax.convert_element_type(each, kind)
        run = self.within if tree.traced(reals, others) else self.alone
        with tree.float64():
            made = run(list(map(to(jnp.float64), reals)), others)
        return jax.tree.map(to(kind), made)

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

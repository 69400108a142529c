"""Programs of float32 that compute a part in float64, on older JAX too.

JAX before 0.10 writes the constants of such a part in float32, and then refuses the program, unless
float64 is on around the whole. So there it is, and what has no precision of its own is in float64.
"""

from collections.abc import Callable
from typing import Any

import jax

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

"""What the maps of a contender foretell before it is trained.

| symbol | name | source |
| --- | --- | --- |
| C_f(c) | `Foretold.cosine`, of `COSINES` | arXiv 2110.01765 |
| log C_f′(1), log q | `log_slope`, `log_square`, decimal | arXiv 2110.01765 |
| κ of ten orthogonal inputs' tangent kernel | `kappa` | arXiv 1806.07572 |

They are of infinite width, of one location of a picture, and of an autoencoder's layers without
its few units in the middle.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import _dirac as dirac
from curvkit.kernels import _expectations as expectations
from curvkit.kernels import _kernel as kernel
from curvkit.kernels import _parts as parts

COSINES = np.linspace(-1, 1, 17)
NODES = (12, 20)
# Beyond these single precision ends; condition numbers above the last are rounding.
LEAST, MOST, KAPPA = 1e-30, 1e30, 1e4

Function = Callable[[jax.Array], jax.Array]


class Foretold(NamedTuple):
    """Cosines at the end, the slope at 1 and lengths as decimal logarithms, and κ."""

    cosine: jax.Array
    log_slope: jax.Array
    log_square: jax.Array
    kappa: jax.Array


def of_blocks(
    function: Function, block: Callable[[Any], parts.Network], last: parts.Network, blocks: int
) -> Foretold:
    """What becomes of inputs of mean square 1 in a network of blocks and one layer more.

    Args:
        function: the activation, with its shape.
        block: the block of a number, from 1; the number may be traced.
        last: what comes after all blocks.
        blocks: how many.

    >>> he = parts.Chain((parts.Elementwise(), parts.Affine(2**0.5)))
    >>> float(of_blocks(jax.nn.relu, lambda number: he, parts.Chain(), 10).cosine[8].round(3))
    0.872
    """
    rules = kernel.Maps(expectations.of_jax(function), NODES)
    start = rules.start(jnp.asarray(COSINES, jnp.float32), jnp.ones((), jnp.float32))

    def further(at: Any, network: parts.Network) -> Any:
        state, log_slope = at
        state = kernel.walk(network, state._replace(slope=jnp.ones(())), rules)
        return _within(state), log_slope + jnp.log10(state.slope)

    step = lambda at, carry: further(carry, block(at + 1.0))
    state, log_slope = further(jax.lax.fori_loop(0, blocks, step, (start, 0.0)), last)
    read, q = kernel.read(state, 1.0), state.q
    known = (read.condition > 0) & (read.condition < KAPPA)
    kappa = jnp.where(known, read.condition, KAPPA)
    return Foretold(read.c[:-1], log_slope - jnp.log10(q), jnp.log10(q), kappa)


def _within(at: kernel.Kernel) -> kernel.Kernel:
    """The kernels in the range of single precision."""
    c, q = jnp.clip(at.k / at.q, -1, 1), jnp.clip(at.q, LEAST, MOST)
    down = jnp.minimum(1, MOST / jnp.maximum(at.same, LEAST))
    return at._replace(q=q, k=c * q, same=down * at.same, theta=down * at.theta)


def of_dirac(function: Function, weights: Callable[[Any], Any], blocks: int) -> Foretold:
    """The same where units are not mixed; of the tangent kernel nothing is known.

    Args:
        function: the activation.
        weights: of the input and of the branch, in the block of a number from 1.
        blocks: how many, and one layer more.

    >>> float(of_dirac(jax.nn.relu, lambda number: (0.0, 1.0), 5).cosine[8].round(3))
    0.318
    """
    cosines = jnp.asarray(COSINES, jnp.float32)

    def step(at: jax.Array, state: dirac.Passed) -> dirac.Passed:
        straight, branch = weights(at + 1.0)
        return dirac.further(state, lambda x: straight * x + branch * function(function(x)))

    state = jax.lax.fori_loop(0, blocks, step, dirac.begin(cosines))
    read = dirac.read(dirac.further(state, function), cosines)
    return Foretold(read.c, read.log_slope, jnp.log10(read.q), jnp.full((), jnp.nan))

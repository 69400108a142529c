"""A deep network of another way of shaping, read two layers at a time."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import _blocks as blocks
from curvkit.kernels import _dirac as dirac
from curvkit.kernels import _expectations as expectations
from curvkit.kernels import _kernel as kernel
from curvkit.kernels import _parts as parts
from curvkit.kernels.ways import _plans as plans
from curvkit.kernels.ways.settings import Settings

COSINES = np.linspace(-1, 1, 33)
PLANE_GAINS, PLANE_BIASES = np.linspace(0.5, 3.0, 36), np.linspace(0.0, 1.0, 21)
# Nodes of each sector and of each ray: enough for single precision.
NODES = (12, 20)
# Below and above these lengths single precision ends; tangent kernels are kept below, too.
LEAST, MOST = 1e-30, 1e30
# Condition numbers above this are rounding.
KAPPA = 1e4


class State(NamedTuple):
    """What the next block needs; the slope of all blocks before it as a logarithm."""

    at: kernel.Kernel
    log_slope: jax.Array
    block: jax.Array


def dial(settings: Settings) -> tuple[jax.Array, jax.Array]:
    """The gain and the bias of the knobs."""
    if settings.weights == "dial":
        return jnp.asarray(settings.gain, jnp.float32), jnp.asarray(settings.bias, jnp.float32)
    return jnp.float32(plans.GAINS[settings.weights]), jnp.float32(0.0)


def begin(settings: Settings, key: jax.Array) -> State | dirac.Passed:
    """Inputs of mean square 1; there is nothing random."""
    if settings.weights == "dirac":
        return dirac.begin(jnp.asarray(COSINES, jnp.float32))
    rules = _rules(settings)
    start = rules.start(jnp.asarray(COSINES, jnp.float32), jnp.ones((), jnp.float32))
    return State(start, jnp.zeros((), jnp.float32), jnp.zeros((), int))


def _rules(settings):
    jet = expectations.of_jax(plans.function(settings.activation).function)
    return kernel.Maps(jet, NODES)


def reading(settings: Settings, state: Any) -> tuple[Any, dict[str, jax.Array]]:
    """The kernels after so many blocks, then one block more."""
    return (_passed if settings.weights == "dirac" else _mixed)(settings, state)


def _passed(settings, state):
    """Of Dirac weights, by the function that each unit is of its first number."""
    maps = dirac.read(state, jnp.asarray(COSINES, jnp.float32))
    row = {
        "step": 2 * state.block,
        "q": maps.q,
        "c": maps.c,
        "log_slope": jnp.round(1e4 * maps.log_slope) / 1e4,
        # A tangent kernel of weights that share their units is another matter.
        "kappa": jnp.full((), jnp.nan),
    }
    function = plans.function(settings.activation).function
    number = (state.block + 1).astype(jnp.float32)
    weight = settings.weight if settings.shortcut == "rescaled" else 0.0
    whole = blocks.block(settings.shortcut, parts.Chain(), weight, number)
    weights = whole.weights if isinstance(whole, parts.Sum) else (0.0, 1.0)
    step = lambda x: weights[0] * x + weights[1] * function(function(x))
    return dirac.further(state, step), row


def _mixed(settings, state):
    """Of weights that mix units, by maps that compose."""
    read = kernel.read(state.at, 1.0)
    kappa = read.condition
    row = {
        "step": 2 * state.block,
        "q": state.at.q,
        "c": read.c[:-1],
        # To so many digits that rounding is not mistaken for a slope.
        "log_slope": jnp.round(1e4 * (state.log_slope - jnp.log10(state.at.q))) / 1e4,
        "kappa": jnp.where((kappa > 0) & (kappa < KAPPA), kappa, KAPPA),
    }
    layer = blocks.layer(settings.norm, *dial(settings))
    number = (state.block + 1).astype(jnp.float32)
    weight = settings.weight if settings.shortcut == "rescaled" else 0.0
    network = blocks.block(settings.shortcut, parts.Chain((layer, layer)), weight, number)
    at = kernel.walk(network, state.at._replace(slope=jnp.ones(())), _rules(settings))
    log_slope = state.log_slope + jnp.log10(at.slope)
    return State(_within(at), log_slope, state.block + 1), row


def _within(at):
    """The kernels in the range of single precision: lengths from below, tangents from above."""
    c, q = jnp.clip(at.k / at.q, -1, 1), jnp.maximum(at.q, LEAST)
    down = jnp.minimum(1, MOST / jnp.maximum(at.same, LEAST))
    return at._replace(q=q, k=c * q, same=down * at.same, theta=down * at.theta)


def finished(settings: Settings, state: Any) -> jax.Array:
    """Whether no further reading is made."""
    return 2 * state.block > settings.depth


def last(settings: Settings, state: Any) -> dict[str, jax.Array]:
    """The plane of gains and biases, and the cosines of the rows."""
    gains, biases = (jnp.asarray(each, jnp.float32) for each in (PLANE_GAINS, PLANE_BIASES))
    jet = expectations.of_jax(plans.function(settings.activation).function)
    shape = (len(PLANE_BIASES), len(PLANE_GAINS))
    both = jnp.broadcast_to(gains, shape), jnp.broadcast_to(biases[:, None], shape)
    chi = plans.chi(jet, *both)
    return {
        "cosine": jnp.asarray(COSINES, jnp.float32),
        "plane_gain": gains,
        "plane_bias": biases,
        "chi": chi,
        "edge": plans.edge(jet, gains, biases, chi),
        "at": jnp.stack(dial(settings)),
    }


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return settings.depth // 2 + 1

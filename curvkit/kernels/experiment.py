"""The kernels room's run: shape an activation, then go down the network layer by layer."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import tree
from curvkit.kernels import _finite as finite
from curvkit.kernels import _limits as limits
from curvkit.kernels import _maps as maps
from curvkit.kernels import _ntk as ntk
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels import _runners as runners
from curvkit.kernels._activations import ACTIVATIONS, Activation
from curvkit.kernels._solution import COSINES, Solution, solve
from curvkit.kernels.settings import Settings

PAIRS = np.array([-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 0.9])
STARTS = np.array([0.5, 1.0, 2.0])
INPUTS = np.linspace(-4, 4, 121)
NETWORKS = 6
# Inputs of which the tangent kernel's condition number is taken.
ORTHOGONAL = 10
# Enough powers of c for the smooth activations here, to the precision of fp32.
TERMS = 20
# Below this mean square fp32 ends; every smooth map there is that of the tangent.
LEAST = 1e-30


class State(NamedTuple):
    """What the next layer needs."""

    solution: Solution
    built: dict[str, jax.Array]
    plain_c: jax.Array
    shaped_c: jax.Array
    plain_q: jax.Array
    shaped_q: jax.Array
    plain_ntk: jax.Array
    shaped_ntk: jax.Array
    sampled: jax.Array
    key: jax.Array
    layer: jax.Array


def functions(settings: Settings, parameters: jax.Array):
    """The plain and the shaped activation as functions of JAX arrays."""
    alpha, beta, gamma, delta, slope = parameters
    if settings.activation == "leaky_relu":
        leaky = lambda x: jnp.where(x > 0, x, slope * x)
        return jax.nn.relu, lambda x: gamma * (leaky(x) + delta)
    base: Activation = ACTIVATIONS[settings.activation]
    return base.function, lambda x: gamma * (base.function(alpha * x + beta) + delta)


def layer_maps(settings: Settings, parameters: jax.Array, plain_q: jax.Array):
    """Four maps of the next layer: C and C′ of the plain activation, C and C′ of the shaped."""
    plain, shaped = functions(settings, parameters)
    if settings.activation == "leaky_relu":
        slope = parameters[4]
        maps_of = lambda s: (
            lambda c: rectifiers.traced(c, s),
            lambda c: rectifiers.traced_slope(c, s),
        )
        (plain_c, plain_slope), (c, steep) = maps_of(0.0), maps_of(slope)
        if settings.method == "tat":
            return plain_c, plain_slope, c, steep
        # Under DKS the mean is taken off, and the map goes through 0.
        zero = rectifiers.traced(jnp.zeros(()), slope)
        centred = lambda x: (c(x) - zero) / (1 - zero)
        return plain_c, plain_slope, centred, lambda x: steep(x) / (1 - zero)
    return *_series(plain, jnp.maximum(plain_q, LEAST)), *_series(shaped, 1.0)


def _series(function, q):
    weights = maps.hermite_weights(function, q, TERMS)
    return lambda c: maps.series(weights, c), lambda c: maps.series_slope(weights, c)


def begin(settings: Settings, key: jax.Array) -> State:
    """The network's input; the seed is folded into `key`."""
    key = runners.quick_key(key, settings.seed)
    solution, built = solve(settings)
    with tree.float32():  # older JAX has float64 on around all of it, see `core.x64`
        c, q = jnp.asarray(COSINES, jnp.float32), jnp.asarray(STARTS, jnp.float32)
        start = finite.inputs_at(jnp.asarray(PAIRS, jnp.float32), settings.width)
        sampled = jnp.broadcast_to(start, (NETWORKS, *start.shape))
        return State(solution, built, c, c, q, q, c, c, sampled, key, jnp.zeros((), int))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """The kernels after so many layers, then one layer more."""
    over = lambda theta: theta / theta[-1]
    row = {
        "step": state.layer,
        "plain_c": state.plain_c,
        "shaped_c": state.shaped_c,
        "plain_q": state.plain_q,
        "shaped_q": state.shaped_q,
        "plain_ntk": over(state.plain_ntk),
        "shaped_ntk": over(state.shaped_ntk),
        "plain_kappa": _kappa(state.plain_ntk),
        "shaped_kappa": _kappa(state.shaped_ntk),
        "sampled": finite.cosines_with_first(state.sampled),
    }
    parameters = state.solution.parameters
    plain, shaped = functions(settings, parameters)
    c, slope, shaped_c, shaped_slope = layer_maps(settings, parameters, state.plain_q[1])
    # Rounding must not carry a cosine beyond 1, where nothing would bring it back.
    plain_c, next_c = (
        jnp.clip(each, -1, 1) for each in (c(state.plain_c), shaped_c(state.shaped_c))
    )
    # The tangent kernel is of the network with all mean squares at 1, as its maps are.
    plain_ntk = ntk.step(state.plain_ntk, state.plain_c, plain_c, slope(state.plain_c))
    next_ntk = ntk.step(state.shaped_ntk, state.shaped_c, next_c, shaped_slope(state.shaped_c))
    key = jax.random.fold_in(state.key, state.layer)
    sampled = shaped(finite.next_layer(key, state.sampled, settings.orthogonal))
    plain_q = jnp.maximum(_lengths(plain, state.plain_q), LEAST)
    return State(
        state.solution, state.built, plain_c, next_c, plain_q, _lengths(shaped, state.shaped_q),
        plain_ntk, next_ntk, sampled, state.key, state.layer + 1,
    ), row  # fmt: skip


def _kappa(theta):
    middle = theta.shape[0] // 2
    # Where single precision sees no difference any more, the number is cut to what it can say.
    diagonal = jnp.maximum(theta[-1], theta[middle] + 1e-7 * jnp.abs(theta[-1]))
    return ntk.condition_number(diagonal, jnp.maximum(theta[middle], 0), ORTHOGONAL)


def _lengths(function, q):
    return jax.vmap(lambda each: maps.q_map(function, each))(q)


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The parts of the trace that are of one layer, or of none."""
    parameters = state.solution.parameters
    plain, shaped = functions(settings, parameters)
    c, x = jnp.asarray(COSINES, jnp.float32), jnp.asarray(INPUTS, jnp.float32)
    plain_local, _, shaped_local, _ = layer_maps(settings, parameters, jnp.ones(()))
    goal = state.solution.goal
    limit = limits.dks_limit(c, goal) if settings.method == "dks" else limits.tat_limit(c, goal)
    if settings.activation == "leaky_relu":
        limit = jax.lax.fori_loop(
            0, settings.depth, lambda _, c: jnp.clip(shaped_local(c), -1, 1), c
        )
    outputs, deep = jax.vmap(lambda each: _root(settings, each, x, c))(state.solution.roots)
    lower, upper = bounds(settings, c, goal)
    return {
        "lower": lower,
        "upper": upper,
        "root_output": outputs,
        "root_c": deep,
        "cosine": c,
        "pair": jnp.asarray(PAIRS, jnp.float32),
        "limit": limit,
        "input": x,
        "plain_output": plain(x),
        "shaped_output": shaped(x),
        "plain_weights": maps.hermite_weights(plain, 1.0, TERMS)[:12],
        "shaped_weights": maps.hermite_weights(shaped, 1.0, TERMS)[:12],
        "plain_local": plain_local(c),
        "shaped_local": shaped_local(c),
        **state.built,
        **state.solution._asdict(),
    }


def _root(settings, parameters, x, c):
    """What a root makes of the activation and of the whole network's C map."""
    layer = layer_maps(settings, parameters, jnp.ones(()))[2]
    end = jax.lax.fori_loop(0, settings.depth, lambda _, c: jnp.clip(layer(c), -1, 1), c)
    return functions(settings, parameters)[1](x), end


def bounds(settings: Settings, c: jax.Array, goal: Any) -> list[jax.Array]:
    """What the network's C map is proved to lie between, where the target `goal` is attained."""
    if settings.method == "dks":
        envelope = limits.dks_bounds(c, goal)
    else:
        zero = goal if settings.activation == "leaky_relu" else goal / 2
        envelope = limits.tat_bounds(c, zero)
    return [jnp.clip(each, -1, 1) for each in envelope]


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.layer > settings.depth


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return settings.depth + 1

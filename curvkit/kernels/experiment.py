"""The kernels room's run: shape an activation, then go down the network layer by layer."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.kernels import _architecture as architecture
from curvkit.kernels import _finite as finite
from curvkit.kernels import _limits as limits
from curvkit.kernels import _maps as maps
from curvkit.kernels import _networks as networks
from curvkit.kernels import _ntk as ntk
from curvkit.kernels import _rectifiers as rectifiers
from curvkit.kernels._activations import ACTIVATIONS, Activation
from curvkit.kernels._shaping import shape
from curvkit.kernels.settings import Settings

COSINES = np.linspace(-1, 1, 81)
PAIRS = np.array([-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 0.9])
STARTS = np.array([0.5, 1.0, 2.0])
INPUTS = np.linspace(-4, 4, 121)
NETWORKS = 6
# Roots shown, and inputs of which the tangent kernel's condition number is taken.
ROOTS, ORTHOGONAL, PARTS = 4, 10, 4
# Enough powers of c for the smooth activations here, to the precision of fp32.
TERMS = 20
BUILT = ("built_plain", "built_shaped", "built_parts", "built_layers", "built_goal")
# Below this mean square fp32 ends; every smooth map there is that of the tangent.
LEAST = 1e-30


class Solution(NamedTuple):
    """What the solver found, in double precision and then rounded: five parameters and checks."""

    parameters: Any
    achieved: Any
    missed: Any
    goal: Any
    roots: Any


class State(NamedTuple):
    """What the next layer needs."""

    solution: Solution
    plain_c: jax.Array
    shaped_c: jax.Array
    plain_q: jax.Array
    shaped_q: jax.Array
    plain_ntk: jax.Array
    shaped_ntk: jax.Array
    sampled: jax.Array
    key: jax.Array
    layer: jax.Array


def attained(activation: str, method: str, network: networks.Network, goal: float):
    """The shape and its goal; where the goal is out of reach, for less of it."""
    floor, target = (1.0, "zeta") if method == "dks" else (0.0, "tau")
    target = "eta" if (activation, method) == ("leaky_relu", "tat") else target
    if target == "eta":
        # A leaky ReLU reaches every C(0) up to that of the ReLU, and η is cut to it.
        most = networks.maximal(network, 0.0, rectifiers.layer(0.0)) * (1 - 1e-9)
        goal = min(goal, most)
    for _ in range(12):
        try:
            keywords: dict[str, Any] = {target: goal}
            return shape(activation, network, method, **keywords), goal
        except ValueError:
            goal = floor + 0.7 * (goal - floor)
    raise ValueError(f"{method} finds no way to shape {activation} for this network.")


def solve(activation: str, method: str, depth: int, goal: float) -> Solution:
    """Shapes the activation for `depth` layers; where the goal is out of reach, for less of it."""
    shaped, goal = attained(activation, method, networks.feed_forward(depth), goal)
    # Rows without a root repeat the first.
    roots = np.zeros((ROOTS, 5))
    for row, each in zip(roots, (shaped, *shaped.others, *[shaped] * ROOTS), strict=False):
        row[:] = each.alpha, each.beta, each.gamma, each.delta, each.negative_slope or 0.0
    achieved = [each.achieved for each in shaped.conditions]
    missed = [each.residual for each in shaped.conditions]
    fp32 = functools.partial(np.asarray, dtype=np.float32)
    return Solution(fp32(roots[0]), fp32(achieved), fp32(missed), fp32(goal), fp32(roots))


# Each chunk of a run asks again, and turning the depth leaves the architecture as it is.
@functools.lru_cache(maxsize=256)
def build(activation: str, method: str, wiring: str, blocks: int, weight: float, goal: float):
    """Shapes and reads the architecture of the knobs: the parts of the trace called built."""
    network = architecture.wire(wiring, blocks, weight)
    shaped, goal = attained(activation, method, network, goal)
    built = architecture.read(shaped, COSINES)
    parts = np.zeros(PARTS)
    parts[: len(built.parts)] = built.parts[:PARTS]
    values = built.plain_c, built.shaped_c, parts, built.layers, goal
    return tuple(np.asarray(each, np.float32) for each in values)


def _asked(settings):
    smooth = settings.activation != "leaky_relu"
    goal = settings.zeta if settings.method == "dks" else settings.tau if smooth else settings.eta
    return jnp.asarray(goal, jnp.float32)


def _decimal(value):
    """A knob's value as it was typed, from single precision."""
    return float(np.float64(f"{float(value):.7g}"))


def _single(*shapes):
    return tuple(jax.ShapeDtypeStruct(each, jnp.float32) for each in shapes)


def solution(settings: Settings) -> Solution:
    """The same from within the compiled program, so that turning a target compiles nothing."""
    shapes = Solution(*_single((5,), (4,), (4,), (), (ROOTS, 5)))
    call = lambda depth, goal: solve(
        settings.activation, settings.method, int(depth), _decimal(goal)
    )
    return jax.pure_callback(call, shapes, settings.depth, _asked(settings))


def built(settings: Settings) -> dict[str, jax.Array]:
    """`build` from within the compiled program."""
    call = lambda wiring, blocks, weight, goal: build(
        settings.activation, settings.method, architecture.WIRINGS[int(wiring)], int(blocks),
        _decimal(weight), _decimal(goal),
    )  # fmt: skip
    cosines = COSINES.shape
    shapes = _single(cosines, cosines, (PARTS,), (), ())
    wiring = architecture.WIRINGS.index(settings.wiring)
    weight = jnp.asarray(settings.weight, jnp.float32)
    arrays = jax.pure_callback(call, shapes, wiring, settings.blocks, weight, _asked(settings))
    return dict(zip(BUILT, arrays, strict=True))


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
    key = jax.random.fold_in(key, settings.seed)
    # XLA's own generator: threefry's normal numbers of this shape take seconds to compile.
    key = jax.random.wrap_key_data(jnp.tile(jax.random.key_data(key), 2), impl="rbg")
    solved = solution(settings)
    c, q = jnp.asarray(COSINES, jnp.float32), jnp.asarray(STARTS, jnp.float32)
    start = finite.inputs_at(jnp.asarray(PAIRS, jnp.float32), settings.width)
    sampled = jnp.broadcast_to(start, (NETWORKS, *start.shape))
    return State(solved, c, c, q, q, c, c, sampled, key, jnp.zeros((), int))


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
        state.solution, plain_c, next_c, plain_q, _lengths(shaped, state.shaped_q),
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
        **built(settings),
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
